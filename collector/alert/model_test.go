package alert

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// revive is the world that a restart reads: what is stored, through its form in the store.
func revive(t *rapid.T, w *World, now int64) *World {
	out := NewWorld(w.pol, w.last)
	for id, i := range w.incidents {
		if i.Status == Resolved && i.Ended < now-w.pol.Reopen.Milliseconds() {
			continue
		}
		c := *i
		c.More = More{}
		again(t, i.More, &c.More)
		out.incidents[id] = &c
	}
	for k, p := range w.problems {
		if i := w.incidents[p.Incident]; p.Incident != 0 && (i == nil || i.Status == Resolved) {
			continue
		}
		q := &Problem{Key: k, Incident: p.Incident}
		again(t, p, q)
		out.problems[k] = q
	}
	return out
}

func again(t *rapid.T, from, to any) {
	text, err := json.Marshal(from)
	if err == nil {
		err = json.Unmarshal(text, to)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// model is a network of a few devices with their true states.
type model struct {
	book  *Book
	names []string
	state map[string]State
	since map[string]int64
	other map[string]bool // findings of other kinds, by object
	now   int64
}

func (m *model) finding(name string) Finding {
	return Finding{Site: "porto", Device: name, State: m.state[name], Since: m.since[name], Detected: m.since[name] + 2000, Evidence: "lost"}
}

func (m *model) lost(object string) Finding {
	f := Finding{Kind: RedundancyLost, Site: "porto", Object: object, State: Up, Since: m.now, Summary: object, Members: []string{"d0"}, Causes: []string{"l0"}}
	switch object {
	case "g1":
		f.Causes = []string{"l0", "l1"}
	case "p1":
		f.Kind, f.Members, f.Causes = InterfaceDown, nil, []string{"l1"}
	}
	if m.other[object] {
		f.State = Down
	}
	return f
}

// all is what the engines tell at a start.
func (m *model) all() []Finding {
	var out []Finding
	for _, name := range m.names {
		out = append(out, m.finding(name))
	}
	return append(out, m.lost("g0"), m.lost("g1"), m.lost("p1"))
}

// TestModel: whatever happens, with a restart after every step or with none, the same incidents tell the same story,
// each object that is wrong is in one incident, and none is open without a cause.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &model{book: &Book{Devices: map[string]Place{}}, state: map[string]State{}, since: map[string]int64{}, other: map[string]bool{}, now: t0}
		for n := range rapid.IntRange(1, 6).Draw(t, "devices") {
			name := fmt.Sprintf("d%d", n)
			p := Place{Site: "porto", Role: "access"}
			if n > 0 && rapid.Bool().Draw(t, "child") {
				p.Parents = []string{fmt.Sprintf("d%d", rapid.IntRange(0, n-1).Draw(t, "parent"))}
			}
			m.book.Devices[name], m.names = p, append(m.names, name)
			m.state[name], m.since[name] = Up, t0
		}
		one, two := NewWorld(DefaultPolicy(), 0), NewWorld(DefaultPolicy(), 0)
		one.Step(m.all(), m.book, m.now)
		two.Step(m.all(), m.book, m.now)
		stories := map[int64][]string{}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			in := m.happen(t)
			a := one.Step(in, m.book, m.now)
			b := two.Step(in, m.book, m.now)
			if x, y := told(a), told(b); !slices.Equal(x, y) {
				t.Fatalf("without a restart %q, with restarts %q", x, y)
			}
			for _, c := range a.Changes {
				for _, e := range c.Events {
					stories[c.Incident.ID] = append(stories[c.Incident.ID], e.Type)
				}
			}
			m.check(t, one)
			two = revive(t, two, m.now)
			two.alive = map[string]bool{}
			for name, alive := range one.alive {
				two.alive[name] = alive // the start tells what answers
			}
		}
		for id, s := range stories {
			checkStory(t, id, s)
		}
		m.settle(t, one)
	})
}

// happen lets time pass and something change.
func (m *model) happen(t *rapid.T) []Finding {
	m.now += rapid.SampledFrom([]int64{0, 100, 3000, 6000, 31_000, 130_000, 700_000}).Draw(t, "pause")
	switch rapid.IntRange(0, 5).Draw(t, "what") {
	case 0:
		return nil
	case 1:
		object := rapid.SampledFrom([]string{"g0", "g1", "p1"}).Draw(t, "group")
		m.other[object] = !m.other[object]
		return []Finding{m.lost(object)}
	case 2: // the same again
		return m.all()
	}
	name := rapid.SampledFrom(m.names).Draw(t, "device")
	s := rapid.SampledFrom([]State{Up, Down, Down, Unreachable, Unknown, Degraded}).Draw(t, "state")
	if s == Unknown {
		f := m.finding(name)
		f.State = Unknown
		return []Finding{f}
	}
	if s != m.state[name] {
		m.state[name], m.since[name] = s, m.now
	}
	return []Finding{m.finding(name)}
}

// check looks at what always has to be so.
func (m *model) check(t *rapid.T, w *World) {
	for k, p := range w.problems {
		i := w.incidents[p.Incident]
		if p.Incident != 0 && i == nil {
			t.Fatalf("%v is in INC-%d, which is not there", k, p.Incident)
		}
		if p.holds() && i != nil && i.Status == Resolved {
			t.Fatalf("%v holds in %s, which is resolved", k, i.Name())
		}
	}
	for _, i := range w.incidents {
		if i.Status == Resolved != (i.Ended != 0) || i.Ended != 0 && i.Ended < i.Started {
			t.Fatalf("%s is %s, from %d to %d", i.Name(), i.Status, i.Started, i.Ended)
		}
	}
}

// settle waits until everything is judged: then each object that is wrong is in one open incident, and each open
// incident has one.
func (m *model) settle(t *rapid.T, w *World) {
	for range 5 {
		m.now += time.Hour.Milliseconds()
		w.Step(m.all(), m.book, m.now)
	}
	open := map[int64]bool{}
	for _, i := range w.incidents {
		if i.Status == Pending || i.Status == Flapping {
			t.Fatalf("%s is %s for hours", i.Name(), i.Status)
		}
		if i.Status != Resolved {
			open[i.ID] = false
		}
	}
	for _, f := range m.all() {
		wrong, _ := f.holds()
		p := w.problems[f.key()]
		if wrong != (p != nil && p.holds()) {
			t.Fatalf("%v: wrong is %t, but the problem is %+v", f.key(), wrong, p)
		}
		if wrong {
			if _, ok := open[p.Incident]; !ok {
				t.Fatalf("%v is in no open incident: %+v", f.key(), p)
			}
			open[p.Incident] = true
		}
	}
	for id, caused := range open {
		if !caused {
			t.Fatalf("INC-%d is open without a cause", id)
		}
	}
}

// checkStory: nobody is told of an end without a beginning.
func checkStory(t *rapid.T, id int64, events []string) {
	open := false
	for _, e := range events {
		switch e {
		case EventOpened:
			open = true
		case EventResolved:
			if !open && !slices.Contains(events, EventUpdated) {
				t.Fatalf("INC-%d: %q", id, events)
			}
			open = false
		}
	}
}

// told is what an outcome says to people.
func told(o Outcome) []string {
	var out []string
	for _, c := range o.Changes {
		for _, e := range c.Events {
			out = append(out, fmt.Sprintf("%s %s %s", c.Incident.Name(), c.Incident.Status, e.Type))
		}
	}
	return out
}
