package report

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ninewatch/collector/uptime"
)

// company is October of two sites, with planned work, a gap, a region, and a month before.
func company(t *testing.T) SLAInput {
	t.Helper()
	in := october(t)
	in.Scope = "company"
	in.Before = &uptime.Answer{Availability: pointer("99.9581"), Failures: 1}
	in.Whole.WithoutMaintenance = &uptime.Figure{AgreedSeconds: 1224000, Down: 2830, Unknown: 720, Availability: pointer("99.7686"), AvailabilityLow: pointer("99.7099"), AvailabilityHigh: pointer("99.7687"), Verdict: pointer("breached")}
	in.Whole.UnknownBy = map[string]int64{"agent": 600, "no_data": 120}
	in.Whole.Gaps = []uptime.GapAnswer{
		{Scope: "site:porto", From: "2026-10-14T02:00:00Z", To: "2026-10-14T02:12:00Z", Seconds: 720, CountedSeconds: 720, Why: "agent"},
		{Scope: "device:opo-fw-1", From: "2026-10-30T02:00:00Z", To: "2026-10-30T02:10:00Z", Seconds: 600, Why: "no_data", RanOn: true, Text: "ran on without a restart; 12 GB passed"},
	}
	lisbon, porto := uptime.Answer{Availability: pointer("99.9990"), AvailabilityLow: pointer("99.9990"), Down: 12}, in.Whole
	in.Targets = []Target{{Name: "lisbon", Title: "Lisbon", Answer: lisbon}, {Name: "porto", Title: "Porto", Answer: porto}}
	for _, x := range Worst(in.Targets, 12) {
		in.Strips = append(in.Strips, NewStrip(x, in.Days))
	}
	north := in.Whole
	north.Members = &uptime.Distribution{Of: "sites", Count: 3, Met: 2, Breached: 1}
	in.Groups = []Group{{Key: "regions", Title: "By region", Rows: []Target{{Name: "north", Answer: north}}}, {Key: "providers", Title: "By provider"}}
	return in
}

// TestFirstPage: what fits on one page comes first: bounds, days, the days of each site, causes. Then the rest.
func TestFirstPage(t *testing.T) {
	d := SLA(company(t))
	var keys []string
	for _, s := range d.Sections {
		key := s.Key
		if s.Detail {
			key = "| " + key
		}
		keys = append(keys, key)
	}
	if want := []string{"bounds", "strip", "strips", "causes", "| regions", "targets", "days", "outages", "budget"}; !slices.Equal(keys, want) {
		t.Errorf("got %q, want %q", keys, want)
	}
	if s := d.Sections[2].Strips; len(s) != 2 || s[0].Title != "Porto" || s[0].Value != "99.9703" || s[1].Title != "Lisbon" || len(s[0].Days) != 31 {
		t.Errorf("strips: got %+v", s)
	}
	if row := d.Sections[4].Table.Rows[0]; row[0].Text != "north" || row[1].Text != "2 of 3 sites" || row[1].Value != int64(2) {
		t.Errorf("the region: got %+v", row)
	}
}

// TestVerdictOfGroups: a group is judged by its members where each has an objective of its own.
func TestVerdictOfGroups(t *testing.T) {
	f := func(met, breached, undetermined, count int, words, value string) {
		t.Helper()
		a := uptime.Answer{Members: &uptime.Distribution{Of: "circuits", Count: count, Met: met, Breached: breached, Undetermined: undetermined}}
		row := slaTargets("providers", "", []Target{{Name: "telecom", Answer: a}}, "").Table.Rows[0]
		if got := row[len(row)-1]; got.Text != words || got.Value != value {
			t.Errorf("%d met, %d breached, %d open of %d: got %+v", met, breached, undetermined, count, got)
		}
	}
	f(2, 0, 0, 2, "Met", "met")
	f(1, 1, 0, 2, "Missed", "breached")
	f(1, 0, 1, 2, "Open", "undetermined")
	f(1, 0, 0, 2, "Open", "undetermined") // one without data
	f(0, 0, 0, 2, "", "")                 // none has a contract
}

