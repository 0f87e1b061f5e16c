package e2e

import (
	"io"
	"net"
	"sync"
)

const proxyAddr = "127.0.0.1:7444"

// proxy stands between agent and collector, and can hold back what the collector says.
type proxy struct {
	w    *world
	mu   sync.Mutex
	cond *sync.Cond
	held bool
}

// startProxy listens in the namespace of the site until the test ends.
func (w *world) startProxy() *proxy {
	w.Helper()
	p := &proxy{w: w}
	p.cond = sync.NewCond(&p.mu)
	listener := w.ns.listen(w.T, proxyAddr)
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go p.serve(c)
		}
	}()
	w.Cleanup(func() { p.hold(false) })
	return p
}

// hold keeps back what the collector sends from now on, acknowledgements above all.
func (p *proxy) hold(held bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held = held
	p.cond.Broadcast()
}

func (p *proxy) serve(agent net.Conn) {
	defer agent.Close()
	var collector net.Conn
	err := p.w.ns.do(func() (err error) {
		collector, err = net.Dial("tcp", grpcAddr)
		return err
	})
	if err != nil {
		return
	}
	defer collector.Close()
	go func() {
		io.Copy(collector, agent) //nolint:errcheck // ends with either connection
		collector.Close()         //nolint:errcheck // closed already
	}()
	b := make([]byte, 32<<10)
	for {
		n, err := collector.Read(b)
		if err != nil {
			return
		}
		p.mu.Lock()
		for p.held {
			p.cond.Wait()
		}
		p.mu.Unlock()
		if _, err := agent.Write(b[:n]); err != nil {
			return
		}
	}
}
