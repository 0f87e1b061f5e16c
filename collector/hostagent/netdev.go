package hostagent

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// counters are what the kernel counted of an interface.
type counters struct {
	inOctets, inPackets, inErrors, inDrops, inMulticasts uint64
	outOctets, outPackets, outErrors, outDrops           uint64
}

// fellFrom tells whether a counter is lower than it was: the driver began anew.
func (c counters) fellFrom(old counters) bool {
	return c.inOctets < old.inOctets || c.outOctets < old.outOctets || c.inPackets < old.inPackets || c.outPackets < old.outPackets
}

// unicasts is what was received and is not known to be a multicast. The two are not counted at one instant.
func (c counters) unicasts() uint64 { return c.inPackets - min(c.inMulticasts, c.inPackets) }

// parseNetDev reads /proc/net/dev, whose first two lines are headings. A bad line costs itself alone; it is
// in the error.
func parseNetDev(text []byte) (map[string]counters, error) {
	all := map[string]counters{}
	var problems error
	number := 0
	for line := range bytes.Lines(text) {
		if number++; number <= 2 {
			continue
		}
		name, c, err := parseNetDevLine(string(line))
		if err != nil {
			problems = errors.Join(problems, fmt.Errorf("/proc/net/dev, line %d: %w", number, err))
			continue
		}
		all[name] = c
	}
	return all, problems
}

func parseNetDevLine(line string) (name string, c counters, err error) {
	colon := strings.LastIndexByte(line, ':') // numbers have none, and there may be no space behind it
	if colon < 0 {
		return "", c, fmt.Errorf("%q has no colon", line)
	}
	if name = strings.TrimLeft(line[:colon], " "); name == "" {
		return "", c, fmt.Errorf("%q has no name", line)
	}
	const columns = 16
	fields := strings.Fields(line[colon+1:])
	if len(fields) < columns {
		return "", c, fmt.Errorf("%q has %d numbers, want %d", name, len(fields), columns)
	}
	for column, to := range map[int]*uint64{
		0: &c.inOctets, 1: &c.inPackets, 2: &c.inErrors, 3: &c.inDrops, 7: &c.inMulticasts,
		8: &c.outOctets, 9: &c.outPackets, 10: &c.outErrors, 11: &c.outDrops,
	} {
		if *to, err = strconv.ParseUint(fields[column], 10, 64); err != nil {
			return "", c, fmt.Errorf("%q, number %d: %w", name, column+1, err)
		}
	}
	return name, c, nil
}
