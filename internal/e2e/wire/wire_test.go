package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"ninewatch/agent/uplink"
	"ninewatch/collector/auth"
	"ninewatch/internal/jointoken"
	"ninewatch/internal/telemetry"
	"ninewatch/internal/tlsconf"
	telemetryv1 "ninewatch/proto/telemetry/v1"
)

func TestEnrolmentInWords(t *testing.T) {
	var now clock
	k, other := newCollector(t, &now), newCollector(t, &now)
	f := func(what string, token jointoken.Token, sentinel error, want string) {
		t.Helper()
		dir := t.TempDir()
		err := uplink.Enroll(t.Context(), token, dir, "test")
		if !errors.Is(err, sentinel) || err.Error() != want {
			t.Errorf("%s: got %v\nwant %s", what, err, want)
		}
		if enrolled, err := uplink.Enrolled(dir); err != nil || enrolled {
			t.Errorf("%s: enrolled %t, %v", what, enrolled, err)
		}
	}
	at := "enrol: collector " + k.addr + ": "

	wrong := k.token("lisbon", time.Hour)
	wrong.Secret[0] ^= 1
	f("wrong", wrong, uplink.ErrRefused, at+"the collector refused: the collector does not know this join token")

	used := k.token("lisbon", time.Hour)
	if err := uplink.Enroll(t.Context(), used, t.TempDir(), "test"); err != nil {
		t.Fatal(err)
	}
	f("used", used, uplink.ErrRefused, at+"the collector refused: this join token has been used already")

	short := k.token("lisbon", time.Nanosecond)
	end := k.Now().UTC()
	dir := t.TempDir()
	if err := uplink.Enroll(t.Context(), short, dir, "test"); err == nil || !strings.HasPrefix(err.Error(), at+"the collector refused: this join token has expired on "+end.Format("2006-01-02T15")) {
		t.Errorf("expired: got %v", err)
	}

	pinned := k.token("lisbon", time.Hour)
	pinned.Addresses = []string{other.addr}
	f("another collector", pinned, uplink.ErrOtherCA, "enrol: collector "+other.addr+": the collector there proves itself with another CA than this agent knows: "+
		"the address leads to another collector, or its CA was made anew; enrol the agent with a token of this collector")

	gone := k.token("lisbon", time.Hour)
	gone.Addresses = []string{"127.0.0.1:1"}
	f("nobody there", gone, uplink.ErrUnreachable, "enrol: collector 127.0.0.1:1: the collector cannot be reached: dial tcp 127.0.0.1:1: connect: connection refused")

	// One address that does not answer is no obstacle, and neither is one that leads elsewhere.
	both := k.token("lisbon", time.Hour)
	both.Addresses = []string{"127.0.0.1:1", other.addr, k.addr}
	if err := uplink.Enroll(t.Context(), both, t.TempDir(), "test"); err != nil {
		t.Errorf("third address: %v", err)
	}
}

func TestIdentityIsPrivate(t *testing.T) {
	a := newAgent(t, newCollector(t, &clock{}))
	files, err := os.ReadDir(a.dir)
	if err != nil || len(files) != 1 || files[0].Name() != "identity.json" {
		t.Fatalf("got %v, %v", files, err)
	}
	if info, err := files[0].Info(); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v", info.Mode(), err)
	}
	if err := os.WriteFile(filepath.Join(a.dir, "identity.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := uplink.Enrolled(a.dir); err == nil || !strings.Contains(err.Error(), "remove the file and enrol the agent anew") {
		t.Errorf("damaged: got %v", err)
	}
}

// TestNothingLostNothingDouble: collector and agent go away again and again while records flow.
func TestNothingLostNothingDouble(t *testing.T) {
	k := newCollector(t, &clock{})
	a := newAgent(t, k)
	a.start()
	n := 0
	produce := func(more int) { a.produce(n, more); n += more }
	for round := range 4 {
		produce(300)
		if round%2 == 0 {
			eventually(t, "the connection", a.uplink.Connected)
		}
		produce(300) // in flight when the collector stops
		k.stop()
		produce(200)
		if round == 1 {
			a.stop() // with a collector away, and what it holds unacknowledged
			a.start()
			produce(100)
		}
		k.start()
		produce(100)
	}
	a.drained()
	a.stop()
	exactly(t, k, n)
	if epochs := epochsOf(k); epochs != 2 {
		t.Errorf("%d epochs, want 2", epochs)
	}
}

