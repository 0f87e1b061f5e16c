package hostagent

import (
	"bytes"
	"cmp"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"strconv"
	"sync"
	"time"
)

// host reads its sources, and remembers what readings have to be compared with.
type host struct {
	from       sources
	unreadable func(source string, err error)
	started    time.Time

	before map[uint32]link // the interfaces of the reading before, by index
	change uint64          // ifTableLastChange

	mu       sync.Mutex // guards the rest, which other goroutines fill
	history  history
	stores   []store
	measured time.Time
}

func newHost(from sources, unreadable func(string, error)) *host {
	return &host{from: from, unreadable: unreadable}
}

// begin takes the first sample of the processors.
func (h *host) begin(now time.Time) {
	h.started = now
	h.sampleLoad(now)
}

// reading is the host at one instant.
type reading struct {
	descr, name string
	upTime      time.Duration
	bootKnown   bool // upTime counts from the boot of the host
	change      uint64
	links       []link
	loads       []load
	memory      memory
	stores      []store
}

// ticks is a duration in hundredths of a second, as TimeTicks: it wraps after 497 days.
func ticks(d time.Duration) uint64 { return uint64(d/(10*time.Millisecond)) % (1 << 32) }

// reading reads everything that is read at a request.
func (h *host) reading(now time.Time) reading {
	r := reading{descr: h.from.describe(), upTime: now.Sub(h.started)}
	var err error
	if r.name, err = h.from.hostname(); err != nil {
		h.unreadable("hostname", err)
	}
	if text, ok := h.file("uptime", "proc/uptime"); ok {
		if up, err := parseUpTime(text); err != nil {
			h.unreadable("uptime", err)
		} else {
			r.upTime, r.bootKnown = up, true
		}
	}
	r.links = h.readLinks()
	h.notice(r.links, ticks(r.upTime))
	r.change = h.change
	if text, ok := h.file("memory", "proc/meminfo"); ok {
		if r.memory, err = parseMemInfo(text); err != nil {
			h.unreadable("memory", err)
		}
	}
	r.stores = r.memory.stores()
	h.mu.Lock()
	defer h.mu.Unlock()
	r.loads = h.history.loads()
	if now.Sub(h.measured) < storeAge {
		r.stores = append(r.stores, h.stores...)
	}
	return r
}

func (h *host) file(source, name string) ([]byte, bool) {
	text, err := fs.ReadFile(h.from.root, name)
	if err != nil {
		h.unreadable(source, err)
	}
	return text, err == nil
}

// parseUpTime reads the first number of /proc/uptime, seconds since boot.
func parseUpTime(text []byte) (time.Duration, error) {
	first, _, _ := bytes.Cut(text, []byte(" "))
	seconds, err := strconv.ParseFloat(string(first), 64)
	const longest = math.MaxInt64 / float64(time.Second)
	if err != nil || !(seconds >= 0 && seconds < longest) {
		return 0, fmt.Errorf("/proc/uptime: %q is not a number of seconds", first)
	}
	return time.Duration(math.Round(seconds*100)) * 10 * time.Millisecond, nil
}

// readLinks is the interfaces of the host by index, with what could be read of each.
func (h *host) readLinks() []link {
	all, err := h.from.interfaces()
	if err != nil {
		h.unreadable("interfaces", err)
	}
	var counted map[string]counters
	if text, ok := h.file("counters", "proc/net/dev"); ok {
		if counted, err = parseNetDev(text); err != nil {
			h.unreadable("counters", err)
		}
	}
	links := make([]link, len(all))
	for i, known := range all {
		l := newLink(known)
		l.counters, l.counted = counted[l.name]
		if err := l.addSys(h.from.root); err != nil {
			h.unreadable("sys", err)
		}
		links[i] = l
	}
	slices.SortFunc(links, func(a, b link) int { return cmp.Compare(a.index, b.index) })
	return links
}

// notice compares links with those of the reading before, and stamps with ticks what changed since.
func (h *host) notice(links []link, ticks uint64) {
	same := h.before != nil && len(h.before) == len(links)
	now := make(map[uint32]link, len(links))
	for i := range links {
		l := &links[i]
		if old, ok := h.before[l.index]; ok {
			same = same && old.name == l.name
			l.lastChange, l.discontinuity = old.lastChange, old.discontinuity
			if l.oper != old.oper {
				l.lastChange = ticks
			}
			if l.counted && old.counted && l.counters.fellFrom(old.counters) {
				l.discontinuity = ticks
			}
		} else if h.before != nil {
			same = false
			l.lastChange, l.discontinuity = ticks, ticks
		}
		now[l.index] = *l
	}
	if h.before != nil && !same {
		h.change = ticks
	}
	h.before = now
}

// sampleLoad takes a sample of the processors.
func (h *host) sampleLoad(now time.Time) {
	text, ok := h.file("processors", "proc/stat")
	if !ok {
		return
	}
	all, err := parseStat(text)
	if err != nil {
		h.unreadable("processors", err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.history.add(now, all)
}

// measureStores asks each file system for its space. It may hang, as a broken disk does.
func (h *host) measureStores(now time.Time) {
	text, ok := h.file("mounts", "proc/self/mountinfo")
	if !ok {
		return
	}
	mounts, err := parseMountInfo(text)
	if err != nil {
		h.unreadable("mounts", err)
	}
	rows, err := measure(candidates(mounts), h.from.space)
	if err != nil {
		h.unreadable("file_systems", err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stores, h.measured = rows, now
}
