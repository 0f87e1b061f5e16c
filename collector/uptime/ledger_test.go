package uptime

import (
	"math/big"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ninewatch/internal/telemetry"
)

// line makes a timeline of seconds from letters: u, g (degraded), d, x (unreachable), a (switched off), ? (unknown).
func line(letters string) []Interval {
	names := map[rune]State{'u': Up, 'g': Degraded, 'd': Down, 'x': Unreachable, 'a': AdminDown, '?': Unknown}
	var out []Interval
	for i, c := range letters {
		out = append(out, Interval{From: int64(i), To: int64(i) + 1, State: names[c]})
	}
	return coalesce(out)
}

func letters(in []Interval) string {
	names := map[State]byte{Up: 'u', Degraded: 'g', Down: 'd', Unreachable: 'x', AdminDown: 'a', Unknown: '?'}
	var out []byte
	for _, x := range in {
		for range x.To - x.From {
			out = append(out, names[x.State])
		}
	}
	return string(out)
}

func drawLetters(t *rapid.T, n int, from string) string {
	out := make([]byte, 0, n)
	for len(out) < n {
		c := from[rapid.IntRange(0, len(from)-1).Draw(t, "state")]
		for range rapid.IntRange(1, 6).Draw(t, "length") {
			out = append(out, c)
		}
	}
	return string(out[:n])
}

func drawWindows(t *rapid.T, n int64) Windows {
	var out []Window
	for range rapid.IntRange(0, 3).Draw(t, "windows") {
		from := rapid.Int64Range(0, n).Draw(t, "from")
		out = append(out, Window{from, from + rapid.Int64Range(0, 15).Draw(t, "length")})
	}
	return NewWindows(out...)
}

// TestSummaryEqualsTheModel counts second by second.
func TestSummaryEqualsTheModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := drawLetters(t, 60, "uuugd?dxa")
		from := rapid.Int64Range(0, 59).Draw(t, "period from")
		terms := Terms{
			Period: Window{from, rapid.Int64Range(from, 60).Draw(t, "period to")}, Maintenance: drawWindows(t, 60),
			Since: rapid.Int64Range(0, 60).Draw(t, "since"), UnreachableCounts: rapid.Bool().Draw(t, "unreachable counts"),
		}
		var open Windows
		if rapid.Bool().Draw(t, "calendar") {
			open = append(Windows{}, drawWindows(t, 60)...)
			terms.Open = open
		}
		s := Summarize(line(text), terms)
		if sum := s.Up + s.Degraded + s.Down + s.Unreachable + s.Unknown + s.Maintenance + s.Outside + s.NotInService + s.AdminDown; sum != s.Period {
			t.Fatalf("the seconds sum to %d, the period has %d", sum, s.Period)
		}
		got := Summary{AdminDown: s.AdminDown, Outside: s.Outside, Up: s.Up, Degraded: s.Degraded, Down: s.Down, Unreachable: s.Unreachable, Unknown: s.Unknown, Maintenance: s.Maintenance, NotInService: s.NotInService, Agreed: s.Agreed, Period: s.Period}
		want := Summary{Period: terms.Period.To - terms.Period.From}
		for sec := terms.Period.From; sec < terms.Period.To; sec++ {
			outside := open != nil && !inWindows(open, sec)
			modelCount(&want, text[sec], sec < terms.Since, outside, inWindows(terms.Maintenance, sec))
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(Summary{})); diff != "" {
			t.Fatalf("%s %+v (-model +got):\n%s", text, terms, diff)
		}
		modelOutages(t, text, terms, s)
	})
}

func inWindows(w Windows, sec int64) bool {
	return slices.ContainsFunc(w, func(x Window) bool { return x.From <= sec && sec < x.To })
}

