package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"ninewatch/internal/snmpagent"
	"ninewatch/internal/snmptest"
)

// scanned is a scan as the API tells of it.
type scanned struct {
	ID                   int64
	State, Problem       string
	Done, All, Answering int64
}

// proposed is a proposal as the API tells of it.
type proposed struct {
	ID                          int64
	Status, Site, Address, Name string
	Evidence                    []struct{ Via, Text string }
	Hints                       struct{ Credential string }
}

// send makes a request with a body, and decodes the answer into out. The status has to be below 300.
func (w *world) send(path string, body, out any) {
	w.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		w.Fatal(err)
	}
	r, err := http.NewRequest(http.MethodPost, "http://"+httpAddr+path, bytes.NewReader(data))
	if err != nil {
		w.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+w.token)
	r.Header.Set("Content-Type", "application/json")
	answer, err := w.client.Do(r)
	if err != nil {
		w.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode >= 300 {
		w.Fatalf("POST %s: %s %s %v", path, answer.Status, text, err)
	}
	if out != nil {
		if err := json.Unmarshal(text, out); err != nil {
			w.Fatalf("POST %s: %v in %s", path, err, text)
		}
	}
}

// scan is how far one is.
func (w *world) scan(id int64) scanned {
	w.Helper()
	var a struct{ Items []scanned }
	w.get("/api/v1/discovery/scans", nil, &a)
	i := slices.IndexFunc(a.Items, func(s scanned) bool { return s.ID == id })
	if i < 0 {
		w.Fatalf("no scan %d in %+v", id, a.Items)
	}
	return a.Items[i]
}

// TestScan: an agent is asked for a scan by the API. What answers becomes a proposal with its evidence, a person
// approves it, and the device is polled with the credential that it took. What the agent may not ask is told in words.
func TestScan(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var device *snmptest.Server
	rec := snmpagent.ParseRecording([]byte(`1.3.6.1.2.1.1.1.0|4|Acme router, release 7
1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.32473.1
1.3.6.1.2.1.1.3.0|67|123456
1.3.6.1.2.1.1.5.0|4|lis-new-1.example.net
1.3.6.1.2.1.2.1.0|2|1
1.3.6.1.2.1.2.2.1.2.1|4|wan
1.3.6.1.2.1.2.2.1.8.1|2|1
1.3.6.1.2.1.31.1.1.1.6.1|70|4711
`))
	if err := w.ns.do(func() error {
		device = snmptest.Serve(t, rec, snmptest.Options{Community: "right"})
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	w.startCollector()
	w.apply("sites: [{name: lisbon}]\ncredentials: [{name: first, snmp: {version: 2c, community: wrong}}, {name: second, snmp: {version: 2c, community: right}}]\n")
	w.startAgent()

	type ask struct {
		Site        string   `json:"site"`
		Ranges      []string `json:"ranges"`
		Credentials []string `json:"credentials,omitempty"`
		Port        uint16   `json:"port,omitempty"`
	}
	var refused scanned
	w.send("/api/v1/discovery/scans", ask{Site: site, Ranges: []string{"203.0.113.0/24"}}, &refused)
	eventually(t, time.Minute, "a scan outside of the allow-list is refused", func() bool {
		s := w.scan(refused.ID)
		return s.State == "failed" && strings.Contains(s.Problem, "203.0.113.0/24 is outside of the allow-list of this agent, add it to allow in agent.yaml")
	})

	var s scanned
	w.send("/api/v1/discovery/scans", ask{Site: site, Ranges: []string{"127.0.0.0/29"}, Credentials: []string{"first", "second"}, Port: device.Addr.Port()}, &s)
	progress := false // six addresses, each with two credentials, 20 s apart
	eventually(t, 2*time.Minute, "the scan comes to its end", func() bool {
		now := w.scan(s.ID)
		progress = progress || now.State == "running" && now.Done > 0 && now.Done < now.All && now.All == 12
		if now.State == "failed" || now.Problem != "" && now.State == "done" {
			t.Fatalf("got %+v", now)
		}
		s = now
		return now.State == "done"
	})
	if !progress || s.Done != 12 || s.All != 12 || s.Answering != 6 {
		t.Errorf("progress on the way %t, at the end %+v", progress, s)
	}

	var found proposed
	eventually(t, 4*time.Minute, "what answered is proposed", func() bool {
		var a struct{ Items []proposed }
		w.get("/api/v1/discovery", url.Values{"site": {site}}, &a)
		i := slices.IndexFunc(a.Items, func(p proposed) bool { return p.Hints.Credential != "" })
		if i >= 0 {
			found = a.Items[i]
		}
		return i >= 0 && len(a.Items) == 6 // the others answer pings alone
	})
	var evidence []string
	for _, e := range found.Evidence {
		evidence = append(evidence, e.Via+": "+e.Text)
	}
	if found.Address != "127.0.0.1" || found.Name != "lis-new-1.example.net" || found.Status != "proposed" || found.Hints.Credential != "second" ||
		!slices.Contains(evidence, "scan: Acme router, release 7") {
		t.Errorf("got %+v", found)
	}

	before := device.Requests()
	w.send(fmt.Sprintf("/api/v1/discovery/%d/approve", found.ID), map[string]any{"name": "router", "snmp": map[string]string{"interval": "2s"}}, nil)
	eventually(t, 2*time.Minute, "the device is polled", func() bool {
		var a struct {
			Data struct {
				Result []struct{ Value [2]any }
			}
		}
		if w.request("/prometheus/api/v1/query", url.Values{"query": {`ifHCInOctets{device="router",ifName="wan"}`}}, &a) != nil || len(a.Data.Result) != 1 {
			return false
		}
		return a.Data.Result[0].Value[1] == "4711"
	})
	if device.Requests() == before {
		t.Error("nobody asked the device")
	}
	w.becomes(2*time.Minute, "router", "up")
}
