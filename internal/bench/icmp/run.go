package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// prober is something that is measured.
type prober struct {
	name string
	run  func(seconds int) (figures, error)
}

func probers() []prober {
	return []prober{
		{"ours", func(s int) (figures, error) { return self("ours", s) }},
		{"fping -i 0.1", func(s int) (figures, error) { return fping("0.1", s) }},
		{"fping -i 0", func(s int) (figures, error) { return fping("0", s) }},
		{"pro-bing", func(s int) (figures, error) { return self("pro-bing", s) }},
		{"slow", func(s int) (figures, error) { return self("slow", 2*s) }},
	}
}

// measured runs a command on the second core, and returns its CPU time.
func measured(cmd *exec.Cmd) (cpu time.Duration, err error) {
	if taskset, err := exec.LookPath("taskset"); err == nil {
		cmd.Args = append([]string{"taskset", "-c", "1", cmd.Path}, cmd.Args[1:]...)
		cmd.Path = taskset
	}
	err = cmd.Run()
	if cmd.ProcessState == nil {
		return 0, err
	}
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), err
}

// self runs this program as one prober.
func self(role string, seconds int) (figures, error) {
	path, err := os.Executable()
	if err != nil {
		return figures{}, err
	}
	cmd := exec.Command(path, "-role", role, "-seconds", strconv.Itoa(seconds))
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET} // a loopback of its own
	if _, err := measured(cmd); err != nil {
		return figures{}, err
	}
	var got result
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		return figures{}, fmt.Errorf("read what it printed: %w", err)
	}
	f := figuresOf(got.Sent, got.RTTs, got.CPU)
	f.BytesPer, f.CPU = got.BytesPer, got.Share
	return f, nil
}

// fping asks all targets once a second; wait is the time between two packets in ms: 0.1 spreads 10,000 evenly
// over the second, 0 sends them all at once.
func fping(wait string, seconds int) (figures, error) {
	dir, err := os.MkdirTemp("", "bench-icmp")
	if err != nil {
		return figures{}, err
	}
	defer os.RemoveAll(dir)
	var list bytes.Buffer
	for _, a := range loopback(many) {
		fmt.Fprintln(&list, a)
	}
	path := filepath.Join(dir, "targets")
	if err := os.WriteFile(path, list.Bytes(), 0o600); err != nil {
		return figures{}, err
	}
	cmd := exec.Command("fping", "-q", "-C", strconv.Itoa(seconds), "-p", "1000", "-i", wait, "-f", path)
	var out bytes.Buffer
	cmd.Stderr = &out
	cpu, err := measured(cmd)
	var failed *exec.ExitError
	if err != nil && (!errors.As(err, &failed) || failed.ExitCode() > 1) { // 1: some were lost
		return figures{}, err
	}
	var rtts []float64
	sent := 0
	for line := range strings.Lines(out.String()) {
		_, values, _ := strings.Cut(line, " : ")
		for _, v := range strings.Fields(values) {
			sent++
			if ms, err := strconv.ParseFloat(v, 64); err == nil {
				rtts = append(rtts, ms/1e3)
			}
		}
	}
	if sent == 0 {
		return figures{}, fmt.Errorf("it printed no times: %.200q", out.String())
	}
	return figuresOf(sent, rtts, cpu), nil
}

func figuresOf(sent int, rtts []float64, cpu time.Duration) figures {
	f := figures{PerCPUSecond: float64(sent) / cpu.Seconds(), Lost: sent - len(rtts)}
	if len(rtts) > 0 {
		slices.Sort(rtts)
		f.P50, f.P99 = rtts[len(rtts)/2], rtts[len(rtts)*99/100]
	}
	return f
}
