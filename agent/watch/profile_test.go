package watch

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ninewatch/agent/profile"
	"ninewatch/internal/oid"
	"ninewatch/internal/snmpagent"
	"ninewatch/internal/snmptest"
	"ninewatch/internal/snmpwire"
	"ninewatch/internal/telemetry"
	"ninewatch/internal/testkit"
)

// labelled are the values of all frames, by name and all labels. What ended is "stale".
func labelled(records []telemetry.Record) map[string]any {
	out := map[string]any{}
	for _, r := range records {
		if r.Frame == nil {
			continue
		}
		for _, p := range r.Frame.Polls {
			for i, v := range p.Values {
				s := r.Frame.Template[i]
				name := s.Name
				for _, l := range s.Labels {
					name += " " + l.Name + "=" + l.Value
				}
				switch v.Kind {
				case telemetry.Absent:
				case telemetry.Stale:
					out[name] = "stale"
				default:
					out[name] = v.Float64()
				}
			}
		}
	}
	return out
}

func factsOf(records []telemetry.Record) (f *telemetry.DeviceFacts) {
	for _, r := range records {
		if r.Facts != nil {
			f = r.Facts
		}
	}
	return f
}

// TestRecordings: what arrives of a device is what its recording says.
func TestRecordings(t *testing.T) {
	f := func(name string, want telemetry.Identity, values map[string]any) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(testkit.Shared(t, "devices/"+name+".snmprec"))
			if err != nil {
				t.Fatal(err)
			}
			r := newRig(t)
			d := at(snmptest.Serve(t, recording(string(data)), snmptest.Options{}).Addr)
			d.SNMPInterval = time.Minute
			r.assign(t, d)
			records := r.poll(t)
			if got := factsOf(records).Identity; got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
			if !slices.Equal(r.wanted, []string{pollKey("box"), sensorsKey("box")}) {
				t.Errorf("got triggers of %v, want a poll and one of the sensors after the first discovery", r.wanted)
			}
			r.run(t, sensorsKey("box"))
			got := labelled(append(records, r.told()...))
			for series, want := range values {
				if v, ok := got[series]; !ok || v != want {
					t.Errorf("%s: got %v, want %v", series, v, want)
				}
			}
		})
	}
	f("iosxe", telemetry.Identity{Vendor: "Cisco", OS: "IOS XE", Version: "15.5(3)S1a", Profile: "cisco-ios"}, map[string]any{
		"ninewatch_cpu_usage_ratio name=cpu R0/0: core 0": 0.04, "ninewatch_cpu_usage_ratio name=cpu R0/0: core 2": 0.03,
		"ninewatch_memory_used_bytes name=cpu R0/0": 6824857600.0, "ninewatch_memory_total_bytes name=cpu R0/0": 8247697408.0, // 6664900 and 1389492 KB free
		"ninewatch_memory_usage_ratio name=cpu R0/0": 0.827, "ifHCInOctets ifName=Gi0/0/0": 0.0,
	})
	f("dsm", telemetry.Identity{Vendor: "Synology", OS: "DSM", Model: "RS2212RP+", Serial: "3005AWL999111", Version: "6.1-15217", Profile: "synology"}, map[string]any{
		"hrProcessorLoad name=cpu0": 8.0, "ninewatch_cpu_usage_ratio name=cpu0": 0.08,
		"hrStorageUsed name=/": 215093.0, "hrStorageAllocationUnits name=/": 4096.0, "ninewatch_storage_used_bytes name=/": 881020928.0, "ninewatch_storage_total_bytes name=/": 2442780672.0,
		"ninewatch_memory_used_bytes name=Physical memory": 631136256.0, "ninewatch_memory_total_bytes name=Physical memory": 1036705792.0,
		"ninewatch_sensor_status class=state part=fan sensor=CPU fan": 0.0,
	})
	f("iqnos_mtc6", telemetry.Identity{Vendor: "Infinera", OS: "IQ NOS", Model: "FlexILS MTC_6", Serial: "M", Version: "R22.2.0.0120", Profile: "infinera-flexils"}, map[string]any{
		"ifHCOutOctets ifName=OSCCTP=1-A-1-O1": 2986036983.0, "ifHCInOctets ifName=OSCCTP=1-A-1-O1": 436877274.0, // IF-MIB does not count there
	})
	f("apc_smx750i", telemetry.Identity{Vendor: "APC", Model: "Smart-UPS X 750", Serial: "<private>", Version: "AOS v6.6.4 / App v6.6.4", Profile: "apc"}, map[string]any{
		"ninewatch_sensor_value class=charge sensor=Battery charge unit=percent": 100.0,
		"ninewatch_sensor_value class=current sensor=Output unit=ampere":         0.6,
	})
}