func modelCount(s *Summary, c byte, before, outside, maintenance bool) {
	switch {
	case before:
		s.NotInService++
		return
	case outside:
		s.Outside++
		return
	case maintenance:
		s.Maintenance++
		return
	case c == 'a':
		s.AdminDown++
		return
	}
	s.Agreed++
	switch c {
	case 'u':
		s.Up++
	case 'g':
		s.Degraded++
	case 'd':
		s.Down++
	case 'x':
		s.Unreachable++
	default:
		s.Unknown++
	}
}

// modelOutages checks what must hold of outages whatever the timeline.
func modelOutages(t *rapid.T, text string, terms Terms, s Summary) {
	var counted int64
	for i, o := range s.Outages {
		counted += o.Counted
		if o.Counted > o.Raw || o.Raw > o.To-o.From || o.Raw <= 0 {
			t.Fatalf("outage %+v: counted, raw and length do not fit", o)
		}
		if i > 0 && s.Outages[i-1].To >= o.From {
			t.Fatalf("outages touch: %+v", s.Outages)
		}
		inside := text[o.From:o.To]
		for j := range inside {
			if c := inside[j]; c != 'd' && c != '?' && !(c == 'x' && terms.UnreachableCounts) {
				t.Fatalf("outage %+v holds %q", o, inside)
			}
		}
		if o.Started != (o.From >= terms.Period.From) || o.Restored && o.Ongoing {
			t.Fatalf("outage %+v in %+v", o, terms.Period)
		}
	}
	if counted != s.D() {
		t.Fatalf("outages count %d s, the summary %d", counted, s.D())
	}
	if a := s.Availability(); a.Den > 0 && (s.Low().rat().Cmp(a.rat()) > 0 || s.High().rat().Cmp(a.rat()) < 0) {
		t.Fatalf("bounds %v %v do not hold %v", s.Low(), s.High(), a)
	}
}

// TestComposeEqualsTheModel counts members second by second.
func TestComposeEqualsTheModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 5).Draw(t, "members")
		k := rapid.IntRange(1, n).Draw(t, "k")
		lines, texts, e := map[string][]Interval{}, []string{}, Expr{K: k}
		for i := range n {
			name := string(rune('a' + i))
			texts = append(texts, drawLetters(t, 40, "uugd?x"))
			lines[name] = line(texts[i])
			e.Of = append(e.Of, Expr{Target: name})
		}
		var want []byte
		for sec := range 40 {
			up, unknown, impaired := 0, 0, 0
			for _, s := range texts {
				switch s[sec] {
				case 'u':
					up++
				case 'g':
					up, impaired = up+1, impaired+1
				case '?':
					unknown++
				default:
					impaired++
				}
			}
			switch {
			case up >= k && impaired > 0:
				want = append(want, 'g')
			case up >= k:
				want = append(want, 'u')
			case up+unknown < k:
				want = append(want, 'd')
			default:
				want = append(want, '?')
			}
		}
		if got := letters(Compose(e, lines, 0, 40)); got != string(want) {
			t.Fatalf("%d of %q: got %s, want %s", k, texts, got, want)
		}
	})
}

