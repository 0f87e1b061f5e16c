package cli

import "testing"

func TestImpact(t *testing.T) {
	serve(t, map[string]string{
		"GET /api/v1/impact?of=device%3Aedge-1": `{"words":"When edge-1 fails, 1 device is cut off with about 80 users, and 1 service would be down.","users":80,
			"lost":[{"device":"acc-1","site":"lisbon","department":"Stores","core":true,"outside":true}],"departments":[{"department":"Stores","devices":1,"users":80}],
			"services":[{"name":"orders","title":"Orders"}],"groups":[{"title":"wan","class":"at_risk"}],"certain":false,"why":["acc-1 reaches the rest through edge-1 alone."],
			"mend":[{"what":"A second device beside edge-1.","effect":"Removes 1 of 2 single points."}]}`,
		"GET /api/v1/impact?at=2026-03-01&of=circuit%3Aa&site=x": `{"words":"Nothing else is cut off when a fails.","certain":true}`,
	})
	printed(t, "When edge-1 fails, 1 device is cut off with about 80 users, and 1 service would be down.\n"+
		"This is not certain: there may be links that nobody has heard of.\n"+
		"Cut off:\n  acc-1 (lisbon) loses the core and the outside\n"+
		"Departments:\n  Stores: 1 device, about 80 users\n"+
		"Services that would be down:\n  Orders\n"+
		"Redundancy that loses a member:\n  wan, which is at risk now\n"+
		"Why:\n  acc-1 reaches the rest through edge-1 alone.\n"+
		"What would help:\n  A second device beside edge-1. Removes 1 of 2 single points.\n", "impact", "device:edge-1")
	printed(t, "Nothing else is cut off when a fails.\n", "impact", "circuit:a", "--at", "2026-03-01", "--site", "x")
	printed(t, `{"words":"Nothing else is cut off when a fails.","certain":true}`+"\n", "impact", "circuit:a", "--at", "2026-03-01", "--site", "x", "-o", "json")
	refused(t, 2, `output format "xml": it is one of text, json`, "impact", "circuit:a", "-o", "xml")
}
