package hostagent

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const netDev = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 181448303 1030195    0    0    0     0          0         0 181448303 1030195    0    0    0     0       0          0
  eth0: 18446744073709551615   36022    1    2    3     4          5         22 2540175   24613    6    7    8     9       10          11
`

func TestParseNetDev(t *testing.T) {
	f := func(text string, want map[string]counters, wantErr string) {
		t.Helper()
		got, err := parseNetDev([]byte(text))
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(counters{})); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
		if message := errText(err); message != wantErr {
			t.Errorf("got error %q, want %q", message, wantErr)
		}
	}
	lo := counters{inOctets: 181448303, inPackets: 1030195, outOctets: 181448303, outPackets: 1030195}
	f(netDev, map[string]counters{"lo": lo, "eth0": {
		inOctets: 18446744073709551615, inPackets: 36022, inErrors: 1, inDrops: 2, inMulticasts: 22,
		outOctets: 2540175, outPackets: 24613, outErrors: 6, outDrops: 7}}, "")
	f("", map[string]counters{}, "")
	heading := "a\nb\n"
	// Kernels before 2.6.36 put no space behind the colon; the name itself may have one.
	f(heading+"eth0:1:1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16", map[string]counters{"eth0:1": {1, 2, 3, 4, 8, 9, 10, 11, 12}}, "")
	f(heading+"x\n : 1\nshort: 1 2\nbad: 1 2 3 4 5 6 7 -8 9 10 11 12 13 14 15 16\n"+"ok: 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n",
		map[string]counters{"ok": {inOctets: 1}}, `/proc/net/dev, line 3: "x\n" has no colon
/proc/net/dev, line 4: " : 1\n" has no name
/proc/net/dev, line 5: "short" has 2 numbers, want 16
/proc/net/dev, line 6: "bad", number 8: strconv.ParseUint: parsing "-8": invalid syntax`)
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestUnicasts(t *testing.T) {
	f := func(packets, multicasts, want uint64) {
		t.Helper()
		if got := (counters{inPackets: packets, inMulticasts: multicasts}).unicasts(); got != want {
			t.Errorf("%d of %d are multicasts: got %d, want %d", multicasts, packets, got, want)
		}
	}
	f(10, 3, 7)
	f(10, 10, 0)
	f(10, 11, 0) // counted at two instants
}

func TestParseUpTime(t *testing.T) {
	f := func(text string, want time.Duration, ok bool) {
		t.Helper()
		got, err := parseUpTime([]byte(text))
		if got != want || (err == nil) != ok {
			t.Errorf("%q: got %s, %v; want %s", text, got, err, want)
		}
	}
	f("3689.66 4057.70\n", 3689660*time.Millisecond, true)
	f("0.00 0.00\n", 0, true)
	f("42949673.01 1.00\n", 42949673010*time.Millisecond, true)
	f("-1.00 0.00\n", 0, false)
	f("NaN 0.00\n", 0, false)
	f("1e300 0.00\n", 0, false)
	f("", 0, false)
}

func TestTicks(t *testing.T) {
	f := func(d time.Duration, want uint64) {
		t.Helper()
		if got := ticks(d); got != want {
			t.Errorf("%s: got %d, want %d", d, got, want)
		}
	}
	f(1234567*time.Millisecond, 123456)
	f(42949672950*time.Millisecond, 4294967295)
	f(42949672960*time.Millisecond, 0) // 497 days
}

func TestParseStat(t *testing.T) {
	f := func(text string, want []processor, wantErr string) {
		t.Helper()
		got, err := parseStat([]byte(text))
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(processor{})); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
		if message := errText(err); message != wantErr {
			t.Errorf("got error %q, want %q", message, wantErr)
		}
	}
	f(`cpu  221180 1563 102926 405770 2427 0 2140 0 0 0
cpu0 109337 707 49948 206640 560 0 754 0 0 0
cpu3 1 2 3 4 5 6 7 8 90 100
intr 6096065 0 0
ctxt 14179238
`, []processor{{0, 109337 + 707 + 49948 + 754, 206640 + 560}, {3, 1 + 2 + 3 + 6 + 7 + 8, 4 + 5}}, "")
	f("cpu0 1 2 3 4", []processor{{0, 6, 4}}, "")
	f("cpu0 1 2 3\ncpufreq 1 2 3 4\ncpu1 1 x 3 4\ncpu2 0 0 0 1\n", []processor{{2, 0, 1}}, `/proc/stat, cpu0: 3 numbers, want at least 4
/proc/stat, cpufreq: strconv.ParseUint: parsing "freq": invalid syntax
/proc/stat, cpu1: strconv.ParseUint: parsing "x": invalid syntax`)
}

func TestParseMemInfo(t *testing.T) {
	f := func(text string, want memory, wantErr string) {
		t.Helper()
		got, err := parseMemInfo([]byte(text))
		if got != want || errText(err) != wantErr {
			t.Errorf("%q: got %+v, %v; want %+v, %s", text, got, err, want, wantErr)
		}
	}
	f("MemTotal:       24683620 kB\nMemFree:        20939428 kB\nMemAvailable:   23492552 kB\nBuffers:  37108 kB\nCached:  2548548 kB\nSwapTotal:   1048572 kB\nSwapFree:  1000000 kB\nHugePages_Total:       0\n",
		memory{24683620, 23492552, 1048572, 1000000}, "")
	f("MemTotal: 1000 kB\nMemFree: 100 kB\nBuffers: 20 kB\nCached: 3 kB\n", memory{total: 1000, available: 123}, "")
	f("MemTotal: 1000 kB\nMemAvailable: 1001 kB\n", memory{total: 1000, available: 1000}, "")
	f("MemFree: 100 kB\nno colon\nempty:\n", memory{}, "/proc/meminfo has no MemTotal")
}

func TestParseMountInfo(t *testing.T) {
	got, err := parseMountInfo([]byte(`21 26 0:20 / /proc rw,relatime - proc proc rw