func TestApplyParents(t *testing.T) {
	f := func(name, child string, mode ParentMode, skew int64, want string, parents ...string) {
		t.Helper()
		var ps [][]Interval
		for _, p := range parents {
			ps = append(ps, line(p))
		}
		if got := letters(ApplyParents(line(child), ps, mode, skew)); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
	f("no parents", "uddu", AnyParent, 2, "uddu")
	f("earlier by the skew at the start, later at the end", "uuddddddduu", AnyParent, 2, "uuxxxxxxxuu", "uuuudddduuu")
	f("earlier by more: own fault", "udddddddduu", AnyParent, 2, "udddddddduu", "uuuudddduuu")
	f("still failing when the parent is back", "udddddddddu", AnyParent, 2, "uxxxxdddddu", "udddduuuuuu")
	f("an unreachable parent cuts", "uuddduu", AnyParent, 1, "uuxxxuu", "uuxxxuu")
	f("an unknown parent does not", "uuddduu", AnyParent, 1, "uuddduu", "uu???uu")
	f("redundant parents, one up", "uuddduu", AnyParent, 1, "uuddduu", "uuddduu", "uuuuuuu")
	f("redundant parents, both cut in the middle", "uudddddduu", AnyParent, 1, "uuddddddu"+"u", "uuddduuuuu", "uuuuddduuu")
	f("serial parents, one after the other", "uuddddddduu", AllParents, 1, "uuxxxxxxxuu", "uuddduuuuuu", "uuuuuddddu"+"u")
	f("cuts closer than the skew are one", "uudddddduu", AnyParent, 2, "uuxxxxxxuu", "uudduddduu")
	f("own fault sticks over a hole until seen up", "uddd??dddu", AnyParent, 1, "uddd??dddu", "uuuuu?dddu")
	f("seen up in between", "udddu?dddu", AnyParent, 1, "udddu?xxxu", "uuuuu?dddu")
}

func TestRestarts(t *testing.T) {
	const day = 86_400_000
	f := func(name string, a, b Reading, want []Restart, runs ...telemetry.Run) {
		t.Helper()
		got := Restarts([]Reading{b, a}, []Stream{{Probe: telemetry.ProbeICMP, Runs: runs}}, DefaultPolicy())
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	f("continuous", Reading{Time: day, Ticks: 100_000}, Reading{Time: day + 300_000, Ticks: 130_000}, nil)
	f("off by 5 s is no restart", Reading{Time: day, Ticks: 100_000}, Reading{Time: day + 300_000, Ticks: 129_500}, nil)
	f("off by more is", Reading{Time: day, Ticks: 100_000}, Reading{Time: day + 300_000, Ticks: 20_000},
		[]Restart{{At: 86_400 + 100, Kind: Reboot, From: 86_400 + 10, Longest: 86_400}})
	f("1 % of a long time", Reading{Time: day, Ticks: 100_000}, Reading{Time: 2 * day, Ticks: 100_000 + 8_640_000 - 86_000}, nil)
	f("a wrap", Reading{Time: day, Ticks: tickWrap - 10_000}, Reading{Time: day + 300_000, Ticks: 20_000}, nil)
	f("a reboot soon after the last reading", Reading{Time: day, Ticks: 100_000}, Reading{Time: day + 60_000, Ticks: 4_000},
		[]Restart{{At: 86_400 + 20, Kind: Reboot, From: 86_400, Longest: 86_400}})
	f("the host ran on", Reading{Time: day, Ticks: 100_000, Host: 5000, HasHost: true}, Reading{Time: day + 300_000, Ticks: 2_000, Host: 5300, HasHost: true},
		[]Restart{{At: 86_400 + 280, Kind: AgentRestart}})
	f("the host too", Reading{Time: day, Ticks: 100_000, Host: 5000, HasHost: true}, Reading{Time: day + 300_000, Ticks: 2_000, Host: 20, HasHost: true},
		[]Restart{{At: 86_400 + 280, Kind: Reboot, From: 86_400 + 190, Longest: 86_400}})
	f("one lost echo dates it", Reading{Time: day, Ticks: 100_000}, Reading{Time: day + 300_000, Ticks: 2_000},
		[]Restart{{At: 86_400 + 280, Kind: Reboot, From: 86_400 + 240, Longest: 86_400}},
		telemetry.Run{From: day + 240_000, To: day + 240_000, Every: 60_000, Result: telemetry.Fail})
	f("an echo inside contradicts", Reading{Time: day, Ticks: 100_000}, Reading{Time: day + 300_000, Ticks: 2_000},
		[]Restart{{At: 86_400 + 280, Kind: AgentRestart}},
		telemetry.Run{From: day, To: day + 300_000, Every: 1000, Result: telemetry.OK})
}

func TestOverlay(t *testing.T) {
	f := func(text string, from, to int64, want string) {
		t.Helper()
		if got := letters(overlay(line(text), Interval{From: from, To: to, State: Down})); got != want {
			t.Errorf("%s [%d, %d): got %s, want %s", text, from, to, got, want)
		}
	}
	f("uuuuuu", 2, 4, "uudduu")
	f("uuddgg", 1, 5, "udddd"+"g")
	f("", 0, 3, "ddd")
	f("uu", 2, 4, "uudd")
	f("??uudd", 0, 6, "dddddd")
}

func TestBurnRates(t *testing.T) {
	objective := big.NewRat(9, 10)
	text := []Interval{{From: 0, To: 2_592_000, State: Up}}
	text = overlay(text, Interval{From: 1_000_000, To: 1_003_600, State: Down})
	b := BurnRates(text, objective, 2_592_000, 1_003_600)
	// With an objective of 90 % no outage burns faster than 10: the first factor is 9 instead of 14.4.
	if want := []string{"page:3600/300"}; !slices.Equal(b.Fires, want) {
		t.Errorf("fires: got %v, want %v", b.Fires, want)
	}
	text = overlay(text, Interval{From: 1_000_000, To: 1_002_000, State: Unknown})
	if b := BurnRates(text, objective, 2_592_000, 1_003_600); b.Rates[3600] != nil || len(b.Fires) != 0 {
		t.Errorf("with less than half of the hour seen: %v, %v", b.Rates[3600], b.Fires)
	}
	if b := BurnRates(text, big.NewRat(1, 1), 2_592_000, 1_003_600); b.Rates[300] != nil {
		t.Errorf("an objective of 100 %% has no burn rate: got %v", b.Rates[300])
	}
}

// TestSlidingWindowEqualsTheModel reads the definition literally.
func TestSlidingWindowEqualsTheModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		flr := rapid.SliceOfN(rapid.SampledFrom([]float64{0, 0.5, 1}), 0, 40).Draw(t, "flr")
		n, p := rapid.IntRange(1, 5).Draw(t, "n"), rapid.IntRange(1, 3).Draw(t, "p")
		got := SlidingWindow(flr, n, p, 0.5, func(i int) bool { return i%7 == 3 })
		state := true
		for k := range flr {
			if k+n <= len(flr) {
				bad := 0
				for _, x := range flr[k : k+n] {
					if x > 0.5 {
						bad++
					}
				}
				if bad == n {
					state = false
				} else if bad == 0 {
					state = true
				}
			}
			if got.Available[k] != state {
				t.Fatalf("interval %d of %v with n = %d: got %t, want %t", k, flr, n, got.Available[k], state)
			}
		}
	})
}

