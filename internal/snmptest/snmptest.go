// Package snmptest gives tests an SNMP agent on real UDP on loopback: one that plays a recording as the
// RFCs say, and one that misbehaves as the test says. Agents end with their test.
package snmptest

import (
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ninewatch/internal/snmpagent"
	"ninewatch/internal/snmpwire"
)

// Recording is a recorded device, see LoadRecording.
type Recording = snmpagent.Recording

// LoadRecording reads an snmprec file, and fails the test when it cannot.
func LoadRecording(t testing.TB, path string) Recording {
	t.Helper()
	rec, err := snmpagent.LoadRecording(path)
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// Options change how a Server plays its recording. The zero value is a good device.
type Options struct {
	Community  string               // the only one that is answered; empty: public
	PerSecond  uint64               // counters grow by this, and time ticks by 100; 0: all stands still
	Delay      time.Duration        // before each answer
	MaxMessage int                  // longest answer; 0: snmpagent.MaxMessage
	Contexts   map[string]Recording // what COMMUNITY@N answers, by N
	View       snmpagent.View       // played instead of the recording
}

// Server is a device on loopback.
type Server struct {
	Addr netip.AddrPort

	opts Options
	view snmpagent.View
	conn *net.UDPConn

	requests, varBinds, ignored atomic.Uint64
	silent                      atomic.Bool
}

// Serve plays rec to SNMPv1 and SNMPv2c requests until the test ends.
func Serve(t testing.TB, rec Recording, opts Options) *Server {
	t.Helper()
	if opts.Community == "" {
		opts.Community = "public"
	}
	if opts.MaxMessage == 0 {
		opts.MaxMessage = snmpagent.MaxMessage
	}
	s := &Server{opts: opts, view: opts.View}
	if s.view == nil {
		s.view = rec
	}
	if opts.PerSecond > 0 {
		start := time.Now()
		s.view = snmpagent.Moving{View: s.view, PerSecond: opts.PerSecond, Elapsed: func() time.Duration { return time.Since(start) }}
	}
	s.conn, s.Addr = listen(t)
	serve(t, s.conn, s.handle)
	return s
}

// Requests counts the requests that were answered, VarBinds the values in the answers, exceptions
// included, and Ignored what got no answer: garbage, another community, a silent time.
func (s *Server) Requests() uint64 { return s.requests.Load() }
func (s *Server) VarBinds() uint64 { return s.varBinds.Load() }
func (s *Server) Ignored() uint64  { return s.ignored.Load() }

// SetSilent makes the device stop answering, as if its agent had been stopped.
func (s *Server) SetSilent(silent bool) { s.silent.Store(silent) }

func (s *Server) handle(b []byte) [][]byte {
	req, err := snmpwire.Decode(b)
	view := s.viewFor(string(req.Community))
	if err != nil && !errors.Is(err, snmpwire.ErrValue) || view == nil || s.silent.Load() {
		s.ignored.Add(1)
		return nil
	}
	resp, ok := snmpagent.Answer(view, &req, s.opts.MaxMessage)
	if !ok {
		s.ignored.Add(1)
		return nil
	}
	time.Sleep(s.opts.Delay)
	s.requests.Add(1)
	s.varBinds.Add(uint64(len(resp.PDU.VarBinds)))
	return [][]byte{snmpwire.Append(nil, &resp)}
}

func (s *Server) viewFor(community string) snmpagent.View {
	if community == s.opts.Community {
		return s.view
	}
	if rest, ok := strings.CutPrefix(community, s.opts.Community+"@"); ok {
		if rec, ok := s.opts.Contexts[rest]; ok {
			return rec
		}
	}
	return nil
}

// Fake answers each datagram with those that handler returns, whatever they are: a device that
// misbehaves. The handler runs in one goroutine and may keep state.
func Fake(t testing.TB, handler func(req []byte) [][]byte) netip.AddrPort {
	t.Helper()
	conn, addr := listen(t)
	serve(t, conn, handler)
	return addr
}

func listen(t testing.TB) (*net.UDPConn, netip.AddrPort) {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	return conn, conn.LocalAddr().(*net.UDPAddr).AddrPort()
}

func serve(t testing.TB, conn *net.UDPConn, handler func(req []byte) [][]byte) {
	var wg sync.WaitGroup
	wg.Go(func() {
		buf := make([]byte, 65536)
		for {
			n, from, err := conn.ReadFromUDPAddrPort(buf)
			if err != nil {
				return // closed
			}
			for _, answer := range handler(append([]byte(nil), buf[:n]...)) {
				conn.WriteToUDPAddrPort(answer, from) //nolint:errcheck // a lost datagram is a timeout, which the test sees
			}
		}
	})
	t.Cleanup(func() {
		conn.Close() //nolint:errcheck // nothing to lose
		wg.Wait()
	})
}
