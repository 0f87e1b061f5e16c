package cli

import "testing"

// TestReport: the period goes to the server as it takes it: by its name, or as two instants.
func TestReport(t *testing.T) {
	f := serve(t, map[string]string{"GET /api/v1/reports/sla": "<p>sla</p>\n", "GET /api/v1/reports/capacity": "{}\n"})
	printed(t, "<p>sla</p>\n", "report", "sla", "--period", "2026-10-01T00:00:00Z..2026-10-08T00:00:00+01:00")
	printed(t, "<p>sla</p>\n", "report", "sla", "--period", "2026-Q3", "--scope", "site:lisbon", "--objective", "99.9")
	printed(t, "{}\n", "report", "capacity", "--format", "json")
	want := "GET /api/v1/reports/sla?format=html&from=2026-10-01T00%3A00%3A00Z&to=2026-10-08T00%3A00%3A00%2B01%3A00\n" +
		"GET /api/v1/reports/sla?format=html&objective=99.9&period=2026-Q3&scope=site%3Alisbon\n" +
		"GET /api/v1/reports/capacity?format=json"
	if got := f.requests(); got != want {
		t.Errorf("got requests\n%s\nwant\n%s", got, want)
	}
	refused(t, 2, `there is no report "weather": ask for sla, capacity, redundancy, inventory`, "report", "weather")
}
