package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// demo is the demo network of "up --demo" in a namespace of its own.
type demo struct {
	*testing.T
	ns     namespace
	data   string
	url    string
	token  string
	client *http.Client
}

// patience is how long a change may take on a machine with much to do. How long it took is logged.
const patience = 5 * time.Minute

func newDemo(t *testing.T) *demo {
	t.Helper()
	d := &demo{T: t, ns: newNamespace(t, "red"), data: t.TempDir()}
	_, out, url := startUp(t, d.ns, upPrograms(t), d.data)
	d.url, d.client = url, d.ns.client(t)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("up:\n%s", out.tail())
		}
	})
	text, err := os.ReadFile(filepath.Join(d.data, "client.env"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if _, token, ok := strings.Cut(strings.TrimSpace(line), "NINEWATCH_API_TOKEN="); ok {
			d.token = token
		}
	}
	return d
}

// read asks the API, and fills in out where it is not nil.
func (d *demo) read(path string, query url.Values, out any) string {
	d.Helper()
	r, err := http.NewRequest(http.MethodGet, d.url+path+"?"+query.Encode(), nil)
	if err != nil {
		d.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+d.token)
	answer, err := d.client.Do(r)
	if err != nil {
		d.Logf("GET %s: %v", path, err) // it has much to do: the next try
		return ""
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		d.Logf("GET %s: %s %v", path, answer.Status, err)
		return ""
	}
	if out != nil {
		if err := json.Unmarshal(body, out); err != nil {
			d.Fatalf("GET %s: %v", path, err)
		}
	}
	return string(body)
}

