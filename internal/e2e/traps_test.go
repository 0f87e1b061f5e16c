package e2e

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ninewatch/internal/snmpagent"
	"ninewatch/internal/snmpwire"
	"ninewatch/internal/testkit"
)

// trapAddr is where the agent receives traps.
const trapAddr = siteAddr + ":1162"

// tellers is the inventory of a switch that tells no ifLastChange, and of a camera behind its port 2. The camera is
// asked so rarely that its echoes alone leave open for long when it was lost.
const tellers = `
sites: [{name: lisbon, display_name: Lisbon HQ, time_zone: Europe/Lisbon}]
credentials:
  - {name: v2c, snmp: {version: 2c, community: public}}
devices:
  - {name: edge, site: lisbon, address: ` + edgeAddr + `, credential: v2c, role: edge, snmp: {interval: 30s}}
  - {name: cam, site: lisbon, address: ` + accessAddr + `, parents: [edge], icmp: {interval: 20s}}
links:
  - {a: edge/Gi0/2, b: cam/eth0}
receivers:
  - {name: operations, webhook: {url: "http://` + receiveAddr + `/hook", secret: "` + webhookSecret + `"}}
`

// teller is the switch: ports 1 to 3, which are up or not as the test says.
type teller struct {
	began time.Time
	down  [4]atomic.Bool
}

// answer plays the switch as it is now.
func (s *teller) answer(req *snmpwire.Message) []byte {
	var text strings.Builder
	fmt.Fprintf(&text, "1.3.6.1.2.1.1.1.0|4|A switch\n1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.32473.1\n1.3.6.1.2.1.1.3.0|67|%d\n1.3.6.1.2.1.1.5.0|4|edge\n1.3.6.1.2.1.2.1.0|2|3\n",
		100_000+time.Since(s.began).Milliseconds()/10)
	for i := 1; i <= 3; i++ {
		status := 1
		if s.down[i].Load() {
			status = 2
		}
		fmt.Fprintf(&text, "1.3.6.1.2.1.2.2.1.1.%[1]d|2|%[1]d\n1.3.6.1.2.1.2.2.1.2.%[1]d|4|Gi0/%[1]d\n1.3.6.1.2.1.2.2.1.3.%[1]d|2|6\n"+
			"1.3.6.1.2.1.2.2.1.7.%[1]d|2|1\n1.3.6.1.2.1.2.2.1.8.%[1]d|2|%[2]d\n1.3.6.1.2.1.31.1.1.1.1.%[1]d|4|Gi0/%[1]d\n"+
			"1.3.6.1.2.1.31.1.1.1.6.%[1]d|70|1000\n1.3.6.1.2.1.31.1.1.1.10.%[1]d|70|1000\n1.3.6.1.2.1.31.1.1.1.15.%[1]d|66|1000\n", i, status)
	}
	answer, ok := snmpagent.Answer(snmpagent.ParseRecording([]byte(text.String())), req, snmpagent.MaxMessage)
	if !ok || string(req.Community) != "public" {
		return nil
	}
	return snmpwire.Append(nil, &answer)
}

