package topology

import "fmt"

// State is what is known of a member or a node, after confirmation. The zero value is unknown.
type State uint8

// The states. Degraded devices are up: they carry traffic.
const (
	Unknown State = iota
	Up
	Down
)

var stateNames = [...]string{Unknown: "unknown", Up: "up", Down: "down"}

func (s State) String() string { return stateNames[s] }

// MarshalText writes the word of a state.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads unknown, up, degraded (which is up) or down.
func (s *State) UnmarshalText(b []byte) error {
	switch string(b) {
	case "unknown":
		*s = Unknown
	case "up", "degraded":
		*s = Up
	case "down":
		*s = Down
	default:
		return fmt.Errorf("state %.40q: want up, degraded, down or unknown", b)
	}
	return nil
}

// Class is how much of a redundancy is left.
type Class uint8

// The classes, in the order of their severity. An unknown class is no fault: nothing is claimed.
const (
	ClassUnknown Class = iota
	Full               // all members
	Reduced            // some are gone, and more than needed are left
	AtRisk             // exactly as many as needed: the next loss is an outage
	SplitBrain         // more than one is active
	Failed             // fewer than needed
)

var classNames = [...]string{ClassUnknown: "unknown", Full: "full", Reduced: "reduced", AtRisk: "at_risk", SplitBrain: "split_brain", Failed: "failed"}

func (c Class) String() string { return classNames[c] }

// MarshalText writes the word of a class.
func (c Class) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads the word of a class.
func (c *Class) UnmarshalText(b []byte) error {
	for i, name := range classNames {
		if name == string(b) {
			*c = Class(i)
			return nil
		}
	}
	return fmt.Errorf("class %.40q: want full, reduced, at_risk, split_brain, failed or unknown", b)
}

// Lost tells whether redundancy has been lost. Unknown is not lost.
func (c Class) Lost() bool { return c > Full }

// Severity is the word of RFC 8632 for an alert of a class, empty where there is none.
func (c Class) Severity() string {
	return [...]string{Reduced: "warning", AtRisk: "minor", SplitBrain: "major", Failed: "critical"}[c]
}

// Verdict is a class with what unknown members leave open: Worst if all of them are down, Best if all are up.
type Verdict struct{ Class, Worst, Best Class }

// Classify judges how many members are up, how many are unknown, how many are needed to carry the service,
// and how many there are by design.
func Classify(up, unknown, needed, designed int) Verdict {
	v := Verdict{Worst: classOf(up, needed, designed), Best: classOf(up+unknown, needed, designed)}
	if v.Worst == v.Best {
		v.Class = v.Worst
	}
	return v
}

func classOf(up, needed, designed int) Class {
	switch {
	case up < needed:
		return Failed
	case up >= designed:
		return Full
	case up == needed:
		return AtRisk
	}
	return Reduced
}
