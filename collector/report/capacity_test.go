package report

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// A plan says who grows, what larger sizes cost and how earlier forecasts did, the same in each format.
func TestCapacityPlan(t *testing.T) {
	grown := 25.0
	in := CapacityInput{Title: "Lisbon", Scope: "site:lisbon", Name: "2026-Q4", From: time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC),
		Zone: time.UTC, Made: time.Date(2026, 11, 25, 3, 0, 0, 0, time.UTC),
		Growth: []CapacityGrowth{
			{By: "site", Group: "lisbon", Kind: "circuit", Now: "500 Mbit/s", Before: "400 Mbit/s", NowValue: 5e8, BeforeValue: 4e8, Percent: &grown, Counted: 1, All: 2},
			{By: "department", Group: "Sales", Kind: "circuit", Now: "500 Mbit/s", Before: "0 bit/s", NowValue: 5e8, Counted: 1, All: 1, Over: 1},
		},
		Upgrades: []CapacityUpgrade{
			{Resource: "circuit:lis-a", Title: "Lisbon WAN-A", Size: "2.00 Gbit/s", SizeValue: 2e9, Times: 2, Cost: "2,400 EUR", CostOf: "ham-a", CostToday: "1,900 EUR"},
			{Resource: "circuit:lis-b", Title: "Lisbon WAN-B", Size: "1.00 Gbit/s", SizeValue: 1e9, Times: 2, Withheld: "not enough history"},
		},
		// 9 of 12 and 3 of 4 weeks came to lie within: 12 of 16.
		Compared: []CapacityCompared{
			{Resource: "circuit:lis-a", Title: "Lisbon WAN-A", Made: "2026-09-01", Points: 12, Inside80: 0.75, MedianError: 0.04},
			{Resource: "circuit:lis-b", Title: "Lisbon WAN-B", Made: "2026-10-01", Points: 4, Inside80: 0.75, MedianError: -0.2},
		},
	}
	d := Capacity(in)
	var keys []string
	for _, s := range d.Sections {
		keys = append(keys, s.Key)
	}
	if got := strings.Join(keys, " "); got != "plan growth_site growth_department upgrades compared withheld" {
		t.Fatalf("sections are %s", got)
	}
	if note := d.Sections[4].Note; !strings.HasPrefix(note, "Of 16 weeks that came, 75 % lay within the 80 % band") || !strings.Contains(note, "off by no more than 4 %") {
		t.Errorf("the note of what came: %s", note)
	}
	for table, want := range map[string]string{
		"growth_site": "lisbon,circuit,500000000,400000000,25.00,1,", "growth_department": "Sales,circuit,500000000,0,,1,",
		"upgrades": "circuit:lis-a,2000000000,2,,,\"2,400 EUR\",ham-a,\"1,900 EUR\"", "compared": "circuit:lis-b,2026-10-01,4,0.750,-0.200",
	} {
		var out bytes.Buffer
		if err := d.CSV(&out, table); err != nil || !strings.Contains(out.String(), want) {
			t.Errorf("%s as CSV: %v\n%s\nwithout %q", table, err, out.String(), want)
		}
	}
	var page bytes.Buffer
	if err := d.HTML(&page); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"no date: not enough history", "more than a year", "1 over the limit", "Earlier forecasts beside what happened"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	var pdf bytes.Buffer
	if err := d.PDF(&pdf); err != nil || !bytes.HasPrefix(pdf.Bytes(), []byte("%PDF-")) {
		t.Errorf("as PDF: %v", err)
	}
}
