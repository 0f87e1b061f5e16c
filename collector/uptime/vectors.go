package uptime

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"time"

	"ninewatch/internal/vectors"
)

// VectorKinds answers test vectors of kinds timeline, slo and mef (analytics, section A), each in the form of its
// expectation.
var VectorKinds = vectors.Kinds{
	"timeline": timelineVector,
	"slo":      sloVector,
	"mef":      mefVector,
}

// instant is a time in a vector.
type instant int64

func (t *instant) UnmarshalJSON(b []byte) error {
	var x time.Time
	if err := json.Unmarshal(b, &x); err != nil {
		return err
	}
	*t = instant(x.Unix())
	return nil
}

func (t instant) MarshalJSON() ([]byte, error) {
	return json.Marshal(time.Unix(int64(t), 0).UTC().Format(time.RFC3339))
}

// windowVector is a piece of time: [from, to] or {from, to, created}.
type windowVector struct {
	Window
	created *instant
}

func (w *windowVector) UnmarshalJSON(b []byte) error {
	var pair []instant
	if err := json.Unmarshal(b, &pair); err == nil {
		if len(pair) != 2 {
			return fmt.Errorf("window of %d times: want from and to", len(pair))
		}
		w.Window = Window{int64(pair[0]), int64(pair[1])}
		return nil
	}
	var named struct {
		From, To instant
		Created  *instant
	}
	if err := json.Unmarshal(b, &named); err != nil {
		return err
	}
	w.Window, w.created = Window{int64(named.From), int64(named.To)}, named.Created
	return nil
}

func windows(in []windowVector) Windows {
	out := make([]Window, 0, len(in))
	for _, w := range in {
		out = append(out, w.Window)
	}
	return NewWindows(out...)
}

// periodVector is {from, to}, or {day|month|quarter|year, tz}.
type periodVector struct {
	From, To                      *instant
	Day, Month, Quarter, Year, TZ string
}

func (p periodVector) window() (Window, error) {
	if p.From != nil && p.To != nil {
		return Window{int64(*p.From), int64(*p.To)}, nil
	}
	zone, err := time.LoadLocation(p.TZ)
	if err != nil {
		return Window{}, fmt.Errorf("period: %w", err)
	}
	return ParsePeriod(p.Day+p.Month+p.Quarter+p.Year, zone)
}

type calendarVector struct {
	TZ     string
	Weekly []struct {
		Days     []int
		From, To string
	}
	Holidays []string
}

func (c *calendarVector) calendar() (*Calendar, error) {
	if c == nil {
		return nil, nil
	}
	zone, err := time.LoadLocation(c.TZ)
	if err != nil {
		return nil, fmt.Errorf("calendar: %w", err)
	}
	out := &Calendar{Zone: zone, Holidays: map[Date]bool{}}
	for _, w := range c.Weekly {
		from, err1 := ParseClock(w.From)
		to, err2 := ParseClock(w.To)
		if err := errors.Join(err1, err2); err != nil {
			return nil, fmt.Errorf("calendar: %w", err)
		}
		out.Weekly = append(out.Weekly, Hours{Days: w.Days, From: from, To: to})
	}
	for _, h := range c.Holidays {
		d, err := ParseDate(h)
		if err != nil {
			return nil, fmt.Errorf("calendar: holiday: %w", err)
		}
		out.Holidays[d] = true
	}
	return out, nil
}

func objectiveVector(n json.Number) (*big.Rat, error) {
	if n == "" {
		return nil, nil
	}
	r, ok := Objective(n.String())
	if !ok {
		return nil, fmt.Errorf("target_pct %q: want a percentage from 0 to 100", n)
	}
	return r, nil
}

type fractionVector struct {
	Num     int64  `json:"num"`
	Den     int64  `json:"den"`
	Percent string `json:"pct_floor4"`
}

func fraction(f Fraction) *fractionVector {
	if f.Den <= 0 {
		return nil
	}
	return &fractionVector{f.Num, f.Den, f.Percent()}
}

func quotient(f Fraction) *float64 {
	if f.Den <= 0 {
		return nil
	}
	x := float64(f.Num) / float64(f.Den)
	return &x
}

// round4 is r with four decimals, or nil.
func round4(r *big.Rat) *float64 {
	if r == nil {
		return nil
	}
	x, _ := strconv.ParseFloat(r.FloatString(4), 64)
	return &x
}
