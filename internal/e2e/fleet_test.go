package e2e

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"ninewatch/internal/oid"
	"ninewatch/internal/snmpagent"
	"ninewatch/internal/snmptest"
	"ninewatch/internal/snmpwire"
)

// fleet is a load of devices that count: the n-th GET of a counter answers n. So every value is served once, and
// has to be stored once.
type fleet struct {
	w       *world
	devices []*counting
}

// counting is one device.
type counting struct {
	name  string
	addr  netip.AddrPort
	tree  *snmpagent.Tree
	began time.Time

	mu       sync.Mutex
	answered []answered         // newest last
	served   map[string][]int64 // when, in Unix ms, by series: the n-th value was n
	unheard  []int64            // when requests were served that came again: their replies were not heard in time
}

// answered is a request, and what was said to it. A retry repeats its request-id: it gets the same once more, and
// counts once.
type answered struct {
	request string
	reply   []byte
	at      int64 // Unix ms
}

// remembered is how many requests a device knows again. A retry comes within retried (ms); what comes later with the
// same request-id is another poll, which got the same one of 16,384 by chance.
const (
	remembered = 32
	retried    = 900
)

// Columns of IF-MIB that count, by their names.
var counters = map[string]string{
	"ifHCInOctets": "1.3.6.1.2.1.31.1.1.1.6", "ifHCInUcastPkts": "1.3.6.1.2.1.31.1.1.1.7",
	"ifHCInMulticastPkts": "1.3.6.1.2.1.31.1.1.1.8", "ifHCInBroadcastPkts": "1.3.6.1.2.1.31.1.1.1.9",
	"ifHCOutOctets": "1.3.6.1.2.1.31.1.1.1.10", "ifHCOutUcastPkts": "1.3.6.1.2.1.31.1.1.1.11",
	"ifHCOutMulticastPkts": "1.3.6.1.2.1.31.1.1.1.12", "ifHCOutBroadcastPkts": "1.3.6.1.2.1.31.1.1.1.13",
	"ifInErrors": "1.3.6.1.2.1.2.2.1.14", "ifOutErrors": "1.3.6.1.2.1.2.2.1.20",
	"ifInDiscards": "1.3.6.1.2.1.2.2.1.13", "ifOutDiscards": "1.3.6.1.2.1.2.2.1.19",
}

const (
	fleetSize  = 16
	fleetPorts = 4
)

// startFleet serves devices on loopback in the namespace of w.
func (w *world) startFleet() *fleet {
	w.Helper()
	f := &fleet{w: w}
	for i := range fleetSize {
		d := &counting{name: fmt.Sprintf("sim-%d", i+1), tree: recording(), began: time.Now(), served: map[string][]int64{}}
		err := w.ns.do(func() error {
			d.addr = snmptest.Fake(w.T, d.handle)
			return nil
		})
		if err != nil {
			w.Fatal(err)
		}
		f.devices = append(f.devices, d)
	}
	return f
}

// recording is what a device of the fleet has.
func recording() *snmpagent.Tree {
	var b strings.Builder
	line := func(name, tag, value string) { fmt.Fprintf(&b, "%s|%s|%s\n", name, tag, value) }
	line("1.3.6.1.2.1.1.1.0", "4", "counting device")
	line("1.3.6.1.2.1.1.2.0", "6", "1.3.6.1.4.1.32473.1")
	line("1.3.6.1.2.1.1.3.0", "67", "0")
	line("1.3.6.1.2.1.1.5.0", "4", "sim.example.net")
	line("1.3.6.1.2.1.2.1.0", "2", strconv.Itoa(fleetPorts))
	for port := range fleetPorts {
		n := strconv.Itoa(port + 1)
		line("1.3.6.1.2.1.2.2.1.1."+n, "2", n)
		line("1.3.6.1.2.1.2.2.1.2."+n, "4", "port "+n)
		line("1.3.6.1.2.1.2.2.1.3."+n, "2", "6")
		line("1.3.6.1.2.1.2.2.1.7."+n, "2", "1")
		line("1.3.6.1.2.1.2.2.1.8."+n, "2", "1")
		line("1.3.6.1.2.1.31.1.1.1.1."+n, "4", "p"+n)
		for name, column := range counters {
			tag := "65"
			if strings.HasPrefix(name, "ifHC") {
				tag = "70"
			}
			line(column+"."+n, tag, "0")
		}
	}
	return snmpagent.ParseRecording([]byte(b.String())).Tree
}