// TestColumnsHaveTitles: a screen reader reads them with each cell.
func TestColumnsHaveTitles(t *testing.T) {
	for _, s := range SLA(company(t)).Sections {
		if s.Table == nil {
			continue
		}
		for _, c := range s.Table.Columns {
			if c.Title == "" {
				t.Errorf("%s: the column %s has no title", s.Key, c.Key)
			}
		}
	}
}

// TestTrend compares percentages as they are shown.
func TestTrend(t *testing.T) {
	f := func(now, then, value, note string) {
		t.Helper()
		got, ok := trend(SLAInput{Whole: uptime.Answer{Availability: &now}, Before: &uptime.Answer{Availability: &then, Failures: 2}})
		if !ok || got.Value != value || got.Note != note {
			t.Errorf("%s after %s: got %q, %q", now, then, got.Value, got.Note)
		}
	}
	f("99.9703", "99.9581", "+0.0122", "points; 99.9581 % and 2 failures in the period before")
	f("98.0000", "100.0000", "−2.0000", "points; 100.0000 % and 2 failures in the period before")
	f("99.9000", "99.9000", "the same", "99.9000 % and 2 failures in the period before")
	if _, ok := trend(SLAInput{Whole: uptime.Answer{}, Before: &uptime.Answer{Availability: pointer("99.0000")}}); ok {
		t.Error("nothing was measured now, and it is compared")
	}
}

// TestBothFigures: with and without planned work, in every form.
func TestBothFigures(t *testing.T) {
	d := SLA(company(t))
	var table, page bytes.Buffer
	if err := d.CSV(&table, "bounds"); err != nil {
		t.Fatal(err)
	}
	const want = "terms,agreed_seconds,down_seconds,unknown_seconds,availability,availability_low,availability_high\n" +
		"without,1216800,360,720,99.9703,99.9112,99.9704\nwith,1224000,2830,720,99.7686,99.7099,99.7687\n"
	if table.String() != want {
		t.Errorf("got\n%s\nwant\n%s", table.String(), want)
	}
	if err := d.HTML(&page); err != nil {
		t.Fatal(err)
	}
	for _, words := range []string{"99.9703 % (99.9112 to 99.9704)", "objective 99.9 %", "With planned work counted like any other time", "99.7686", "the agent was away 10 min 00 s · no samples came 2 min 00 s"} {
		if !strings.Contains(page.String(), words) {
			t.Errorf("the page lacks %q", words)
		}
	}
}

// TestUnknownRows: time in which nobody could look stands among the outages, by its beginning, and says what is known.
func TestUnknownRows(t *testing.T) {
	d := SLA(company(t))
	rows := d.Sections[7].Table.Rows
	var got []string
	for _, r := range rows {
		got = append(got, strings.Join([]string{r[2].Text, r[4].Text, r[6].Text, r[7].Text, r[7].Note}, ", "))
	}
	want := []string{"down, 4 min 05 s, opo-dist-1, reboot, ", "unknown, 12 min 00 s, , the agent was away: site porto, ", "down, 1 min 30 s, opo-wan-a, no answer, ",
		"down, 25 s, opo-fw-1, no answer, ", "unknown, –, opo-fw-1, no samples came, ran on without a restart; 12 GB passed"}
	if v := rows[1][7].Value; v != "site:porto agent" {
		t.Errorf("CSV does not say whose gap it is: %v", v)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestFirstPageFits: the page for those who read one page is one, with twelve sites and five causes.
func TestFirstPageFits(t *testing.T) {
	in := company(t)
	for len(in.Strips) < 12 {
		in.Strips = append(in.Strips, in.Strips[0])
	}
	for _, cause := range []string{"reboot", "power", "no answer from the far end"} {
		o := in.Whole.Outages[0]
		o.Device, o.Cause = "opo-"+cause, cause
		in.Whole.Outages = append(in.Whole.Outages, o)
	}
	d := SLA(in)
	i := slices.IndexFunc(d.Sections, func(s Section) bool { return s.Detail })
	d.Sections = append(d.Sections[:i:i], Section{Key: "rest", Title: "Rest", Detail: true})
	var out bytes.Buffer
	if err := d.PDF(&out); err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`/Count 2\b`).Match(out.Bytes()) { // the rest has a page of its own
		t.Error("the first page does not fit on one")
	}
}