func epochsOf(k *collector) int {
	epochs := map[telemetry.Epoch]bool{}
	for _, e := range k.entries() {
		epochs[e.Record.Epoch] = true
	}
	return len(epochs)
}

// TestAckThatGotLost: the collector journaled, and the agent did not hear of it.
func TestAckThatGotLost(t *testing.T) {
	k := newCollector(t, &clock{})
	p := newRelay(t, k)
	a := newAgent(t, k)
	useAddress(t, a, p.addr)
	a.start()
	eventually(t, "the connection", a.uplink.Connected)
	p.deaf.Store(true) // nothing of what the collector says arrives
	a.produce(0, 50)
	eventually(t, "the records", func() bool { return len(k.entries()) == 50 })
	if acc := a.queue.Account(); acc.Acknowledged != 0 {
		t.Errorf("account: %+v", acc)
	}
	p.cut()
	a.drained()
	a.stop()
	exactly(t, k, 50)
}

func TestPausedCollector(t *testing.T) {
	k := newCollector(t, &clock{})
	a := newAgent(t, k)
	a.start()
	eventually(t, "the connection", a.uplink.Connected)
	k.paused.Store(true)
	a.produce(0, 2000)
	before := k.contacts.Load()
	eventually(t, "signs of life", func() bool { return k.contacts.Load() > before+5 })
	if acc := a.queue.Account(); acc.Acknowledged != 0 || acc.Queued != 2000 || len(k.entries()) != 0 {
		t.Errorf("account: %+v, %d entries", acc, len(k.entries()))
	}
	k.paused.Store(false)
	a.drained()
	a.stop()
	exactly(t, k, 2000)
}

func TestRenewal(t *testing.T) {
	for name, passed := range map[string]time.Duration{"at 70 %": 5 * 24 * time.Hour, "after the end": 20 * 24 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			k := newCollector(t, &clock{})
			a := newAgent(t, k)
			k.pass(passed)
			k.stop()
			k.start() // with a certificate of its own that is valid now
			a.start()
			a.produce(0, 10)
			a.drained()
			agents, err := k.auth.Agents(t.Context())
			if err != nil || len(agents) != 1 {
				t.Fatalf("got %v, %v", agents, err)
			}
			if left := time.UnixMilli(agents[0].NotAfter).Sub(k.Now()); left < 6*24*time.Hour {
				t.Errorf("certificate ends in %s", left)
			}
			a.stop()
			a.start() // the renewed one is the one that is kept
			a.produce(10, 10)
			a.drained()
			a.stop()
			exactly(t, k, 20)
			if got := strings.Count(a.log.String(), "certificate renewed"); got != 1 {
				t.Errorf("renewed %d times", got)
			}
		})
	}
}

func TestRevokedAgent(t *testing.T) {
	k := newCollector(t, &clock{})
	a := newAgent(t, k)
	a.start()
	eventually(t, "the connection", a.uplink.Connected)
	agents, err := k.auth.Agents(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := k.auth.Revoke(t.Context(), agents[0].ID); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the words", func() bool {
		return !a.uplink.Connected() && strings.Contains(a.log.String(), "the collector refused: this agent has been revoked")
	})
	a.produce(0, 10)
	a.stop()
	if got := len(k.entries()); got != 0 {
		t.Errorf("%d entries of a revoked agent", got)
	}
}

// TestCollectorWithAnotherCA: the data folder was made anew, so neither knows the other.
func TestCollectorWithAnotherCA(t *testing.T) {
	k := newCollector(t, &clock{})
	a := newAgent(t, k)
	k.stop()
	if err := os.RemoveAll(filepath.Join(k.dir, "ca")); err != nil {
		t.Fatal(err)
	}
	k.start()
	a.start()
	eventually(t, "the words", func() bool {
		return strings.Contains(a.log.String(), "proves itself with another CA than this agent knows")
	})
	a.produce(0, 10)
	a.stop()
	if acc := a.queue.Account(); acc.Acknowledged != 0 {
		t.Errorf("account: %+v", acc)
	}
	// A new token of this collector mends it, and the spool is sent.
	if err := uplink.Enroll(t.Context(), k.token("lisbon", time.Hour), a.dir, "test"); err != nil {
		t.Fatal(err)
	}
	a.start()
	a.drained()
	a.stop()
	exactly(t, k, 10)
}

