package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// The steps of a delivery at which the collector is killed. The zero value kills nobody.
const (
	killNever  = iota
	killHead   // the receiver has seen the head of the request
	killBody   // it has taken the message, and has not answered
	killAnswer // it has answered, and the collector may not have stored that
)

// assassin is a receiver that kills the collector at steps of deliveries, one after the other.
type assassin struct {
	t *testing.T

	mu    sync.Mutex
	prey  *process
	steps []int
	killed,
	came int
	got []message
}

func (a *assassin) aim(p *process) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.prey = p
}

// next is the step at which to kill at this request, and whom.
func (a *assassin) next() (step int, prey *process) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.came++
	if a.prey == nil || len(a.steps) == 0 {
		return killNever, nil
	}
	step, a.steps = a.steps[0], a.steps[1:]
	return step, a.prey
}

func (a *assassin) kill(p *process) {
	p.kill()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.prey = nil
	a.killed++
}

func (a *assassin) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	step, prey := a.next()
	if step == killHead {
		a.kill(prey)
		return
	}
	body, err := io.ReadAll(q.Body)
	if err != nil {
		return
	}
	m := message{ID: q.Header.Get("webhook-id"), Came: time.Now()}
	if why := verify(q.Header, body, time.Now()); why != "" {
		a.t.Errorf("webhook %q: %s", m.ID, why)
	}
	if err := json.Unmarshal(body, &m); err != nil {
		a.t.Errorf("webhook %q: %v: %s", m.ID, err, body)
	}
	a.mu.Lock()
	a.got = append(a.got, m)
	a.mu.Unlock()
	if step == killBody {
		a.kill(prey)
		return
	}
	w.WriteHeader(http.StatusNoContent)
	if step == killAnswer {
		http.NewResponseController(w).Flush() //nolint:errcheck // the other end may have gone
		a.kill(prey)
	}
}

// alive tells whether the collector runs, as far as the assassin knows.
func (a *assassin) alive() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.prey != nil
}

// types are the messages about each incident, the first of each kind, in the order in which they came. That one
// message always has one id, and no two have the same, is checked.
func (a *assassin) types() map[string][]string {
	a.mu.Lock()
	defer a.mu.Unlock()
	out, ids, names := map[string][]string{}, map[string]string{}, map[string]string{}
	for _, m := range a.got {
		name := m.Incident.ID + " " + m.Type
		if id, again := ids[name]; !again {
			out[m.Incident.ID] = append(out[m.Incident.ID], strings.TrimPrefix(m.Type, "incident."))
		} else if id != m.ID {
			a.t.Errorf("%s came as %s and as %s", name, id, m.ID)
		}
		if other, taken := names[m.ID]; taken && other != name {
			a.t.Errorf("%s is %s and %s", m.ID, other, name)
		}
		ids[name], names[m.ID] = m.ID, name
	}
	return out
}

// post makes a request that changes something; false when the collector did not take it.
func (w *world) post(path string) bool {
	r, err := http.NewRequest(http.MethodPost, "http://"+httpAddr+path, strings.NewReader("{}"))
	if err != nil {
		w.Error(err)
		return false
	}
	r.Header.Set("Authorization", "Bearer "+w.token)
	r.Header.Set("Content-Type", "application/json")
	answer, err := w.client.Do(r)
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	return answer.StatusCode < 300 || answer.StatusCode == http.StatusConflict // it was done before the kill
}

// TestDeliveriesSurviveKills kills the collector with kill -9 at every step of deliveries, and between what opens or
// changes an incident and its delivery: the messages about each incident come in order, at least once, each under
// one id, and none is left.
func TestDeliveriesSurviveKills(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := &assassin{t: t}
	server := &http.Server{Handler: a, ReadHeaderTimeout: time.Minute}
	listener := w.ns.listen(t, receiveAddr)
	go server.Serve(listener)            //nolint:errcheck // ends with the test
	t.Cleanup(func() { server.Close() }) //nolint:errcheck // nothing to lose
	const incidents = 3
	var rules strings.Builder
	for n := range incidents {
		fmt.Fprintf(&rules, "  - {name: rule-%d, expr: vector(1), severity: minor}\n", n)
	}
	w.startCollector()
	w.apply(fmt.Sprintf("receivers:\n  - {name: ops, webhook: {url: http://%s/, secret: %s}}\nrules:\n%s", receiveAddr, webhookSecret, rules.String()))
	a.aim(w.collector)
	steps := []int{killHead, killBody, killAnswer, killNever, killBody, killHead, killAnswer}
	// until keeps the collector running until all incidents have been told as far as want, and does act meanwhile.
	until := func(want string, act func(incident string) bool) {
		t.Helper()
		a.mu.Lock()
		a.steps = append([]int(nil), steps...)
		a.mu.Unlock()
		done := map[string]bool{}
		eventually(t, 5*time.Minute, "all incidents told: "+want, func() bool {
			if !a.alive() {
				w.startCollector()
				a.aim(w.collector)
			}
			for n := range incidents {
				name := fmt.Sprintf("INC-%d", n+1)
				if act != nil && !done[name] {
					done[name] = act(name)
					if n == 1 && done[name] { // it is stored, and perhaps not sent
						if a.alive() {
							a.kill(w.collector)
						}
					}
				}
			}
			told := a.types()
			for n := range incidents {
				if list := told[fmt.Sprintf("INC-%d", n+1)]; len(list) == 0 || list[len(list)-1] != want {
					return false
				}
			}
			return true
		})
	}
	until("opened", nil)
	until("acknowledged", func(incident string) bool { return w.post("/api/v1/incidents/" + incident + "/acknowledge") })
	until("resolved", func(incident string) bool { return w.post("/api/v1/incidents/" + incident + "/resolve") })
	a.mu.Lock()
	a.steps = nil
	a.mu.Unlock()
	eventually(t, 2*time.Minute, "nothing is left in the outbox", func() bool {
		if !a.alive() {
			w.startCollector()
			a.aim(w.collector)
		}
		var left int
		if err := w.state().QueryRow(`SELECT count(*) FROM deliveries WHERE status <> 'delivered'`).Scan(&left); err != nil {
			t.Fatal(err)
		}
		return left == 0
	})
	for incident, got := range a.types() {
		if fmt.Sprint(got) != "[opened acknowledged resolved]" {
			t.Errorf("%s: got %v, want opened, acknowledged, resolved", incident, got)
		}
	}
	if a.killed < 2*incidents {
		t.Errorf("the collector was killed %d times: the test shows little", a.killed)
	}
	t.Logf("%d kills, %d requests, %d messages", a.killed, a.came, len(a.got))
}
