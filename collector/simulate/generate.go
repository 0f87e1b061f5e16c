package simulate

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"ninewatch/internal/oid"
	"ninewatch/internal/snmpagent"
)

var (
	// The enterprise number of examples (RFC 5612): simulated devices are nobody's product.
	exampleProduct = oid.MustParse("1.3.6.1.4.1.32473.1")

	storageRAM  = oid.MustParse("1.3.6.1.2.1.25.2.1.2")
	storageDisk = oid.MustParse("1.3.6.1.2.1.25.2.1.4")
)

// generated returns the machines of a fleet of switches. They share ports and columns, so that a fleet of
// any size fits into memory; what differs is reckoned from the number of the device, and remembered for the
// first of them.
func generated(cfg Config) func(number int) *machine {
	model := machine{
		seed: cfg.Seed, objectID: exampleProduct, contact: "noc@example.net", location: "simulated",
		cpus: []wave{{mean: 23}, {mean: 17, shift: 1800}},
		stores: []store{
			{index: 1, kind: storageRAM, descr: "Physical memory", unit: 1024, size: 8 << 20, used: 0.42, daily: 0.05},
			{index: 31, kind: storageDisk, descr: "/", unit: 4096, size: 16 << 20, used: 0.61},
		},
	}
	for i := range cfg.Interfaces {
		speed := uint64(1e9)
		if i%24 == 23 {
			speed = 10e9
		}
		model.ports = append(model.ports, port{
			index: uint32(i + 1), name: fmt.Sprintf("ge-0/0/%d", i), descr: fmt.Sprintf("ge-0/0/%d", i),
			alias: fmt.Sprintf("port %d", i+1), kind: ethernetCsmacd, speed: speed, mtu: 1500,
			in:     wave{mean: float64(speed) / 8 * 0.35 * chance(cfg.Seed, "in", i), shift: 600 * float64(i)},
			out:    wave{mean: float64(speed) / 8 * 0.35 * chance(cfg.Seed, "out", i), shift: 600 * float64(i)},
			errors: wave{mean: 0.002 * chance(cfg.Seed, "errors", i)},
		})
	}
	const remembered = 1 << 16
	model.table, model.memo = columns(&model), newMemo(wavesOfPort*len(model.ports))
	made := make([]*machine, min(cfg.Devices, remembered))
	return func(number int) *machine {
		if number < len(made) && made[number] != nil {
			return made[number]
		}
		m := model
		m.number = number
		m.name = fmt.Sprintf("sim-%06d", number+1)
		m.descr = "ninewatch simulated switch " + m.name
		m.boot = yearly(cfg.Seed, number)
		if number < len(made) {
			made[number] = &m
		}
		return &m
	}
}

// recorded returns the views of a fleet that plays the recordings of a folder in turn. Their counters
// grow by 1000 a second, and their time ticks by 100.
func recorded(dir string, start time.Time) (func(number int, at time.Time) snmpagent.View, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.snmprec"))
	if err != nil {
		return nil, fmt.Errorf("list recordings in %q: %w", dir, err)
	}
	var trees []snmpagent.Recording
	for _, file := range files {
		if strings.Contains(filepath.Base(file), "@") {
			continue // another context of a device that has its own file
		}
		rec, err := snmpagent.LoadRecording(file)
		if err != nil {
			return nil, err
		}
		trees = append(trees, rec)
	}
	if len(trees) == 0 {
		return nil, fmt.Errorf("folder %q holds no .snmprec file", dir)
	}
	return func(number int, at time.Time) snmpagent.View {
		elapsed := max(0, at.Sub(start))
		return snmpagent.Moving{View: trees[number%len(trees)], PerSecond: 1000, Elapsed: func() time.Duration { return elapsed }}
	}, nil
}