func TestPercentIsFloored(t *testing.T) {
	f := func(num, den int64, want string) {
		t.Helper()
		if got := (Fraction{num, den}).Percent(); got != want {
			t.Errorf("%d/%d: got %q, want %q", num, den, got, want)
		}
	}
	f(86_313, 86_400, "99.8993")
	f(1, 1, "100.0000")
	f(999_999_999, 1_000_000_000, "99.9999")
	f(0, 5, "0.0000")
	f(1, 0, "")
}

// TestVerdictIsExact: a verdict compares fractions, not rounded percentages.
func TestVerdictIsExact(t *testing.T) {
	third, _ := Objective("66.6666")
	s := Summarize(line("uud"), Terms{Period: Window{0, 3}, Objective: third})
	if got := s.Verdict(); got != Met {
		t.Errorf("2/3 against 66.6666 %%: got %s, want %s", got, Met)
	}
	above, _ := Objective("66.6667")
	s = Summarize(line("uud"), Terms{Period: Window{0, 3}, Objective: above})
	if got := s.Verdict(); got != Breached {
		t.Errorf("2/3 against 66.6667 %%: got %s, want %s", got, Breached)
	}
	for _, bad := range []string{"", "-1", "100.1", "1e9", "99,9", "0x1", "1/3"} {
		if _, ok := Objective(bad); ok {
			t.Errorf("objective %q: want it refused", bad)
		}
	}
}
