package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"math"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// Targets of P5. The sockets of pro-bing hear each other's replies: it gets as many as it can serve.
const (
	manyEchoes = 10_000
	fewEchoes  = 1_000
	echoRun    = 6 // seconds
)

// echoFigures are what one run of a pinger shows.
type echoFigures struct {
	Sent  int
	RTTs  []float64 // s
	CPU   float64   // s
	Share float64   // of a core, from the first second on
	Per   float64   // octets of memory for each target
}

func (f echoFigures) rate() float64 { return float64(f.Sent) / f.CPU }
func (f echoFigures) p50() float64  { return f.at(50) }
func (f echoFigures) p99() float64  { return f.at(99) }
func (f echoFigures) lost() float64 { return float64(f.Sent - len(f.RTTs)) }

// at is a percentile of the round-trip times in µs: whole ones, as fping tells no more.
func (f echoFigures) at(percent int) float64 {
	if len(f.RTTs) == 0 {
		return 0
	}
	slices.Sort(f.RTTs)
	return math.Round(f.RTTs[len(f.RTTs)*percent/100] * 1e6)
}

// pinger is one that is measured.
type pinger struct {
	name string
	run  func() (echoFigures, error)
}

// pingers: fping -i 0.1 spreads its packets over the second, as ours does and as a network wants it: the goal is
// about that. With -i 0 it sends all at once, which costs it less than half, and is shown to compare; a goal it
// cannot be, as two thirds of what is left of ours is the kernel's, for the device on loopback too.
var pingers = []pinger{
	{"ours", func() (echoFigures, error) { return ownPinger("icmp", echoArg{manyEchoes, 1, echoRun}) }},
	{"fping -i 0.1", func() (echoFigures, error) { return fping("0.1") }},
	{"fping -i 0", func() (echoFigures, error) { return fping("0") }},
	{"pro-bing", func() (echoFigures, error) { return ownPinger("pro-bing", echoArg{fewEchoes, 1, echoRun}) }},
	{"slow", func() (echoFigures, error) { return ownPinger("icmp", echoArg{fewEchoes, 10, 2 * echoRun}) }},
}

// echoes is P5: ICMP on loopback.
func echoes() ([]Row, error) {
	runs := map[string][]echoFigures{}
	var missing error
	for range rounds {
		for _, p := range pingers {
			f, err := p.run()
			if err != nil {
				missing = fmt.Errorf("%s: %w", p.name, err)
				continue
			}
			runs[p.name] = append(runs[p.name], f)
		}
	}
	if runs["ours"] == nil {
		return nil, missing
	}
	of := func(name string, what func(echoFigures) float64) float64 { return median(runs[name], what) }
	row := func(name string, what func(echoFigures) float64, peer, unit, want string) Row {
		return against("P5", name, of("ours", what), of(peer, what), peer, unit, want)
	}
	var rows []Row
	for _, peer := range []string{"fping -i 0.1", "fping -i 0", "pro-bing"} {
		if runs[peer] == nil {
			continue
		}
		want := map[string]string{"fping -i 0.1": "≥ 2.5"}[peer]
		rows = append(rows, row("10,000 echoes/s", echoFigures.rate, peer, "echoes/CPU-s", want),
			row("RTT median", echoFigures.p50, peer, "µs", "≤ 1"), row("RTT p99", echoFigures.p99, peer, "µs", "≤ 100 µs"))
	}
	limit := func(name string, ours, most float64, unit string) {
		rows = append(rows, against("P5", name, ours, most, "limit", unit, "≤ 1"))
	}
	limit("memory of a target", of("ours", func(f echoFigures) float64 { return f.Per }), 1024, "octets")
	limit("1,000 targets every 10 s", of("slow", func(f echoFigures) float64 { return f.Share }), 0.01, "of a core")
	rows = append(rows, Row{Goal: "P5", Name: "lost on loopback", Ours: of("ours", echoFigures.lost), PeerName: "limit", Unit: "echoes", Want: "0"})
	return rows, missing
}

// echoArg says how many targets are asked how often (s), and for how long (s).
type echoArg struct{ Targets, Every, Seconds int }

// ownPinger runs a part of this program in a network namespace of its own.
func ownPinger(part string, arg echoArg) (f echoFigures, err error) {
	c, err := self(measured, part, arg)
	if err != nil {
		return f, err
	}
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	out, err := c.Output()
	if err == nil {
		err = json.Unmarshal(out, &f)
	}
	return f, err
}

// loopback returns n addresses of 127/8.
func loopback(n int) []netip.Addr {
	out := make([]netip.Addr, n)
	for i := range out {
		out[i] = netip.AddrFrom4([4]byte{127, byte(1 + i/62_500), byte(i / 250 % 250), byte(1 + i%250)})
	}
	return out
}

// fping asks all targets once a second; wait is the time between two of its packets in ms.
func fping(wait string) (f echoFigures, err error) {
	path, err := exec.LookPath("fping")
	if err != nil {
		log.Print("no fping: apt-get install fping")
		return f, err
	}
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return f, err
	}
	defer os.RemoveAll(dir)
	var list, out bytes.Buffer
	for _, a := range loopback(manyEchoes) {
		fmt.Fprintln(&list, a)
	}
	targets := filepath.Join(dir, "targets")
	if err := os.WriteFile(targets, list.Bytes(), 0o600); err != nil {
		return f, err
	}
	c := pinned(measured, path, "-q", "-C", strconv.Itoa(echoRun), "-p", "1000", "-i", wait, "-f", targets)
	c.Stderr = &out
	var failed *exec.ExitError
	if err := c.Run(); err != nil && (!errors.As(err, &failed) || failed.ExitCode() > 1) { // 1: some were lost
		return f, err
	}
	f.CPU = (c.ProcessState.UserTime() + c.ProcessState.SystemTime()).Seconds()
	for line := range strings.Lines(out.String()) {
		_, values, _ := strings.Cut(line, " : ")
		for _, v := range strings.Fields(values) {
			f.Sent++
			if ms, err := strconv.ParseFloat(v, 64); err == nil {
				f.RTTs = append(f.RTTs, ms/1e3)
			}
		}
	}
	if f.Sent == 0 {
		return f, fmt.Errorf("it printed no times: %.200q", out.String())
	}
	return f, nil
}
