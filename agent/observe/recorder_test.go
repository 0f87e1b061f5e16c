package observe

import (
	"fmt"
	"testing"
	"time"

	"ninewatch/internal/telemetry"
)

// shape counts the runs and frames of records.
func shape(records []telemetry.Record) string {
	runs, frames := 0, 0
	for _, r := range records {
		runs += len(r.Runs)
		if r.Frame != nil {
			frames++
		}
	}
	return fmt.Sprintf("%d records: %d runs, %d frames", len(records), runs, frames)
}

func TestRecorder(t *testing.T) {
	r := NewRecorder(time.Minute)
	f := func(records []telemetry.Record, want string) {
		t.Helper()
		if got := shape(records); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	echo := func(e Echo, wantBurst bool, want string) {
		t.Helper()
		records, burst := r.Echo("sw1", e)
		f(records, want)
		if burst != wantBurst {
			t.Errorf("slot %d, burst: got %t, want %t", e.Slot, burst, wantBurst)
		}
	}
	echo(ok(0, time.Millisecond), false, "1 records: 1 runs, 0 frames")
	echo(ok(1000, time.Millisecond), false, "1 records: 1 runs, 0 frames")
	echo(bad(2000, telemetry.Fail, "timeout"), true, "1 records: 1 runs, 0 frames")
	f(r.SNMP("sw1", Sample{Slot: 2100, Every: 60_000, Result: telemetry.OK}), "1 records: 1 runs, 0 frames")
	f(r.Flush(time.UnixMilli(10_000)), "0 records: 0 runs, 0 frames")
	echo(bad(3000, telemetry.Fail, "timeout"), false, "1 records: 1 runs, 0 frames")
	// Now it is an outage: the round-trip times before it are told one by one.
	echo(bad(4000, telemetry.Fail, "timeout"), false, "2 records: 1 runs, 1 frames")
	echo(bad(5000, telemetry.Fail, "timeout"), false, "0 records: 0 runs, 0 frames")
	f(r.Flush(time.UnixMilli(20_000)), "1 records: 1 runs, 0 frames")
	f(r.Flush(time.UnixMilli(70_000)), "1 records: 0 runs, 1 frames")
	look := bad(6100, telemetry.Fail, "timeout")
	look.Look, look.Every = true, 400
	echo(look, false, "1 records: 1 runs, 0 frames")
	echo(ok(120_000, time.Millisecond), false, "2 records: 1 runs, 1 frames")
	echo(ok(121_000, time.Millisecond), false, "1 records: 1 runs, 0 frames")
	echo(ok(122_000, time.Millisecond), false, "1 records: 1 runs, 0 frames")
	echo(ok(123_000, time.Millisecond), false, "0 records: 0 runs, 0 frames")
	f(r.Keep(map[string]Subject{"sw1": {Device: "sw1"}}, time.UnixMilli(123_000)), "0 records: 0 runs, 0 frames")
	f(r.Keep(nil, time.UnixMilli(123_000)), "3 records: 1 runs, 2 frames")
	f(r.Keep(nil, time.UnixMilli(123_000)), "0 records: 0 runs, 0 frames")
}

func TestRecorderSplitsLargeRecords(t *testing.T) {
	r := NewRecorder(time.Minute)
	for i := range 2500 {
		for slot := int64(0); slot < 4000; slot += 1000 {
			r.Echo(fmt.Sprint("sw", i), ok(slot, time.Millisecond))
		}
	}
	if got, want := shape(r.Flush(time.UnixMilli(4000))), "3 records: 2500 runs, 0 frames"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestRecorderSteadyStateDoesNotAllocate(t *testing.T) {
	r := NewRecorder(time.Hour)
	slot := int64(0)
	next := func() {
		r.Echo("sw1", ok(slot, time.Millisecond))
		slot += 1000
	}
	for range 3000 {
		next()
	}
	if n := testing.AllocsPerRun(500, next); n > 0.1 {
		t.Errorf("allocations per echo: got %v, want 0", n)
	}
}
