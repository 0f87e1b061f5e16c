package hostagent

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ninewatch/internal/snmpagent"
	"ninewatch/internal/snmpwire"
)

// testHost is a host of literal files, to be changed by tests.
type testHost struct {
	files      fstest.MapFS
	interfaces []net.Interface
	unreadable []string
}

func newTestHost() *testHost {
	h := &testHost{files: fstest.MapFS{}, interfaces: []net.Interface{
		{Index: 1, MTU: 65536, Name: "lo", Flags: net.FlagUp | net.FlagRunning | net.FlagLoopback},
		{Index: 7, MTU: 1500, Name: "eth0", HardwareAddr: net.HardwareAddr{2, 0, 0x5e, 0, 0x53, 1}, Flags: net.FlagUp | net.FlagBroadcast},
	}}
	for name, text := range map[string]string{
		"proc/uptime":                   "3689.66 4057.70\n",
		"proc/net/dev":                  netDev,
		"proc/meminfo":                  "MemTotal: 1000 kB\nMemAvailable: 400 kB\nSwapTotal: 200 kB\nSwapFree: 150 kB\n",
		"proc/stat":                     "cpu  9 9 9 9\ncpu0 10 0 20 70 0 0 0 0 0 0\n",
		"proc/self/mountinfo":           "26 1 254:0 / / rw - ext4 /dev/vda rw\n",
		"sys/class/net/lo/ifindex":      "1\n",
		"sys/class/net/lo/type":         "772\n",
		"sys/class/net/lo/operstate":    "unknown\n",
		"sys/class/net/lo/flags":        "0x9\n",
		"sys/class/net/eth0/ifindex":    "7\n",
		"sys/class/net/eth0/type":       "1\n",
		"sys/class/net/eth0/operstate":  "lowerlayerdown\n",
		"sys/class/net/eth0/flags":      "0x1103\n",
		"sys/class/net/eth0/ifalias":    "to the core\n",
		"sys/class/net/eth0/speed":      "25000\n",
		"sys/class/net/eth0/device/x":   "",
		"sys/class/net/eth0/uevent":     "INTERFACE=eth0\nIFINDEX=7\n",
		"sys/class/net/bonding_masters": "\n",
	} {
		h.files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return h
}

func (h *testHost) set(name, text string) { h.files[name] = &fstest.MapFile{Data: []byte(text)} }

func (h *testHost) sources() sources {
	return sources{
		root:       h.files,
		interfaces: func() ([]net.Interface, error) { return h.interfaces, nil },
		hostname:   func() (string, error) { return "host.example.net", nil },
		describe:   func() string { return "Linux host.example.net 6.1" },
		space:      func(string) (space, error) { return space{4096, 1000, 250}, nil },
	}
}

func (h *testHost) host() *host {
	return newHost(h.sources(), func(source string, err error) { h.unreadable = append(h.unreadable, source) })
}

// walk prints what r shows below MIB-2, one object a line.
func walk(r reading) string {
	var b strings.Builder
	for _, vb := range snmpagent.NewTree(r.objects()).Objects() {
		fmt.Fprintf(&b, "%s=%s\n", strings.TrimPrefix(vb.OID.String(), "1.3.6.1.2.1."), value(vb))
	}
	return b.String()
}

func value(vb snmpwire.VarBind) string {
	switch vb.Type {
	case snmpwire.Integer:
		return fmt.Sprint(vb.Int)
	case snmpwire.OctetString:
		return fmt.Sprintf("%q", vb.Bytes)
	case snmpwire.ObjectIdentifier:
		return vb.Object.String()
	case snmpwire.Counter64:
		return fmt.Sprintf("C64:%d", vb.Uint)
	case snmpwire.Counter32:
		return fmt.Sprintf("C32:%d", vb.Uint)
	case snmpwire.TimeTicks:
		return fmt.Sprintf("T:%d", vb.Uint)
	}
	return fmt.Sprintf("G:%d", vb.Uint)
}

// wholeHost is what newTestHost has to show.
const wholeHost = `1.1.0="Linux host.example.net 6.1"
1.2.0=1.3.6.1.4.1.8072.3.2.10
1.3.0=T:368966
1.4.0=""
1.5.0="host.example.net"
1.6.0=""
1.7.0=72
2.1.0=2
2.2.1.1.1=1
2.2.1.1.7=7
2.2.1.2.1="lo"
2.2.1.2.7="eth0"
2.2.1.3.1=24
2.2.1.3.7=6
2.2.1.4.1=65536
2.2.1.4.7=1500
2.2.1.5.1=G:0
2.2.1.5.7=G:4294967295
2.2.1.6.1=""
2.2.1.6.7="\x02\x00^\x00S\x01"
2.2.1.7.1=1
2.2.1.7.7=1
2.2.1.8.1=1
2.2.1.8.7=7
2.2.1.9.1=T:0
2.2.1.9.7=T:0
2.2.1.10.1=C32:181448303
2.2.1.10.7=C32:4294967295
2.2.1.11.1=C32:1030195
2.2.1.11.7=C32:36000
2.2.1.13.1=C32:0
2.2.1.13.7=C32:2
2.2.1.14.1=C32:0
2.2.1.14.7=C32:1
2.2.1.16.1=C32:181448303
2.2.1.16.7=C32:2540175
2.2.1.17.1=C32:1030195
2.2.1.17.7=C32:24613
2.2.1.19.1=C32:0
2.2.1.19.7=C32:7
2.2.1.20.1=C32:0
2.2.1.20.7=C32:6
25.1.1.0=T:368966
25.2.2.0=1000
25.2.3.1.1.1=1
25.2.3.1.1.10=10
25.2.3.1.1.705468510=705468510
25.2.3.1.2.1=1.3.6.1.2.1.25.2.1.2
25.2.3.1.2.10=1.3.6.1.2.1.25.2.1.3
25.2.3.1.2.705468510=1.3.6.1.2.1.25.2.1.4
25.2.3.1.3.1="Physical memory"
25.2.3.1.3.10="Swap space"
25.2.3.1.3.705468510="/"
25.2.3.1.4.1=1024
25.2.3.1.4.10=1024
25.2.3.1.4.705468510=4096
25.2.3.1.5.1=1000
25.2.3.1.5.10=200
25.2.3.1.5.705468510=1000
25.2.3.1.6.1=600
25.2.3.1.6.10=50
25.2.3.1.6.705468510=250
25.3.3.1.1.196608=0.0
25.3.3.1.2.196608=30
31.1.1.1.1.1="lo"
31.1.1.1.1.7="eth0"
31.1.1.1.2.1=C32:0
31.1.1.1.2.7=C32:22
31.1.1.1.6.1=C64:181448303
31.1.1.1.6.7=C64:18446744073709551615
31.1.1.1.7.1=C64:1030195
31.1.1.1.7.7=C64:36000
31.1.1.1.8.1=C64:0
31.1.1.1.8.7=C64:22
31.1.1.1.10.1=C64:181448303
31.1.1.1.10.7=C64:2540175
31.1.1.1.11.1=C64:1030195
31.1.1.1.11.7=C64:24613
31.1.1.1.15.1=G:0
31.1.1.1.15.7=G:25000
31.1.1.1.16.1=2
31.1.1.1.16.7=1
31.1.1.1.17.1=2
31.1.1.1.17.7=1
31.1.1.1.18.1=""
31.1.1.1.18.7="to the core"
31.1.1.1.19.1=T:0
31.1.1.1.19.7=T:0
31.1.5.0=T:0
`

func TestReading(t *testing.T) {
	files := newTestHost()
	h := files.host()
	h.begin(noon)
	h.measureStores(noon)
	if diff := cmp.Diff(wholeHost, walk(h.reading(noon))); diff != "" {
		t.Error(diff)
	}
	if len(files.unreadable) > 0 {
		t.Errorf("unreadable: %v", files.unreadable)
	}
}

// TestReadingWithoutProc: what Go's package net knows, and nothing made up.
func TestReadingWithoutProc(t *testing.T) {
	files := newTestHost()
	clear(files.files)
	h := files.host()
	h.begin(noon)
	h.measureStores(noon)
	got := walk(h.reading(noon.Add(90 * time.Second)))
	want := `1.1.0="Linux host.example.net 6.1"
1.2.0=1.3.6.1.4.1.8072.3.2.10
1.3.0=T:9000
1.4.0=""
1.5.0="host.example.net"
1.6.0=""
1.7.0=72
2.1.0=2
2.2.1.1.1=1
2.2.1.1.7=7
2.2.1.2.1="lo"
2.2.1.2.7="eth0"
2.2.1.3.1=24
2.2.1.3.7=6
2.2.1.4.1=65536
2.2.1.4.7=1500
2.2.1.5.1=G:0
2.2.1.5.7=G:0
2.2.1.6.1=""
2.2.1.6.7="\x02\x00^\x00S\x01"
2.2.1.7.1=1
2.2.1.7.7=1
2.2.1.8.1=1
2.2.1.8.7=2
2.2.1.9.1=T:0
2.2.1.9.7=T:0
31.1.1.1.1.1="lo"
31.1.1.1.1.7="eth0"
31.1.1.1.15.1=G:0
31.1.1.1.15.7=G:0
31.1.1.1.16.1=2
31.1.1.1.16.7=2
31.1.1.1.17.1=2
31.1.1.1.17.7=2
31.1.1.1.18.1=""
31.1.1.1.18.7=""
31.1.1.1.19.1=T:0
31.1.1.1.19.7=T:0
31.1.5.0=T:0
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	wantUnreadable := []string{"processors", "mounts", "uptime", "counters", "sys", "sys", "memory"}
	if diff := cmp.Diff(wantUnreadable, files.unreadable); diff != "" {
		t.Error(diff)
	}
}

// TestNotice: an interface that comes or changes is stamped, one that stays is not.
func TestNotice(t *testing.T) {
	files := newTestHost()
	h := files.host()
	h.begin(noon)
	h.reading(noon)
	step := func(upTime string, want string) {
		t.Helper()
		files.set("proc/uptime", upTime+" 0.00\n")
		r := h.reading(noon)
		got := fmt.Sprintf("table %d", r.change)
		for _, l := range r.links {
			got += fmt.Sprintf(", %s changed %d discontinuity %d", l.name, l.lastChange, l.discontinuity)
		}
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	step("4000.00", "table 0, lo changed 0 discontinuity 0, eth0 changed 0 discontinuity 0")
	files.set("sys/class/net/eth0/operstate", "up\n")
	step("4001.00", "table 0, lo changed 0 discontinuity 0, eth0 changed 400100 discontinuity 0")
	files.set("proc/net/dev", strings.Replace(netDev, "18446744073709551615", "17", 1))
	step("4002.00", "table 0, lo changed 0 discontinuity 0, eth0 changed 400100 discontinuity 400200")
	files.interfaces = append(files.interfaces, net.Interface{Index: 9, Name: "eth1"})
	step("4003.00", "table 400300, lo changed 0 discontinuity 0, eth0 changed 400100 discontinuity 400200, eth1 changed 400300 discontinuity 400300")
	files.interfaces = files.interfaces[:2]
	step("4004.00", "table 400400, lo changed 0 discontinuity 0, eth0 changed 400100 discontinuity 400200")
	files.interfaces[1].Name = "wan0"
	step("4005.00", "table 400500, lo changed 0 discontinuity 0, wan0 changed 400500 discontinuity 400200")
	step("4006.00", "table 400500, lo changed 0 discontinuity 0, wan0 changed 400500 discontinuity 400200")
}

// TestOtherNamespace: files of an interface with another index are not those of this one.
func TestOtherNamespace(t *testing.T) {
	files := newTestHost()
	files.set("sys/class/net/eth0/ifindex", "8\n")
	h := files.host()
	h.begin(noon)
	l := h.reading(noon).links[1]
	if l.alias != "" || l.speed != 0 || l.oper != down || l.kind != ethernetCsmacd || !l.counted {
		t.Errorf("got %+v, want only what Go's package net and /proc tell", l)
	}
	if !slices.Equal(files.unreadable, []string{"sys"}) {
		t.Errorf("unreadable: %v", files.unreadable)
	}
	if err := l.addSys(files.files); !errors.Is(err, errOtherNamespace) {
		t.Errorf("got %v", err)
	}
}

// TestTunSpeed: what the driver of tun interfaces makes up is not believed.
func TestTunSpeed(t *testing.T) {
	files := newTestHost()
	files.set("sys/class/net/eth0/tun_flags", "0x1001\n")
	h := files.host()
	if l := h.reading(noon).links[1]; l.speed != 0 || l.alias != "to the core" {
		t.Errorf("got %+v, want no speed", l)
	}
}

// TestStaleStores: file systems that were not measured for half a minute are not shown.
func TestStaleStores(t *testing.T) {
	files := newTestHost()
	h := files.host()
	h.measureStores(noon)
	f := func(after time.Duration, want int) {
		t.Helper()
		if got := len(h.reading(noon.Add(after)).stores); got != want {
			t.Errorf("after %s: got %d rows, want %d", after, got, want)
		}
	}
	f(0, 3)
	f(29*time.Second, 3)
	f(30*time.Second, 2)
	h.measureStores(noon.Add(time.Minute))
	f(time.Minute, 3)
	h.from.space = func(string) (space, error) { return space{}, fs.ErrPermission }
	h.measureStores(noon.Add(70 * time.Second))
	f(70*time.Second, 2)
	if !slices.Equal(files.unreadable, []string{"file_systems"}) {
		t.Errorf("unreadable: %v", files.unreadable)
	}
}
