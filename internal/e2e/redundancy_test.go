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
	ID, Kind, Status, Device, Object, Summary string
	Hidden                                    int
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
			d.Fatalf("not within %s: %s", patience, what)
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
