package main

import (
	"fmt"
	"slices"
	"time"
)

// deadTargets is P4: what a fifth of dead devices costs the others, and how long a cycle takes.
func deadTargets() ([]Row, error) {
	f := fleet{Devices: 1000, Interfaces: 48, Port: 16304, Timeout: 500 * time.Millisecond, Retries: 2}
	dead := f
	dead.Dead, dead.Port = 0.2, 16305
	alive := f
	alive.Devices = 800
	stop, err := serve("fleet", f)
	if err != nil {
		return nil, err
	}
	defer stop()
	stopDead, err := serve("fleet", dead)
	if err != nil {
		return nil, err
	}
	defer stopDead()
	var with, without []Report
	for range 2*rounds - 1 {
		if without, err = add(without, "ours", alive); err != nil {
			return nil, err
		}
		if with, err = add(with, "ours", dead); err != nil {
			return nil, err
		}
	}
	p99 := func(r Report) float64 {
		t := slices.Clone(r.Times)
		slices.Sort(t)
		return t[len(t)*99/100] * 1000
	}
	for _, r := range with {
		if len(r.Times) < 700 {
			return nil, fmt.Errorf("only %d live devices were polled", len(r.Times))
		}
	}
	longest := f.Timeout.Seconds() * float64(f.Retries+1)
	return []Row{
		against("P4", "p99 of live devices' polls, 20 % dead", median(with, p99), median(without, p99), "without dead devices", "ms", "≤ 1.1"),
		against("P4", "cycle with 20 % dead devices", median(with, func(r Report) float64 { return r.Cycle }), longest, "timeout × (retries + 1)", "s", "≤ 1.1"),
	}, failures(without)
}
