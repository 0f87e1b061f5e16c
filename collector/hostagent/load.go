package hostagent

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// loadPeriod is between two samples of the processors; loadWindow is RFC 2790's last minute.
const (
	loadPeriod = 5 * time.Second
	loadWindow = time.Minute
)

// processor is what one CPU has done since boot, in units of the kernel's.
type processor struct {
	number     uint32
	busy, idle uint64
}

// load is a row of hrProcessorTable.
type load struct {
	number  uint32
	percent int64
}

// parseStat reads the cpuN lines of /proc/stat (proc(5)). A bad line costs itself alone; it is in the error.
func parseStat(text []byte) ([]processor, error) {
	var all []processor
	var problems error
	for line := range bytes.Lines(text) {
		name, rest, _ := strings.Cut(string(line), " ")
		digits, ok := strings.CutPrefix(name, "cpu")
		if !ok || digits == "" { // the first line is the sum of all
			continue
		}
		p, err := parseProcessor(digits, rest)
		if err != nil {
			problems = errors.Join(problems, fmt.Errorf("/proc/stat, %s: %w", name, err))
			continue
		}
		all = append(all, p)
	}
	return all, problems
}

func parseProcessor(digits, rest string) (p processor, err error) {
	n, err := strconv.ParseUint(digits, 10, 16)
	if err != nil {
		return p, err
	}
	p.number = uint32(n)
	// user nice system idle iowait irq softirq steal; guest and guest_nice behind them are in user and nice.
	const leastColumns, lastColumn = 4, 8
	fields := strings.Fields(rest)
	if len(fields) < leastColumns {
		return p, fmt.Errorf("%d numbers, want at least %d", len(fields), leastColumns)
	}
	for i, f := range fields[:min(len(fields), lastColumn)] {
		ticks, err := strconv.ParseUint(f, 10, 64)
		if err != nil {
			return p, err
		}
		if i == 3 || i == 4 {
			p.idle += ticks
		} else {
			p.busy += ticks
		}
	}
	return p, nil
}

// history is the samples of the last minute, and the newest that is older.
type history struct{ samples []sample }

type sample struct {
	at  time.Time
	all []processor
}

func (h *history) add(at time.Time, all []processor) {
	h.samples = append(h.samples, sample{at, all})
	for len(h.samples) > 1 && at.Sub(h.samples[1].at) >= loadWindow {
		h.samples = slices.Delete(h.samples, 0, 1)
	}
}

// loads is how busy each processor of the newest sample was since the oldest that has it.
func (h *history) loads() []load {
	if len(h.samples) == 0 {
		return nil
	}
	newest := h.samples[len(h.samples)-1]
	out := make([]load, len(newest.all))
	for i, now := range newest.all {
		out[i] = load{now.number, percent(h.base(now.number), now)}
	}
	return out
}

// base is the oldest sample of a processor, or its boot when there is but one.
func (h *history) base(number uint32) processor {
	for _, s := range h.samples[:len(h.samples)-1] {
		if i := slices.IndexFunc(s.all, func(p processor) bool { return p.number == number }); i >= 0 {
			return s.all[i]
		}
	}
	return processor{number: number}
}

// percent is the busy share between two samples. The kernel corrects idle times, so that they may fall.
func percent(from, to processor) int64 {
	busy := float64(to.busy - min(from.busy, to.busy))
	all := busy + float64(to.idle-min(from.idle, to.idle))
	if all == 0 {
		return 0
	}
	return int64(math.Round(100 * busy / all))
}
