package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/VictoriaMetrics/metrics"
	probing "github.com/prometheus-community/pro-bing"
	"golang.org/x/sys/unix"

	"ninewatch/agent/icmp"
)

// result is what a role prints.
type result struct {
	Sent     int
	RTTs     []float64 // s
	BytesPer float64
	Share    float64       // of a core, from the first second on
	CPU      time.Duration // of the process until it had its results
}

func cpuTime() time.Duration {
	var u unix.Rusage
	unix.Getrusage(unix.RUSAGE_SELF, &u) //nolint:errcheck // cannot fail with these arguments
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// runRole runs as one prober in a network namespace of its own.
func runRole(role string, seconds int) error {
	if err := errors.Join(loopbackUp(), os.WriteFile("/proc/sys/net/ipv4/ping_group_range", []byte("0 2147483647"), 0)); err != nil {
		return err
	}
	var r result
	var err error
	switch role {
	case "ours":
		r, err = ours(many, time.Second, seconds)
	case "slow":
		r, err = ours(few, 10*time.Second, seconds)
	case "pro-bing":
		r, err = proBing(few, seconds)
	default:
		err = fmt.Errorf("no role %q", role)
	}
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

func loopbackUp() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	req, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	req.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, req)
}

// ours runs the agent's prober.
func ours(targets int, interval time.Duration, seconds int) (r result, err error) {
	rtts := make([]uint32, targets*(seconds+2))
	for i := range rtts {
		rtts[i] = 1 // have the pages before memory is measured
	}
	n, replies := 0, 0
	p, err := icmp.New(icmp.DefaultConfig(), icmp.Deps{
		Log: slog.New(slog.DiscardHandler), Metrics: metrics.NewSet(),
		Report: func(r icmp.Result) {
			if n++; r.Outcome == icmp.Reply && replies < len(rtts) {
				rtts[replies] = uint32(r.RTT)
				replies++
			}
		},
	})
	if err != nil {
		return r, err
	}
	list := make([]icmp.Target, targets)
	for i, a := range loopback(targets) {
		list[i] = icmp.Target{Name: "device-" + strconv.Itoa(i), Addr: a, Interval: interval}
	}
	before, err := resident()
	if err != nil {
		return r, err
	}
	if err := errors.Join(p.SetTargets(list), p.Start(context.Background())); err != nil {
		return r, err
	}
	time.Sleep(time.Second)
	begun := cpuTime()
	time.Sleep(time.Duration(seconds-1) * time.Second)
	r.Share = (cpuTime() - begun).Seconds() / float64(seconds-1)
	after, err := resident()
	if err != nil {
		return r, err
	}
	if err := p.Stop(context.Background()); err != nil {
		return r, err
	}
	r.CPU = cpuTime()
	r.Sent, r.BytesPer = n, float64(after-before)/float64(targets)
	for _, ns := range rtts[:replies] {
		r.RTTs = append(r.RTTs, float64(ns)/1e9)
	}
	return r, nil
}

// resident is the memory of this process in octets.
func resident() (int, error) {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, err
	}
	pages, err := strconv.Atoi(strings.Fields(string(b))[1])
	return pages * os.Getpagesize(), err
}

// proBing runs one pinger of pro-bing for each target, with datagram sockets: with raw ones each of them
// reads the replies of all, and loses most.
func proBing(targets, seconds int) (r result, err error) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i, a := range loopback(targets) {
		wg.Go(func() {
			time.Sleep(time.Duration(i) * time.Second / time.Duration(targets))
			p := probing.New(a.String())
			p.SetPrivileged(false)
			p.SetLogger(probing.NoopLogger{})
			p.Interval, p.Count, p.Timeout = time.Second, seconds, time.Duration(seconds)*time.Second
			e := p.Run()
			s := p.Statistics()
			mu.Lock()
			defer mu.Unlock()
			err = errors.Join(err, e)
			r.Sent += s.PacketsSent
			for _, rtt := range s.Rtts {
				r.RTTs = append(r.RTTs, rtt.Seconds())
			}
		})
	}
	wg.Wait()
	r.CPU = cpuTime()
	return r, err
}
