package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/VictoriaMetrics/metrics"
	probing "github.com/prometheus-community/pro-bing"
	"golang.org/x/sys/unix"

	"ninewatch/agent/icmp"
)

// runICMP is the agent's prober as a part.
func runICMP(arg []byte) error {
	var a echoArg
	if err := errors.Join(json.Unmarshal(arg, &a), loopbackUp()); err != nil {
		return err
	}
	rtts := make([]uint32, a.Targets*(a.Seconds+2)/a.Every+a.Targets)
	for i := range rtts {
		rtts[i] = 1 // have the pages before memory is measured
	}
	var f echoFigures
	replies := 0
	p, err := icmp.New(icmp.DefaultConfig(), icmp.Deps{
		Log: slog.New(slog.DiscardHandler), Metrics: metrics.NewSet(),
		Report: func(r icmp.Result) {
			if f.Sent++; r.Outcome == icmp.Reply && replies < len(rtts) {
				rtts[replies] = uint32(r.RTT)
				replies++
			}
		},
	})
	if err != nil {
		return err
	}
	targets := make([]icmp.Target, a.Targets)
	for i, addr := range loopback(a.Targets) {
		targets[i] = icmp.Target{Name: "device-" + strconv.Itoa(i), Addr: addr, Interval: time.Duration(a.Every) * time.Second}
	}
	before := resident()
	if err := errors.Join(p.SetTargets(targets), p.Start(context.Background())); err != nil {
		return err
	}
	time.Sleep(time.Second)
	steady := usage()
	time.Sleep(time.Duration(a.Seconds-1) * time.Second)
	f.Share = (usage() - steady) / float64(a.Seconds-1)
	f.Per = (resident() - before) / float64(a.Targets)
	if err := p.Stop(context.Background()); err != nil {
		return err
	}
	f.CPU = usage()
	for _, ns := range rtts[:replies] {
		f.RTTs = append(f.RTTs, float64(ns)/1e9)
	}
	return json.NewEncoder(os.Stdout).Encode(f)
}

// runProBing is one pinger of pro-bing for each target, with datagram sockets: with raw ones each of them
// reads the replies of all, and most get lost.
func runProBing(arg []byte) error {
	var a echoArg
	anyGroup := os.WriteFile("/proc/sys/net/ipv4/ping_group_range", []byte("0 2147483647"), 0)
	if err := errors.Join(json.Unmarshal(arg, &a), loopbackUp(), anyGroup); err != nil {
		return err
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	var f echoFigures
	var failed error
	for i, addr := range loopback(a.Targets) {
		wg.Go(func() {
			time.Sleep(time.Duration(i) * time.Second / time.Duration(a.Targets))
			p := probing.New(addr.String())
			p.SetPrivileged(false)
			p.SetLogger(probing.NoopLogger{})
			p.Interval, p.Count, p.Timeout = time.Second, a.Seconds, time.Duration(a.Seconds)*time.Second
			err := p.Run()
			s := p.Statistics()
			mu.Lock()
			defer mu.Unlock()
			failed = errors.Join(failed, err)
			f.Sent += s.PacketsSent
			for _, rtt := range s.Rtts {
				f.RTTs = append(f.RTTs, rtt.Seconds())
			}
		})
	}
	wg.Wait()
	if failed != nil {
		return failed
	}
	f.CPU = usage()
	return json.NewEncoder(os.Stdout).Encode(f)
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
