package record

import (
	"errors"
	"net"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"ninewatch/internal/telemetry"
	telemetryv1 "ninewatch/proto/telemetry/v1"
)

// fill gives every field of v a value of its own, so that none can be lost or take the place of another.
func fill(v reflect.Value, n *uint64) {
	*n++
	switch {
	case v.Type() == addrType:
		v.Set(reflect.ValueOf(netip.AddrFrom4([4]byte{192, 0, byte(*n >> 8), byte(*n)})))
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fill(v.Index(i), n)
		}
	case v.Kind() == reflect.String:
		v.SetString("text " + strings.Repeat("i", int(*n)))
	case v.CanInt():
		v.SetInt(-int64(*n))
	case v.CanUint():
		v.SetUint(*n % 251)
	case v.Kind() == reflect.Bool:
		v.SetBool(true)
	default:
		panic("no value for " + v.Type().String())
	}
}

func filled() *telemetry.Record {
	var n uint64
	f := &telemetry.DeviceFacts{}
	fill(reflect.ValueOf(f).Elem(), &n)
	f.Time = 1_700_000_000_000
	return &telemetry.Record{Epoch: telemetry.Epoch{1}, Seq: 7, Facts: f}
}

func TestEveryFieldOfFactsCrossesTheWire(t *testing.T) {
	want := filled()
	data, err := Encode(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

func TestStructureRefused(t *testing.T) {
	f := func(what, want string, change func(*telemetry.DeviceFacts)) {
		t.Helper()
		r := filled()
		change(r.Facts)
		if _, err := Encode(r); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", what, err, want)
		}
	}
	f("control character", `neighbors.remote_name: text "a\x00b" holds a control character`, func(f *telemetry.DeviceFacts) { f.Neighbors[1].RemoteName = "a\x00b" })
	f("within a list", `neighbors.capabilities: text`, func(f *telemetry.DeviceFacts) { f.Neighbors[0].Capabilities[1] = "\xff" })
	f("long text", "components.serial: text of 4097 bytes, the limit is 4096", func(f *telemetry.DeviceFacts) { f.Components[0].Serial = strings.Repeat("x", 4097) })
	f("rows", "vlans: 4097, the limit is 4096", func(f *telemetry.DeviceFacts) { f.VLANs = make([]telemetry.VLAN, 4097) })
	f("ports of a tree", "stp.ports: 10001, the limit is 10000", func(f *telemetry.DeviceFacts) { f.STP[0].Ports = make([]telemetry.STPPort, 10_001) })
	f("zone", "addresses.address: address fe80::1%eth0 has a zone", func(f *telemetry.DeviceFacts) { f.Addresses[0].Address = netip.MustParseAddr("fe80::1%eth0") })
	f("hardware address", "hosts.phys_address: 65 bytes, the limit is 64", func(f *telemetry.DeviceFacts) { f.Hosts[0].PhysAddress = make(net.HardwareAddr, 65) })
	f("size", "record: ", func(f *telemetry.DeviceFacts) {
		f.Components = make([]telemetry.Component, 2000)
		for i := range f.Components {
			f.Components[i].Descr = strings.Repeat("x", 4096)
		}
	})
}

func TestWireOfStructureRefused(t *testing.T) {
	f := func(want string, w *telemetryv1.DeviceFacts) {
		t.Helper()
		w.Device, w.TimeUnixMs = "sw1", 1
		data, err := proto.Marshal(&telemetryv1.Batch{Epoch: make([]byte, 16), Seq: 1, Payload: &telemetryv1.Batch_Facts{Facts: w}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Decode(data); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	f("addresses: IP address of 5 bytes", &telemetryv1.DeviceFacts{Addresses: []*telemetryv1.Address{{Address: make([]byte, 5)}}})
	many := make([]*telemetryv1.Lag, 2001)
	for i := range many {
		many[i] = &telemetryv1.Lag{}
	}
	f("lags: 2001, the limit is 2000", &telemetryv1.DeviceFacts{Lags: many})
	members := make([]*telemetryv1.LagMember, 200_000)
	for i := range members {
		members[i] = &telemetryv1.LagMember{}
	}
	f("facts: 200003 parts, the limit is 200000", &telemetryv1.DeviceFacts{Lags: []*telemetryv1.Lag{{Members: members}, {}}})
}