// sensorBox is a device that no bundled profile but the generic one knows, with two sensors of ENTITY-SENSOR-MIB
// (RFC 3433): 21.5 and 3.3 degrees.
const sensorBox = box + `1.3.6.1.2.1.47.1.1.1.1.7.1|4|inlet
1.3.6.1.2.1.47.1.1.1.1.7.2|4|outlet
1.3.6.1.2.1.99.1.1.1.1.1|2|8
1.3.6.1.2.1.99.1.1.1.1.2|2|8
1.3.6.1.2.1.99.1.1.1.2.1|2|9
1.3.6.1.2.1.99.1.1.1.2.2|2|9
1.3.6.1.2.1.99.1.1.1.3.1|2|1
1.3.6.1.2.1.99.1.1.1.3.2|2|1
1.3.6.1.2.1.99.1.1.1.4.1|2|215
1.3.6.1.2.1.99.1.1.1.4.2|2|33
1.3.6.1.2.1.99.1.1.1.5.1|2|1
1.3.6.1.2.1.99.1.1.1.5.2|2|1
`

// TestSensorVanishes: its series ends once, the device is read anew, and what is still there goes on as it was.
func TestSensorVanishes(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var view swapped
	set := func(text string) {
		rec := recording(text)
		view.Store(&rec)
	}
	set(strings.Replace(sensorBox, "1.3.6.1.4.1.8072", "1.3.6.1.4.1.99999.1", 1))
	r.assign(t, at(snmptest.Serve(t, recording(""), snmptest.Options{View: &view}).Addr))
	records := r.poll(t)
	if f := factsOf(records); f.Identity.Profile != profile.Generic || f.System.SysObjectID != "1.3.6.1.4.1.99999.1" {
		t.Errorf("got %+v of %q, want the generic profile", f.Identity, f.System.SysObjectID)
	}
	const inlet, outlet = " class=temperature sensor=inlet", " class=temperature sensor=outlet"
	f := func(what string, want map[string]any) {
		t.Helper()
		r.run(t, sensorsKey("box"))
		r.asking.Wait()
		got := labelled(r.told())
		for name, v := range want {
			if got[name] != v {
				t.Errorf("%s: %s: got %v, want %v", what, name, got[name], v)
			}
		}
		r.pass(time.Minute)
	}
	f("both", map[string]any{"entPhySensorValue sensor=inlet": 21.5, "ninewatch_sensor_value" + inlet + " unit=celsius": 21.5, "ninewatch_sensor_status" + inlet: 0.0,
		"ninewatch_sensor_value" + outlet + " unit=celsius": 3.3})
	var kept []string
	for line := range strings.Lines(strings.Replace(sensorBox, "|215", "|-40", 1)) {
		if !strings.HasPrefix(line, "1.3.6.1.2.1.99.1.1.1.") || !strings.Contains(line, ".2|2|") {
			kept = append(kept, line)
		}
	}
	set(strings.Join(kept, ""))
	f("one is gone", map[string]any{"entPhySensorValue sensor=inlet": -4.0, "ninewatch_sensor_value" + inlet + " unit=celsius": -4.0,
		"entPhySensorValue sensor=outlet": "stale", "ninewatch_sensor_value" + outlet + " unit=celsius": "stale", "ninewatch_sensor_status" + outlet: "stale"})
	if got := r.wanted[len(r.wanted)-1]; got != inventoryKey("box") {
		t.Errorf("got a trigger of %s, want one of the discovery", got)
	}
	f("told once", map[string]any{"entPhySensorValue sensor=inlet": -4.0, "entPhySensorValue sensor=outlet": nil})
	r.run(t, inventoryKey("box"))
	if got := labelled(r.told()); got["entPhySensorValue sensor=inlet"] != nil {
		t.Error("the series of a sensor that stays has ended")
	}
	f("read anew", map[string]any{"entPhySensorValue sensor=inlet": -4.0, "entPhySensorValue sensor=outlet": nil})
	if n := len(series(r.devices["box"].groups)); n != 3 {
		t.Errorf("%d series are polled, want those 3 of the sensor that is left", n)
	}
}

