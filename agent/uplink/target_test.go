package uplink

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"ninewatch/internal/telemetry"
	telemetryv1 "ninewatch/proto/telemetry/v1"
)

func TestTargetsOfAnAssignment(t *testing.T) {
	w := &telemetryv1.AssignmentChunk{Term: 1, N: 1}
	add := func(change func(*telemetryv1.Target)) {
		d := &telemetryv1.Target{Name: "mpls-1", Kind: "circuit", Device: "lis-r1", Address: "pe.example.net", IntervalMs: 1000,
			Payload: 1472, Dscp: 46, DontFragment: true}
		change(d)
		w.Targets = append(w.Targets, d)
	}
	add(func(*telemetryv1.Target) {})
	add(func(d *telemetryv1.Target) { d.Name, d.Address = "no-address", "" })
	add(func(d *telemetryv1.Target) { d.IntervalMs = -1 })
	add(func(d *telemetryv1.Target) { d.Payload = 65_508 })
	add(func(d *telemetryv1.Target) { d.Dscp = 64 })
	a, problems := assignmentFromWire(w)
	want := []telemetry.Target{{Name: "mpls-1", Kind: telemetry.TargetCircuit, Device: "lis-r1", Address: "pe.example.net",
		Interval: time.Second, Payload: 1472, DSCP: 46, DontFragment: true}}
	if !reflect.DeepEqual(a.Targets, want) {
		t.Errorf("got %+v, want %+v", a.Targets, want)
	}
	wantProblems := []string{
		`circuit "no-address": has no name, no kind or no address`,
		`circuit "mpls-1": interval of -1 ms`,
		`circuit "mpls-1": payload of 65508 octets, at most 65507 fit into a packet`,
		`circuit "mpls-1": DSCP 64, at most 63`,
	}
	if !reflect.DeepEqual(problems, wantProblems) {
		t.Errorf("got %q, want %q", problems, wantProblems)
	}
}

// TestScansOfAnAssignment: one that cannot be read costs itself alone, and they come in several chunks.
func TestScansOfAnAssignment(t *testing.T) {
	var parts assembly
	chunk := func(n uint32, scans ...*telemetryv1.Scan) *telemetryv1.AssignmentChunk {
		whole, err := parts.add(&telemetryv1.AssignmentChunk{Term: 1, N: 1, Chunk: n, Chunks: 2, Scans: scans})
		if err != nil {
			t.Fatal(err)
		}
		return whole
	}
	chunk(0, &telemetryv1.Scan{Id: "1", Ranges: []string{"192.0.2.0/24"}, Credentials: []string{"v2"}, Port: 1161, Rate: 5})
	a, problems := assignmentFromWire(chunk(1, &telemetryv1.Scan{Id: "2", Port: 70_000}))
	want := []telemetry.Scan{{ID: "1", Ranges: []string{"192.0.2.0/24"}, Credentials: []string{"v2"}, Port: 1161, Rate: 5}}
	if !reflect.DeepEqual(a.Scans, want) {
		t.Errorf("got %+v, want %+v", a.Scans, want)
	}
	if got := strings.Join(problems, ", "); got != `scan "2": invalid record: port: 70000 is none` {
		t.Errorf("problems: got %s", got)
	}
}
