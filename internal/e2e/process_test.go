package e2e

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// process is a program that runs until the test ends it.
type process struct {
	t     *testing.T
	name  string
	cmd   *exec.Cmd
	out   *output
	ended chan struct{}

	mu     sync.Mutex
	wanted bool // the test ended it
}

// output keeps what a process prints, over its restarts.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// tail is the end of what was printed.
func (o *output) tail() string {
	text := o.String()
	const most = 8 << 10
	if len(text) > most {
		text = "…" + text[len(text)-most:]
	}
	return text
}

// spawn starts a program in a namespace. That it ends by itself is a failure of the test.
func spawn(t *testing.T, ns namespace, out *output, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{t: t, name: filepath.Base(cmd.Path), cmd: cmd, out: out, ended: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = out, out
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true // an interrupt at the keyboard is for the test alone
	if err := ns.do(cmd.Start); err != nil {
		t.Fatalf("start %s: %v", p.name, err)
	}
	go func() {
		defer close(p.ended)
		err := cmd.Wait()
		p.mu.Lock()
		defer p.mu.Unlock()
		if !p.wanted {
			t.Errorf("%s ended by itself: %v\n%s", p.name, err, out.tail())
		}
	}()
	t.Cleanup(p.kill)
	return p
}

// kill is kill -9.
func (p *process) kill() { p.signal(syscall.SIGKILL) }

// signal sends s and waits for the end.
func (p *process) signal(s syscall.Signal) {
	p.t.Helper()
	p.mu.Lock()
	p.wanted = true
	p.mu.Unlock()
	p.cmd.Process.Signal(s) //nolint:errcheck // it may have ended before
	select {
	case <-p.ended:
	case <-time.After(30 * time.Second):
		p.t.Errorf("%s does not end within 30 s of %s\n%s", p.name, s, p.out.tail())
		p.cmd.Process.Kill() //nolint:errcheck // it may have ended meanwhile
		<-p.ended
	}
}

// stop is what systemd does; the exit code has to be 0.
func (p *process) stop() {
	p.t.Helper()
	p.signal(syscall.SIGTERM)
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		p.t.Errorf("%s: exit code %d after SIGTERM\n%s", p.name, code, p.out.tail())
	}
}

// command runs a program to its end, in the namespace where that is not empty.
func command(t *testing.T, ns namespace, env []string, path string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := exec.Command(path, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.Env = append(os.Environ(), env...)
	start := cmd.Start
	if ns != "" {
		start = func() error { return ns.do(cmd.Start) }
	}
	if err := start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(time.Minute, func() {
		t.Errorf("%s %v does not end", filepath.Base(path), args)
		cmd.Process.Kill() //nolint:errcheck // it may have ended meanwhile
	})
	defer timer.Stop()
	var exit *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// slack is by how much longer than an idle machine needs a test waits on a busy one before it gives up.
const slack = 4

// eventually waits until f is true; limit is long enough on an idle machine.
func eventually(t *testing.T, limit time.Duration, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(slack * limit); !f(); time.Sleep(100 * time.Millisecond) {
		if t.Failed() {
			t.FailNow()
		}
		if time.Now().After(end) {
			t.Fatalf("not within %s: %s", slack*limit, what)
		}
	}
}
