package capacity

import (
	"math"
	"strings"
	"testing"

	"ninewatch/internal/vectors"
)

func TestReadSeries(t *testing.T) {
	f := func(text, column string, step, start, wantStep int64, want ...float64) {
		t.Helper()
		s, err := ReadSeries(strings.NewReader(text), column, step)
		if err != nil || s.Start != start || s.Step != wantStep || len(s.Values) != len(want) {
			t.Errorf("%q: got %+v %v; want %d values from %d by %d", text, s, err, len(want), start, wantStep)
			return
		}
		for i, v := range want {
			if got := s.Values[i]; got != v && !(math.IsNaN(got) && math.IsNaN(v)) {
				t.Errorf("%q: value %d: got %g, want %g", text, i, got, v)
			}
		}
	}
	f("t,value\n1970-01-01T00:00:00Z,1\n1970-01-01T02:00:00Z,3\n", "", hourMillis, 0, hourMillis, 1, nan, 3)
	f("t,value\n3900,3\n300,1\n600,NaN\n900,\n", "", hourMillis, 0, hourMillis, 1, 3) // out of order, seconds, missing
	f("0,1\n60,2\n", "", 0, 0, 60_000, 1, 2)
	f("\ufefft,min,avg\n0,1,5\n3600,2,6\n", "avg", 0, 0, hourMillis, 5, 6)
	f("t,value\n", "", hourMillis, 0, hourMillis)
	// Local days begin at 23:00 UTC in winter and 22:00 in summer.
	f("t,v\n2026-03-28T23:00:00Z,1\n2026-03-29T22:00:00Z,2\n2026-03-30T22:00:00Z,3\n", "", dayMillis, 1774738800000, dayMillis, 1, 2, 3)
	f("id,days,p95 %...\na,2,1,2\nb,1,3\n", "b", dayMillis, 0, dayMillis, 3)
	f("id,values...\na,1,,2\n", "", hourMillis, 0, hourMillis, 1, nan, 2)
}

func TestReadSeriesRefuses(t *testing.T) {
	f := func(want, text, column string) {
		t.Helper()
		_, err := ReadSeries(strings.NewReader(text), column, 0)
		if err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
	f("empty file: want a header t,value and rows under it", "", "")
	f(`line 2: time "yesterday": want RFC 3339 or Unix seconds`, "t,v\nyesterday,1\n", "")
	f(`line 3: value "many": want a number, or nothing where it is missing`, "t,v\n0,1\n60,many\n", "")
	f(`no column "x": want one of a, b`, "t,a,b\n0,1,2\n", "x")
	f(`no column "x": the file has no header`, "0,1\n", "x")
	f(`2 series, one in each row: --column picks one, such as "a"`, "id,v...\na,1\nb,2\n", "")
	f(`no row "c": want one of the names in the first column, such as "a"`, "id,v...\na,1\nb,2\n", "c")
	f("the step cannot be told from the times: --step says it, such as 1h", "t,v\n0,1\n", "")
	f("from 1970-01-01T00:00:00Z to 2096-10-02T07:06:40Z are more than 5000000 steps of 1s: is a time wrong, or the step?",
		"t,v\n0,1\n1,1\n2,1\n4000000000,1\n", "")
}

func FuzzReadSeries(f *testing.F) {
	f.Add("t,value\n2026-01-01T00:00:00Z,1\n", "", int64(hourMillis))
	f.Add("id,v...\na,1\nb,2\n", "a", int64(0))
	f.Add("0,1\n60,2\n", "", int64(0))
	f.Fuzz(func(t *testing.T, text, column string, step int64) {
		s, err := ReadSeries(strings.NewReader(text), column, min(max(step, 0), 1000*dayMillis))
		if err == nil && (s.Step < 1 || len(s.Values) > maxGrid) {
			t.Errorf("got step %d and %d values", s.Step, len(s.Values))
		}
	})
}

func FuzzVectors(f *testing.F) {
	f.Add(`{"cases":[{"id":"a","kind":"rates","input":{"bits":32,"samples":[{"t":0,"v":1,"up":5,"disc":1,"speed_mbps":0.5},{"t":1.5,"v":null}]}},
		{"id":"b","kind":"buckets","input":{"bucket_s":300,"from":0,"to":900,"max_gap_s":150,"samples":[]}},{"id":"c","kind":"p95","input":{"in":[1,null]}}]}`)
	f.Fuzz(func(_ *testing.T, text string) {
		vectors.Answer(strings.NewReader(text), VectorKinds) //nolint:errcheck // it must not crash
	})
}