func TestAssignment(t *testing.T) {
	k := newCollector(t, &clock{})
	a := newAgent(t, k)
	a.start()
	want := telemetry.Assignment{Term: 1, N: 2,
		Credentials: map[string]telemetry.Credential{"c1": {Version: "3", Community: "", Username: "u", AuthProtocol: "SHA256", AuthPassphrase: "canary-auth", PrivProtocol: "AES", PrivPassphrase: "canary-priv", Context: "x"}}}
	for i := range 3000 { // several chunks
		want.Devices = append(want.Devices, telemetry.AssignedDevice{
			Name: fmt.Sprintf("sw-%d", i), Address: "192.0.2.1", Port: 1161, Credential: "c1", Profile: "generic", SNMPInterval: time.Minute, ICMPInterval: time.Second,
			Parents:    []string{"core"},
			Interfaces: []telemetry.Interface{{IfIndex: 1, Key: "Gi1", IfName: "Gi1", IfDescr: strings.Repeat("d", 1000), IfPhysAddress: net.HardwareAddr{2, 0, 0, 0, 0, 1}, SpeedBps: 1e9}},
		})
	}
	k.assign(want)
	eventually(t, "the assignment", func() bool { return a.last().N == 2 })
	if !reflect.DeepEqual(a.last(), want) {
		t.Error("the assignment came differently")
	}
	eventually(t, "Applied", func() bool {
		agents, err := k.auth.Agents(t.Context())
		return err == nil && agents[0].Term == 1 && agents[0].N == 2
	})

	// Without the collector the agent works by what it has kept.
	a.stop()
	k.stop()
	a.assigned = nil
	a.start()
	if !reflect.DeepEqual(a.last(), want) {
		t.Error("the assignment was not kept")
	}
	if info, err := os.Stat(filepath.Join(a.dir, "assignment")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v", info, err)
	}

	// It never goes back, and it goes on when the collector was restored.
	k.assignment = telemetry.Assignment{Term: 1, N: 1}
	k.start()
	eventually(t, "the connection", a.uplink.Connected)
	k.assign(telemetry.Assignment{Term: 2, N: 1})
	eventually(t, "the new term", func() bool { return a.last().Term == 2 })
	a.stop()
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.assigned) != 2 {
		t.Errorf("%d assignments, want 2", len(a.assigned))
	}
	if log := a.log.String(); strings.Contains(log, "canary") {
		t.Error("the log holds a secret")
	}
}

