package snmp

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ninewatch/internal/snmptest"
	"ninewatch/internal/testkit"
)

// expectation is the part of an expect.json that this package reads (see ../shared/devices/README.md).
type expectation struct {
	Sys        map[string]string `json:"sys"`
	Interfaces []expectedInterface
	CPU        []struct {
		OID      string `json:"oid"`
		Recorded any    `json:"recorded"`
	} `json:"cpu"`
}

type expectedInterface struct {
	IfIndex     uint32            `json:"if_index"`
	InRecording bool              `json:"in_recording"`
	Descr       *string           `json:"descr"`
	Name        *string           `json:"name"`
	Alias       *string           `json:"alias"`
	Type        *uint32           `json:"type_number"`
	Admin       *string           `json:"admin"`
	Oper        *string           `json:"oper"`
	SpeedBps    *uint64           `json:"speed_bps"`
	Mtu         *int64            `json:"mtu"`
	MAC         *string           `json:"mac"`
	LastChange  *uint64           `json:"last_change_ticks"`
	Counters    map[string]uint64 `json:"counters"`
	CounterBits int               `json:"counter_bits"`
}

// folded is how the README says that texts are to be compared.
func folded(s string) string {
	s, _, _ = strings.Cut(s, "\x00")
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`"'\`, r) {
			return -1
		}
		return r
	}, strings.ToLower(s))
	return strings.Join(strings.Fields(s), " ")
}

var operWords = []string{"", "up", "down", "testing", "unknown", "dormant", "notPresent", "lowerLayerDown"}

// TestRecordings reads all recorded devices over the wire and compares with what another system says.
func TestRecordings(t *testing.T) {
	dir := testkit.Shared(t, "devices")
	files, err := filepath.Glob(filepath.Join(dir, "*.expect.json"))
	if err != nil || len(files) < 50 {
		t.Fatalf("got %d expectations, %v", len(files), err)
	}
	checked := 0
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".expect.json")
		t.Run(name, func(t *testing.T) { checked += checkRecording(t, filepath.Join(dir, name+".snmprec"), f) })
	}
	if checked < 15_000 {
		t.Errorf("only %d values were compared", checked)
	}
	t.Logf("%d values compared", checked)
}

func checkRecording(t *testing.T, recording, expected string) int {
	data, err := os.ReadFile(expected)
	if err != nil {
		t.Fatal(err)
	}
	var want expectation
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	dev := snmptest.Serve(t, snmptest.LoadRecording(t, recording), snmptest.Options{})
	c := dial(t, Device{Addr: dev.Addr, Credential: v2c("public"), Timeout: 2 * time.Second})
	r, err := Read(t.Context(), c, DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	k := &checker{t: t}
	k.text("sys.descr", r.System.SysDescr, value(want.Sys, "descr"))
	k.text("sys.name", r.System.SysName, value(want.Sys, "name"))
	k.text("sys.contact", r.System.SysContact, value(want.Sys, "contact"))
	k.text("sys.location", r.System.SysLocation, value(want.Sys, "location"))
	k.text("sys.object_id", r.System.SysObjectID, value(want.Sys, "object_id"))
	rows := map[uint32]*InterfaceReading{}
	for i := range r.Interfaces {
		rows[r.Interfaces[i].IfIndex] = &r.Interfaces[i]
	}
	for _, w := range want.Interfaces {
		if row := rows[w.IfIndex]; row != nil {
			k.row(row, w)
		} else if w.InRecording {
			t.Errorf("interface %d: not found", w.IfIndex)
		}
	}
	facts, plan := r.Facts(filepath.Base(recording), nil, nil)
	keys := map[string]bool{}
	for _, i := range facts.Interfaces {
		if i.Key == "" || keys[i.Key] {
			t.Errorf("interface %d: key %q is empty or not unique", i.IfIndex, i.Key)
		}
		keys[i.Key] = true
	}
	frame, info, err := plan.Poll(t.Context(), c, time.UnixMilli(1_700_000_000_000))
	if err != nil || info.Rediscover || info.Invalid > 0 || frame.Samples() != plan.Series() {
		t.Errorf("poll: %v, %+v, %d samples of %d series", err, info, frame.Samples(), plan.Series())
	}
	for _, e := range r.Errors {
		t.Logf("part: %v", e)
	}
	return k.n
}

type checker struct {
	t *testing.T
	n int
}

func value(m map[string]string, key string) *string {
	if v, ok := m[key]; ok {
		return &v
	}
	return nil
}

func (k *checker) text(what, got string, want *string) {
	if want == nil {
		return
	}
	k.n++
	if folded(got) != folded(*want) {
		k.t.Errorf("%s: got %q, want %q", what, got, *want)
	}
}

func (k *checker) number(what string, got, want uint64) {
	k.n++
	if got != want {
		k.t.Errorf("%s: got %d, want %d", what, got, want)
	}
}

func (k *checker) row(r *InterfaceReading, w expectedInterface) {
	at := fmt.Sprintf("interface %d ", w.IfIndex)
	k.text(at+"descr", r.IfDescr, w.Descr)
	k.text(at+"name", r.IfName, w.Name)
	k.text(at+"alias", r.IfAlias, w.Alias)
	if w.Type != nil {
		k.number(at+"type", uint64(r.IfType), uint64(*w.Type))
	}
	k.text(at+"admin", operWords[r.IfAdminStatus], w.Admin)
	k.text(at+"oper", operWords[r.IfOperStatus], w.Oper)
	if w.SpeedBps != nil && *w.SpeedBps != 1<<32-1 { // saturated: not known to us
		got := r.SpeedBps
		if got/1_000_000 == *w.SpeedBps/1_000_000 { // the other system takes ifHighSpeed, which is not exact
			got = *w.SpeedBps
		}
		k.number(at+"speed", got, *w.SpeedBps)
	}
	if w.Mtu != nil {
		k.number(at+"mtu", uint64(r.IfMtu), uint64(*w.Mtu))
	}
	if w.MAC != nil {
		mac := hex.EncodeToString(r.IfPhysAddress)
		k.text(at+"mac", mac, w.MAC)
	}
	if w.LastChange != nil {
		k.number(at+"last change", r.IfLastChange, *w.LastChange)
	}
	for name, c := range map[string]Counter{"in_octets": InOctets, "out_octets": OutOctets, "in_ucast_pkts": InUcastPkts,
		"out_ucast_pkts": OutUcastPkts, "in_errors": InErrors, "out_errors": OutErrors, "in_discards": InDiscards, "out_discards": OutDiscards} {
		want, ok := w.Counters[name]
		if !ok {
			continue
		}
		got, bits, ok := r.Counter(c)
		if !ok {
			k.t.Errorf("%s%s: not known, want %d", at, name, want)
			continue
		}
		k.number(at+name, got, want)
		if c == InOctets && w.CounterBits != 0 {
			k.number(at+name+" bits", uint64(bits), uint64(w.CounterBits))
		}
	}
}
