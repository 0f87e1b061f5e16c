package e2e

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"ninewatch/internal/testkit"
)

// The addresses on the veth between the namespaces.
const (
	siteAddr   = "192.0.2.1"
	edgeAddr   = "192.0.2.2"
	accessAddr = "192.0.2.3"
	clockAddr  = "192.0.2.4"
	farMAC     = "02:00:00:00:00:02"
)

// namespace is the name of a network namespace.
type namespace string

var namespaces atomic.Int64

// newNamespace makes a network namespace that is gone after the test.
func newNamespace(t *testing.T, what string) namespace {
	t.Helper()
	_, err := exec.LookPath("ip")
	testkit.Need(t, os.Geteuid() == 0 && err == nil, "root and iproute2, for network namespaces")
	ns := namespace(fmt.Sprintf("nw%s-%d-%d", what, os.Getpid(), namespaces.Add(1)))
	out, err := exec.Command("ip", "netns", "add", string(ns)).CombinedOutput()
	testkit.Need(t, err == nil, "network namespaces: "+strings.TrimSpace(string(out)))
	t.Cleanup(func() { exec.Command("ip", "netns", "del", string(ns)).Run() }) //nolint:errcheck // a leftover harms nobody
	ns.run(t, "ip", "link", "set", "lo", "up")
	return ns
}

// join connects two namespaces by a veth, with its addresses.
func join(t *testing.T, site, far namespace) {
	t.Helper()
	run(t, "ip", "link", "add", "up0", "netns", string(site), "type", "veth", "peer", "name", "down0", "netns", string(far))
	site.run(t, "ip", "address", "add", siteAddr+"/24", "dev", "up0")
	site.run(t, "ip", "link", "set", "up0", "up")
	for _, address := range []string{edgeAddr, accessAddr, clockAddr} {
		far.run(t, "ip", "address", "add", address+"/24", "dev", "down0")
	}
	far.run(t, "ip", "link", "set", "down0", "address", farMAC, "up")
	// As if a router stood between: an echo does not wait for the address of a neighbour until the link is back.
	for _, address := range []string{edgeAddr, accessAddr, clockAddr} {
		site.run(t, "ip", "neighbour", "add", address, "lladdr", farMAC, "dev", "up0", "nud", "permanent")
	}
}

func (ns namespace) run(t *testing.T, args ...string) {
	t.Helper()
	run(t, append([]string{"ip", "netns", "exec", string(ns)}, args...)...)
}

func run(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", strings.Join(args, " "), err, out)
	}
}

// do calls f with its thread in the namespace: sockets and processes that it makes stay there.
func (ns namespace) do(f func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	home, err := os.Open(fmt.Sprintf("/proc/self/task/%d/ns/net", unix.Gettid()))
	if err != nil {
		return err
	}
	defer home.Close()
	there, err := os.Open("/var/run/netns/" + string(ns))
	if err != nil {
		return err
	}
	defer there.Close()
	if err := unix.Setns(int(there.Fd()), unix.CLONE_NEWNET); err != nil {
		return err
	}
	defer func() {
		if err := unix.Setns(int(home.Fd()), unix.CLONE_NEWNET); err != nil {
			panic(err) // this thread must not be used again
		}
	}()
	return f()
}

// setLink takes the link of a namespace down, or brings it up. It starts no program, which takes its time on a busy
// machine.
func (ns namespace) setLink(t *testing.T, name string, up bool) {
	t.Helper()
	err := ns.do(func() error {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd) //nolint:errcheck // nothing to lose
		// struct ifreq of netdevice(7): the name, then the flags.
		var request [40]byte
		copy(request[:unix.IFNAMSIZ-1], name)
		if err := ioctl(fd, unix.SIOCGIFFLAGS, &request); err != nil {
			return err
		}
		flags := binary.NativeEndian.Uint16(request[unix.IFNAMSIZ:]) &^ unix.IFF_UP
		if up {
			flags |= unix.IFF_UP
		}
		binary.NativeEndian.PutUint16(request[unix.IFNAMSIZ:], flags)
		return ioctl(fd, unix.SIOCSIFFLAGS, &request)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func ioctl(fd int, number uintptr, request *[40]byte) error {
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), number, uintptr(unsafe.Pointer(request))); errno != 0 {
		return errno
	}
	return nil
}

// listen opens a TCP listener in the namespace.
func (ns namespace) listen(t *testing.T, address string) (l net.Listener) {
	t.Helper()
	err := ns.do(func() (err error) {
		l, err = net.Listen("tcp", address)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() }) //nolint:errcheck // closed already
	return l
}

// client is an HTTP client whose connections are made in the namespace.
func (ns namespace) client(t *testing.T) *http.Client {
	transport := &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (c net.Conn, err error) {
			err = ns.do(func() (err error) {
				c, err = (&net.Dialer{}).DialContext(ctx, network, address)
				return err
			})
			return c, err
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 20 * time.Second}
}