func TestDamagedAssignmentIsFetchedAgain(t *testing.T) {
	k := newCollector(t, &clock{})
	a := newAgent(t, k)
	if err := os.WriteFile(filepath.Join(a.dir, "assignment"), []byte(strings.Repeat("x", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	a.start()
	eventually(t, "the assignment", func() bool { return a.last().N == 1 })
	a.stop()
	if !strings.Contains(a.log.String(), "is damaged: the collector will send it again") {
		t.Error(a.log.String())
	}
}

// TestRestoredCollector: its journal and state are gone, its CA and agents are there, the term is a new one.
func TestRestoredCollector(t *testing.T) {
	k := newCollector(t, &clock{})
	a := newAgent(t, k)
	a.start()
	a.produce(0, 100)
	a.drained()
	eventually(t, "the assignment", func() bool { return a.last().N == 1 })
	k.stop()
	if err := os.RemoveAll(filepath.Join(k.dir, "journal")); err != nil {
		t.Fatal(err)
	}
	k.assignment = telemetry.Assignment{Term: 2, N: 1}
	k.start()
	eventually(t, "the records again", func() bool { return len(k.entries()) == 100 })
	a.drained()
	a.stop()
	exactly(t, k, 100)
}

func TestUnreachableIsToldOnce(t *testing.T) {
	k := newCollector(t, &clock{})
	a := newAgent(t, k)
	k.stop()
	a.start()
	eventually(t, "several tries", func() bool { return a.set.GetOrCreateCounter(`ninewatch_agent_uplink_failures_total`).Get() >= 5 })
	a.stop()
	k.start()
	if got := strings.Count(a.log.String(), "no connection, will try again"); got != 1 {
		t.Errorf("told %d times:\n%s", got, a.log.String())
	}
	if want := "collector " + k.addr + ": the collector cannot be reached: dial tcp " + k.addr + ": connect: connection refused"; !strings.Contains(a.log.String(), want) {
		t.Errorf("got %s\nwant %s", a.log.String(), want)
	}
}

// TestProxy enrols in a process of its own: settings of proxies are read once.
func TestProxy(t *testing.T) {
	k := newCollector(t, &clock{})
	p := newConnectProxy(t, k.addr)
	token := k.token("lisbon", time.Hour)
	token.Addresses = []string{"collector.example.net:7443"} // only the proxy can find it
	text, err := token.Encode()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), childToken+"="+text, childDir+"="+dir, "HTTPS_PROXY=http://"+p.addr, "NO_PROXY=", "no_proxy=")
	if out, err := child.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if enrolled, err := uplink.Enrolled(dir); err != nil || !enrolled || p.connects.Load() == 0 {
		t.Errorf("enrolled %t, %v, %d connections through the proxy", enrolled, err, p.connects.Load())
	}
}

// strange is a server with our CA that speaks a protocol of the future.
type strange struct {
	telemetryv1.UnimplementedAgentsServer
	welcome *telemetryv1.Welcome
}

func (s *strange) Stream(stream grpc.BidiStreamingServer[telemetryv1.AgentMessage, telemetryv1.CollectorMessage]) error {
	if _, err := stream.Recv(); err != nil {
		return err
	}
	if err := stream.Send(&telemetryv1.CollectorMessage{Message: &telemetryv1.CollectorMessage_Welcome{Welcome: s.welcome}}); err != nil {
		return err
	}
	<-stream.Context().Done()
	return nil
}

func TestProtocolOfTheFuture(t *testing.T) {
	k := newCollector(t, &clock{})
	a := newAgent(t, k)
	addr := serve(t, k.ca, &strange{welcome: &telemetryv1.Welcome{Protocol: 7}})
	useAddress(t, a, addr)
	a.start()
	eventually(t, "the words", func() bool {
		return strings.Contains(a.log.String(), "it chose protocol version 7, and this agent speaks 1 to 1: upgrade the older one")
	})
	a.stop()
}

func TestHostileWelcome(t *testing.T) {
	k := newCollector(t, &clock{})
	for name, w := range map[string]*telemetryv1.Welcome{
		"acknowledgement of 5 to 2":                  {Protocol: 1, Durable: []*telemetryv1.Ack{{Epoch: make([]byte, 16), Ranges: []*telemetryv1.Range{{First: 5, Last: 2}}}}},
		"acknowledgement with an epoch of 3 bytes":   {Protocol: 1, Durable: []*telemetryv1.Ack{{Epoch: make([]byte, 3)}}},
		"CA bundle from the collector: CA bundle ho": {Protocol: 1, CaBundle: []byte("x")},
	} {
		a := newAgent(t, k)
		useAddress(t, a, serve(t, k.ca, &strange{welcome: w}))
		a.start()
		eventually(t, name, func() bool { return strings.Contains(a.log.String(), name) })
		a.stop()
	}
}

// serve runs a server for agents that is not ours.
func serve(t *testing.T, ca *auth.CA, s telemetryv1.AgentsServer) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(grpc.Creds(credentials.NewTLS(tlsconf.Server(func() (*tls.Certificate, error) { return ca.Certificate() }, time.Now))))
	telemetryv1.RegisterAgentsServer(server, s)
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		<-done
	})
	return listener.Addr().String()
}

func TestStopWithoutStart(t *testing.T) {
	u, err := uplink.New(func() uplink.Config { c := uplink.DefaultConfig(); c.StateDir = t.TempDir(); return c }(), uplink.Deps{Log: newAgent(t, newCollector(t, &clock{})).logger(), Metrics: newSet()})
	if err != nil {
		t.Fatal(err)
	}
	if err := u.Stop(context.Background()); err != nil {
		t.Error(err)
	}
	if err := u.Start(t.Context()); !errors.Is(err, uplink.ErrNotEnrolled) {
		t.Errorf("got %v", err)
	}
}
