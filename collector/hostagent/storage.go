package hostagent

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"ninewatch/internal/oid"
)

// File systems are measured in each storePeriod; what was measured storeAge ago is no more shown: the disk
// hangs then.
const (
	storePeriod = 10 * time.Second
	storeAge    = 30 * time.Second
)

// Rows of hrStorageTable that net-snmp has under these indexes too, and where those of file systems begin.
const (
	physicalMemory  = 1
	swapSpace       = 10
	firstFileSystem = 1 << 8
)

// Values of hrStorageType (RFC 2790).
var (
	hrStorageRAM           = oid.MustParse("1.3.6.1.2.1.25.2.1.2")
	hrStorageVirtualMemory = oid.MustParse("1.3.6.1.2.1.25.2.1.3")
	hrStorageFixedDisk     = oid.MustParse("1.3.6.1.2.1.25.2.1.4")
)

// store is a row of hrStorageTable.
type store struct {
	index            uint32
	kind             oid.OID
	descr            string
	unit, size, used uint64 // octets, units, units
}

// space is what a file system has.
type space struct{ unit, size, used uint64 }

// fit makes the size of s an Integer32, by larger units.
func (s space) fit() space {
	for s.size > math.MaxInt32 && s.unit <= math.MaxInt32/2 {
		s.unit, s.size, s.used = 2*s.unit, s.size/2, s.used/2
	}
	s.size = min(s.size, math.MaxInt32)
	s.used = min(s.used, math.MaxInt32)
	return s
}

// memory is what /proc/meminfo tells, in KiB.
type memory struct{ total, available, swapTotal, swapFree uint64 }

// parseMemInfo reads /proc/meminfo (proc(5)).
func parseMemInfo(text []byte) (m memory, err error) {
	values := map[string]uint64{}
	for line := range bytes.Lines(text) {
		key, rest, _ := strings.Cut(string(line), ":")
		fields := strings.Fields(rest)
		if len(fields) == 0 {
			continue
		}
		if n, err := strconv.ParseUint(fields[0], 10, 54); err == nil { // 64 bits of octets
			values[key] = n
		}
	}
	m = memory{total: values["MemTotal"], swapTotal: values["SwapTotal"], swapFree: values["SwapFree"]}
	if m.total == 0 {
		return m, fmt.Errorf("/proc/meminfo has no MemTotal")
	}
	available, ok := values["MemAvailable"] // from Linux 3.14 on
	if !ok {
		available = values["MemFree"] + values["Buffers"] + values["Cached"]
	}
	m.available = min(available, m.total)
	return m, nil
}

func (m memory) stores() []store {
	const kibi = 1024
	row := func(index uint32, kind oid.OID, descr string, total, free uint64) store {
		s := space{kibi, total, total - min(free, total)}.fit()
		return store{index, kind, descr, s.unit, s.size, s.used}
	}
	var rows []store
	if m.total > 0 {
		rows = append(rows, row(physicalMemory, hrStorageRAM, "Physical memory", m.total, m.available))
	}
	if m.swapTotal > 0 {
		rows = append(rows, row(swapSpace, hrStorageVirtualMemory, "Swap space", m.swapTotal, m.swapFree))
	}
	return rows
}

// mount is a line of mountinfo.
type mount struct {
	major                     uint64
	root, point, kind, source string
}

// parseMountInfo reads /proc/self/mountinfo (proc(5)). A bad line costs itself alone; it is in the error.
func parseMountInfo(text []byte) ([]mount, error) {
	var all []mount
	var problems error
	number := 0
	for line := range bytes.Lines(text) {
		number++
		m, err := parseMount(string(line))
		if err != nil {
			problems = errors.Join(problems, fmt.Errorf("/proc/self/mountinfo, line %d: %w", number, err))
			continue
		}
		all = append(all, m)
	}
	return all, problems
}

func parseMount(line string) (m mount, err error) {
	before, after, ok := strings.Cut(line, " - ") // optional fields end with it; spaces in names are escaped
	place, what := strings.Fields(before), strings.Fields(after)
	if !ok || len(place) < 6 || len(what) < 2 {
		return m, fmt.Errorf("%q is not a mount", strings.TrimSpace(line))
	}
	major, _, _ := strings.Cut(place[2], ":")
	if m.major, err = strconv.ParseUint(major, 10, 32); err != nil {
		return m, fmt.Errorf("device number %q: %w", place[2], err)
	}
	m.root, m.point, m.kind, m.source = unescape(place[3]), unescape(place[4]), what[0], unescape(what[1])
	return m, nil
}

// unescape turns \040 and its like back into characters.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// shown tells whether m has space of its own that can run out.
func (m mount) shown() bool {
	switch m.kind {
	case "squashfs", "erofs", "iso9660", "cramfs", "romfs", "rootfs":
		return false
	case "zfs":
		return true
	case "btrfs", "bcachefs": // their device numbers are not those of a block device
		return strings.HasPrefix(m.source, "/dev/")
	}
	return m.point == "/" || m.major != 0 && strings.HasPrefix(m.source, "/dev/")
}

// candidates are the mounts to show, the best of each source first: a whole file system before a part
// of it, then the one that is mounted highest.
func candidates(mounts []mount) []mount {
	newest := map[string]mount{} // a mount hides what was mounted in its place before
	for _, m := range mounts {
		newest[m.point] = m
	}
	var out []mount
	for _, m := range newest {
		if m.shown() {
			out = append(out, m)
		}
	}
	rank := func(m mount) int {
		switch {
		case m.point == "/":
			return 0
		case m.root == "/":
			return 1
		}
		return 2
	}
	slices.SortFunc(out, func(a, b mount) int {
		return cmp.Or(rank(a)-rank(b), len(a.point)-len(b.point), strings.Compare(a.point, b.point))
	})
	return out
}

// errNoFolder: a file was mounted, as containers do.
var errNoFolder = errors.New("not a folder")

// measure asks for the space of each source of mounts once. What went wrong is in the error; the rest is there.
func measure(mounts []mount, spaceOf func(point string) (space, error)) (rows []store, err error) {
	done := map[string]bool{}
	for _, m := range mounts {
		if done[m.source] {
			continue
		}
		s, e := spaceOf(m.point)
		if e != nil {
			if !errors.Is(e, errNoFolder) {
				err = errors.Join(err, fmt.Errorf("file system %q: %w", m.point, e))
			}
			continue
		}
		if s.size == 0 || s.unit == 0 {
			continue
		}
		done[m.source] = true
		s = s.fit()
		rows = append(rows, store{0, hrStorageFixedDisk, m.point, s.unit, s.size, s.used})
	}
	number(rows)
	return rows, err
}

// number gives each row an index made from its mount point, so that it is the same after a restart.
func number(rows []store) {
	slices.SortFunc(rows, func(a, b store) int { return strings.Compare(a.descr, b.descr) })
	taken := map[uint32]bool{}
	for i := range rows {
		h := fnv.New32a()
		h.Write([]byte(rows[i].descr)) //nolint:errcheck // it never fails
		index := firstFileSystem + h.Sum32()%(math.MaxInt32-firstFileSystem)
		for taken[index] {
			index = max(firstFileSystem, (index+1)%math.MaxInt32)
		}
		taken[index] = true
		rows[i].index = index
	}
}
