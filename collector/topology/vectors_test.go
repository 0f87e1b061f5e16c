package topology

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ninewatch/internal/vectors"
)

// TestVectors compares every published case of this package's kinds with its expectation.
func TestVectors(t *testing.T) {
	data, err := os.ReadFile("testdata/capacity_redundancy_cases.json")
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := vectors.Answer(bytes.NewReader(data), VectorKinds)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 22 {
		t.Fatalf("cases answered: got %d, want 22", len(got))
	}
	var file struct {
		Cases []struct {
			ID, Title, Kind string
			Expected        any
		}
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	for _, c := range file.Cases {
		if _, ours := VectorKinds[c.Kind]; ours {
			t.Run(c.ID, func(t *testing.T) {
				if diff := cmp.Diff(c.Expected, asJSON(t, got[c.ID])); diff != "" {
					t.Errorf("%s (-want +got):\n%s", c.Title, diff)
				}
			})
		}
	}
}

func asJSON(t *testing.T, x any) (out any) {
	t.Helper()
	b, err := json.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestMoreCases are rules of ANALYTICS C.2 to C.4 that no published case shows.
func TestMoreCases(t *testing.T) {
	f := func(kind, input, want string) {
		t.Helper()
		got, _, err := vectors.Answer(strings.NewReader(`{"cases":[{"id":"x","kind":"`+kind+`","input":`+input+`}]}`), VectorKinds)
		if err != nil {
			t.Errorf("%s: %v", input, err)
			return
		}
		var expected any
		if err := json.Unmarshal([]byte(want), &expected); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(expected, asJSON(t, got["x"])); diff != "" {
			t.Errorf("%s (-want +got):\n%s", input, diff)
		}
	}
	// three of four are up, two are needed: reduced
	f("group", `{"members":[{"id":"a","state":"up"},{"id":"b","state":"up"},{"id":"c","state":"up"},{"id":"d","state":"down"}],"min":2}`,
		`{"up":3,"unknown":0,"n":4,"class":"reduced","worst":"reduced","best":"reduced","redundant_by_design":true}`)
	// as many as needed by design, and all are up: full, and not redundant
	f("group", `{"members":[{"id":"a","state":"up"},{"id":"b","state":"up"}],"min":2}`,
		`{"up":2,"unknown":0,"n":2,"class":"full","worst":"full","best":"full","redundant_by_design":false}`)
	// two designed, one has gone from the list altogether
	f("group", `{"members":[{"id":"a","state":"up"}],"min":1,"designed":2}`,
		`{"up":1,"unknown":0,"n":2,"class":"at_risk","worst":"at_risk","best":"at_risk","redundant_by_design":true}`)
	// an unknown member that changes nothing
	f("group", `{"members":[{"id":"a","state":"down"},{"id":"b","state":"down"},{"id":"c","state":"unknown"}],"min":2}`,
		`{"up":0,"unknown":1,"n":3,"class":"failed","worst":"failed","best":"failed","redundant_by_design":true}`)
	// 0.8 of 3 × 100 on three is exactly the limit: fits; on two it does not, and two are fewer than needed
	f("group", `{"mode":"lag","members":[{"id":"a","state":"up","cap_mbps":100},{"id":"b","state":"up","cap_mbps":100},{"id":"c","state":"up","cap_mbps":100}],"min":3,"load_mbps":240,"limit":"0.8"}`,
		`{"up":3,"unknown":0,"n":3,"class":"full","worst":"full","best":"full","redundant_by_design":false,"now":{"util":0.8,"fits":true},
		"scenarios":{"member:a":{"util":1.2,"fits":false},"member:b":{"util":1.2,"fits":false},"member:c":{"util":1.2,"fits":false}},"n_minus_1_ok":false}`)
	// the last one is lost: nothing is left to carry anything
	f("group", `{"mode":"active_backup","members":[{"id":"a","state":"up","cap_mbps":100,"prio":2},{"id":"b","state":"down","cap_mbps":900,"prio":1}],"min":1,"load_mbps":10,"srlg":{"feed":["a","b"],"duct":["b"]}}`,
		`{"up":1,"unknown":0,"n":2,"class":"at_risk","worst":"at_risk","best":"at_risk","redundant_by_design":true,"now":{"util":0.1,"fits":true},
		"scenarios":{"member:a":{"util":null,"fits":false},"srlg:feed":{"util":null,"fits":false},"srlg:duct":{"util":0.1,"fits":true}},"n_minus_1_ok":false}`)

	f("fhrp", `{"states":["master","backup","backup"]}`, `{"class":"full"}`)
	f("fhrp", `{"states":["standby","listen"]}`, `{"class":"failed"}`)
	f("fhrp", `{"states":[]}`, `{"class":"failed"}`)
	f("fhrp", `{"states":["active","unknown"]}`, `{"class":"unknown"}`)
	f("fhrp", `{"states":["active","standby","unknown"]}`, `{"class":"unknown"}`) // a third could be active too
	f("fhrp", `{"states":["active","master","unknown"]}`, `{"class":"split_brain"}`)

	// a ring cut at two places: both ends are roots of one incident
	f("rootcause", `{"edges":[["v","a"],["a","b"],["b","c"],["c","d"],["d","a"]],"vantages":["v"],"state":{"v":"up","a":"up","b":"down","c":"down","d":"down"}}`,
		`{"incidents":[{"roots":["b","d"],"suppressed":["c"],"orphan":false}],"vantage_isolated":[],"unknown_behind":[]}`)
	// two nodes that nothing connects: nothing explains them, so both alert
	f("rootcause", `{"edges":[["v","a"],["x","y"]],"vantages":["v"],"state":{"v":"up","a":"up","x":"down","y":"down"}}`,
		`{"incidents":[{"roots":["x","y"],"suppressed":[],"orphan":true}],"vantage_isolated":[],"unknown_behind":[]}`)
	// unknown nodes behind one that is down are listed; one that answers behind it is a seed, and its other neighbor a root
	f("rootcause", `{"edges":[["v","a"],["a","b"],["b","c"],["c","d"],["b","e"],["e","f"]],"vantages":["v"],"state":{"v":"up","a":"up","b":"down","e":"up","f":"down"}}`,
		`{"incidents":[{"roots":["b"],"suppressed":[],"orphan":false},{"roots":["f"],"suppressed":[],"orphan":false}],"vantage_isolated":[],"unknown_behind":["c","d"]}`)
	// a vantage is a place to look from, whatever is known of it
	f("rootcause", `{"edges":[["v","a"],["v","a"],["a","a"]],"vantages":["v"],"state":{"a":"down"}}`,
		`{"incidents":[{"roots":["a"],"suppressed":[],"orphan":false}],"vantage_isolated":["v"],"unknown_behind":[]}`)
}

func TestVectorErrors(t *testing.T) {
	f := func(kind, input, want string) {
		t.Helper()
		_, _, err := vectors.Answer(strings.NewReader(`{"cases":[{"id":"x","kind":"`+kind+`","input":`+input+`}]}`), VectorKinds)
		if err == nil || err.Error() != `case "x": `+want {
			t.Errorf("%s:\n got %v\nwant %s", input, err, want)
		}
	}
	f("group", `{"members":[{"id":"a","state":"fine"}]}`, `state "fine": want up, degraded, down or unknown`)
	f("group", `{"members":[{"id":"a"},{"id":"a"}]}`, `members[1]: "a" stands twice: give each member an id of its own`)
	f("group", `{"members":[{"id":"a","cap_mbps":-1}]}`, `members[0]: cap_mbps -1: want 0 or more`)
	f("group", `{"mode":"mlag","load_mbps":1}`, `mode "mlag": want lag, ecmp, wecmp or active_backup for a group with a load`)
	f("group", `{"load_mbps":1,"limit":"many"}`, `"many": want a decimal number`)
	f("group", `{"load_mbps":1,"imbalance":0.5}`, `load_mbps is 0 or more, and imbalance 1 or more`)
	f("group", `{"min":-1}`, `min -1, designed 0: want 0 or more`)
	f("fhrp", `{"states":["actve"]}`, `states[0]: state "actve": want active, master, standby, backup, init, initial, initialize, learn, listen, speak, disabled, down, fault or unknown`)
	f("rootcause", `{"edges":[["a"]]}`, `edges[0]: 1 ends: want a pair of node names`)
}

func FuzzVectors(f *testing.F) {
	f.Add([]byte(`{"cases":[{"id":"a","kind":"group","input":{"mode":"lag","members":[{"id":"m","cap_mbps":1,"state":"up","prio":1}],"min":1,"load_mbps":"3","limit":"0.8","imbalance":1.1,"srlg":{"d":["m"]}}}]}`))
	f.Add([]byte(`{"cases":[{"id":"a","kind":"fhrp","input":{"states":["active"]}},{"id":"b","kind":"rootcause","input":{"edges":[["a","b"]],"vantages":["a"],"state":{"b":"down"}}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		out, _, _ := vectors.Answer(bytes.NewReader(data), VectorKinds)
		if _, err := json.Marshal(out); err != nil {
			t.Fatal(err)
		}
	})
}