// TestForcedProfile: the inventory may name the profile; one that the agent does not have is told, and the device read
// all the same.
func TestForcedProfile(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	if problems := r.deps.Profiles.Add("acme.yaml", []byte("identity: {vendor: acme}\nsensors:\n- {name: Cell, class: voltage, value: {OID: 1.3.6.1.2.1.1.3.0, object: cell, divide: 1000}, interval: 15s}\n")); len(problems) > 0 {
		t.Fatal(problems)
	}
	d := at(snmptest.Serve(t, recording(box), snmptest.Options{}).Addr)
	d.Profile, d.Ignored = "acme", []string{"W*"}
	r.assign(t, d)
	records := r.poll(t)
	if got := factsOf(records); got.Identity != (telemetry.Identity{Vendor: "acme", Profile: "acme"}) || len(got.Interfaces) != 2 {
		t.Errorf("got %+v and %d interfaces, want acme and both", got.Identity, len(got.Interfaces))
	}
	got := values(records)
	if _, ok := got["ifHCInOctets wan"]; ok || got["ifHCInOctets lan"] != 1000 {
		t.Errorf("got %v, want the counters of lan and not of wan, which is ignored", got)
	}
	if len(r.rejob) != 1 {
		t.Fatal("the interval of the profile is not followed")
	}
	r.reschedule()
	for _, j := range r.jobs {
		want := map[string]time.Duration{pollKey("box"): 2 * time.Second, sensorsKey("box"): 15 * time.Second, inventoryKey("box"): time.Hour}[j.Key]
		if j.Interval != want || j.Long != (j.Key == inventoryKey("box")) {
			t.Errorf("%s: every %s, long %v, want %s", j.Key, j.Interval, j.Long, want)
		}
	}
	r.run(t, sensorsKey("box"))
	if v := labelled(r.told())["ninewatch_sensor_value class=voltage sensor=Cell unit=volt"]; v != 500.0 {
		t.Errorf("got %v, want 500", v)
	}
	d.Profile = "acne"
	want := `device "box": profile "acne" is not known to this agent`
	if problems := r.Apply(assignment(d)); len(problems) != 1 || !strings.HasPrefix(problems[0], want) {
		t.Errorf("got %q, want %q…", problems, want)
	}
	if got := factsOf(r.poll(t)).Identity.Profile; got == "acme" || got == "" {
		t.Errorf("got the profile %q, want that for the sysObjectID", got)
	}
}

// TestIntervals: each group is polled at its own interval, whatever the job of the sensors runs at.
func TestIntervals(t *testing.T) {
	groups := func(intervals ...time.Duration) (out []*profile.Group) {
		for _, i := range intervals {
			out = append(out, &profile.Group{Interval: i})
		}
		return out
	}
	f := func(want time.Duration, intervals ...time.Duration) {
		t.Helper()
		if got := tickOf(groups(intervals...), time.Minute); got != want {
			t.Errorf("%v: got %s, want %s", intervals, got, want)
		}
	}
	f(time.Minute)
	f(time.Minute, time.Minute, 5*time.Minute)
	f(15*time.Second, 15*time.Second, time.Minute)
	f(20*time.Second, 40*time.Second, time.Minute)
	f(90*time.Second, 90*time.Second, 3*time.Minute)
	f(time.Second, 7*time.Second, time.Minute)
	f(time.Second, 1500*time.Millisecond, time.Second)
}