// inventory has the fleet polled each second by SNMP alone.
func (f *fleet) inventory() string {
	var b strings.Builder
	b.WriteString("sites: [{name: lisbon}]\ncredentials: [{name: v2c, snmp: {version: 2c, community: public}}]\ndevices:\n")
	for _, d := range f.devices {
		fmt.Fprintf(&b, "  - {name: %s, site: lisbon, address: %s, port: %d, credential: v2c, snmp: {interval: 1s}, icmp: {interval: 0s}}\n",
			d.name, d.addr.Addr(), d.addr.Port())
	}
	return b.String()
}

// handle answers one datagram.
func (d *counting) handle(b []byte) [][]byte {
	request, err := snmpwire.Decode(b)
	if err != nil && !errors.Is(err, snmpwire.ErrValue) || string(request.Community) != "public" {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now().UnixMilli()
	if n := slices.IndexFunc(d.answered, func(a answered) bool { return a.request == string(b) }); n >= 0 {
		a := d.answered[n]
		d.unheard = append(d.unheard, a.at)
		if now-a.at < retried {
			return [][]byte{a.reply}
		}
		d.answered = slices.Delete(d.answered, n, n+1)
	}
	d.answered = append(d.answered[max(0, len(d.answered)+1-remembered):], answered{request: string(b), at: now})
	response, ok := snmpagent.Answer(d, &request, snmpagent.MaxMessage)
	if !ok {
		d.answered = d.answered[:len(d.answered)-1]
		return nil
	}
	reply := snmpwire.Append(nil, &response)
	d.answered[len(d.answered)-1].reply = reply
	return [][]byte{reply}
}

// Next is snmpagent.View: a walk counts nothing.
func (d *counting) Next(name oid.OID) snmpwire.VarBind { return d.tree.Next(name) }

// Get is snmpagent.View; mu is held.
func (d *counting) Get(name oid.OID) snmpwire.VarBind {
	vb := d.tree.Get(name)
	switch vb.Type {
	case snmpwire.TimeTicks:
		vb.Uint = uint64(time.Since(d.began) / (10 * time.Millisecond))
	case snmpwire.Counter32, snmpwire.Counter64:
		key := seriesOf(name)
		d.served[key] = append(d.served[key], time.Now().UnixMilli())
		vb.Uint = uint64(len(d.served[key]))
	}
	return vb
}

// seriesOf is the name of the series of an instance, such as ifHCInOctets/p1.
func seriesOf(name oid.OID) string {
	column, port := name[:len(name)-1].String(), name[len(name)-1]
	for metric, at := range counters {
		if at == column {
			return fmt.Sprintf("%s/p%d", metric, port)
		}
	}
	return name.String()
}

// count is how often each series was served, by DEVICE/METRIC/PORT.
func (f *fleet) count() map[string]int {
	out := map[string]int{}
	for _, d := range f.devices {
		d.mu.Lock()
		for key, served := range d.served {
			out[d.name+"/"+key] = len(served)
		}
		d.mu.Unlock()
	}
	return out
}

// point is a stored sample.
type point struct {
	at    float64 // Unix seconds
	value string
}

// stored is what the store holds of the fleet, by DEVICE/METRIC/PORT, in order of time.
func (f *fleet) stored() (map[string][]point, error) {
	var answer struct {
		Data struct {
			Result []struct {
				Metric map[string]string `json:"metric"`
				Values [][2]any          `json:"values"`
			} `json:"result"`
		} `json:"data"`
	}
	query := url.Values{"query": {`{__name__=~"ifHC.+|if(In|Out)(Errors|Discards)",site="lisbon"}[2h]`}}
	if err := f.w.request("/prometheus/api/v1/query", query, &answer); err != nil {
		return nil, err
	}
	out := map[string][]point{}
	for _, r := range answer.Data.Result {
		key := r.Metric["device"] + "/" + r.Metric["__name__"] + "/" + r.Metric["ifName"]
		for _, v := range r.Values {
			at, _ := v[0].(float64)
			text, _ := v[1].(string)
			out[key] = append(out[key], point{at, text})
		}
		slices.SortFunc(out[key], func(a, b point) int { return cmp.Compare(a.at, b.at) })
	}
	return out, nil
}

// moving waits until every device has been polled n times more, and everything of it is acknowledged.
func (f *fleet) moving(n int) {
	f.w.Helper()
	before := f.count()
	eventually(f.w.T, time.Minute, "the fleet is polled and the agent gets its acknowledgements", func() bool {
		now := f.count()
		if len(now) != fleetSize*fleetPorts*len(counters) {
			return false
		}
		for key, served := range now {
			if served < before[key]+n {
				return false
			}
		}
		return f.drained()
	})
}

// drained tells whether the agent holds next to nothing back.
func (f *fleet) drained() bool {
	a, err := f.w.account()
	return err == nil && a.Queued < fleetSize*fleetPorts*uint64(len(counters))
}

// compare waits until all that was served up to now is stored, and checks that each value is there exactly once.
// A value may be missing where the device was slow to be heard, and where missing, which may be nil, says so.
func (f *fleet) compare(missing func(device string, served int64) bool) {
	f.w.Helper()
	want := f.count()
	if len(want) != fleetSize*fleetPorts*len(counters) {
		f.w.Fatalf("only %d series were asked for", len(want))
	}
	var lost, stored int
	var bad []string
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(500 * time.Millisecond) {
		got, err := f.stored()
		if err != nil {
			bad = []string{err.Error()}
			continue
		}
		if lost, stored, bad = f.differences(want, got, missing); len(bad) == 0 {
			break
		}
	}
	if n := len(bad); n > 0 {
		f.w.Errorf("%d of %d series are not as they were served: %s", n, len(want), strings.Join(bad[:min(n, 10)], "\n"))
	}
	f.w.Logf("served %d values, stored %d (more came meanwhile), lost %d as allowed", sum(want), stored, lost)
}

func sum(counts map[string]int) (n int) {
	for c := range maps.Values(counts) {
		n += c
	}
	return n
}

// differences compares all series that were served.
func (f *fleet) differences(want map[string]int, got map[string][]point, missing func(string, int64) bool) (lost, stored int, bad []string) {
	for _, key := range slices.Sorted(maps.Keys(want)) {
		l, why := f.check(key, got[key], want[key], missing)
		lost += l
		stored += len(got[key])
		if why != "" {
			bad = append(bad, key+": "+why)
		}
	}
	return lost, stored, bad
}

// check compares one series: in the order of time its values are 1, 2, 3 and so on.
func (f *fleet) check(key string, points []point, n int, missing func(string, int64) bool) (lost int, bad string) {
	device, series, _ := strings.Cut(key, "/")
	served := f.device(device).times(series)
	next := 1
	skip := func(to int) string {
		for ; next < to; next++ {
			at := served[next-1]
			if !f.device(device).slow(at, at) && (missing == nil || !missing(device, at)) {
				return fmt.Sprintf("value %d of %d, served at %s, is missing", next, n, time.UnixMilli(at).Format(time.TimeOnly+".000"))
			}
			lost++
		}
		return ""
	}
	for _, p := range points {
		v, err := strconv.Atoi(p.value)
		if err != nil {
			continue // the mark that a series went stale
		}
		if v < next || v > len(served) {
			return lost, fmt.Sprintf("value %d stands twice, out of order or was never served, at %.3f", v, p.at)
		}
		if bad := skip(min(v, n+1)); bad != "" {
			return lost, bad
		}
		next = v + 1
	}
	return lost, skip(n + 1)
}

func (f *fleet) device(name string) *counting {
	i := slices.IndexFunc(f.devices, func(d *counting) bool { return d.name == name })
	return f.devices[i]
}

func (d *counting) times(series string) []int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.served[series])
}

// slow tells whether the machine was too busy between two moments (Unix ms) for the agent to hear d in time: then a
// poll may be lost in part, and a second unknown.
func (d *counting) slow(from, to int64) bool {
	const poll = 3000 // three attempts and a pause
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.ContainsFunc(d.unheard, func(at int64) bool { return at >= from-poll && at <= to+poll })
}

// known checks that over a period the fleet was up, all of it at every second.
func (f *fleet) known(from, to time.Time) {
	f.w.Helper()
	for _, d := range f.devices {
		if d.slow(from.UnixMilli(), to.UnixMilli()) {
			f.w.Logf("%s was not always heard in time: its seconds are not compared", d.name)
			continue
		}
		f.w.says(d.name, from, to, seconds{Up: to.Unix() - from.Unix()})
	}
}

// newLoad is a world under the load of a fleet, with everything on its way.
func newLoad(t *testing.T) (*world, *fleet) {
	t.Helper()
	w := newWorld(t)
	f := w.startFleet()
	w.startCollector()
	w.apply(f.inventory())
	w.startAgent()
	f.moving(5)
	return w, f
}
