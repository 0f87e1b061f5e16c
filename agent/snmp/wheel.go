package snmp

import "time"

// Resolution of time-outs, and how many steps of it a turn of the wheel has.
const (
	tick  = 5 * time.Millisecond
	spoke = 1024
)

// timer is something that happens at a time, unless it is stopped: exactly one of its owners is set.
type timer struct {
	next, prev *timer
	at         int64 // tick
	request    *request
	client     *Client
	run        *run
}

// wheel is a hashed timer wheel (Varghese and Lauck, scheme 6): setting and stopping a timer takes no search.
type wheel struct {
	spokes [spoke]timer // heads of rings
	now    int64        // the last tick that was handled
	armed  int
}

func (w *wheel) init(now int64) {
	w.now = now
	for i := range w.spokes {
		h := &w.spokes[i]
		h.next, h.prev = h, h
	}
}

// set arms t for a tick that is not over; what is due already comes at the next one.
func (w *wheel) set(t *timer, at int64) {
	w.stop(t)
	t.at = max(at, w.now+1)
	h := &w.spokes[t.at%spoke]
	t.prev, t.next = h.prev, h
	t.prev.next, h.prev = t, t
	w.armed++
}

func (w *wheel) stop(t *timer) {
	if t.next == nil {
		return
	}
	t.prev.next, t.next.prev = t.next, t.prev
	t.next, t.prev = nil, nil
	w.armed--
}

// advance hands out what is due up to now, one after the other: a call may set and stop any timer.
func (w *wheel) advance(now int64, due func(*timer)) {
	if now-w.now > spoke { // nothing is lost: a turn looks at every spoke
		w.now = now - spoke
	}
	for w.now < now {
		w.now++
		h := &w.spokes[w.now%spoke]
		for again := true; again; {
			again = false
			for t := h.next; t != h; t = t.next {
				if t.at <= now {
					w.stop(t)
					due(t)
					again = true // the ring may be another now
					break
				}
			}
		}
	}
}
