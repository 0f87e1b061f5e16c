package record

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"ninewatch/internal/telemetry"
	telemetryv1 "ninewatch/proto/telemetry/v1"
)

var epoch = telemetry.Epoch{1, 2, 3, 15: 16}

// samples has one record of each kind, with every field set.
func samples() map[string]*telemetry.Record {
	return map[string]*telemetry.Record{
		"frame": {Epoch: epoch, Seq: 1, Frame: &telemetry.Frame{
			Device:   "sw1",
			Template: []telemetry.Series{{Name: "ifHCInOctets", Labels: []telemetry.Label{{Name: "ifName", Value: "Gi0/1"}}}},
			Polls:    []telemetry.Poll{{Time: 1000, Values: []telemetry.Value{telemetry.UintValue(7)}}},
		}},
		"runs": {Epoch: epoch, Seq: 2, Runs: []telemetry.Run{
			{Device: "sw1", Probe: telemetry.ProbeICMP, From: 1000, To: 5000, Every: 1000, Result: telemetry.Loss, LossPPM: 200_000, Reason: "timeout"},
			{Device: "sw1", Probe: telemetry.ProbeSNMP, From: 1000, To: 1000, Every: 60_000, Result: telemetry.Credentials},
		}},
		"facts": {Epoch: epoch, Seq: 3, Facts: &telemetry.DeviceFacts{
			Device: "sw1", Time: 1000,
			System: telemetry.System{SysObjectID: "1.3.6.1.4.1.9.1.1", SysDescr: "Software, 12", SysName: "sw1.example.net",
				SysLocation: "Porto", SysContact: "noc@example.net", SysUpTime: 99},
			Interfaces: []telemetry.Interface{{IfIndex: 1, Key: "Gi0/1", IfName: "Gi0/1", IfDescr: "GigabitEthernet0/1",
				IfAlias: "to core ü", IfType: 6, SpeedBps: 1e9, IfAdminStatus: 1, IfOperStatus: 2,
				IfPhysAddress: net.HardwareAddr{1, 2, 3, 4, 5, 6}, IfMtu: 1500, IfLastChange: 42}},
		}},
		"gap": {Epoch: epoch, Seq: 4, Gap: &telemetry.Gap{Epoch: telemetry.Epoch{9}, FirstSeq: 5, LastSeq: 8, Samples: 100,
			Reason: "size", From: 1000, To: 2000}},
		"scan": {Epoch: epoch, Seq: 6, Scan: &telemetry.ScanReport{ID: "7", Time: 1000, State: telemetry.ScanRunning, Problem: "no right to ping",
			Done: 5, All: 508, Answering: 1, Found: []telemetry.ScanFound{{Address: "192.0.2.7", ICMP: true, SNMP: true, Credential: "v2", Name: "sw7",
				SysObjectID: "1.3.6.1.4.1.9.1.1", SysDescr: "Software, 12", Vendor: "cisco", Model: "C9300", Profile: "cisco-ios"}}}},
		"boot": {Epoch: epoch, Seq: 1<<64 - 1, Boot: &telemetry.Boot{Device: "sw1", Time: 2000, Ticks: 12, Previous: 1000, PreviousTicks: 9}},
	}
}

func TestNothingIsLost(t *testing.T) {
	for name, r := range samples() {
		b, err := Encode(r)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := Decode(b)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(r, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		small, err := DecodeSmall(b)
		if r.Frame != nil {
			if !errors.Is(err, ErrInvalid) {
				t.Errorf("%s: DecodeSmall: got %v, want a refusal", name, err)
			}
		} else if diff := cmp.Diff(r, small); err != nil || diff != "" {
			t.Errorf("%s: DecodeSmall: %v, %s", name, err, diff)
		}
		w, err := ToWire(b)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := FromWire(w); err != nil || !slices.Equal(again, b) {
			t.Errorf("%s over the wire: %x, %v, want %x", name, again, err, b)
		}
	}
}

// TestUnknownFieldsPass: a newer agent's fields survive an older collector.
func TestUnknownFieldsPass(t *testing.T) {
	b, err := Encode(samples()["boot"])
	if err != nil {
		t.Fatal(err)
	}
	b = protowire.AppendString(protowire.AppendTag(b, 99, protowire.BytesType), "from the future")
	if _, err := Decode(b); err != nil {
		t.Error(err)
	}
	w, err := ToWire(b)
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := FromWire(w); !slices.Equal(again, b) {
		t.Errorf("got %x, want %x", again, b)
	}
}

func TestRefused(t *testing.T) {
	refuse := func(kind, text string, change func(*telemetry.Record)) {
		t.Helper()
		r := samples()[kind]
		change(r)
		if _, err := Encode(r); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: got %v, want %q", kind, err, text)
		}
	}
	type rec = telemetry.Record
	refuse("gap", "seq: is 0", func(r *rec) { r.Seq = 0 })
	refuse("gap", "0 payloads", func(r *rec) { r.Gap = nil })
	refuse("gap", "2 payloads", func(r *rec) { r.Boot = &telemetry.Boot{} })
	refuse("gap", "goes back", func(r *rec) { r.Gap.To = 999 })
	refuse("gap", "numbers 9 to 8", func(r *rec) { r.Gap.FirstSeq = 9 })
	refuse("gap", "numbers 0 to 8", func(r *rec) { r.Gap.FirstSeq = 0 })
	refuse("gap", "reason: is empty", func(r *rec) { r.Gap.Reason = "" })
	refuse("boot", "boot time: 0", func(r *rec) { r.Boot.Time = 0 })
	refuse("boot", "boot previous: -1", func(r *rec) { r.Boot.Previous = -1 })
	refuse("boot", "boot device: is empty", func(r *rec) { r.Boot.Device = "" })
	refuse("boot", "control character", func(r *rec) { r.Boot.Device = "sw\x001" })
	refuse("boot", "control character", func(r *rec) { r.Boot.Device = "sw\u00851" })
	refuse("boot", "is not UTF-8", func(r *rec) { r.Boot.Device = "sw\xff" })
	refuse("boot", "text of 4097 bytes", func(r *rec) { r.Boot.Device = strings.Repeat("x", 4097) })
	refuse("runs", "runs: 0", func(r *rec) { r.Runs = []telemetry.Run{} })
	refuse("runs", "runs: 10001", func(r *rec) { r.Runs = make([]telemetry.Run, 10_001) })
	refuse("runs", "run 1: probe 3", func(r *rec) { r.Runs[1].Probe = 3 })
	refuse("runs", "run 0: result 6", func(r *rec) { r.Runs[0].Result = 6 })
	refuse("runs", "run 0: result 0", func(r *rec) { r.Runs[0].Result = 0 })
	refuse("runs", "every: 0", func(r *rec) { r.Runs[0].Every = 0 })
	refuse("runs", "run 0 from: -5", func(r *rec) { r.Runs[0].From = -5 })
	refuse("runs", "loss of 1000001", func(r *rec) { r.Runs[0].LossPPM = 1_000_001 })
	refuse("facts", "facts time: 0", func(r *rec) { r.Facts.Time = 0 })
	refuse("facts", "sys_descr: text", func(r *rec) { r.Facts.System.SysDescr = "a\r\nb" })
	refuse("facts", "interface 1 if_alias", func(r *rec) { r.Facts.Interfaces[0].IfAlias = "\x1b[31m" })
	refuse("facts", "if_phys_address of 65", func(r *rec) { r.Facts.Interfaces[0].IfPhysAddress = make([]byte, 65) })
	refuse("facts", "interfaces: 20001", func(r *rec) { r.Facts.Interfaces = make([]telemetry.Interface, 20_001) })
	refuse("frame", "poll time: 0", func(r *rec) { r.Frame.Polls[0].Time = 0 })
	refuse("frame", "series: is empty", func(r *rec) { r.Frame.Template[0].Name = "" })
	refuse("frame", "values", func(r *rec) { r.Frame.Polls[0].Values = nil })
}

