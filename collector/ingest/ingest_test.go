package ingest

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"reflect"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"ninewatch/collector/auth"
	"ninewatch/collector/state"
	"ninewatch/internal/record"
	"ninewatch/internal/telemetry"
	"ninewatch/internal/tlsconf"
	telemetryv1 "ninewatch/proto/telemetry/v1"
)

// wantStatus compares the code and a part of the text.
func wantStatus(t *testing.T, err error, code codes.Code, text string) {
	t.Helper()
	if status.Code(err) != code || !strings.Contains(status.Convert(err).Message(), text) {
		t.Errorf("got %v, want %s and %q", err, code, text)
	}
}

func TestRecordsAreJournaledOnce(t *testing.T) {
	r := newRig(t)
	a := r.enrol("lisbon")
	s, w := a.welcome()
	if w.GetProtocol() != 1 || w.GetSite() != "lisbon" || w.GetAgent() != a.id || !bytes.Equal(w.GetCaBundle(), r.ca.Bundle()) || len(w.GetDurable()) != 0 {
		t.Errorf("got %v", w)
	}
	for seq := range uint64(5) {
		s.record(seq+1, "lis-core-1", r.Now())
	}
	s.acked(1, 2, 3, 4, 5)
	s.record(3, "lis-core-1", r.Now())
	s.record(6, "lis-core-1", r.Now())
	s.acked(3, 6)

	entries := r.entries()
	if len(entries) != 6 || r.counter(`ninewatch_collector_ingest_records_total{result="duplicate"}`) != 1 {
		t.Fatalf("%d entries", len(entries))
	}
	for i, e := range entries {
		want := telemetry.Entry{LSN: uint64(i + 1), Site: "lisbon", Agent: a.id, Received: r.Now().UnixMilli(), Record: e.Record}
		if !reflect.DeepEqual(e, want) || e.Record.Seq != uint64(i+1) || e.Record.Epoch != testEpoch || len(e.Record.Runs) != 1 {
			t.Errorf("got %+v", e)
		}
	}
}

// TestSeenOverRestart: one part of what was seen comes from the state store, one from the journal.
func TestSeenOverRestart(t *testing.T) {
	r := newRig(t)
	a := r.enrol("lisbon")
	s, _ := a.welcome()
	for seq := range uint64(4) {
		s.record(seq+1, "lis-core-1", r.Now())
	}
	s.acked(1, 2, 3, 4)
	err := r.db.Write(t.Context(), func(tx *sql.Tx) error {
		if _, err := tx.Exec(`INSERT INTO seen_ranges VALUES (?, ?, 1, 2), (?, ?, 9, 9)`, a.id, testEpoch[:], a.id, testEpoch[:]); err != nil {
			return err
		}
		return state.SetCursor(tx, "state", 2)
	})
	if err != nil {
		t.Fatal(err)
	}
	r.stop()
	r.start()

	other := telemetry.Epoch{9}
	s, w := a.welcome(func(h *telemetryv1.Hello) { h.Epochs = [][]byte{other[:], testEpoch[:], testEpoch[:]} })
	want := []*telemetryv1.Ack{{Epoch: testEpoch[:], Ranges: []*telemetryv1.Range{{First: 1, Last: 4}, {First: 9, Last: 9}}}}
	if len(w.GetDurable()) != 1 || !proto.Equal(w.GetDurable()[0], want[0]) {
		t.Errorf("durable: got %v, want %v", w.GetDurable(), want)
	}
	for _, seq := range []uint64{1, 3, 4, 9, 5} {
		s.record(seq, "lis-core-1", r.Now())
	}
	s.acked(1, 3, 4, 9, 5)
	if got := len(r.entries()); got != 5 {
		t.Errorf("%d entries, want 5", got)
	}
}

// TestAgentsDoNotShareNumbers: the same epoch and number from two agents are two records.
func TestAgentsDoNotShareNumbers(t *testing.T) {
	r := newRig(t)
	for _, site := range []string{"lisbon", "porto"} {
		s, _ := r.enrol(site).welcome()
		s.record(1, "sw1", r.Now())
		s.acked(1)
	}
	if got := len(r.entries()); got != 2 {
		t.Errorf("%d entries, want 2", got)
	}
}

