package main

import (
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"

	"ninewatch/internal/testkit"
)

// pollV2c is P1: polling SNMPv2c with decoding, checks and a queue.
func pollV2c() ([]Row, error) {
	f := fleet{Devices: 1000, Interfaces: 48, Port: 16301, Seconds: 1.5}
	stop, err := serve("fleet", f)
	if err != nil {
		return nil, err
	}
	defer stop()
	poller, err := compile()
	if err != nil {
		log.Printf("P1: without net-snmp: %v", err)
	}
	var ours, c, gosnmp []Report
	for range rounds {
		if ours, err = add(ours, "ours", f); err != nil {
			return nil, err
		}
		if gosnmp, err = add(gosnmp, "gosnmp", f); err != nil {
			return nil, err
		}
		if poller == "" {
			continue
		}
		r, err := run(pinned(measured, poller, "127.64.0.1", fmt.Sprint(f.Devices), fmt.Sprint(f.Port), fmt.Sprint(f.Interfaces), fmt.Sprint(f.Seconds)))
		if err != nil {
			return nil, fmt.Errorf("net-snmp: %w", err)
		}
		c = append(c, r)
	}
	const unit = "varbinds/CPU-s"
	rate, goRate := median(ours, Report.rate), median(gosnmp, Report.rate)
	var rows []Row
	if poller != "" {
		cRate := median(c, Report.rate)
		rows = append(rows, against("P1", "poll v2c", rate, cRate, "net-snmp async C, epoll, GETBULK", unit, "≥ 1.4"),
			Row{"P1", "is the C poller at its best?", cRate, goRate, "gosnmp", cRate / goRate, unit, "about 2"})
	}
	return append(rows, against("P1", "poll v2c", rate, goRate, "gosnmp, GETBULK", unit, "≥ 3")), failures(ours, c, gosnmp)
}

func add(all []Report, name string, f fleet) ([]Report, error) {
	r, err := measure(name, f)
	if err != nil {
		return all, fmt.Errorf("%s: %w", name, err)
	}
	return append(all, r), nil
}

// failures is an error when polls of a fleet without dead devices failed: the figures are of something else then.
func failures(all ...[]Report) error {
	for _, reports := range all {
		for _, r := range reports {
			if r.Failed > 0 {
				return fmt.Errorf("%.0f polls failed", r.Failed)
			}
		}
	}
	return nil
}

// compile makes the C poller of csnmp/poller.c.
func compile() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = os.TempDir()
	}
	out := filepath.Join(dir, "ninewatch-bench-csnmp")
	cmd := exec.Command("cc", "-O2", "-o", out, filepath.Join(testkit.Root(), "internal/bench/csnmp/poller.c"), "-lnetsnmp")
	if text, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w (Debian packages gcc and libsnmp-dev): %.300s", err, text)
	}
	return out, nil
}