// TestDecodeRefuses: what a strange agent could send past Encode.
func TestDecodeRefuses(t *testing.T) {
	refuse := func(text string, b *telemetryv1.Batch) {
		t.Helper()
		data, err := proto.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Decode(data); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), text) {
			t.Errorf("got %v, want %q", err, text)
		}
	}
	refuse("epoch: 3 bytes", &telemetryv1.Batch{Epoch: []byte("abc"), Seq: 1})
	refuse("0 payloads", &telemetryv1.Batch{Epoch: epoch[:], Seq: 1})
	refuse("corrupt frame", &telemetryv1.Batch{Epoch: epoch[:], Seq: 1, Payload: &telemetryv1.Batch_Frame{Frame: []byte{1}}})
	refuse("gap epoch: 0 bytes", &telemetryv1.Batch{Epoch: epoch[:], Seq: 1, Payload: &telemetryv1.Batch_Gap{Gap: &telemetryv1.Gap{}}})
	refuse("probe 257", &telemetryv1.Batch{Epoch: epoch[:], Seq: 1, Payload: &telemetryv1.Batch_Runs{
		Runs: &telemetryv1.Runs{Runs: []*telemetryv1.Run{{Device: "a", Probe: 257}}}}})
	refuse("runs: 10001", &telemetryv1.Batch{Epoch: epoch[:], Seq: 1, Payload: &telemetryv1.Batch_Runs{
		Runs: &telemetryv1.Runs{Runs: make([]*telemetryv1.Run, 10_001)}}})
	refuse("interfaces: 20001", &telemetryv1.Batch{Epoch: epoch[:], Seq: 1, Payload: &telemetryv1.Batch_Facts{
		Facts: &telemetryv1.DeviceFacts{Interfaces: make([]*telemetryv1.Interface, 20_001)}}})
	if _, err := Decode([]byte{0xff}); !errors.Is(err, ErrInvalid) {
		t.Errorf("no message: got %v, want %v", err, ErrInvalid)
	}
}

func TestInterfaces(t *testing.T) {
	want := samples()["facts"].Facts.Interfaces
	got, err := InterfacesFromWire(InterfacesToWire(want))
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if got, err := InterfacesFromWire(nil); got != nil || err != nil {
		t.Errorf("nothing: got %v, %v", got, err)
	}
	if _, err := InterfacesFromWire([]*telemetryv1.Interface{{Key: "\n"}}); !errors.Is(err, ErrInvalid) {
		t.Errorf("control character: got %v, want %v", err, ErrInvalid)
	}
}

func FuzzDecode(f *testing.F) {
	for _, r := range samples() {
		b, err := Encode(r)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	b, err := Encode(filled())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := Decode(b)
		if err != nil {
			if !errors.Is(err, ErrInvalid) {
				t.Fatal(err)
			}
			return
		}
		again, err := Encode(r)
		if err != nil {
			t.Fatalf("what Decode took, Encode refuses: %v", err)
		}
		x, err := Decode(again)
		if diff := cmp.Diff(r, x, cmpopts.EquateEmpty(), cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); err != nil || diff != "" {
			t.Fatal(err, diff)
		}
	})
}

func ExampleEncode() {
	r := telemetry.Record{Seq: 1, Boot: &telemetry.Boot{Device: "sw1", Time: 1000, Ticks: 5}}
	b, _ := Encode(&r)
	back, _ := Decode(b)
	fmt.Println(back.Seq, back.Boot.Device, back.Boot.Ticks)
	// Output: 1 sw1 5
}
