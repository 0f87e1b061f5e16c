package report

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"ninewatch/collector/uptime"
)

func pointer[T any](v T) *T { return &v }

// october is the month of a warehouse: three outages of 360 s within 1,216,080 agreed seconds, 720 s unknown.
func october(t *testing.T) SLAInput {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Lisbon")
	if err != nil {
		t.Fatal(err)
	}
	from := time.Date(2026, 10, 1, 0, 0, 0, 0, zone)
	in := SLAInput{
		Title: "Warehouse system, Porto", Scope: "service:wms", Name: "2026-10", Zone: zone, Objective: "99.9",
		Period: uptime.Window{From: from.Unix(), To: from.AddDate(0, 1, 0).Unix()}, Made: time.Date(2026, 11, 4, 9, 20, 0, 0, time.UTC),
		Whole: uptime.Answer{
			PeriodSeconds: 2682000, AgreedSeconds: 1216800, Up: 1214160, Degraded: 1560, Down: 360, Unknown: 720, Outside: 1465200,
			Availability: pointer("99.9703"), AvailabilityLow: pointer("99.9112"), AvailabilityHigh: pointer("99.9704"), Coverage: pointer("99.9408"),
			Verdict: pointer("met"), BudgetSeconds: pointer(int64(1216)), BudgetLeftSeconds: pointer(int64(856)),
			Failures: 3, MTTRSeconds: pointer(int64(120)), MTBFSeconds: pointer(int64(405240)), AsOf: "2026-11-04T09:20:00Z", Revision: 2,
			Outages: []uptime.OutageAnswer{
				{Device: "opo-dist-1", From: "2026-10-08T09:41:07Z", To: pointer("2026-10-08T09:45:12Z"), RawSeconds: 245, CountedSeconds: 245, Cause: "reboot", UncertaintySeconds: 1, Incident: pointer("INC-2288")},
				{Device: "opo-wan-a", From: "2026-10-21T18:58:30Z", To: pointer("2026-10-21T19:41:10Z"), RawSeconds: 2560, CountedSeconds: 90, Cause: "no answer"},
				{Device: "opo-fw-1", From: "2026-10-29T07:12:05Z", RawSeconds: 25, CountedSeconds: 25, Cause: "no answer"},
			},
		},
	}
	for d := range 31 {
		day := uptime.Day{Date: from.AddDate(0, 0, d).Format("2006-01-02"), Up: 46800}
		switch d + 1 {
		case 8:
			day.Down, day.Up = 245, 46555
		case 14:
			day.Unknown, day.Up = 720, 46080
		case 4:
			day.Up = 0
		}
		in.Days = append(in.Days, day)
	}
	return in
}

func TestCanonical(t *testing.T) {
	for in, want := range map[string]string{
		// RFC 8785, 3.2.2 and 3.2.3: literals, string escapes and the order of keys.
		`{ "numbers": [4.50, 1], "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false] }`: "{\"literals\":[null,true,false],\"numbers\":[4.50,1],\"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}",
		"{\"\\u20ac\":1,\"\\r\":2,\"\\ufb33\":3,\"1\":4,\"\\ud83d\\ude00\":5,\"\\u0080\":6,\"\\u00f6\":7}":                     "{\"\\r\":2,\"1\":4,\"\u0080\":6,\"ö\":7,\"€\":1,\"😀\":5,\"\ufb33\":3}",
		`"<&>\u2028"`: "\"<&>\u2028\"",
	} {
		got, err := Canonical([]byte(in))
		if err != nil || string(got) != want {
			t.Errorf("%s:\n got %s, %v\nwant %s", in, got, err, want)
		}
	}
	for _, bad := range []string{"", "{", `{"a":1} 2`, strings.Repeat("[", 100) + strings.Repeat("]", 100)} {
		if got, err := Canonical([]byte(bad)); err == nil {
			t.Errorf("%.20q gave %s", bad, got)
		}
	}
}

