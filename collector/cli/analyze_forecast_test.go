package cli

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
)

// growing is a file of daily values that rise by a half each day from 20, with ripples.
func growing(t *testing.T, days int) string {
	var b strings.Builder
	b.WriteString("t,other,value\n")
	for d := range days {
		fmt.Fprintf(&b, "%d,1,%g\n", 1_767_225_600+86_400*d, 20+0.5*float64(d)+0.5*math.Sin(1.7*float64(d)))
	}
	return write(t, "growing.csv", b.String())
}

func TestAnalyzeForecast(t *testing.T) {
	code, out, errs := run(t, "analyze", "forecast", growing(t, 100), "--step", "1d", "--season", "7", "--horizon", "120",
		"--column", "value", "--limit", "100", "-o", "json")
	if code != 0 || errs != "" {
		t.Fatalf("got %d %q", code, errs)
	}
	var got struct {
		Origins []struct {
			Origin    int
			Model     string
			Quantiles []struct {
				Step               int
				Q10, Q50, Q90, Q95 float64
			}
		}
		Backtest map[string]float64
		Limit    struct {
			Limit         float64
			T10, T50, T90 any
			Probability   map[string]float64
		}
		Withheld *string
	}
	decoder := json.NewDecoder(strings.NewReader(out))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&got); err != nil {
		t.Fatal(err)
	}
	if len(got.Origins) != 1 || got.Origins[0].Origin != 100 || len(got.Origins[0].Quantiles) != 120 || got.Origins[0].Quantiles[0].Step != 1 {
		t.Fatalf("got %+v", got.Origins)
	}
	// 20 + day/2 is 100 on day 160, of which 100 are over.
	t50, ok := got.Limit.T50.(float64)
	if !ok || math.Abs(t50-60) > 4 || got.Limit.Limit != 100 || got.Withheld != nil {
		t.Errorf("got %+v, withheld %v", got.Limit, got.Withheld)
	}
	if p := got.Limit.Probability; len(p) != 3 || p["30"] > 0.05 || p["90"] < 0.9 || p["180"] < p["90"] {
		t.Errorf("got %v", p)
	}
	if b := got.Backtest; len(b) != 4 || b["mase"] > b["mase_seasonal_naive"] || b["coverage80"] <= 0 || b["pinball"] <= 0 {
		t.Errorf("got %v", b)
	}
	code, out, _ = run(t, "analyze", "forecast", growing(t, 100), "--column", "value", "--limit", "50")
	if code != 0 || !strings.Contains(out, "Limit 50: earliest now, middle now, latest now\n") || !strings.Contains(out, "\n180 ") {
		t.Errorf("got %d %q", code, out)
	}
}

func TestAnalyzeForecastWithholds(t *testing.T) {
	constant := "t,value\n" + strings.Repeat("2026-01-01T00:00:00Z,4\n", 1)
	for h := 1; h < 48; h++ {
		constant += fmt.Sprintf("%d,4\n", 1_767_225_600+3600*h)
	}
	path := write(t, "constant.csv", constant)
	printed(t, "origin,step,q10,q50,q90,q95\n48,1,4,4,4,4\n48,2,4,4,4,4\n20,1,4,4,4,4\n20,2,4,4,4,4\n",
		"analyze", "forecast", path, "--step", "1h", "--season", "24", "--horizon", "2", "--origin", "48", "--origin", "20", "-o", "csv")
	_, out, _ := run(t, "analyze", "forecast", path, "--limit", "5", "-o", "json")
	for _, want := range []string{`"withheld": "constant: every value is 4"`, `"t50": null`, `"90": null`} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in %s", want, out)
		}
	}
	_, out, _ = run(t, "analyze", "forecast", path, "--origin", "3")
	if !strings.HasSuffix(out, "No date is given: not enough history: 3 values of at least 14\n") {
		t.Errorf("got %q", out)
	}
}

func TestAnalyzeForecastRefuses(t *testing.T) {
	path := growing(t, 20)
	refused(t, 2, `output format "yaml": it is one of table, csv, json`, "analyze", "forecast", path, "-o", "yaml")
	refused(t, 2, `step "1w": want a duration from 1s to 366d, such as 5m, 1h or 1d`, "analyze", "forecast", path, "--step", "1w")
	refused(t, 2, `step "NaNd": want a duration from 1s to 366d, such as 5m, 1h or 1d`, "analyze", "forecast", path, "--step", "NaNd")
	refused(t, 2, `zone "Mars/Base": want a name such as Europe/Lisbon`, "analyze", "forecast", path, "--zone", "Mars/Base")
	refused(t, 2, "origin 21: the file has 20 values", "analyze", "forecast", path, "--origin", "21")
	refused(t, 2, "season 7, horizon -1: want steps from 1 to 100000", "analyze", "forecast", path, "--horizon", "-1")
	refused(t, 2, "limit NaN: want a number", "analyze", "forecast", path, "--limit", "NaN")
	if code, out, _ := run(t, "analyze", "forecast", write(t, "empty.csv", "t,value\n")); code != 0 || !strings.Contains(out, "No date is given: empty: no values") {
		t.Errorf("of a header alone: got %d %q", code, out)
	}
	refused(t, 1, path+`: no column "x": want one of other, value`, "analyze", "forecast", path, "--column", "x")
}

// TestAnalyzeVectorsOfAllKinds: one file may hold cases of several engines; what no engine knows is told, and
// the rest is answered.
func TestAnalyzeVectorsOfAllKinds(t *testing.T) {
	path := write(t, "cases.json", `{"cases": [
		{"id": "a", "kind": "p95", "input": {"in": [1, 2, null]}},
		{"id": "b", "kind": "rates", "input": {"bits": 64, "samples": [{"t": 0, "v": 0}, {"t": 60, "v": 600}]}},
		{"id": "c", "kind": "dance", "input": {}}]}`)
	code, out, errs := run(t, "analyze", "vectors", path)
	if code != 1 || !strings.Contains(out, `"value": 2`) || !strings.Contains(out, `"bps": 80`) || !strings.Contains(errs, `case "c": unknown kind "dance": want buckets, fhrp, group, mef, `) {
		t.Errorf("got %d %q %q", code, out, errs)
	}
}