// serve answers at the address of the switch in a namespace until the test ends.
func (s *teller) serve(t *testing.T, ns namespace) {
	t.Helper()
	var conn net.PacketConn
	err := ns.do(func() (err error) {
		conn, err = net.ListenPacket("udp", edgeAddr+":161")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	t.Cleanup(func() {
		conn.Close() //nolint:errcheck // that ends the reading
		<-ended
	})
	go func() {
		defer close(ended)
		buf := make([]byte, 65535)
		for {
			n, from, err := conn.ReadFrom(buf)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if req, bad := snmpwire.Decode(buf[:n]); err == nil && bad == nil {
				conn.WriteTo(s.answer(&req), from) //nolint:errcheck // it is asked again
			}
		}
	}()
}

// snmptrap sends a trap of a link with net-snmp's program.
func (ns namespace) snmptrap(t *testing.T, from, community, trap string, port int) {
	t.Helper()
	instance := fmt.Sprintf("1.3.6.1.2.1.2.2.1.1.%d", port)
	ns.run(t, "snmptrap", "--clientaddr="+from, "-m", "", "-v", "2c", "-c", community, trapAddr, "", map[string]string{
		"linkDown": "1.3.6.1.6.3.1.1.5.3", "linkUp": "1.3.6.1.6.3.1.1.5.4",
	}[trap], instance, "i", fmt.Sprint(port))
}

// dated is an outage as the API tells of it.
type dated struct {
	From        string  `json:"from"`
	To          *string `json:"to"`
	Uncertainty int64   `json:"uncertainty_seconds"`
	Evidence    string  `json:"evidence"`
}

// outages lists those of a scope since a time.
func (w *world) outages(scope string, since time.Time) (out []dated) {
	w.Helper()
	var a struct{ Outages []dated }
	w.get("/api/v1/availability", url.Values{"scope": {scope}, "from": {stamp(since)}, "to": {stamp(time.Now().Add(time.Hour))}}, &a)
	return a.Outages
}

// begins waits for an outage of a scope that is told to be dated by words, and checks that it began in between.
func (w *world) begins(scope, words string, since, from, to time.Time) {
	w.Helper()
	var got []dated
	eventually(w.T, 30*time.Second, "an outage of "+scope+" is "+words, func() bool {
		got = w.outages(scope, since)
		return len(got) == 1 && strings.HasPrefix(got[0].Evidence, words)
	})
	if at := got[0].From; at < stamp(from) || at > stamp(to) || got[0].Uncertainty > 1 {
		w.Errorf("%s: got %+v, want an outage that began from %s to %s, to a second", scope, got[0], stamp(from), stamp(to))
	}
}

// TestTrapsDateOutages: a port, and a device behind one, were lost when the switch said so in a trap between two looks;
// a trap with another community, or from another address, dates nothing.
func TestTrapsDateOutages(t *testing.T) {
	t.Parallel()
	_, err := exec.LookPath("snmptrap")
	testkit.Need(t, err == nil, "net-snmp's snmptrap (Debian package snmp)")
	w := newWorld(t)
	far := newNamespace(t, "t")
	join(t, w.ns, far)
	r := w.startReceiver()
	sw := &teller{began: time.Now()}
	sw.serve(t, far)
	w.traps = trapAddr
	w.startCollector()
	w.apply(tellers)
	w.startAgent()
	w.becomes(60*time.Second, "edge", "up")
	w.becomes(60*time.Second, "cam", "up")
	eventually(t, 90*time.Second, "it is known which port leads to the camera", func() bool {
		return w.rows(`SELECT count(*) FROM learned_ports WHERE device = 'cam' AND parent = 'edge' AND if_key = 'Gi0/2'`) == 1
	})
	eventually(t, 90*time.Second, "the ports of the switch are polled", func() bool {
		return w.rows(`SELECT count(*) FROM interface_polls WHERE device = 'edge'`) > 0
	})

	far.snmptrap(t, edgeAddr, "guessed", "linkDown", 3)
	far.snmptrap(t, clockAddr, "public", "linkDown", 3)
	w.heard("credentials", 1)
	w.heard("unknown_source", 1)
	if n := w.rows(`SELECT count(*) FROM interface_traps`); n != 0 {
		t.Errorf("%d forged traps are evidence", n)
	}

	since := time.Now().Add(-time.Second)
	sw.down[3].Store(true)
	lost := time.Now()
	far.snmptrap(t, edgeAddr, "public", "linkDown", 3)
	w.heard("taken", 1)
	w.begins("interface:edge/Gi0/3", "dated by a linkDown trap", since, lost, time.Now())

	w.loseCamera(far, sw, func() { far.snmptrap(t, edgeAddr, "public", "linkDown", 2) }, func(since, lost, told time.Time) {
		w.begins("device:cam", "dated by a linkDown trap of edge, port Gi0/2", since, lost, told)
		eventually(t, 15*time.Second, "a webhook about the camera", func() bool { return len(r.about("cam")) > 0 })
		if at := r.about("cam")[0].Incident.StartedAt; at.Before(lost.Truncate(time.Millisecond)) || at.After(told) {
			t.Errorf("the incident began at %s, want from %s to %s", at, lost, told)
		}
	})
	w.loseCamera(far, sw, func() {
		far.snmptrap(t, edgeAddr, "guessed", "linkDown", 2)
		far.snmptrap(t, clockAddr, "public", "linkDown", 2)
	}, func(since, lost, told time.Time) {
		first := echo("cam", 20*time.Second).after(lost)
		got := w.outages("device:cam", since)
		if len(got) != 1 || got[0].From != stamp(first) || got[0].Uncertainty < 2 || got[0].Evidence != "" {
			t.Errorf("with forged traps: got %+v, want an outage from the first loss at %s, uncertain by the echoes", got, stamp(first))
		}
	})
}

// loseCamera takes the camera away between two echoes, has the trap sent, checks once it is down, and gives it back.
func (w *world) loseCamera(far namespace, sw *teller, send func(), check func(since, lost, told time.Time)) {
	w.Helper()
	rare := echo("cam", 20*time.Second)
	rare.busy, rare.room = 4*time.Second, 6*time.Second
	lost := calm(w.T, rare)
	far.run(w.T, "ip", "address", "del", accessAddr+"/24", "dev", "down0")
	sw.down[2].Store(true)
	send()
	told := time.Now()
	w.becomes(60*time.Second, "cam", "down")
	check(lost.Add(-time.Second), lost, told)
	far.run(w.T, "ip", "address", "add", accessAddr+"/24", "dev", "down0")
	sw.down[2].Store(false)
	far.snmptrap(w.T, edgeAddr, "public", "linkUp", 2)
	w.becomes(90*time.Second, "cam", "up")
}

// heard waits until so many messages to the receiver of traps came to something.
func (w *world) heard(result string, n uint64) {
	w.Helper()
	eventually(w.T, 15*time.Second, fmt.Sprintf("%d messages %s", n, result), func() bool {
		all, err := w.metrics(agentAddr)
		return err == nil && all[`ninewatch_agent_trap_messages_total{result="`+result+`"}`] == n
	})
}

// rows is the number that a query of the state store answers.
func (w *world) rows(query string) (n int) {
	w.Helper()
	if err := w.state().QueryRow(query).Scan(&n); err != nil {
		w.Fatal(err)
	}
	return n
}
