package cli

import "testing"

func TestWhatIf(t *testing.T) {
	const sizes = `{"cost_today":"900 EUR","items":[{"capacity":1.5e9,"full_on":{"p10":"2027-06-01","p50":"2027-08-01","p90":null},"cost":"","cost_of":""},
		{"capacity":2e9,"full_on":{"p10":null,"p50":null,"p90":null},"cost":"1500 EUR","cost_of":"ham-a"},{"capacity":5e9,"withheld":"constant: every value is 1","full_on":{}}]}`
	serve(t, map[string]string{
		"GET /api/v1/capacity/what-if?load=130&plus=circuit%3Alis-b&plus_percent=40&resource=circuit%3Alis-a": `{"title":"LIS-A","unit":"bit/s","p95":712e6,"limit":8e8,
			"full_on":{"p10":"2026-12-11","p50":"2027-01-09","p90":null},"over_since":null,"order_by":"2026-10-12","overdue":true,"lead_time_days":60,
			"probability":[{"days":60,"p":0.625},{"days":30,"p":0.25},{"days":90,"p":1},{"days":90,"p":1}]}`,
		"GET /api/v1/capacity/what-if?growth=0&resource=circuit%3Alis-a": `{"title":"LIS-A","unit":"bit/s","p95":712e6,"limit":8e8,"full_on":{},"probability":[]}`,
		"GET /api/v1/capacity/what-if?limit=50&resource=circuit%3Alis-a": `{"title":"LIS-A","unit":"bit/s","p95":712e6,"limit":5e8,"over_since":"2026-11-01","full_on":{}}`,
		"GET /api/v1/capacity/what-if?resource=storage%3As%2Fvar":        `{"title":"s /var","unit":"percent","p95":81.25,"limit":null,"withheld":"constant: every value is 81","full_on":{}}`,
		"GET /api/v1/capacity/upgrades?resource=circuit%3Alis-a":         sizes,
		"GET /api/v1/capacity/upgrades?resource=storage%3As%2Fvar":       `{"items":[]}`,
	})
	const larger = "Larger sizes, as things are, today 900 EUR:\n  1.5 Gbit/s lasts until 2027-08-01\n  2 Gbit/s lasts a year and more, 1500 EUR as ham-a\n" +
		"  5 Gbit/s gets no date: constant: every value is 1\n"
	printed(t, "LIS-A: p95 712 Mbit/s of a limit of 800 Mbit/s\n"+
		"Full on 2026-12-11 at the earliest, likely 2027-01-09, at the latest not within a year.\n"+
		"Order by 2026-10-12, which is over: 60 days until it is in place.\n"+
		"Within 30 days: 25 %\nWithin 60 days: 62 %\nWithin 90 days: 100 %\n"+larger, "what-if", "circuit:lis-a", "--load", "130", "--plus", "circuit:lis-b", "--plus-percent", "40")
	printed(t, "LIS-A: p95 712 Mbit/s of a limit of 800 Mbit/s\nIt does not fill up within a year.\n"+larger, "what-if", "circuit:lis-a", "--growth", "0")
	printed(t, "LIS-A: p95 712 Mbit/s of a limit of 500 Mbit/s\nFull since 2026-11-01: order now.\n"+larger, "what-if", "circuit:lis-a", "--limit", "50")
	printed(t, "s /var: p95 81.25 percent of a limit of unknown\nNo date is given: constant: every value is 81.\n", "what-if", "storage:s/var")
	printed(t, `{"title":"LIS-A","unit":"bit/s","p95":712e6,"limit":5e8,"over_since":"2026-11-01","full_on":{}}`+"\n", "what-if", "circuit:lis-a", "--limit", "50", "-o", "json")
	refused(t, 2, `output format "xml": it is one of text, json`, "what-if", "circuit:lis-a", "-o", "xml")
	refused(t, 2, `invalid argument "lots" for "--load" flag: strconv.ParseFloat: parsing "lots": invalid syntax: see ninewatch-collector what-if --help`, "what-if", "circuit:lis-a", "--load", "lots")
}
