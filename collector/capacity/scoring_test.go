package capacity

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ninewatch/internal/testkit"
)

// The figures below are what issue 7 asks for. The files are beside the checkout; series made by simulate_test.go
// stand for those that nobody has seen.

const hourMillis = 3600_000

func readShared(t *testing.T, name, column string, step int64) Series {
	t.Helper()
	file, err := os.Open(testkit.Shared(t, "analytics", "traffic", name))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	s, err := ReadSeries(file, column, step)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// scoreAt forecasts from every so many values.
func scoreAt(s Series, season, from, every, horizon int) Score {
	var f Forecaster
	var origins []int
	var forecasts [][]Quantiles
	for o := from; o+horizon <= len(s.Values); o += every {
		origins = append(origins, o)
		forecasts = append(forecasts, f.Forecast(s, o, Options{Season: season, Horizon: horizon}).Quantiles)
	}
	return Measure(s.Values, season, origins, forecasts)
}

// naivePinball is the loss of the seasonal naive forecast taken for each of the quantiles.
func naivePinball(s Series, season, from, every, horizon int) float64 {
	var origins []int
	var forecasts [][]Quantiles
	for o := from; o+horizon <= len(s.Values); o += every {
		q := make([]Quantiles, horizon)
		for h := range q {
			v := lastSeason(s.Values[:o], season, h)
			q[h] = Quantiles{v, v, v, v}
		}
		origins, forecasts = append(origins, o), append(forecasts, q)
	}
	return Measure(s.Values, season, origins, forecasts).Pinball
}

// held fails where intervals for 80 % hold too few or too many.
func held(t *testing.T, name string, coverage float64) {
	t.Helper()
	if coverage < 0.75 || coverage > 0.85 {
		t.Errorf("%s: 80 %% intervals hold %.3f", name, coverage)
	}
}

func TestLinks(t *testing.T) {
	f := func(name, column string, season, from, every, horizon int) {
		t.Helper()
		s := readShared(t, name, column, hourMillis)
		got := scoreAt(s, season, from, every, horizon)
		t.Logf("%s %s: %+v", name, column, got)
		if got.MASE > got.NaiveMASE {
			t.Errorf("%s: MASE %.3f loses to %.3f", name, got.MASE, got.NaiveMASE)
		}
		if naive := naivePinball(s, season, from, every, horizon); got.Pinball >= naive {
			t.Errorf("%s: pinball %.3f, seasonal naive %.3f", name, got.Pinball, naive)
		}
		held(t, name, got.Coverage80)
	}
	f("isp_eu_5min.csv", "bits_per_5min", 168, 672, 48, 168)
	f("zabbix_link_hourly_first120d.csv", "min", 168, 1440, 96, 168)
	f("zabbix_link_hourly_first120d.csv", "avg", 168, 1440, 96, 168)
	f("zabbix_link_hourly_first120d.csv", "max", 168, 1440, 96, 168)
	// Two weeks of hours are too few for weeks, not for days.
	f("nab_ec2_network_in_257a54.csv", "value", 24, 96, 12, 48)
	f("nab_elb_request_count_8c0756.csv", "value", 24, 96, 12, 48)
}

func readRows(t *testing.T, name string) map[string][]float64 {
	t.Helper()
	path := testkit.Shared(t, "analytics", "traffic", name)
	text, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string][]float64{}
	for line := range strings.Lines(string(text)) {
		id, _, _ := strings.Cut(line, ",")
		if id == "id" {
			continue
		}
		s, err := ReadSeries(strings.NewReader(under(string(text), line)), id, dayMillis)
		if err != nil {
			t.Fatal(err)
		}
		rows[id] = s.Values
	}
	return rows
}

// under is the header of a file and one of its lines.
func under(text, line string) string {
	header, _, _ := strings.Cut(text, "\n")
	return header + "\n" + line
}

