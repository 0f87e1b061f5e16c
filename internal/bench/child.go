package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// childFlag makes this program play one part of a measurement.
const childFlag = "-child"

// parts that run in a process of their own, by name. Each gets its arguments as JSON and, when it has measured,
// calls report; a server calls ready and waits for its standard input to end.
var parts = map[string]func(arg []byte) error{
	"fleet":  runFleet,
	"ours":   runOurs,
	"gosnmp": runGosnmp,

	"icmp":     runICMP,
	"pro-bing": runProBing,
}

func child(name string, args []string) {
	part := parts[name]
	if part == nil || len(args) != 1 {
		log.Fatalf("no part %q", name)
	}
	if err := part([]byte(args[0])); err != nil {
		log.Fatalf("%s: %v", name, err)
	}
}

// Report is what a part measured.
type Report struct {
	VarBinds float64   `json:"varbinds"`
	CPU      float64   `json:"cpu"`    // seconds
	Wall     float64   `json:"wall"`   // seconds
	RSS      float64   `json:"rss"`    // octets, now
	Allocs   float64   `json:"allocs"` // in all
	Failed   float64   `json:"failed"` // polls that did not come to their end
	Times    []float64 `json:"times"`  // of polls, seconds
	Cycle    float64   `json:"cycle"`  // the longest, seconds
}

// rate is varbinds for each second of CPU.
func (r Report) rate() float64 { return r.VarBinds / r.CPU }

func report(r Report) error { return json.NewEncoder(os.Stdout).Encode(r) }

// ready says that a server serves, and waits until it is not needed any more.
func ready() {
	fmt.Println("ready")
	io.Copy(io.Discard, os.Stdin) //nolint:errcheck // its end is all that matters
}

// The cores of what is measured and of what it talks to.
var measured, other = "1", "0"

func init() {
	if runtime.NumCPU() < 2 {
		measured = "0"
	}
}

// pinned is a command on one core. Our own Go programs run on as many threads as that takes.
func pinned(core string, argv ...string) *exec.Cmd {
	if path, err := exec.LookPath("taskset"); err == nil {
		argv = append([]string{path, "-c", core}, argv...)
	}
	c := exec.Command(argv[0], argv[1:]...)
	c.Stderr = os.Stderr
	c.Env = append(os.Environ(), "MIBS=", "SNMPCONFPATH=/nonexistent")
	return c
}

func self(core, name string, arg any) (*exec.Cmd, error) {
	b, err := json.Marshal(arg)
	if err != nil {
		return nil, err
	}
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return pinned(core, exe, childFlag, name, string(b)), nil
}

// serve starts a server part and returns how to end it.
func serve(name string, arg any) (stop func(), err error) {
	c, err := self(other, name, arg)
	if err != nil {
		return nil, err
	}
	in, err := c.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if strings.TrimSpace(line) != "ready" {
		c.Process.Kill() //nolint:errcheck // may have ended
		return nil, fmt.Errorf("%s did not start: %q, %w", name, line, err)
	}
	return func() {
		in.Close() //nolint:errcheck // nothing to lose
		c.Wait()   //nolint:errcheck // ends by itself
	}, nil
}

// measure runs a part of ours to its end.
func measure(name string, arg any) (Report, error) {
	c, err := self(measured, name, arg)
	if err != nil {
		return Report{}, err
	}
	return run(c)
}

func run(c *exec.Cmd) (r Report, err error) {
	out, err := c.Output()
	if err == nil {
		err = json.Unmarshal(out, &r)
	}
	return r, err
}

// usage is the CPU time of this process so far, in seconds.
func usage() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

// resident is the memory of this process, in octets.
func resident() float64 {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var size, pages float64
	fmt.Sscan(string(b), &size, &pages) //nolint:errcheck // the kernel's own format
	return pages * float64(os.Getpagesize())
}