func FuzzCanonical(f *testing.F) {
	f.Add([]byte(`{"b":[1,2.50,"x\n"],"a":null}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		once, err := Canonical(in)
		if err != nil {
			return
		}
		twice, err := Canonical(once)
		if err != nil || !bytes.Equal(once, twice) {
			t.Errorf("not stable: %q, then %q, %v", once, twice, err)
		}
	})
}

func TestSignature(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.key")
	key, err := OpenKey(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key lies open: %v, %v", info.Mode(), err)
	}
	again, err := OpenKey(path)
	if err != nil || !again.Public().Equal(key.Public()) {
		t.Fatalf("a second start signs by another key: %v", err)
	}
	signed, err := key.Sign(SLA(october(t)))
	if err != nil {
		t.Fatal(err)
	}
	d, by, err := Verify(signed, key.Public())
	if err != nil || d.Title != "Warehouse system, Porto" || !by.Equal(key.Public()) {
		t.Errorf("got %q by %x: %v", d.Title, by, err)
	}
	// White space and the order of keys are nobody's business; a number is.
	var loose map[string]any
	if err := json.Unmarshal(signed, &loose); err != nil {
		t.Fatal(err)
	}
	compact, err := json.Marshal(loose)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := Verify(compact, nil); err != nil {
		t.Errorf("written in another way: %v", err)
	}
	forged := bytes.Replace(signed, []byte("99.9703"), []byte("99.9903"), 1)
	if _, _, err := Verify(forged, nil); err != ErrForged {
		t.Errorf("a changed number: got %v", err)
	}
	other, err := OpenKey(filepath.Join(t.TempDir(), "other"))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := Verify(signed, other.Public()); err == nil {
		t.Error("taken for a report of another collector")
	}
	for _, bad := range []string{"", "{}", `{"report":{},"signature":{"algorithm":"none","value":"x"}}`, `{"report":{},"signature":{"algorithm":"ed25519","public_key":"eA==","value":"x"}}`} {
		if _, _, err := Verify([]byte(bad), nil); err == nil {
			t.Errorf("%q is taken for a signed report", bad)
		}
	}
	if err := os.WriteFile(path, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenKey(path); err == nil || !strings.Contains(err.Error(), "restore it") {
		t.Errorf("a damaged key: %v", err)
	}
}

func TestSLAWords(t *testing.T) {
	words := func(in SLAInput) (s string) {
		for _, span := range SLA(in).Answer {
			s += span.Text
		}
		return s
	}
	in := october(t)
	if got, want := words(in), "The 99.9 % objective was met. 3 outages cost 6 min 00 s of a budget of 20 min 16 s. "+
		"For 12 min 00 s nobody could look; had it been down all that time, the objective would still hold."; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	in.Whole.Verdict, in.Whole.BudgetLeftSeconds = pointer("breached"), pointer(int64(-30))
	d := SLA(in)
	if got := d.Figures[2]; got.Label != "Over budget" || got.Value != "30 s" {
		t.Errorf("got %+v", got)
	}
	in.Whole = uptime.Answer{Unknown: 60}
	if got := words(in); !strings.HasPrefix(got, "Nobody looked in this period.") {
		t.Errorf("without evidence: %s", got)
	}
	var account string
	for _, f := range SLA(october(t)).Method {
		if f.Label == "Seconds" {
			account = f.Text
		}
	}
	if want := "up 1,214,160 · degraded 1,560 · down 360 · unknown 720 · outside agreed hours 1,465,200 = 2,682,000"; account != want {
		t.Errorf("got %s, want %s", account, want)
	}
}

func TestLasted(t *testing.T) {
	for seconds, want := range map[int64]string{0: "0 s", 59: "59 s", 60: "1 min 00 s", 245: "4 min 05 s", 3600: "1 h 00 min", 172800: "2 d 00 h", -90: "−1 min 30 s"} {
		if got := Lasted(seconds); got != want {
			t.Errorf("%d: got %s, want %s", seconds, got, want)
		}
	}
}

const hostile = `=HYPERLINK("http://x")<script>alert(1)</script>`

func TestHostileText(t *testing.T) {
	in := october(t)
	in.Title = hostile
	in.Whole.Outages[0].Device = hostile
	d := SLA(in)
	var page, table bytes.Buffer
	if err := d.HTML(&page); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(page.String(), "<script") {
		t.Error("text became markup")
	}
	for _, origin := range []string{"http://", "https://", "src=", "url("} {
		if strings.Contains(strings.ReplaceAll(page.String(), hostileEscaped, ""), origin) {
			t.Errorf("the page asks another origin: %s", origin)
		}
	}
	if err := d.CSV(&table, "outages"); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(table.String(), `"'=HYPERLINK(`) {
		t.Errorf("a formula is left: %s", table.String())
	}
}

const hostileEscaped = `=HYPERLINK(&#34;http://x&#34;)`

func TestCSV(t *testing.T) {
	var out bytes.Buffer
	if err := SLA(october(t)).CSV(&out, "outages"); err != nil {
		t.Fatal(err)
	}
	const want = "from,to,kind,raw_seconds,counted_seconds,uncertainty_seconds,device,cause,incident\n" +
		"2026-10-08T09:41:07Z,2026-10-08T09:45:12Z,down,245,245,1,opo-dist-1,reboot,INC-2288\n" +
		"2026-10-21T18:58:30Z,2026-10-21T19:41:10Z,down,2560,90,0,opo-wan-a,no answer,\n" +
		"2026-10-29T07:12:05Z,,down,25,25,0,opo-fw-1,no answer,\n"
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
	if err := SLA(october(t)).CSV(&out, "other"); err == nil || !strings.Contains(err.Error(), "days, outages") {
		t.Errorf("an unknown table: %v", err)
	}
	if got := csvText(Cell{Value: "-1.5"}); got != "-1.5" {
		t.Errorf("a negative number became %s", got)
	}
}

func TestPDF(t *testing.T) {
	in := october(t)
	in.Title = "Armazém 😀 Łódź Αθήνα"
	for range 120 { // more than a page
		in.Whole.Outages = append(in.Whole.Outages, in.Whole.Outages[0])
	}
	var a, b bytes.Buffer
	if err := SLA(in).PDF(&a); err != nil {
		t.Fatal(err)
	}
	if err := SLA(in).PDF(&b); err != nil {
		t.Fatal(err)
	}
	// 123 rows of 5 mm need 615 mm of pages that have 267.
	if !bytes.HasPrefix(a.Bytes(), []byte("%PDF-")) || !regexp.MustCompile(`/Count [34]\b`).Match(a.Bytes()) {
		t.Errorf("not a PDF of three or four pages: %.20q", a.Bytes())
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("two calls wrote different files")
	}
}

func TestDayBars(t *testing.T) {
	d := slaDays(october(t).Days).Draw("Day by day")
	var bars []Shape
	for _, s := range d.Shapes {
		if s.Rect != nil {
			bars = append(bars, s)
		}
	}
	if len(bars) != 31 || bars[7].Tone != Bad || bars[13].Tone != Unknown || bars[3].Tone != Outside || bars[0].Tone != Quiet {
		t.Fatalf("got %d bars: %v %v %v %v", len(bars), bars[7].Tone, bars[13].Tone, bars[3].Tone, bars[0].Tone)
	}
	if !(bars[13].Rect.H > bars[7].Rect.H && bars[7].Rect.H > bars[0].Rect.H) {
		t.Errorf("heights do not follow the time lost: %v, %v, %v", bars[13].Rect.H, bars[7].Rect.H, bars[0].Rect.H)
	}
}
