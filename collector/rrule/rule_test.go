package rrule

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func wall(t *testing.T, text string) time.Time {
	t.Helper()
	out, err := time.Parse("2006-01-02 15:04", text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// newYork is UTC-4 or UTC-5 as the examples of RFC 5545 have it, without the care for gaps that the caller owes.
func newYork(t time.Time) int64 {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		panic(err)
	}
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), 0, 0, zone).Unix()
}

// TestExamples are those of RFC 5545, 3.8.5.3, all of which start at 09:00; days are listed as month/day.
func TestExamples(t *testing.T) {
	f := func(start, rule, want string) {
		t.Helper()
		r, err := Parse(rule)
		if err != nil {
			t.Error(err)
			return
		}
		days := strings.Fields(want)
		var got []string
		for x := range r.From(wall(t, start+" 09:00"), newYork) {
			if len(got) == len(days) && days[len(days)-1] != "end" || len(got) > 200 {
				break
			}
			got = append(got, x.Format("1/2"))
		}
		if days[len(days)-1] == "end" {
			days = days[:len(days)-1]
		}
		if diff := cmp.Diff(days, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", rule, diff)
		}
	}
	f("1997-09-02", "FREQ=DAILY;COUNT=10", "9/2 9/3 9/4 9/5 9/6 9/7 9/8 9/9 9/10 9/11 end")
	f("1997-12-20", "FREQ=DAILY;UNTIL=19971224T000000Z", "12/20 12/21 12/22 12/23 end")
	f("1997-09-02", "FREQ=DAILY;INTERVAL=2", "9/2 9/4 9/6 9/8")
	f("1997-09-02", "FREQ=DAILY;INTERVAL=10;COUNT=5", "9/2 9/12 9/22 10/2 10/12 end")
	f("1998-01-29", "FREQ=DAILY;BYMONTH=1;UNTIL=20000131T140000Z", "1/29 1/30 1/31 1/1 1/2")
	f("1997-09-02", "FREQ=WEEKLY;COUNT=10", "9/2 9/9 9/16 9/23 9/30 10/7 10/14 10/21 10/28 11/4 end")
	f("1997-12-02", "FREQ=WEEKLY;UNTIL=19971224T000000Z", "12/2 12/9 12/16 12/23 end")
	f("1997-09-02", "FREQ=WEEKLY;INTERVAL=2;WKST=SU", "9/2 9/16 9/30 10/14 10/28 11/11")
	f("1997-09-02", "FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH", "9/2 9/4 9/9 9/11 9/16 9/18 9/23 9/25 9/30 10/2 end")
	f("1997-09-01", "FREQ=WEEKLY;INTERVAL=2;UNTIL=19970926T000000Z;WKST=SU;BYDAY=MO,WE,FR", "9/1 9/3 9/5 9/15 9/17 9/19 end")
	f("1997-09-02", "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH", "9/2 9/4 9/16 9/18 9/30 10/2 10/14 10/16 end")
	f("1997-09-05", "FREQ=MONTHLY;COUNT=4;BYDAY=1FR", "9/5 10/3 11/7 12/5 end")
	f("1997-09-05", "FREQ=MONTHLY;UNTIL=19971224T000000Z;BYDAY=1FR", "9/5 10/3 11/7 12/5 end")
	f("1997-09-07", "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU", "9/7 9/28 11/2 11/30 1/4 1/25 3/1 3/29 5/3 5/31 end")
	f("1997-09-22", "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO", "9/22 10/20 11/17 12/22 1/19 2/16 end")
	f("1997-09-28", "FREQ=MONTHLY;BYMONTHDAY=-3", "9/28 10/29 11/28 12/29 1/29 2/26")
	f("1997-09-02", "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15", "9/2 9/15 10/2 10/15 11/2 11/15 12/2 12/15 1/2 1/15 end")
	f("1997-09-30", "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1", "9/30 10/1 10/31 11/1 11/30 12/1 12/31 1/1 1/31 2/1 end")
	f("1997-09-10", "FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15", "9/10 9/11 9/12 9/13 9/14 9/15 3/10 3/11 3/12 3/13 end")
	f("1997-09-02", "FREQ=MONTHLY;INTERVAL=2;BYDAY=TU", "9/2 9/9 9/16 9/23 9/30 11/4 11/11")
	f("1997-06-10", "FREQ=YEARLY;COUNT=10;BYMONTH=6,7", "6/10 7/10 6/10 7/10 6/10 7/10 6/10 7/10 6/10 7/10 end")
	f("1997-05-19", "FREQ=YEARLY;BYDAY=20MO", "5/19 5/18 5/17")
	f("1997-03-13", "FREQ=YEARLY;BYMONTH=3;BYDAY=TH", "3/13 3/20 3/27 3/5 3/12")
	f("1997-09-13", "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13", "9/13 10/11 11/8 12/13 1/10 2/7 3/7")
	f("1996-11-05", "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8", "11/5 11/7 11/2")
	f("1997-09-04", "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", "9/4 10/7 11/6 end")
	f("1997-09-29", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2", "9/29 10/30 11/27 12/30 1/29 2/26 3/30")
	f("1997-08-05", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", "8/5 8/10 8/19 8/24 end")
	f("1997-08-05", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", "8/5 8/17 8/19 8/31 end")
	f("2007-01-15", "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5", "1/15 1/30 2/15 3/15 3/30 end")
	// A month without a 31st is left out.
	f("2026-01-31", "FREQ=MONTHLY;COUNT=4", "1/31 3/31 5/31 7/31 end")
	f("2026-02-28", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "2/28 end") // never again: the iteration ends
	f("2026-11-02", "FREQ=DAILY;UNTIL=20261104", "11/2 11/3 11/4 end")
}

func TestParseSaysWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"":                                  "want KEY=VALUE",
		"INTERVAL=2":                        "FREQ is missing",
		"FREQ=HOURLY":                       "want DAILY, WEEKLY",
		"FREQ=DAILY;FREQ=DAILY":             "stands twice",
		"FREQ=DAILY;COUNT=0":                "from 1 to 10000",
		"FREQ=DAILY;COUNT=1;UNTIL=20261130": "exclude each other",
		"FREQ=DAILY;UNTIL=20261131":         "20261130T220000",
		"FREQ=WEEKLY;BYDAY=2SU":             "MONTHLY or YEARLY",
		"FREQ=MONTHLY;BYDAY=XX":             "MO to SU",
		"FREQ=MONTHLY;BYDAY=A":              "MO to SU",
		"FREQ=MONTHLY;BYMONTHDAY=0":         "from 1 to 31",
		"FREQ=MONTHLY;BYSETPOS=1":           "beside it",
		"FREQ=WEEKLY;BYMONTHDAY=1":          "does not go with",
		"FREQ=DAILY;BYHOUR=2":               "not read here",
		"FREQ=YEARLY;BYMONTH=-1":            "from 1 to 12",
	} {
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("FREQ=MONTHLY;BYDAY=2SU;BYSETPOS=-1;UNTIL=20271231T000000Z")
	f.Add("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := Parse(text)
		if err != nil {
			return
		}
		var got []time.Time
		for x := range r.From(time.Date(2026, 1, 31, 9, 0, 0, 0, time.UTC), time.Time.Unix) {
			if got = append(got, x); len(got) == 50 {
				break
			}
		}
		if !slices.IsSortedFunc(got, time.Time.Compare) {
			t.Errorf("%q: %v", text, got)
		}
	})
}
