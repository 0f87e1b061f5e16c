package inventory

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"ninewatch/internal/conf"
)

// Duration is a time.Duration that is written as people do: 30s, 7d.
type Duration time.Duration

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := conf.ParseDuration(string(text))
	*d = Duration(v)
	return err
}

// MarshalText implements encoding.TextMarshaler.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

func (d Duration) String() string {
	if day := 24 * time.Hour; time.Duration(d) >= 2*day && time.Duration(d)%day == 0 {
		return strconv.FormatInt(int64(time.Duration(d)/day), 10) + "d"
	}
	s := time.Duration(d).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// Bits is a bandwidth in bit/s, written 100M, 2.5Gbit/s or 1000000.
type Bits uint64

var bitsForm = regexp.MustCompile(`^([0-9]{1,15})(?:\.([0-9]{1,9}))? ?([kKMGT]?)(?:bit/s|bits/s|bps|b/s)?$`)

var bitsUnits = []struct {
	letter string
	zeros  int
}{{"T", 12}, {"G", 9}, {"M", 6}, {"k", 3}, {"", 0}}

// UnmarshalText implements encoding.TextUnmarshaler.
func (b *Bits) UnmarshalText(text []byte) error {
	wrong := fmt.Errorf("%q is not a bandwidth, write for example 100M, 2.5G or 100Mbit/s", text)
	m := bitsForm.FindStringSubmatch(string(text))
	if m == nil {
		return wrong
	}
	zeros := 0
	for _, u := range bitsUnits {
		if strings.EqualFold(u.letter, m[3]) {
			zeros = u.zeros
		}
	}
	fraction := strings.TrimRight(m[2], "0")
	if len(fraction) > zeros {
		return wrong
	}
	n, err := strconv.ParseUint(m[1]+fraction+strings.Repeat("0", zeros-len(fraction)), 10, 64)
	if err != nil || n > maxBits {
		return wrong
	}
	*b = Bits(n)
	return nil
}

// maxBits is 1,000 Tbit/s, far beyond any port.
const maxBits = 1_000_000_000_000_000

// MarshalText implements encoding.TextMarshaler.
func (b Bits) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

func (b Bits) String() string {
	for _, u := range bitsUnits {
		if digits := strconv.FormatUint(uint64(b), 10); b != 0 && strings.HasSuffix(digits, strings.Repeat("0", u.zeros)) {
			return strings.TrimSuffix(digits, strings.Repeat("0", u.zeros)) + u.letter + "bit/s"
		}
	}
	return "0bit/s"
}

// Percent is a percentage as a decimal text, such as 99.95: it is never rounded on its way.
type Percent string

var percentForm = regexp.MustCompile(`^[0-9]{1,3}(\.[0-9]{1,9})?$`)

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *Percent) UnmarshalText(text []byte) error {
	s := strings.TrimSpace(strings.TrimSuffix(string(text), "%"))
	if v, err := strconv.ParseFloat(s, 64); !percentForm.MatchString(s) || err != nil || v > 100 {
		return fmt.Errorf("%q is not a percentage, write for example 99.9", text)
	}
	*p = Percent(s)
	return nil
}

// Value is p as a number; 0 when it is empty.
func (p Percent) Value() float64 {
	v, _ := strconv.ParseFloat(string(p), 64) // "" and what UnmarshalText took
	return v
}

// Time is a moment, as RFC 3339.
type Time string

// Time is t, or the zero time when t is empty.
func (t Time) Time() time.Time {
	v, _ := time.Parse(time.RFC3339, string(t)) // "" and what Parse took
	return v
}