func TestQuarantineAndBacklog(t *testing.T) {
	r := newRig(t)
	s, _ := r.enrol("lisbon").welcome()
	f := func(seq uint64, device string, after time.Duration, backlog, quarantine bool) {
		t.Helper()
		s.record(seq, device, r.Now().Add(after))
		s.acked(seq)
		entries := r.entries()
		if e := entries[len(entries)-1]; e.Record.Seq != seq || e.Backlog != backlog || e.Quarantine != quarantine {
			t.Errorf("%s after %s: backlog %t, quarantine %t", device, after, e.Backlog, e.Quarantine)
		}
	}
	f(1, "lis-core-1", 0, false, false)
	f(2, "lis-core-1", -2*time.Minute, false, false)
	f(3, "lis-core-1", -2*time.Minute-time.Second, true, false)
	f(4, "lis-core-1", 5*time.Minute, false, false)
	f(5, "lis-core-1", 5*time.Minute+time.Second, false, true)
	f(6, "opo-core-1", 0, false, true) // of another site
	f(7, "nobody-knows", 0, false, false)
	if got := r.counter(`ninewatch_collector_ingest_quarantined_total{reason="future"}`); got != 1 {
		t.Errorf("future: %d", got)
	}
	if got := r.counter(`ninewatch_collector_ingest_quarantined_total{reason="other_site"}`); got != 1 {
		t.Errorf("other site: %d", got)
	}
	s.record(8, "opo-core-1", r.Now())
	s.acked(8)
	var n int
	var detail string
	err := r.db.Read().QueryRow(`SELECT count(*), min(detail) FROM audit WHERE action = 'ingest.other_site' AND object = 'opo-core-1'`).Scan(&n, &detail)
	if err != nil || n != 1 || !strings.HasSuffix(detail, "of site lisbon sent a record about device opo-core-1 of site porto; it was kept apart") {
		t.Errorf("audit: %d lines, %q, %v", n, detail, err)
	}
}

func TestClockOffset(t *testing.T) {
	r := newRig(t)
	a := r.enrol("lisbon")
	slow := func(h *telemetryv1.Hello) { h.TimeUnixMs -= 3_600_000 }
	s, _ := a.welcome(slow)
	s.record(1, "lis-core-1", r.Now().Add(-time.Hour)) // now, on the agent's clock
	s.acked(1)
	s.record(2, "lis-core-1", r.Now()) // in one hour
	s.acked(2)
	entries := r.entries()
	if e := entries[0]; e.Offset != 3_600_000 || e.Backlog || e.Quarantine {
		t.Errorf("got %+v", e)
	}
	if e := entries[1]; !e.Quarantine {
		t.Errorf("got %+v", e)
	}
}

func TestPause(t *testing.T) {
	r := newRig(t)
	s, _ := r.enrol("lisbon").welcome()
	r.paused.Store(true)
	s.record(1, "lis-core-1", r.Now())
	// Signs of life come through, and show that the record has been received.
	problems := []string{"device \"a\":\nname is not found", strings.Repeat("é", 600)}
	problems = append(problems, make([]string, 2*telemetry.MaxProblems)...)
	if err := s.Send(&telemetryv1.AgentMessage{Message: &telemetryv1.AgentMessage_Heartbeat{Heartbeat: &telemetryv1.Heartbeat{SamplesProduced: 7, Problems: problems}}}); err != nil {
		t.Fatal(err)
	}
	c := <-r.contacts
	if p := c.Heartbeat.Problems; len(p) != 50 || p[0] != `device "a": name is not found` || p[1] != strings.Repeat("é", 512) {
		t.Errorf("got %d problems, and %.40q, want the first 50, each one short line", len(p), p)
	}
	if c.Heartbeat.Produced != 7 || c.BootID != "boot1" || c.Version != "test" {
		t.Errorf("got %+v", c)
	}
	if got := len(r.entries()); got != 0 {
		t.Errorf("%d entries while paused", got)
	}
	r.paused.Store(false)
	s.acked(1)
}

func TestFullDisk(t *testing.T) {
	r := newRig(t)
	a := r.enrol("lisbon")
	s, _ := a.welcome()
	r.broken.broken.Store(true)
	s.record(1, "lis-core-1", r.Now())
	wantStatus(t, s.ends(), codes.Unavailable, "the collector cannot write its journal")
	r.broken.broken.Store(false)
	s, _ = a.welcome()
	s.record(1, "lis-core-1", r.Now())
	s.acked(1)
	if got := len(r.entries()); got != 1 {
		t.Errorf("%d entries, want 1", got)
	}
}

