package telemetry

// Probe is the way in which reachability was looked at.
type Probe uint8

// The values are those of the wire and of the table observation_runs.
const (
	ProbeICMP Probe = 1
	ProbeSNMP Probe = 2
)

func (p Probe) String() string {
	switch p {
	case ProbeICMP:
		return "icmp"
	case ProbeSNMP:
		return "snmp"
	}
	return "unknown"
}

// Result is what one probe showed.
type Result uint8

// The values are those of the wire and of the table observation_runs.
const (
	OK          Result = 1
	Fail        Result = 2 // nothing came back
	Loss        Result = 3 // a part came back: Run.LossPPM
	ProberFault Result = 4 // the agent could not look: says nothing about the device
	Credentials Result = 5 // the device answers, but not to these credentials
)

func (r Result) String() string {
	switch r {
	case OK:
		return "ok"
	case Fail:
		return "fail"
	case Loss:
		return "loss"
	case ProberFault:
		return "prober_fault"
	case Credentials:
		return "credentials"
	}
	return "unknown"
}

// Run is equal results at a steady interval: samples at From, From+Every, ..., To.
// (Device, agent, Probe, From) names a run: the same run with a later To replaces the shorter one.
type Run struct {
	Device  string
	Probe   Probe
	From    int64 // Unix ms of the first sample
	To      int64 // Unix ms of the last sample, inclusive
	Every   int64 // ms between samples, set for a run of one sample too
	Result  Result
	LossPPM uint32 // with Loss: lost per million
	Reason  string // timeout, refused, host-unreachable, no-route, ...
}

// Boot says that sysUpTime of a device started anew, or was seen for the first time (Previous = 0).
type Boot struct {
	Device        string
	Time          int64  // Unix ms at which Ticks was read
	Ticks         uint64 // sysUpTime, 1/100 s
	Previous      int64
	PreviousTicks uint64
}

// Gap says that the agent dropped records: what they held is unknown, not absent.
type Gap struct {
	Epoch             Epoch
	FirstSeq, LastSeq uint64 // inclusive
	Samples           uint64
	Reason            string // the reason label of the dropped counter
	From, To          int64  // Unix ms of the oldest and newest record dropped
}