// TestSpacing: a device that always says it has changed is read ever more seldom.
func TestSpacing(t *testing.T) {
	var s spacing
	now := begin
	var waits []time.Duration
	for range 9 {
		before := now
		for !s.due(now) {
			now = now.Add(time.Second)
		}
		s.begun(now)
		waits = append(waits, now.Sub(before))
	}
	want := []time.Duration{0, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 16 * time.Minute, 32 * time.Minute, time.Hour, time.Hour}
	if !slices.Equal(waits, want) {
		t.Errorf("got %v, want %v", waits, want)
	}
	s.begun(now.Add(3 * time.Hour))
	if s.wait != time.Minute {
		t.Errorf("after a long calm: got %s, want a minute", s.wait)
	}
}

// TestInvalidValues: a value whose type is not that of its MIB is counted, and is no sample.
func TestInvalidValues(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var view swapped
	good, bad := recording(box), recording(strings.Replace(box, "1.3.6.1.2.1.31.1.1.1.6.1|70|1000", "1.3.6.1.2.1.31.1.1.1.6.1|4|1000", 1))
	view.Store(&good)
	r.assign(t, at(snmptest.Serve(t, recording(""), snmptest.Options{View: &view}).Addr))
	r.poll(t)
	view.Store(&bad)
	r.pass(2 * time.Second)
	r.run(t, pollKey("box"))
	if _, there := labelled(r.told())["ifHCInOctets ifName=lan"]; there {
		t.Error("a text became a sample")
	}
	var text bytes.Buffer
	if r.set.WritePrometheus(&text); !strings.Contains(text.String(), "ninewatch_agent_watch_invalid_values_total 1\n") {
		t.Errorf("it is not counted:\n%s", text.String())
	}
}

// TestCountersOfTheVendor: what a profile has in place of counters of IF-MIB goes on when the device is silent about a
// part of itself at a later discovery.
func TestCountersOfTheVendor(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	if problems := r.deps.Profiles.Add("vendor.yaml", []byte("sysobjectid: 1.3.6.1.4.1.8072\nmetrics: [{MIB: V-MIB, table: {OID: 1.3.6.1.4.1.99999.7, name: vTable}, symbols: [{OID: 1.3.6.1.4.1.99999.7.1.4, name: ifHCInOctets}]}]\n")); len(problems) > 0 {
		t.Fatal(problems)
	}
	zero := strings.Replace(box, "1.3.6.1.2.1.31.1.1.1.6.1|70|1000", "1.3.6.1.2.1.31.1.1.1.6.1|70|0", 1)
	rec := recording(zero + "1.3.6.1.4.1.99999.7.1.4.1|70|5000\n")
	var mute atomic.Bool
	addr := snmptest.Fake(t, func(b []byte) [][]byte {
		request, err := snmpwire.Decode(b)
		theirs := oid.MustParse("1.3.6.1.4.1.99999")
		if err != nil || mute.Load() && request.PDU.Type != snmpwire.GetRequest && request.PDU.VarBinds[0].OID.HasPrefix(theirs) {
			return nil
		}
		answer, _ := snmpagent.Answer(rec, &request, snmpagent.MaxMessage)
		return [][]byte{snmpwire.Append(nil, &answer)}
	})
	r.assign(t, at(addr))
	check := func(what string) {
		t.Helper()
		got := labelled(r.poll(t))
		if got["ifHCInOctets ifName=lan"] != 5000.0 || got["ifHCInOctets ifName=wan"] != 2000.0 {
			t.Errorf("%s: got %v", what, got)
		}
	}
	check("first")
	mute.Store(true)
	r.run(t, inventoryKey("box"))
	r.pass(2 * time.Second)
	check("silent")
}