// TestGarbageStopsNothing: what cannot be read is acknowledged and counted; what has no name ends the stream.
func TestGarbageStopsNothing(t *testing.T) {
	r := newRig(t)
	a := r.enrol("lisbon")
	s, _ := a.welcome()
	s.batch(&telemetryv1.Batch{Epoch: testEpoch[:], Seq: 1, Payload: &telemetryv1.Batch_Frame{Frame: []byte("garbage")}})
	s.batch(&telemetryv1.Batch{Epoch: testEpoch[:], Seq: 2})
	s.record(3, "lis-core-1", r.Now())
	s.acked(1, 2, 3)
	if got := r.counter(`ninewatch_collector_ingest_records_total{result="invalid"}`); got != 2 || len(r.entries()) != 1 {
		t.Errorf("%d invalid, %d entries", got, len(r.entries()))
	}
	s.batch(&telemetryv1.Batch{Epoch: []byte("short"), Seq: 1})
	wantStatus(t, s.ends(), codes.InvalidArgument, "batch with an epoch of 5 bytes and sequence number 1")
	s, _ = a.welcome()
	s.batch(&telemetryv1.Batch{Epoch: testEpoch[:]})
	wantStatus(t, s.ends(), codes.InvalidArgument, "sequence number 0")
	s, _ = a.welcome()
	s.batch(&telemetryv1.Batch{Epoch: testEpoch[:], Seq: 4, Payload: &telemetryv1.Batch_Frame{Frame: make([]byte, 5<<20)}})
	wantStatus(t, s.ends(), codes.ResourceExhausted, "larger than max")
	s, _ = a.welcome()
	s.hello(hello(r.Now()))
	wantStatus(t, s.ends(), codes.InvalidArgument, "a second Hello")
	s = a.open()
	s.batch(&telemetryv1.Batch{Epoch: testEpoch[:], Seq: 5})
	wantStatus(t, s.ends(), codes.InvalidArgument, "the first message is no Hello")
	wantStatus(t, a.open().ends(), codes.InvalidArgument, "no Hello came in time")
}

func TestHello(t *testing.T) {
	r := newRig(t)
	a := r.enrol("lisbon")
	f := func(code codes.Code, text string, change func(*telemetryv1.Hello)) {
		t.Helper()
		s := a.open()
		h := hello(r.Now())
		change(h)
		s.hello(h)
		wantStatus(t, s.ends(), code, text)
	}
	f(codes.FailedPrecondition, "the agent speaks 2 to 3, the collector 1 to 1: upgrade the collector", func(h *telemetryv1.Hello) { h.ProtocolMin, h.ProtocolMax = 2, 3 })
	f(codes.FailedPrecondition, "the agent speaks 0 to 0, the collector 1 to 1: upgrade the agent", func(h *telemetryv1.Hello) { h.ProtocolMin, h.ProtocolMax = 0, 0 })
	f(codes.InvalidArgument, "lane 0", func(h *telemetryv1.Hello) { h.Lane = 0 })
	f(codes.InvalidArgument, "epoch of 2 bytes", func(h *telemetryv1.Hello) { h.Epochs = [][]byte{{1, 2}} })
	f(codes.ResourceExhausted, "10001 epochs", func(h *telemetryv1.Hello) { h.Epochs = make([][]byte, 10_001) })
	if _, w := a.welcome(func(h *telemetryv1.Hello) { h.ProtocolMin, h.ProtocolMax = 0, 9 }); w.GetProtocol() != 1 {
		t.Errorf("got protocol %d", w.GetProtocol())
	}
}