func TestM4(t *testing.T) {
	train, test := readRows(t, "m4_hourly_train.csv"), readRows(t, "m4_hourly_test.csv")
	var mase, naive, pinball, naivePin, coverage float64
	var f Forecaster
	for id, history := range train {
		all := slices.Concat(history, test[id])
		r := f.Forecast(Series{Step: hourMillis, Values: all}, len(history), Options{Season: 24, Horizon: 48})
		s := Measure(all, 24, []int{len(history)}, [][]Quantiles{r.Quantiles})
		mase, naive, pinball, coverage = mase+s.MASE, naive+s.NaiveMASE, pinball+s.Pinball, coverage+s.Coverage80
		naivePin += naivePinball(Series{Step: hourMillis, Values: all}, 24, len(history), len(all), 48)
	}
	n := float64(len(train))
	t.Logf("MASE %.3f, seasonal naive %.3f, pinball %.3f, coverage %.3f", mase/n, naive/n, pinball/n, coverage/n)
	if mase > 0.85*naive {
		t.Errorf("MASE %.3f, seasonal naive %.3f", mase/n, naive/n)
	}
	if pinball >= naivePin {
		t.Errorf("pinball %.3f, seasonal naive %.3f", pinball/n, naivePin/n)
	}
	held(t, "M4", coverage/n)
}

// TestHours: on hourly series of our own, of every kind, forecasts beat the seasonal naive one and the intervals
// hold what they say.
func TestHours(t *testing.T) {
	f := func(kind string, n, season, from, every, horizon int) {
		t.Helper()
		const links = 12
		var mase, naive, pinball, naivePin, coverage float64
		for seed := range uint64(links) {
			series := Series{Step: hourMillis, Values: simulateHourly(kind, 100+seed, n)}
			s := scoreAt(series, season, from, every, horizon)
			mase, naive, coverage = mase+s.MASE, naive+s.NaiveMASE, coverage+s.Coverage80
			pinball, naivePin = pinball+s.Pinball, naivePin+naivePinball(series, season, from, every, horizon)
		}
		t.Logf("%s: MASE %.3f, seasonal naive %.3f, pinball %.3f and %.3f, coverage %.3f",
			kind, mase/links, naive/links, pinball/links, naivePin/links, coverage/links)
		if mase > naive || pinball >= naivePin {
			t.Errorf("%s: MASE %.3f and pinball %.3f lose to %.3f and %.3f", kind, mase/links, pinball/links, naive/links, naivePin/links)
		}
		held(t, kind, coverage/links)
	}
	for _, kind := range []string{"steady", "drifting", "growing", "stepped", "freaks", "odd step"} {
		f(kind, 1500, 168, 672, 160, 168)
	}
	f("bursts", 337, 24, 96, 12, 48)
}

// truth is what became of a synthetic daily series.
type truth struct {
	Days *float64 `json:"days_to_threshold"`
}

// found counts crossings of 80 % against the truth.
func found(histories map[string][]float64, truths map[string]truth) (cross, hits, falseAlarms int, medianError float64) {
	var f Forecaster
	var errs []float64
	for id, history := range histories {
		s := Series{Step: dayMillis, Values: history}
		r := f.Forecast(s, len(history), Options{Season: 7, Horizon: 180})
		got := r.Reaches(s, 80).T50
		said := !got.Never() && (r.Withheld == "" || got.Now())
		switch want := truths[id].Days; {
		case want == nil && said:
			falseAlarms++
		case want != nil:
			cross++
			if said {
				hits++
				errs = append(errs, math.Abs(float64(got)-*want))
			}
		}
	}
	return cross, hits, falseAlarms, medianOf(errs)
}

func TestCrossings(t *testing.T) {
	text, err := os.ReadFile(testkit.Shared(t, "analytics", "traffic", "synth_capacity_truth.json"))
	if err != nil {
		t.Fatal(err)
	}
	var truths map[string]truth
	if err := json.Unmarshal(text, &truths); err != nil {
		t.Fatal(err)
	}
	cross, hits, falseAlarms, days := found(readRows(t, "synth_capacity_history.csv"), truths)
	t.Logf("%d of %d found, %d false alarms, median error %g days", hits, cross, falseAlarms, days)
	if cross != 18 || hits*10 < cross*8 || falseAlarms > 3 || days > 5 {
		t.Errorf("%d of %d found, %d false alarms, median error %g days", hits, cross, falseAlarms, days)
	}
}

// TestOwnCrossings: ours turn and bend later and with more noise, so that a date is less sure.
func TestOwnCrossings(t *testing.T) {
	histories, truths := simulateDaily(11, 320)
	cross, hits, falseAlarms, days := found(histories, truths)
	t.Logf("%d of %d found, %d false alarms of %d, median error %g days", hits, cross, falseAlarms, 320-cross, days)
	if hits*10 < cross*8 || falseAlarms*20 > 320-cross || days > 7 {
		t.Errorf("%d of %d found, %d false alarms, median error %g days", hits, cross, falseAlarms, days)
	}
}