// pull takes things out of the network, and puts all else back.
func (d *demo) pull(things ...string) {
	d.Helper()
	path := filepath.Join(d.data, "demo", "demo-pulled")
	if err := os.WriteFile(path+".new", []byte(strings.Join(things, "\n")+"\n"), 0o600); err != nil {
		d.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil { // it is never read half-written
		d.Fatal(err)
	}
}

// classes are those of all groups by name.
func (d *demo) classes() map[string]string {
	var a struct {
		Groups []struct{ Name, Class string }
	}
	d.read("/api/v1/redundancy", nil, &a)
	out := map[string]string{}
	for _, g := range a.Groups {
		out[g.Name] = g.Class
	}
	return out
}

// without is the seconds that groups were without redundancy.
func (d *demo) without(group string) (seconds int64) {
	var a struct {
		Without struct {
			Groups []struct {
				Group   string
				Without int64 `json:"without_seconds"`
			}
		} `json:"without_redundancy"`
	}
	d.read("/api/v1/redundancy", nil, &a)
	for _, g := range a.Without.Groups {
		if g.Group == group {
			return g.Without
		}
	}
	return 0
}

type demoIncident struct {
	ID, Kind, Status, Device, Object, Summary, Impact string
}

// trouble are the open incidents that tell of what a test has pulled: not the one that the demo begins with, nor
// those that it makes of itself now and then, of devices that fall silent.
func (d *demo) trouble() (out []demoIncident) {
	var a struct{ Items []demoIncident }
	d.read("/api/v1/incidents", url.Values{"status": {"open"}}, &a)
	for _, i := range a.Items {
		if i.Object != "lis-core-2/psu" && !slices.Contains([]string{"opo-ups-1", "lis-acc-1", "opo-srv-1"}, i.Device) {
			out = append(out, i)
		}
	}
	return out
}

// wait asks f once a second, for an answer costs the collector something.
func (d *demo) wait(what string, f func() bool) {
	d.Helper()
	began := time.Now()
	for !f() {
		if time.Since(began) > patience {
			d.Fatalf("not within %s: %s; there is %+v, and groups are %v", patience, what, d.trouble(), d.classes())
		}
		time.Sleep(time.Second)
	}
	d.Logf("%s after %s", what, time.Since(began).Round(100*time.Millisecond))
}

// well puts all back and waits until all is as it was.
func (d *demo) well() {
	d.Helper()
	d.pull()
	d.wait("all groups are full, and no incident is open", func() bool {
		all := d.classes()
		delete(all, "lis-core-2/psu")
		for _, class := range all {
			if class != "full" {
				return false
			}
		}
		return len(all) > 10 && len(d.trouble()) == 0
	})
}

// kill takes all of a device out of the network. The kernel would go on to answer echoes in its place: they are
// dropped.
func (d *demo) kill(device, address string) {
	d.Helper()
	for _, rule := range []string{"add table ip dead", "add chain ip dead in { type filter hook input priority 0 ; }",
		"add rule ip dead in ip daddr " + address + " icmp type echo-request drop"} {
		d.ns.run(d.T, "nft", rule)
	}
	d.pull(device)
}

// revive puts back what kill took out.
func (d *demo) revive() {
	d.Helper()
	d.ns.run(d.T, "nft", "delete table ip dead")
	d.well()
}

// drawnNode is what the map shows of a node: its marks, and its words.
func (d *demo) drawnNode(id string) string {
	drawn := d.read("/api/v1/topology.svg", nil, nil)
	_, after, _ := strings.Cut(drawn, `data-node="`+id+`"`)
	node, _, _ := strings.Cut(after, "data-node=")
	return node
}

// TestRedundancyIsLost pulls a member of a LAG, a power supply and an uplink out of the demo network: each is one
// incident that names what is lost, the map shows it, and the account of the time without redundancy runs.
func TestRedundancyIsLost(t *testing.T) {
	t.Parallel()
	d := newDemo(t)
	d.wait("the supply that was pulled in the past of the demo is missed", func() bool { return d.classes()["lis-core-2/psu"] == "at_risk" })
	d.well()

	drawn := d.read("/api/v1/topology.svg", nil, nil)
	if !strings.Contains(drawn, `data-node="lis-core-2"`) {
		t.Fatal("the map does not show lis-core-2")
	}
	lost := []string{"lis-core-1/po1", "lis-core-1/psu", "lisbon-wan"}
	d.pull("lis-core-1/te1/3", "lis-core-1/Power supply 2", "lis-edge-1/wan2")
	d.wait("three groups are at risk, and each is an incident", func() bool {
		all, told := d.classes(), d.trouble()
		for _, group := range lost {
			if all[group] != "at_risk" || !slices.ContainsFunc(told, func(i demoIncident) bool { return i.Kind == "redundancy_lost" && i.Object == group }) {
				return false
			}
		}
		return true
	})
	if told := d.trouble(); len(told) != len(lost) {
		t.Errorf("three failures, and %d incidents: %+v", len(told), told)
	}
	if after := d.read("/api/v1/topology.svg", nil, nil); after == drawn {
		t.Error("the map is as before")
	}
	d.wait("the accounts of the time without redundancy run", func() bool {
		return !slices.ContainsFunc(lost, func(group string) bool { return d.without(group) == 0 })
	})
	d.well()
	for _, group := range lost {
		if d.without(group) == 0 {
			t.Errorf("the time in which %s was at risk is forgotten", group)
		}
	}
}

// TestTheStandbyRouterIsLost: the router that stands by fails, or its port does, and nobody would notice: the other goes on.
// It is one incident, and what has no spare any more is told in it; the map shows it, and the account of the time without
// redundancy runs.
func TestTheStandbyRouterIsLost(t *testing.T) {
	t.Parallel()
	const standby, group, uplinks = "lis-core-2", "vrrp 10.20.0.1 group 10", "lis-acc-1-uplinks"
	d := newDemo(t)
	d.wait("the supply that was pulled in the past of the demo is missed", func() bool { return d.classes()["lis-core-2/psu"] == "at_risk" })
	d.well()
	before := d.drawnNode(standby)

	d.pull(standby + "/te1/6")
	d.wait("the port of the router that stands by is one incident", func() bool {
		told := d.trouble()
		return d.classes()[group] == "at_risk" && len(told) == 1 && strings.Contains(told[0].Object+" "+told[0].Impact, group)
	})
	d.well()

	d.kill(standby, "127.9.1.12")
	d.wait("the router that stands by is one incident, which tells of both groups", func() bool {
		all, told := d.classes(), d.trouble()
		return all[group] == "at_risk" && all[uplinks] == "at_risk" && len(told) == 1 && told[0].Kind == "device_down" && told[0].Device == standby &&
			strings.Contains(told[0].Impact, group) && strings.Contains(told[0].Impact, uplinks)
	})
	if after := d.drawnNode(standby); after == "" || after == before {
		t.Errorf("the map shows it as before: %s", after)
	}
	d.wait("the accounts of the time without redundancy run", func() bool { return d.without(group) > 0 && d.without(uplinks) > 0 })
	if told := d.trouble(); len(told) != 1 {
		t.Errorf("one failure, and %d incidents: %+v", len(told), told)
	}
	d.revive()
}