func TestWhoMayStream(t *testing.T) {
	r := newRig(t)
	a := r.enrol("lisbon")

	none, err := r.client(tlsconf.Pinned(r.ca.Pin(), r.Now)).Stream(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	wantStatus(t, (&stream{none, t}).ends(), codes.Unauthenticated, "no valid client certificate")

	otherCA, err := auth.OpenCA(t.TempDir(), r.Now)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := otherCA.Certificate()
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.client(tlsconf.Client(*cert, r.ca.Roots(), r.Now)).Renew(t.Context(), &telemetryv1.RenewRequest{})
	wantStatus(t, err, codes.Unauthenticated, "the certificate of this agent is of another CA: enrol it")

	r.pass(8 * 24 * time.Hour)
	wantStatus(t, a.open().ends(), codes.Unauthenticated, "the certificate of this agent has expired: renew it")
	answer, err := a.client().Renew(t.Context(), &telemetryv1.RenewRequest{Csr: a.csr()})
	if err != nil {
		t.Fatal(err)
	}
	a.cert = answer.GetCertificate()
	if cert, err := x509.ParseCertificate(a.cert); err != nil || !cert.NotAfter.Equal(r.Now().Add(7*24*time.Hour)) {
		t.Errorf("renewed until %s, %v", cert.NotAfter, err)
	}
	a.welcome()
}

func TestRevocationEndsStreams(t *testing.T) {
	r := newRig(t)
	a, b := r.enrol("lisbon"), r.enrol("lisbon")
	live, _ := a.welcome()
	backlog, _ := a.welcome(func(h *telemetryv1.Hello) { h.Lane = telemetryv1.Lane_LANE_BACKLOG })
	other, _ := b.welcome()
	if err := r.auth.Revoke(t.Context(), a.id); err != nil {
		t.Fatal(err)
	}
	wantStatus(t, live.ends(), codes.PermissionDenied, "this agent has been revoked")
	wantStatus(t, backlog.ends(), codes.PermissionDenied, "this agent has been revoked")
	wantStatus(t, a.open().ends(), codes.PermissionDenied, "this agent has been revoked")
	_, err := a.client().Renew(t.Context(), &telemetryv1.RenewRequest{Csr: a.csr()})
	wantStatus(t, err, codes.PermissionDenied, "this agent has been revoked")
	other.record(1, "lis-core-1", r.Now())
	other.acked(1)
}

// TestRevocationByAnotherProcess: nobody tells this process.
func TestRevocationByAnotherProcess(t *testing.T) {
	r := newRig(t)
	a := r.enrol("lisbon")
	s, _ := a.welcome()
	err := r.db.Write(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec(`UPDATE agents SET revoked_ms = 1 WHERE id = ?`, a.id)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- s.ends() }()
	select {
	case err := <-ended:
		wantStatus(t, err, codes.PermissionDenied, "this agent has been revoked")
	case <-ctx.Done():
		t.Error("the stream goes on")
	}
}

func TestNewerStreamTakesOver(t *testing.T) {
	r := newRig(t)
	a := r.enrol("lisbon")
	first, _ := a.welcome()
	second, _ := a.welcome()
	wantStatus(t, first.ends(), codes.Aborted, "a newer stream of the same agent and lane took over")
	second.record(1, "lis-core-1", r.Now())
	second.acked(1)
}

func TestAssignmentIsSent(t *testing.T) {
	r := newRig(t)
	a := r.enrol("lisbon")
	next := func(s *stream) *telemetryv1.AssignmentChunk {
		t.Helper()
		return s.recv().GetAssignment()
	}
	s, _ := a.welcome()
	if c := next(s); c.GetTerm() != 1 || c.GetN() != 1 || c.GetChunks() != 1 {
		t.Errorf("got %v", c)
	}
	r.assign(telemetry.Assignment{Term: 1, N: 2,
		Credentials: map[string]telemetry.Credential{"c": {Version: "2c", Community: "hush"}},
		Devices:     []telemetry.AssignedDevice{{Name: "sw1", Address: "192.0.2.1", Credential: "c", SNMPInterval: time.Minute, ICMPInterval: time.Second}}})
	c := next(s)
	if c.GetN() != 2 || c.GetCredentials()[0].GetCommunity() != "hush" || c.GetDevices()[0].GetSnmpIntervalMs() != 60_000 {
		t.Errorf("got %v", c)
	}
	// An agent that has it already gets nothing, and an older one is never sent.
	s, _ = a.welcome(func(h *telemetryv1.Hello) { h.AssignmentTerm, h.AssignmentN = 1, 2 })
	r.assign(telemetry.Assignment{Term: 1, N: 1})
	r.assign(telemetry.Assignment{Term: 2, N: 1})
	if c := next(s); c.GetTerm() != 2 {
		t.Errorf("got %v", c)
	}
	if err := s.Send(&telemetryv1.AgentMessage{Message: &telemetryv1.AgentMessage_Applied{Applied: &telemetryv1.Applied{Term: 2, N: 1}}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Send(&telemetryv1.AgentMessage{Message: &telemetryv1.AgentMessage_Heartbeat{Heartbeat: &telemetryv1.Heartbeat{}}}); err != nil {
		t.Fatal(err)
	}
	if c := <-r.contacts; c.Term != 2 || c.N != 1 {
		t.Errorf("got %+v", c)
	}
}

func TestChunks(t *testing.T) {
	a := telemetry.Assignment{Term: 3, N: 4, Credentials: map[string]telemetry.Credential{"b": {}, "a": {}}}
	for range 1000 {
		a.Devices = append(a.Devices, telemetry.AssignedDevice{Name: strings.Repeat("x", 100), Interfaces: []telemetry.Interface{{Key: "Gi1"}}})
	}
	parts := chunks(a, 10_000)
	devices := 0
	for i, c := range parts {
		if size := proto.Size(c); size > 10_100 || c.GetChunk() != uint32(i) || c.GetChunks() != uint32(len(parts)) || c.GetTerm() != 3 || c.GetN() != 4 {
			t.Errorf("chunk %d: %d bytes", i, size)
		}
		devices += len(c.GetDevices())
	}
	if devices != 1000 || len(parts) < 10 || parts[0].GetCredentials()[0].GetName() != "a" {
		t.Errorf("%d devices in %d chunks", devices, len(parts))
	}
	target := telemetry.Target{Name: "mpls-1", Kind: telemetry.TargetCircuit, Address: "192.0.2.9", Interval: time.Second, Payload: 100, DSCP: 46, DontFragment: true}
	scans := chunks(telemetry.Assignment{Scans: []telemetry.Scan{{ID: "7", Ranges: []string{"192.0.2.0/24"}}}}, 10_000)[0].GetScans()
	if len(scans) != 1 || scans[0].GetId() != "7" || scans[0].GetRanges()[0] != "192.0.2.0/24" {
		t.Errorf("scans: got %v", scans)
	}
	w := chunks(telemetry.Assignment{Targets: []telemetry.Target{target}}, 10_000)[0].GetTargets()
	if len(w) != 1 || w[0].GetKind() != "circuit" || w[0].GetName() != "mpls-1" || w[0].GetIntervalMs() != 1000 || w[0].GetPayload() != 100 || w[0].GetDscp() != 46 || !w[0].GetDontFragment() {
		t.Errorf("targets: got %v", w)
	}
	if empty := chunks(telemetry.Assignment{Term: 1, N: 1}, 10); len(empty) != 1 || empty[0].GetChunks() != 1 {
		t.Errorf("empty: got %v", empty)
	}
}

// TestPlainConnection: who does not speak TLS gets nowhere and holds nothing.
func TestPlainConnection(t *testing.T) {
	r := newRig(t)
	conn, err := tls.Dial("tcp", r.service.Addr().String(), &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12})
	if err == nil {
		conn.Close()
		t.Error("TLS 1.2 got through")
	}
}

func TestEntry(t *testing.T) {
	want := telemetry.Entry{Site: "lisbon", Agent: "a1", Received: 1_790_000_000_000, Offset: -5000, Backlog: true, Quarantine: true,
		Record: telemetry.Record{Epoch: testEpoch, Seq: 7, Boot: &telemetry.Boot{Device: "sw1", Time: 5, Ticks: 6}}}
	b, err := EncodeEntry(&want)
	if err != nil {
		t.Fatal(err)
	}
	if head := "\x01\x03\x06lisbon\x02a1"; !strings.HasPrefix(string(b), head) {
		t.Errorf("got %x", b)
	}
	got, err := DecodeEntry(b)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	for n := range len(b) {
		if _, err := DecodeEntry(b[:n]); err == nil {
			// A record that is cut at the border of a field may be one, but never this one.
			if e, _ := DecodeEntry(b[:n]); reflect.DeepEqual(e, want) {
				t.Errorf("%d of %d bytes were enough", n, len(b))
			}
		}
	}
	b[0] = 2
	if _, err := DecodeEntry(b); err == nil {
		t.Error("version 2 was read")
	}
	b[0], b[1] = 1, 4
	if _, err := DecodeEntry(b); err == nil {
		t.Error("an unknown flag was read")
	}
}

func FuzzDecodeEntry(f *testing.F) {
	seed, err := EncodeEntry(&telemetry.Entry{Site: "lisbon", Agent: "a1", Received: 1, Record: telemetry.Record{
		Epoch: testEpoch, Seq: 1, Gap: &telemetry.Gap{FirstSeq: 1, LastSeq: 2, Reason: "age", From: 1, To: 2}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add([]byte{1, 0, 0, 0, 0, 0})
	f.Add([]byte{1, 0, 255})
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := DecodeEntry(b)
		if err != nil {
			return
		}
		again, err := EncodeEntry(&e)
		if err != nil {
			t.Fatalf("what was decoded does not encode: %v", err)
		}
		if second, err := DecodeEntry(again); err != nil || second.Site != e.Site || second.Offset != e.Offset || second.Record.Seq != e.Record.Seq {
			t.Fatalf("decoded anew: %+v, %v", second, err)
		}
	})
}

func TestClock(t *testing.T) {
	var c clock
	f := func(at, want int64) {
		t.Helper()
		if got := c.offset(at); got != want {
			t.Errorf("at %d: got %d, want %d", at, got, want)
		}
	}
	f(5, 0)
	c.measure("b1", 10_000, 10_900) // latency
	f(5, 0)
	f(20_000, 0)
	c.measure("b1", 100_000, 150_000) // set back by 50 s
	c.measure("b1", 110_000, 160_400) // no step
	f(50_000, 0)
	f(100_000, 50_000)
	f(200_000, 50_000)
	c.measure("b2", 300_000, 300_000)
	f(250_000, 50_000)
	f(300_000, 0)
	for i := range int64(100) {
		c.measure("b3", 400_000+i, 500_000+10_000*i)
	}
	if len(c.segments) != maxClockSteps {
		t.Errorf("%d segments", len(c.segments))
	}
}

func TestHoles(t *testing.T) {
	r := newRig(t)
	a := r.enrol("lisbon")
	s, _ := a.welcome()
	set := r.service.seen.agent(a.id).epoch(testEpoch)
	for seq := uint64(2); seq <= 2*maxRanges; seq += 2 {
		*set = append(*set, telemetry.Range{First: seq, Last: seq})
	}
	s.record(2*maxRanges+2, "lis-core-1", r.Now())
	wantStatus(t, s.ends(), codes.ResourceExhausted, "10000 holes in the sequence of epoch")
}

func TestForget(t *testing.T) {
	a := &agentState{epochs: map[telemetry.Epoch]*telemetry.RangeSet{}}
	held := map[telemetry.Epoch]bool{}
	for i := range maxEpochs + 5 {
		e := telemetry.Epoch{byte(i), byte(i >> 8), byte(i >> 16)}
		a.epoch(e)
		if i < 3 {
			held[e] = true
		}
	}
	if n := a.forget(held); n != 5 || len(a.epochs) != maxEpochs {
		t.Errorf("forgot %d, %d are left", n, len(a.epochs))
	}
	for e := range held {
		if a.epochs[e] == nil {
			t.Error("forgot an epoch that the agent holds")
		}
	}
}

func TestRecordsKeepUnknownFields(t *testing.T) {
	r := newRig(t)
	s, _ := r.enrol("lisbon").welcome()
	data, err := record.Encode(&telemetry.Record{Epoch: testEpoch, Seq: 1, Boot: &telemetry.Boot{Device: "sw1", Time: r.Now().UnixMilli()}})
	if err != nil {
		t.Fatal(err)
	}
	b, err := record.ToWire(data)
	if err != nil {
		t.Fatal(err)
	}
	b.ProtoReflect().SetUnknown([]byte{0xf8, 0x07, 0x2a}) // field 127, varint 42: of a newer agent
	s.batch(b)
	s.acked(1)
	reader := r.journal.Read(1)
	defer reader.Close()
	if _, entry, err := reader.Next(); err != nil || !bytes.Contains(entry, []byte{0xf8, 0x07, 0x2a}) {
		t.Errorf("the unknown field is gone: %v", err)
	}
}
