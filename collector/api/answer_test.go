package api

import (
	"strings"
	"testing"
	"time"

	"ninewatch/collector/uptime"
)

var now = time.Date(2026, 11, 18, 14, 32, 0, 0, time.UTC)

// written is an answer as text, with its tones: [down:Porto is down].
func written(phrases []phrase) string {
	var b strings.Builder
	for _, p := range phrases {
		if p.Tone == "" {
			b.WriteString(p.Text)
			continue
		}
		b.WriteString("[" + p.Tone + ":" + p.Text + "]")
	}
	return b.String()
}

func ago(d time.Duration) time.Time { return now.Add(-d) }

func sitesWith(verdicts map[string]string, names ...string) []siteNow {
	var out []siteNow
	for _, n := range names {
		v := uptime.Met
		if verdicts[n] != "" {
			v = verdicts[n]
		}
		out = append(out, siteNow{Name: n, State: uptime.Up, Verdict: v})
	}
	return out
}

func TestOverviewAnswer(t *testing.T) {
	up := func(name string) deviceNow { return deviceNow{name, uptime.Up, ago(time.Hour)} }
	f := func(n overviewNow, want string) {
		t.Helper()
		n.Now, n.Objective = now, "99.9"
		if got := written(overviewAnswer(n)); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	f(overviewNow{}, "[strong:Nothing is watched here yet.] Add a device by its address, or apply an inventory.")
	f(overviewNow{Devices: []deviceNow{up("a")}}, "[strong:The one device is up].")
	f(overviewNow{Devices: []deviceNow{up("a"), up("b")}, Sites: sitesWith(nil, "Lisbon")}, "[strong:All 2 devices are up]. It keeps 99.9\u202f%.")
	f(overviewNow{Devices: []deviceNow{up("a"), up("b")}, Sites: sitesWith(nil, "Lisbon", "Porto")}, "[strong:All 2 devices are up]. [strong:All 2] sites keep 99.9\u202f%.")
	f(overviewNow{Devices: []deviceNow{up("a")}, Sites: sitesWith(map[string]string{"Lisbon": uptime.Breached}, "Lisbon")}, "[strong:The one device is up]. It has missed 99.9\u202f%.")
	f(overviewNow{Devices: []deviceNow{up("a")}, Sites: sitesWith(map[string]string{"Lisbon": uptime.NoData}, "Lisbon")}, "[strong:The one device is up]. Whether it keeps 99.9\u202f% cannot be judged yet.")

	// The sentence of the design's overview.
	names := []string{"Porto", "Toronto", "Recife", "Lisbon", "Madrid", "Gdansk", "Rotterdam", "Boston", "Hamburg", "Lyon", "Turin", "Vienna", "Oslo", "Cork"}
	company := sitesWith(map[string]string{"Toronto": uptime.Breached, "Recife": uptime.Undetermined}, names...)
	company[0].State, company[0].Since, company[0].BudgetEnd = uptime.Down, ago(24*time.Minute+48*time.Second), now.Add(18*time.Minute)
	f(overviewNow{Devices: []deviceNow{up("a")}, Sites: company},
		"[down:Porto has been down for 24 min 48 s]; at this pace its error budget is gone at [strong:14:50]. "+
			"[strong:12 of 14] sites keep 99.9\u202f%, Toronto has missed it, Recife cannot be judged yet.")
	company[0].Spent = true
	company[1].State, company[1].Since = uptime.Down, ago(3*time.Hour)
	f(overviewNow{Devices: []deviceNow{up("a")}, Sites: company[:2]},
		"[down:2 sites are down], Toronto the longest, for [strong:3 h 00 min]. [strong:1 of 2] sites keep 99.9\u202f%, Toronto has missed it.")
	f(overviewNow{Devices: []deviceNow{up("a")}, Sites: company[:1]},
		"[down:Porto has been down for 24 min 48 s]; its error budget is [strong:gone]. It keeps 99.9\u202f%.")

	f(overviewNow{Devices: []deviceNow{up("a"), {"opo-dist-1", uptime.Down, ago(25 * time.Second)}}}, "[down:opo-dist-1 has not answered for 25 s].")
	f(overviewNow{Devices: []deviceNow{{"b", uptime.Unreachable, ago(time.Minute)}, {"a", uptime.Down, ago(83 * time.Hour)}}},
		"[down:2 devices do not answer], a the longest, for [strong:3 d 11 h].")
	f(overviewNow{Devices: []deviceNow{up("a"), {"b", uptime.Degraded, ago(147 * time.Minute)}}}, "[degraded:b has been degraded for 2 h 27 min]; nothing is down.")
	f(overviewNow{Devices: []deviceNow{{"a", uptime.Unknown, ago(time.Minute)}, {"b", uptime.Unknown, ago(time.Minute)}}, Silent: []string{"rec-1"}},
		"[unknown:The state of 2 devices is unknown], because agent rec-1 is silent.")
}

func TestDeviceAnswer(t *testing.T) {
	rtt, percent := 0.0041, "99.9987"
	f := func(d deviceFacts, want string) {
		t.Helper()
		d.Name, d.Now = "opo-dist-1", now
		if got := written(deviceAnswer(d)); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	f(deviceFacts{State: uptime.Up, Since: ago(time.Hour), RoundTrip: &rtt, Percent: &percent},
		"[strong:Works as usual.] It answers in 4.1 ms; [strong:99.9987\u202f%] of the last 30 days it was up.")
	f(deviceFacts{State: uptime.Up, Since: ago(time.Hour)}, "[strong:Works as usual.]")
	f(deviceFacts{State: uptime.Up, Since: ago(time.Hour), Percent: &percent}, "[strong:Works as usual.] [strong:99.9987\u202f%] of the last 30 days it was up.")
	f(deviceFacts{State: uptime.Down, Since: ago(24*time.Minute + 48*time.Second), Why: "ICMP does not answer"},
		"[down:opo-dist-1 has not answered for 24 min 48 s]: ICMP does not answer.")
	f(deviceFacts{State: uptime.Degraded, Since: ago(time.Minute)}, "[degraded:opo-dist-1 has been degraded for 1 min 00 s].")
	f(deviceFacts{State: uptime.Unreachable, Since: ago(time.Minute), Why: "x"}, "[down:opo-dist-1 has been unreachable for 1 min 00 s]: what it is reached through is down.")
	f(deviceFacts{State: uptime.Unknown}, "[unknown:opo-dist-1 has not been looked at yet]; the first answer comes within a minute of its agent's start.")
	f(deviceFacts{State: uptime.Unknown, Since: ago(time.Minute), Silent: "lis-1"}, "[unknown:The state of opo-dist-1 has been unknown for 1 min 00 s]: agent lis-1 is silent.")
	f(deviceFacts{State: uptime.Maintenance, Since: ago(time.Minute)}, "[strong:opo-dist-1 is in planned work].")
}

func TestFirstAnswer(t *testing.T) {
	f := func(n firstNow, want string) {
		t.Helper()
		if got := written(firstAnswer(n)); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	next := "add your first switch"
	f(firstNow{uptime.Up, uptime.Up, next}, "[strong:ninewatch is watching this host and its gateway.] Both answer. Next: add your first switch.")
	f(firstNow{uptime.Up, uptime.Down, next}, "[strong:ninewatch is watching this host and its gateway.] The gateway does not answer pings. Next: add your first switch.")
	f(firstNow{uptime.Up, uptime.Unknown, next}, "[strong:ninewatch is watching this host and its gateway.] The first answers come within a minute. Next: add your first switch.")
	f(firstNow{uptime.Up, "", next}, "[strong:ninewatch is watching this host.] It answers. Next: add your first switch.")
	f(firstNow{uptime.Down, uptime.Down, ""}, "[strong:ninewatch is watching this host and its gateway.][down: Nothing answers.]")
	f(firstNow{"", "", next}, "[strong:ninewatch runs, and nothing is watched yet.] Next: add your first switch.")
}

func TestSiteState(t *testing.T) {
	f := func(want string, wantSince int64, verdicts ...uptime.Verdict) {
		t.Helper()
		if got, since := siteState(verdicts); got != want || since != wantSince {
			t.Errorf("%v: got %s since %d, want %s since %d", verdicts, got, since, want, wantSince)
		}
	}
	v := func(s uptime.State, since int64) uptime.Verdict {
		return uptime.Verdict{State: string(s), Since: since}
	}
	f("unknown", 0)
	f("up", 9, v(uptime.Up, 5), v(uptime.Up, 9))
	f("up", 9, v(uptime.Up, 5), v(uptime.Unknown, 9))
	f("degraded", 3, v(uptime.Up, 5), v(uptime.Down, 7), v(uptime.Degraded, 3))
	f("down", 7, v(uptime.Down, 7), v(uptime.Unreachable, 6), v(uptime.Unknown, 9))
	f("unknown", 9, v(uptime.Unknown, 9))
}
