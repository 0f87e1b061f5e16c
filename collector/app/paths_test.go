package app

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ninewatch/collector/alert"
	"ninewatch/collector/inventory"
	"ninewatch/collector/uptime"
)

// judgeOf is a judgement over devices r1, and r2 to r5 behind it, that all take 20 ms and lose nothing.
func judgeOf() pathJudge {
	j := pathJudge{
		now: lookNow, outage: func(string, int64, int64) bool { return false }, states: map[string]uptime.State{}, rtt: map[path]usual{}, loss: map[path]usual{},
		told: map[alert.Key]bool{}, book: &alert.Book{Devices: map[string]alert.Place{}},
		circuits: map[string]inventory.Circuit{"mpls": {Name: "mpls", Site: "porto", Device: "r1", Contract: inventory.Contract{RTT: inventory.Duration(30 * time.Millisecond), Loss: "1"}}},
	}
	for n := 1; n <= 5; n++ {
		name := fmt.Sprintf("r%d", n)
		j.states[name] = uptime.Up
		j.rtt[path{device: name}] = usual{n: 84, median: 0.02, q90: 0.03}
		p := alert.Place{Site: "porto"}
		if n > 1 {
			p.Parents = []string{"r1"}
		}
		j.book.Devices[name] = p
	}
	return j
}

func echoed(device, circuit string, lost, rtt float64) measured {
	return measured{path: path{device, circuit}, sent: 300, lost: lost, loss: lost / 300, rtt: rtt, hasRTT: true}
}

func TestPaths(t *testing.T) {
	f := func(change func(*pathJudge), want []string, list ...measured) {
		t.Helper()
		j := judgeOf()
		if change != nil {
			change(&j)
		}
		if diff := cmp.Diff(want, said(j.judge(list))); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	nothing := []string{}
	slow, lossy := []string{"latency porto|r2| down"}, []string{"packet_loss porto|r2| down"}
	f(nil, nothing, echoed("r2", "", 0, 0.02))
	f(nil, nothing, echoed("r2", "", 0, 0.045)) // 1.5 times the usual peak of 30 ms
	f(nil, slow, echoed("r2", "", 0, 0.046))
	f(nil, nothing, echoed("r2", "", 15, 0.02)) // 5 %
	f(nil, lossy, echoed("r2", "", 16, 0.02))
	f(func(j *pathJudge) { j.loss[path{device: "r2"}] = usual{n: 84, q90: 0.1} }, nothing, echoed("r2", "", 50, 0.02))             // a radio link
	f(func(j *pathJudge) { j.rtt[path{device: "r2"}] = usual{n: 11, median: 0.001, q90: 0.001} }, nothing, echoed("r2", "", 0, 1)) // nobody knows what is usual
	f(func(j *pathJudge) { j.rtt[path{device: "r2"}] = usual{n: 84, median: 0.0002, q90: 0.0003} }, nothing, echoed("r2", "", 0, 0.01))
	f(func(j *pathJudge) { j.outage = func(string, int64, int64) bool { return true } }, nothing, echoed("r2", "", 60, 0.02)) // of the outage before
	f(func(j *pathJudge) { j.states["r2"] = uptime.Down }, nothing, echoed("r2", "", 300, 0.02))
	f(func(j *pathJudge) { j.states["r2"] = uptime.Degraded }, lossy, echoed("r2", "", 90, 0.02))

	told := func(kind string) func(*pathJudge) {
		return func(j *pathJudge) { j.told[alert.Key{Kind: kind, Device: "r2"}] = true }
	}
	f(told(alert.Latency), slow, echoed("r2", "", 0, 0.037)) // over when it is well below the limit of 45 ms
	f(told(alert.Latency), nothing, echoed("r2", "", 0, 0.035))
	f(told(alert.Latency), []string{"latency |r2| unknown"}) // nothing is measured
	f(func(j *pathJudge) { told(alert.PacketLoss)(j); j.states["r2"] = uptime.Down }, []string{"packet_loss |r2| unknown"}, echoed("r2", "", 300, 0.02))

	f(nil, nothing, echoed("r1", "mpls", 3, 0.03))
	f(nil, nothing, echoed("r1", "mpls", 4, 0.03)) // more than 1 %, and too few to say so
	f(nil, []string{"packet_loss porto|r1|circuit:mpls down"}, echoed("r1", "mpls", 5, 0.03))
	f(nil, []string{"latency porto|r1|circuit:mpls down"}, echoed("r1", "mpls", 0, 0.031))

	f(nil, []string{"latency porto|r1| down"}, echoed("r1", "", 0, 0.1), echoed("r2", "", 0, 0.1), echoed("r3", "", 0, 0.1)) // r1 is what they stand on
	f(nil, []string{"latency porto||site:porto down"}, echoed("r2", "", 0, 0.1), echoed("r3", "", 0, 0.1), echoed("r4", "", 0, 0.1))
}

// TestSevereLossIsMajor: half of all echoes.
func TestSevereLossIsMajor(t *testing.T) {
	got := judgeOf().judge([]measured{echoed("r2", "", 150, 0.02)})
	if len(got) != 1 || got[0].Severity != alert.Major || got[0].Summary != "r2 loses 50.0 % of echoes" || got[0].Evidence != "150 of 300 echoes lost in 5 minutes; more than is usual" {
		t.Errorf("got %+v", got)
	}
}
