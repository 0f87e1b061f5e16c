package record

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"ninewatch/internal/telemetry"
	telemetryv1 "ninewatch/proto/telemetry/v1"
)

func TestScanCrossesTheWire(t *testing.T) {
	want := telemetry.Scan{ID: "7", Ranges: []string{"192.0.2.0/24"}, Credentials: []string{"v2", "v3"}, Port: 1161, Rate: 20}
	got, err := ScanFromWire(ScanToWire(want))
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("got %v, %s", err, diff)
	}
	for text, w := range map[string]*telemetryv1.Scan{
		"port: 65536 is none":         {Id: "7", Port: 65536},
		"scan.ranges: text \"\\xff\"": {Id: "7", Ranges: []string{"\xff"}},
		"holds a control character":   {Id: "7\n"},
	} {
		if _, err := ScanFromWire(w); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), text) {
			t.Errorf("got %v, want %q", err, text)
		}
	}
}

func TestScanReportRefused(t *testing.T) {
	f := func(want string, change func(*telemetry.ScanReport)) {
		t.Helper()
		r := samples()["scan"]
		change(r.Scan)
		if _, err := Encode(r); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	f("scan id: is empty", func(s *telemetry.ScanReport) { s.ID = "" })
	f("scan time: 0 is not greater than 0", func(s *telemetry.ScanReport) { s.Time = 0 })
	f(`scan state: "sleeping" is not known`, func(s *telemetry.ScanReport) { s.State = "sleeping" })
	f("scan found: 101, the limit is 100", func(s *telemetry.ScanReport) { s.Found = make([]telemetry.ScanFound, 101) })
	f("scan.found.name: text", func(s *telemetry.ScanReport) { s.Found[0].Name = "a\x00b" })
	many := make([]*telemetryv1.ScanFound, 101)
	for i := range many {
		many[i] = &telemetryv1.ScanFound{}
	}
	data, err := proto.Marshal(&telemetryv1.Batch{Epoch: make([]byte, 16), Seq: 1, Payload: &telemetryv1.Batch_Scan{Scan: &telemetryv1.ScanReport{Found: many}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Decode(data); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), "scan found: 101, the limit is 100") {
		t.Errorf("got %v", err)
	}
}