26 1 254:0 / / rw,relatime shared:1 master:2 - ext4 /dev/vda rw,discard
60 26 8:1 /a\040b /mnt/with\040space\134 rw - ext4 /dev/sda1 rw
a line
1 2 x:0 / /y rw - ext4 /dev/sda rw
`))
	want := []mount{
		{0, "/", "/proc", "proc", "proc"},
		{254, "/", "/", "ext4", "/dev/vda"},
		{8, "/a b", `/mnt/with space\`, "ext4", "/dev/sda1"},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(mount{})); diff != "" {
		t.Error(diff)
	}
	if want := `/proc/self/mountinfo, line 4: "a line" is not a mount
/proc/self/mountinfo, line 5: device number "x:0": strconv.ParseUint: parsing "x": invalid syntax`; errText(err) != want {
		t.Errorf("got error %q, want %q", errText(err), want)
	}
}

func TestUnescape(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := unescape(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	f(`/plain`, "/plain")
	f(`/a\040b\011\012\134`, "/a b\t\n\\")
	f(`/a\04`, `/a\04`)
	f(`/a\999`, `/a\999`)
	f(`/\777`, `/\777`) // beyond a byte
}

func TestKindOf(t *testing.T) {
	f := func(hardware, devType string, want int64) {
		t.Helper()
		if got := kindOf(hardware, devType, other); got != want {
			t.Errorf("%q, %q: got %d, want %d", hardware, devType, got, want)
		}
	}
	f("1", "", ethernetCsmacd)
	f("1", "bond", ieee8023adLag)
	f("1", "bridge", bridge)
	f("1", "vlan", l2vlan)
	f("1", "wlan", ieee80211)
	f("1", "vxlan", ethernetCsmacd)
	f("65534", "wireguard", tunnel)
	f("772", "", softwareLoopback)
	f("512", "ppp", ppp)
	f("", "", other)
	f("4711", "", other)
}

func TestParseSpeed(t *testing.T) {
	f := func(in string, want uint64) {
		t.Helper()
		if got := parseSpeed(in); got != want {
			t.Errorf("%q: got %d, want %d", in, got, want)
		}
	}
	f("10000", 10000)
	f("-1", 0)
	f("4294967295", 0)
	f("65535", 65535)
	f("", 0)
}

func FuzzParseNetDev(f *testing.F) {
	f.Add([]byte(netDev))
	f.Add([]byte("\n\n:\nx:\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, _ := parseNetDev(text)
		if lines := strings.Count(string(text), "\n") + 1; len(got) > lines {
			t.Fatalf("%d interfaces in %d lines", len(got), lines)
		}
		for name := range got {
			if name == "" {
				t.Fatal("an interface without a name")
			}
		}
	})
}

func FuzzParseStat(f *testing.F) {
	f.Add([]byte("cpu 1 2\ncpu0 1 2 3 4 5 6 7 8 9\ncpu1 18446744073709551615 1 1 18446744073709551615 1\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		all, _ := parseStat(text)
		var h history
		h.add(time.Time{}, all)
		h.add(time.Time{}.Add(time.Second), all)
		for _, l := range h.loads() {
			if l.percent < 0 || l.percent > 100 {
				t.Fatalf("load of %d percent", l.percent)
			}
		}
	})
}

func FuzzParseMemInfo(f *testing.F) {
	f.Add([]byte("MemTotal: 1 kB\nMemFree: 2 kB\nSwapTotal: 18014398509481983 kB\nSwapFree: 1 kB"))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := parseMemInfo(text)
		if err != nil {
			return
		}
		for _, s := range m.stores() {
			checkRow(t, s)
		}
	})
}

func FuzzParseMountInfo(f *testing.F) {
	f.Add([]byte("26 1 254:0 / / rw - ext4 /dev/vda rw\n27 1 254:0 /x /y\\040 rw - ext4 /dev/vda rw"))
	f.Fuzz(func(t *testing.T, text []byte) {
		mounts, _ := parseMountInfo(text)
		rows, err := measure(candidates(mounts), func(string) (space, error) { return space{4096, 1 << 40, 1 << 39}, nil })
		if err != nil {
			t.Fatal(err)
		}
		taken := map[uint32]bool{}
		for _, s := range rows {
			checkRow(t, s)
			if taken[s.index] {
				t.Fatalf("index %d twice", s.index)
			}
			taken[s.index] = true
		}
	})
}

func FuzzParseUpTime(f *testing.F) {
	f.Add([]byte("3689.66 4057.70\n"))
	f.Add([]byte("9223372036.85 1"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if d, err := parseUpTime(text); err == nil && d < 0 {
			t.Fatalf("%q: got %s", text, d)
		}
	})
}

// checkRow fails when s cannot be sent as Integer32 values.
func checkRow(t interface{ Fatalf(string, ...any) }, s store) {
	const most = 1<<31 - 1
	if s.index < 1 || s.index > most || s.unit < 1 || s.unit > most || s.size > most || s.used > s.size {
		t.Fatalf("row %+v", s)
	}
}
