package wire

import (
	"bufio"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/VictoriaMetrics/metrics"
)

func (a *agent) logger() *slog.Logger { return slog.New(slog.NewTextHandler(&a.log, nil)) }

func newSet() *metrics.Set { return metrics.NewSet() }

// useAddress makes an enrolled agent connect to addr.
func useAddress(t *testing.T, a *agent, addr string) {
	t.Helper()
	path := filepath.Join(a.dir, "identity.json")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var id map[string]any
	if err := json.Unmarshal(b, &id); err != nil {
		t.Fatal(err)
	}
	id["addresses"] = []string{addr}
	if b, err = json.Marshal(id); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// relay passes bytes between agents and a collector. While deaf it throws away what the collector says.
type relay struct {
	addr     string
	deaf     atomic.Bool
	connects atomic.Int64
	wg       sync.WaitGroup
	mu       sync.Mutex
	conns    []net.Conn
}

func newRelay(t *testing.T, k *collector) *relay {
	t.Helper()
	return listenRelay(t, func(c net.Conn) (net.Conn, error) { return net.Dial("tcp", k.addr) })
}

// newConnectProxy is an HTTP proxy that leads every CONNECT to target.
func newConnectProxy(t *testing.T, target string) *relay {
	t.Helper()
	return listenRelay(t, func(c net.Conn) (net.Conn, error) {
		if _, err := http.ReadRequest(bufio.NewReader(c)); err != nil {
			return nil, err
		}
		up, err := net.Dial("tcp", target)
		if err == nil {
			_, err = io.WriteString(c, "HTTP/1.1 200 Connection established\r\n\r\n")
		}
		return up, err
	})
}

func listenRelay(t *testing.T, dial func(net.Conn) (net.Conn, error)) *relay {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{addr: listener.Addr().String()}
	r.wg.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			r.wg.Go(func() { r.serve(c, dial) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		r.cut()
		r.wg.Wait()
	})
	return r
}

func (r *relay) serve(c net.Conn, dial func(net.Conn) (net.Conn, error)) {
	defer c.Close()
	r.connects.Add(1)
	up, err := dial(c)
	if err != nil {
		return
	}
	defer up.Close()
	r.mu.Lock()
	r.conns = append(r.conns, c, up)
	r.mu.Unlock()
	r.wg.Go(func() {
		io.Copy(up, c) //nolint:errcheck // ends with the connection
		up.Close()
	})
	b := make([]byte, 32<<10)
	for {
		n, err := up.Read(b)
		if err != nil {
			return
		}
		if r.deaf.Load() {
			continue
		}
		if _, err := c.Write(b[:n]); err != nil {
			return
		}
	}
}

// cut ends all connections, and hears again.
func (r *relay) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.conns {
		c.Close()
	}
	r.conns = nil
	r.deaf.Store(false)
}
