package uptime

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ninewatch/internal/vectors"
)

// vector runs one case and returns its output as plain JSON values.
func vector(t *testing.T, kind, input string) map[string]any {
	t.Helper()
	got, _, err := vectors.Answer(strings.NewReader(`{"cases": [{"id": "X", "kind": "`+kind+`", "input": `+input+`}]}`), VectorKinds)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(got["X"])
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// pick follows a path of keys.
func pick(v any, path ...string) any {
	for _, p := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[p]
	}
	return v
}

const probe60 = `"probe": {"interval_s": 60, "hold_s": 150, "confirm_down": {"mode": "window", "k": 3, "m": 5}, "confirm_up": 1, "degraded_loss": 0.2}`

// TestWindowConfirmsFlapping: with 3 of 5 an hour of alternating failures is one outage.
func TestWindowConfirmsFlapping(t *testing.T) {
	samples := []string{`{"from": "2026-03-10T09:00:00Z", "to": "2026-03-10T10:00:00Z", "every": 60, "r": "ok"}`}
	for m := range 60 {
		r := "fail"
		if m%2 == 1 {
			r = "ok"
		}
		samples = append(samples, `{"at": "2026-03-10T10:`+string([]byte{byte('0' + m/10), byte('0' + m%10)})+`:00Z", "r": "`+r+`"}`)
	}
	samples = append(samples, `{"from": "2026-03-10T11:00:00Z", "to": "2026-03-10T12:00:00Z", "every": 60, "r": "ok"}`)
	got := vector(t, "timeline", `{"period": {"from": "2026-03-10T09:00:00Z", "to": "2026-03-10T12:00:00Z"}, `+probe60+`,
		"targets": {"r1": {"samples": [`+strings.Join(samples, ",")+`]}}}`)
	want := []any{
		[]any{"2026-03-10T09:00:00Z", "2026-03-10T10:00:00Z", "up"},
		[]any{"2026-03-10T10:00:00Z", "2026-03-10T10:59:00Z", "down"},
		[]any{"2026-03-10T10:59:00Z", "2026-03-10T12:00:00Z", "up"},
	}
	if diff := cmp.Diff(want, pick(got, "targets", "r1", "intervals")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestServiceOverUnreachable: a member behind a cut is not up, and a component's maintenance is no excuse.
func TestServiceOverUnreachable(t *testing.T) {
	ok := `{"from": "2026-03-10T00:00:00Z", "to": "2026-03-10T02:00:00Z", "every": 60, "r": "ok"}`
	cut := `{"from": "2026-03-10T00:00:00Z", "to": "2026-03-10T01:00:00Z", "every": 60, "r": "ok"},
		{"from": "2026-03-10T01:00:00Z", "to": "2026-03-10T01:10:00Z", "every": 60, "r": "fail"},
		{"from": "2026-03-10T01:10:00Z", "to": "2026-03-10T02:00:00Z", "every": 60, "r": "ok"}`
	got := vector(t, "timeline", `{"period": {"from": "2026-03-10T00:00:00Z", "to": "2026-03-10T02:00:00Z"}, `+probe60+`,
		"policy": {"unreachable": "exclude", "skew_s": 60}, "target_pct": 99.9,
		"maintenance": {"core": [["2026-03-10T01:00:00Z", "2026-03-10T01:10:00Z"]]},
		"targets": {"core": {"samples": [`+cut+`]}, "leaf": {"parents": ["core"], "samples": [`+cut+`]}, "other": {"samples": [`+ok+`]}},
		"services": {"both": {"all": ["leaf", "other"]}, "nested": {"k": 1, "of": ["both", "other"]}}}`)
	for path, want := range map[string]any{
		"targets/core/seconds/down": 0.0, "targets/core/maintenance_s": 600.0, "targets/core/verdict": "met",
		"targets/leaf/seconds/unreachable": 600.0, "targets/leaf/availability/den": 6600.0, "targets/leaf/verdict": "met",
		"services/both/seconds/down": 600.0, "services/both/verdict": "breached", "services/nested/seconds/degraded": 600.0,
	} {
		if have := pick(got, strings.Split(path, "/")...); have != want {
			t.Errorf("%s: got %v, want %v", path, have, want)
		}
	}
}

// TestAgentRestartIsNoOutage: the host ran on.
func TestAgentRestartIsNoOutage(t *testing.T) {
	got := vector(t, "timeline", `{"period": {"from": "2026-03-10T00:00:00Z", "to": "2026-03-10T02:00:00Z"}, `+probe60+`,
		"targets": {"r1": {"samples": [
			{"from": "2026-03-10T00:00:00Z", "to": "2026-03-10T01:00:00Z", "every": 60, "r": "ok", "uptime": 5000000, "host_uptime": 90000},
			{"from": "2026-03-10T01:00:00Z", "to": "2026-03-10T02:00:00Z", "every": 60, "r": "loss:0.25", "uptime": 2000, "host_uptime": 93600}]}}}`)
	want := []any{map[string]any{"at": "2026-03-10T00:59:40Z", "kind": "snmp_agent_restart"}}
	if diff := cmp.Diff(want, pick(got, "targets", "r1", "restarts")); diff != "" {
		t.Errorf("restarts (-want +got):\n%s", diff)
	}
	if have := pick(got, "targets", "r1", "seconds", "degraded"); have != 3600.0 {
		t.Errorf("degraded: got %v, want 3600", have)
	}
}

func TestVectorsSayWhatIsWrong(t *testing.T) {
	period := `"period": {"from": "2026-03-10T00:00:00Z", "to": "2026-03-10T02:00:00Z"}`
	f := func(kind, input, want string) {
		t.Helper()
		_, _, err := vectors.Answer(strings.NewReader(`{"cases": [{"id": "X1", "kind": "`+kind+`", "input": `+input+`}]}`), VectorKinds)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "X1") {
			t.Errorf("got %v, want the case and %q", err, want)
		}
	}
	f("timeline", `{"period": {"month": "2026-13", "tz": "UTC"}}`, `period "2026-13"`)
	f("timeline", `{"period": {"month": "2026-03", "tz": "Europe/Nowhere"}}`, "Europe/Nowhere")
	f("timeline", `{`+period+`, "probe": {"interval_s": 0}}`, "interval_s")
	f("timeline", `{`+period+`, "probe": {"interval_s": 60, "confirm_down": {"mode": "window", "k": 3, "m": 2}}}`, "3 of 2")
	f("timeline", `{`+period+`, "probe": {"interval_s": 60}, "targets": {"a": {"samples": [{"at": "2026-03-10T00:00:00Z", "r": "meh"}]}}}`, `"meh"`)
	f("timeline", `{`+period+`, "probe": {"interval_s": 60}, "targets": {"a": {"parents": ["a"]}}}`, "its own ancestor")
	f("timeline", `{`+period+`, "probe": {"interval_s": 60}, "targets": {"a": {}}, "services": {"s": {"k": 2, "of": ["a"]}}}`, "from 1 to the number")
	f("timeline", `{`+period+`, "probe": {"interval_s": 60}, "targets": {}, "services": {"s": {"any": ["s"]}}}`, "contains itself")
	f("slo", `{`+period+`, "target_pct": 101}`, "0 to 100")
	f("mef", `{"n": 0, "p": 1}`, "at least 1")
	if _, _, err := vectors.Answer(strings.NewReader(`[`), VectorKinds); err == nil {
		t.Error("half a file: want an error")
	}
}

// TestOtherKindsAreLeftOut: another package answers them.
func TestOtherKindsAreLeftOut(t *testing.T) {
	got, _, err := vectors.Answer(strings.NewReader(`{"cases": [{"id": "R1", "kind": "rates", "input": {}}]}`), VectorKinds)
	if err != nil || len(got) != 0 {
		t.Errorf("got %v, %v", got, err)
	}
}

func FuzzVectors(f *testing.F) {
	f.Add(`{"period": {"day": "2026-03-29", "tz": "Europe/Berlin"}, "probe": {"interval_s": 60}, "targets": {"a": {"samples": [{"at": "2026-03-29T00:00:00Z", "r": "ok"}]}}}`)
	f.Add(`{"period": {"from": "2026-03-10T00:00:00Z", "to": "2026-03-09T02:00:00Z"}, "probe": {"interval_s": 1e300}}`)
	f.Fuzz(func(t *testing.T, input string) {
		for _, kind := range []string{"timeline", "slo", "mef"} {
			if len(input) < 2000 {
				vectors.Answer(strings.NewReader(`{"cases": [{"id": "X", "kind": "`+kind+`", "input": `+input+`}]}`), VectorKinds) //nolint:errcheck // it must not panic
			}
		}
	})
}
