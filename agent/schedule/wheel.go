package schedule

import (
	"cmp"
	"hash/fnv"
	"math/bits"
	"slices"
	"time"

	"ninewatch/internal/order"
)

// Entry is something that is due once in every interval.
type Entry struct {
	Key      string
	Interval time.Duration // counted in whole milliseconds, at least one
}

// Wheel hands out entries in the order of their slots. It allocates nothing after NewWheel: entries of one
// interval form a ring sorted by phase, and the few rings form a heap sorted by their next slot.
type Wheel struct {
	rings []ring
}

type ring struct {
	every int64 // ms
	items []item
	base  int64 // start of the present turn, ms: a multiple of every
	pos   int   // the item that is due next
}

type item struct {
	phase int64 // ms after base
	index int   // in the entries given to NewWheel
}

func (r *ring) next() int64 { return r.base + r.items[r.pos].phase }

// NewWheel returns a wheel of entries that stands at time zero: MoveTo comes first.
func NewWheel(entries []Entry) *Wheel {
	byInterval := map[int64][]item{}
	for i, e := range entries {
		every := millis(e.Interval)
		byInterval[every] = append(byInterval[every], item{phase(e.Key, every), i})
	}
	w := &Wheel{}
	for every, items := range byInterval {
		order.Sort(items, func(a, b item) int { return cmp.Compare(a.phase, b.phase) })
		w.rings = append(w.rings, ring{every: every, items: items})
	}
	order.Sort(w.rings, func(a, b ring) int { return cmp.Compare(a.every, b.every) })
	w.MoveTo(0)
	return w
}

// MoveTo moves the wheel, forward or back, to the first slots at or after from (Unix ms).
func (w *Wheel) MoveTo(from int64) {
	for i := range w.rings {
		r := &w.rings[i]
		r.base = floor(from, r.every)
		r.pos, _ = slices.BinarySearchFunc(r.items, from-r.base, func(it item, at int64) int {
			return cmp.Or(cmp.Compare(it.phase, at), 1) // of equal phases the first
		})
		if r.pos == len(r.items) {
			r.base, r.pos = r.base+r.every, 0
		}
	}
	for i := len(w.rings)/2 - 1; i >= 0; i-- {
		w.sink(i)
	}
}

// Peek returns the slot that Next will return, or false when the wheel is empty.
func (w *Wheel) Peek() (slot int64, ok bool) {
	if len(w.rings) == 0 {
		return 0, false
	}
	return w.rings[0].next(), true
}

// Next returns which entry is due next and its slot (Unix ms), and moves on. The wheel must not be empty.
func (w *Wheel) Next() (index int, slot int64) {
	r := &w.rings[0]
	index, slot = r.items[r.pos].index, r.next()
	if r.pos++; r.pos == len(r.items) {
		r.base, r.pos = r.base+r.every, 0
	}
	w.sink(0)
	return index, slot
}

// sink restores the heap when the next slot of ring i has grown.
func (w *Wheel) sink(i int) {
	for {
		least := i
		for _, child := range [2]int{2*i + 1, 2*i + 2} {
			if child < len(w.rings) && w.rings[child].next() < w.rings[least].next() {
				least = child
			}
		}
		if least == i {
			return
		}
		w.rings[i], w.rings[least] = w.rings[least], w.rings[i]
		i = least
	}
}

// Phase is how long after a multiple of interval the slots of key are: a whole number of milliseconds below
// interval that depends on key alone.
func Phase(key string, interval time.Duration) time.Duration {
	return time.Duration(phase(key, millis(interval))) * time.Millisecond
}

// SlotAfter returns the first slot of key at or after from (Unix ms).
func SlotAfter(key string, interval time.Duration, from int64) int64 {
	every := millis(interval)
	slot := floor(from, every) + phase(key, every)
	if slot < from {
		slot += every
	}
	return slot
}

func phase(key string, every int64) int64 {
	hi, _ := bits.Mul64(hash(key), uint64(every))
	return int64(hi)
}

// hash is FNV-1a with the finalizer of MurmurHash3: FNV alone leaves the high bits of similar keys alike.
func hash(key string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(key))
	x := h.Sum64()
	x = (x ^ x>>33) * 0xff51afd7ed558ccd
	x = (x ^ x>>33) * 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}

func millis(d time.Duration) int64 { return max(1, d.Milliseconds()) }

// floor is the last multiple of every at or before t.
func floor(t, every int64) int64 {
	return t - ((t%every)+every)%every
}
