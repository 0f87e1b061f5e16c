package e2e

import (
	"net/url"
	"testing"
	"time"

	"ninewatch/agent/schedule"
)

// seconds are those of a period by state.
type seconds struct {
	Up           int64 `json:"up"`
	Degraded     int64 `json:"degraded"`
	Down         int64 `json:"down"`
	Unreachable  int64 `json:"unreachable"`
	Unknown      int64 `json:"unknown"`
	Maintenance  int64 `json:"maintenance"`
	Outside      int64 `json:"outside"`
	NotInService int64 `json:"not_in_service"`
}

type answer struct {
	PeriodSeconds int64 `json:"period_seconds"`
	seconds
	Outages []struct {
		Device         string `json:"device"`
		From           string `json:"from"`
		To             string `json:"to"`
		RawSeconds     int64  `json:"raw_seconds"`
		CountedSeconds int64  `json:"counted_seconds"`
	} `json:"outages"`
	AsOf time.Time `json:"as_of"`
}

// ledger is what the collector says of a device from the second of from to that of to, once all evidence has come.
func (w *world) ledger(device string, from, to time.Time) (a answer) {
	w.Helper()
	query := url.Values{"scope": {"device:" + device}, "from": {stamp(from)}, "to": {stamp(to)}}
	eventually(w.T, time.Minute, "the ledger of "+device+" is complete up to "+stamp(to), func() bool {
		a = answer{}
		w.get("/api/v1/availability", query, &a)
		return a.AsOf.Unix() >= to.Unix()
	})
	if want := to.Unix() - from.Unix(); a.PeriodSeconds != want {
		w.Errorf("%s: got a period of %d s, want %d", device, a.PeriodSeconds, want)
	}
	return a
}

// says checks the ledger of a device.
func (w *world) says(device string, from, to time.Time, want seconds) {
	w.Helper()
	if a := w.ledger(device, from, to); a.seconds != want {
		w.Errorf("%s from %s to %s: got %+v, want %+v; evidence: %v", device, stamp(from), stamp(to), a.seconds, want, w.runs(device))
	}
}

// wasDown checks that a device was down once, from the second of from to that of to.
func (w *world) wasDown(device string, from, to, down, up time.Time) {
	w.Helper()
	n := up.Unix() - down.Unix()
	w.says(device, from, to, seconds{Up: to.Unix() - from.Unix() - n, Down: n})
	a := w.ledger(device, from, to)
	if len(a.Outages) != 1 {
		w.Errorf("%s: got %d outages, want 1: %+v", device, len(a.Outages), a.Outages)
		return
	}
	o := a.Outages[0]
	if o.From != stamp(down) || o.To != stamp(up) || o.RawSeconds != n || o.CountedSeconds != n {
		w.Errorf("%s: got outage %+v, want %s to %s", device, o, stamp(down), stamp(up))
	}
}

func stamp(t time.Time) string { return time.Unix(t.Unix(), 0).UTC().Format(time.RFC3339) }

// becomes waits for the state of a device.
func (w *world) becomes(limit time.Duration, device, state string) {
	w.Helper()
	eventually(w.T, limit, device+" is "+state, func() bool { return w.is(device) == state })
}

func (w *world) is(device string) string {
	var d struct {
		State string `json:"state"`
	}
	if err := w.request("/api/v1/devices/"+device, nil, &d); err != nil {
		return err.Error()
	}
	return d.State
}

// evidence is one run of evidence; times are Unix ms.
type evidence struct {
	Probe, Result   int
	From, To, Every int64
	Reason          string
}

// The numbers of telemetry.Probe and telemetry.Result, as they stand in the state store.
const (
	icmpProbe, snmpProbe = 1, 2
	resultOK, resultFail = 1, 2
)

// runs is the evidence of a device in the state store, in order.
func (w *world) runs(device string) (out []evidence) {
	w.Helper()
	rows, err := w.state().Query(`SELECT probe, result, from_ms, to_ms, every_ms, reason FROM observation_runs
		WHERE device = ? ORDER BY probe, from_ms`, device)
	if err != nil {
		w.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var e evidence
		if err := rows.Scan(&e.Probe, &e.Result, &e.From, &e.To, &e.Every, &e.Reason); err != nil {
			w.Fatal(err)
		}
		out = append(out, e)
	}
	return out
}

// probe names the slots of one probe of one device.
type probe struct {
	key   string
	every time.Duration
	// What is to happen between two probes happens when the last slot is over for as long as busy, and the next is
	// as far off as room.
	busy, room time.Duration
}

func echo(device string, every time.Duration) probe {
	return probe{key: device, every: every, busy: 100 * time.Millisecond, room: 350 * time.Millisecond}
}

func poll(device string, every time.Duration) probe {
	return probe{key: "snmp/" + device, every: every, busy: 100 * time.Millisecond, room: 300 * time.Millisecond}
}

// retried is p in a time when nothing answers: its attempts fill three seconds, and may not find the device
// before anything else does.
func (p probe) retried(room time.Duration) probe {
	p.busy, p.room = 3100*time.Millisecond, room
	return p
}

// after is the first slot after t.
func (p probe) after(t time.Time) time.Time {
	return time.UnixMilli(schedule.SlotAfter(p.key, p.every, t.UnixMilli()+1))
}

// calm waits for a moment that lies between the slots of all probes, and returns it.
func calm(t *testing.T, probes ...probe) time.Time {
	t.Helper()
	between := func(at time.Time) bool {
		for _, p := range probes {
			if p.after(at.Add(-p.busy)).Sub(at) <= p.room {
				return false
			}
		}
		return true
	}
	at := time.Now()
	for end := at.Add(20 * time.Second); at.Before(end); at = at.Add(5 * time.Millisecond) {
		if !between(at) {
			continue
		}
		time.Sleep(time.Until(at))
		if at = time.Now(); between(at) { // it is still, on a busy machine
			return at
		}
	}
	t.Fatalf("no moment lies between the slots of %v: choose other names", probes)
	return at
}
