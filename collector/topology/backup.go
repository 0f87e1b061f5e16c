package topology

import (
	"fmt"
	"math"
	"time"
)

// Carried is the most that a port carried on a day, over any five minutes.
type Carried struct {
	Day  time.Time // its beginning
	Rate float64
}

// Standing is what is known of a member that stands by for another.
type Standing struct {
	Member, Primary string
	Capacity        float64   // of the member, in bit/s; 0: not known
	Load            float64   // 95th percentile of what the primary carries, in bit/s; 0: not known
	Days            []Carried // of the member, in any order
	Router          bool      // it is a router of a first hop redundancy group: what counts is that it was active
	Watched         time.Time // of a router: since when its role is known; zero: it is not
	Active          time.Time // of a router: when it was active last; zero: never while it was watched
}

// BackupFlaw is a reason not to rely on a member that stands by, with its evidence in words.
type BackupFlaw struct {
	Kind  string // never_exercised, slower
	Words string
}

// The kinds of flaws of a member that stands by.
const (
	NeverExercised = "never_exercised"
	Slower         = "slower"
)

// takesOver is the share of the primary's load from which a backup counts as used: keepalives and routing updates of
// a link that only stands by stay far below it.
const takesOver = 0.1

// watchedShare is the share of days of which a peak has to be known before none of them proves anything.
const watchedShare = 0.8

// Flaws tells what speaks against relying on a member that stands by: that it has not been used within a time although
// it was watched for as long, and that it is slower than what it would have to carry. What is not known is no flaw.
func (s Standing) Flaws(now time.Time, within time.Duration) []BackupFlaw {
	var out []BackupFlaw
	if words := s.unused(now, within); words != "" {
		out = append(out, BackupFlaw{NeverExercised, words})
	}
	if s.Capacity > 0 && s.Load > s.Capacity {
		out = append(out, BackupFlaw{Slower, fmt.Sprintf("%s carries %s and stands by for %s, which carries %s in its busiest hours (95th percentile): after a failure %s of it has no way",
			s.Member, bitRate(s.Capacity), s.Primary, bitRate(s.Load), bitRate(s.Load-s.Capacity))})
	}
	return out
}

func (s Standing) unused(now time.Time, within time.Duration) string {
	since, days := now.Add(-within), int(math.Round(within.Hours()/24))
	const advice = "nobody knows whether it would take over: try it in a maintenance window"
	if s.Router {
		if s.Watched.IsZero() || s.Watched.After(since) || s.Active.After(since) {
			return ""
		}
		return fmt.Sprintf("%s has not been active within %d days, %s; %s", s.Member, days, lastTime("it was", s.Active), advice)
	}
	if s.Load <= 0 {
		return ""
	}
	known, peak, last := map[time.Time]bool{}, 0.0, time.Time{}
	for _, d := range s.Days {
		used := d.Rate >= takesOver*s.Load
		switch {
		case used && d.Day.After(last):
			last = d.Day
		case !used && !d.Day.Before(since):
			peak = max(peak, d.Rate)
		}
		if !d.Day.Before(since) && d.Day.Before(now) {
			known[d.Day] = true
		}
	}
	if !last.Before(since) || float64(len(known)) < watchedShare*float64(days) {
		return ""
	}
	return fmt.Sprintf("%s has not carried more than %s within %d days, and %s carries %s; %s; %s", s.Member, bitRate(peak), days, s.Primary, bitRate(s.Load),
		lastTime("it carried more", last), advice)
}

func lastTime(what string, at time.Time) string {
	if at.IsZero() {
		return what + " never while it was watched"
	}
	return what + " last on " + at.UTC().Format("2 January 2006")
}

// bitRate shows a rate to people, with three figures.
func bitRate(bps float64) string {
	for _, u := range []struct {
		per  float64
		name string
	}{{1e12, "Tbit/s"}, {1e9, "Gbit/s"}, {1e6, "Mbit/s"}, {1e3, "kbit/s"}} {
		if bps >= u.per {
			return fmt.Sprintf("%.3g %s", bps/u.per, u.name)
		}
	}
	return fmt.Sprintf("%.3g bit/s", bps)
}
