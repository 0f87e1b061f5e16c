package frame

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"ninewatch/internal/telemetry"
)

func small() *telemetry.Frame {
	return &telemetry.Frame{
		Device: "sw1",
		Template: []telemetry.Series{
			{Name: "ifHCInOctets", Labels: []telemetry.Label{{Name: "ifName", Value: "Gi0/1"}}},
			{Name: "ninewatch_icmp_ipdv_seconds", Vantage: true},
		},
		Polls: []telemetry.Poll{
			{Time: 60_000, Values: []telemetry.Value{telemetry.UintValue(1000), telemetry.FloatValue(0.5)}},
			{Time: 120_000, Values: []telemetry.Value{telemetry.UintValue(1300), {}}},
			{Time: 180_000, Values: []telemetry.Value{{Kind: telemetry.Stale}, telemetry.FloatValue(0.75)}},
		},
	}
}

// TestLayout holds FORMAT.md against literal bytes.
func TestLayout(t *testing.T) {
	want := strings.Join([]string{
		"0100", // version, plain
		"0003" + hex.EncodeToString([]byte("sw1")), // device
		"0203", // series, polls
		"000c" + hex.EncodeToString([]byte("ifHCInOctets")) + "02",
		"0006" + hex.EncodeToString([]byte("ifName")) + "0005" + hex.EncodeToString([]byte("Gi0/1")),
		"001b" + hex.EncodeToString([]byte("ninewatch_icmp_ipdv_seconds")) + "01",
		"c0a907" + "00" + "00", // 60000, and the step stays
		"ff01020401",           // Uint 2, Stale 1
		"ff030100010301",       // Float 1, Absent 1, Float 1
		"d00f" + "d804",        // 1000, +300
		"023fe0" + "1108",      // 0.5, XOR 0.75
	}, "")
	body := appendBody([]byte{version, plain}, small())
	if got := hex.EncodeToString(body); got != want {
		t.Errorf("layout:\ngot  %s\nwant %s", got, want)
	}
	f, err := Decode(body)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(small(), f); diff != "" {
		t.Error(diff)
	}
}

// backlog is an hour of an access switch: 48 interfaces, 10 columns, polled each minute.
func backlog() *telemetry.Frame {
	f := &telemetry.Frame{Device: "sw1.example.net"}
	names := []string{"ifHCInOctets", "ifHCOutOctets", "ifHCInUcastPkts", "ifHCOutUcastPkts", "ifInErrors",
		"ifOutErrors", "ifInDiscards", "ifOutDiscards", "ifOperStatus", "ifAdminStatus"}
	for i := range 48 {
		for _, n := range names {
			f.Template = append(f.Template, telemetry.Series{Name: n,
				Labels: []telemetry.Label{{Name: "ifName", Value: fmt.Sprintf("GigabitEthernet1/0/%d", i)}}})
		}
	}
	for p := range 60 {
		values := make([]telemetry.Value, len(f.Template))
		for i := range values {
			switch c := i % len(names); {
			case c < 4 && i/len(names)%4 == 0: // a quarter of the ports is busy
				values[i] = telemetry.UintValue(uint64(i*1e9 + p*p*1000*(c+1) + i*p*977%5000))
			case c >= 8:
				values[i] = telemetry.IntValue(1)
			default:
				values[i] = telemetry.UintValue(uint64(i) * 1e6)
			}
		}
		f.Polls = append(f.Polls, telemetry.Poll{Time: 1_700_000_000_000 + int64(p)*60_000, Values: values})
	}
	return f
}

func TestBacklogIsSmall(t *testing.T) {
	f := backlog()
	b, err := Append(nil, f)
	if err != nil {
		t.Fatal(err)
	}
	perSample := float64(len(b)) / float64(f.Samples())
	t.Logf("%d bytes for %d samples: %.3f each", len(b), f.Samples(), perSample)
	if perSample > 0.5 {
		t.Errorf("bytes per sample: got %.3f, want at most 0.5", perSample)
	}
	got, err := Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(f, got); diff != "" {
		t.Error(diff)
	}
}

func TestAppendKeepsWhatIsThere(t *testing.T) {
	b, err := Append([]byte("before"), small())
	if err != nil || string(b[:6]) != "before" {
		t.Fatalf("got %q, %v", b, err)
	}
	if _, err := Decode(b[6:]); err != nil {
		t.Error(err)
	}
}

func TestAppendRefuses(t *testing.T) {
	refuse := func(name string, want error, change func(*telemetry.Frame)) {
		t.Helper()
		f := small()
		change(f)
		if b, err := Append([]byte("x"), f); !errors.Is(err, want) || string(b) != "x" {
			t.Errorf("%s: got %q, %v, want %v", name, b, err, want)
		}
	}
	refuse("series", ErrLimit, func(f *telemetry.Frame) { f.Template = make([]telemetry.Series, MaxSeries+1) })
	refuse("polls", ErrLimit, func(f *telemetry.Frame) { f.Polls = make([]telemetry.Poll, MaxPolls+1) })
	refuse("values", ErrShape, func(f *telemetry.Frame) { f.Polls[1].Values = f.Polls[1].Values[:1] })
	refuse("kind", ErrShape, func(f *telemetry.Frame) { f.Polls[0].Values[0].Kind = 5 })
	refuse("text", ErrLimit, func(f *telemetry.Frame) { f.Device = strings.Repeat("x", MaxString+1) })
	refuse("labels", ErrLimit, func(f *telemetry.Frame) { f.Template[0].Labels = make([]telemetry.Label, MaxLabels+1) })
	refuse("order", ErrShape, func(f *telemetry.Frame) { f.Template[0].Labels = []telemetry.Label{{Name: "b"}, {Name: "a"}} })
	refuse("double", ErrShape, func(f *telemetry.Frame) { f.Template[0].Labels = []telemetry.Label{{Name: "a"}, {Name: "a"}} })
	refuse("memory", ErrLimit, func(f *telemetry.Frame) {
		f.Template = make([]telemetry.Series, 2048)
		f.Polls = make([]telemetry.Poll, 2048)
		for i := range f.Polls {
			f.Polls[i].Values = make([]telemetry.Value, 2048)
		}
	})
}

// TestCutsAndFlips: no cut of a block decodes; a flipped bit decodes or is refused, without harm.
func TestCutsAndFlips(t *testing.T) {
	large := backlog()
	large.Polls = large.Polls[:2]
	for _, f := range []*telemetry.Frame{small(), large} {
		b, err := Append(nil, f)
		if err != nil {
			t.Fatal(err)
		}
		for n := range b {
			if _, err := Decode(b[:n]); !errors.Is(err, ErrCorrupt) {
				t.Fatalf("%d of %d bytes: got %v, want %v", n, len(b), err, ErrCorrupt)
			}
		}
		for at := range b {
			b[at] ^= 0x10
			if _, err := Decode(b); err != nil && !errors.Is(err, ErrCorrupt) {
				t.Fatalf("flip at %d: got %v", at, err)
			}
			b[at] ^= 0x10
		}
		if _, err := Decode(append(b, 0)); !errors.Is(err, ErrCorrupt) {
			t.Errorf("a byte behind the end: got %v, want %v", err, ErrCorrupt)
		}
	}
}

// TestBombs: few bytes that ask for much memory.
func TestBombs(t *testing.T) {
	head := []byte{version, plain, 0, 0}
	z, err := encoder()
	if err != nil {
		t.Fatal(err)
	}
	zeros := append([]byte{0, 0, 0x80, 0x80, 0x04, 0x80, 0x20}, make([]byte, 32<<20)...)
	for name, b := range map[string][]byte{
		"65,536 series × 4,096 polls": append(head, 0x80, 0x80, 0x04, 0x80, 0x20, 0, 0, 0),
		"65,537 series":               append(head, 0x81, 0x80, 0x04, 0x01, 0, 0, 0),
		"packed zeros":                z.EncodeAll(zeros, []byte{version, packed}),
		"packed more than the limit":  z.EncodeAll(make([]byte, MaxDecoded+1), []byte{version, packed}),
		"no version":                  {9, 0},
		"no packing":                  {version, 9},
		"nothing":                     {},
	} {
		if _, err := Decode(b); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: got %v, want %v", name, err, ErrCorrupt)
		}
	}
}

func anyFrame(t *rapid.T) *telemetry.Frame {
	text := rapid.SampledFrom([]string{"", "a", "ifName", "Gi0/1", "Gi0/2", "ü", "\x00\xff", "zz"})
	f := &telemetry.Frame{Device: text.Draw(t, "device")}
	for range rapid.IntRange(0, 5).Draw(t, "series") {
		s := telemetry.Series{Name: text.Draw(t, "name"), Vantage: rapid.Bool().Draw(t, "vantage")}
		for _, n := range []string{"a", "b", "ifName"} {
			if rapid.Bool().Draw(t, "has "+n) {
				s.Labels = append(s.Labels, telemetry.Label{Name: n, Value: text.Draw(t, "value")})
			}
		}
		f.Template = append(f.Template, s)
	}
	value := rapid.Custom(func(t *rapid.T) telemetry.Value {
		switch kind := rapid.IntRange(0, 4).Draw(t, "kind"); telemetry.ValueKind(kind) {
		case telemetry.Uint:
			return telemetry.UintValue(rapid.Uint64().Draw(t, "uint"))
		case telemetry.Int:
			return telemetry.IntValue(rapid.Int64().Draw(t, "int"))
		case telemetry.Float:
			return telemetry.Value{Kind: telemetry.Float, Bits: rapid.Uint64().Draw(t, "float")}
		default:
			return telemetry.Value{Kind: telemetry.ValueKind(kind)}
		}
	})
	for range rapid.IntRange(0, 6).Draw(t, "polls") {
		p := telemetry.Poll{Time: rapid.Int64().Draw(t, "time")}
		for range f.Template {
			p.Values = append(p.Values, value.Draw(t, "v"))
		}
		f.Polls = append(f.Polls, p)
	}
	return f
}

func TestNothingIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := anyFrame(t)
		b, err := Append(nil, f)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(f, got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestFloatBits(t *testing.T) {
	for _, v := range []float64{0, math.Copysign(0, -1), 1, math.Inf(1), math.Inf(-1), math.NaN(), math.MaxFloat64, math.SmallestNonzeroFloat64} {
		b := appendXOR(nil, math.Float64bits(v))
		d := decode{b: b}
		if got := d.xor(); got != math.Float64bits(v) || d.err != nil || len(d.b) > 0 {
			t.Errorf("%v: got %x, %v", v, got, d.err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, x := range []*telemetry.Frame{small(), {Device: "x"}} {
		f.Add(appendBody([]byte{version, plain}, x))
		b, err := Append(nil, x)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		x, err := Decode(b)
		if err != nil {
			if !errors.Is(err, ErrCorrupt) {
				t.Fatal(err)
			}
			return
		}
		again, err := Append(nil, x)
		if err != nil {
			t.Fatalf("what Decode took, Append refuses: %v", err)
		}
		y, err := Decode(again)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(x, y, cmpopts.EquateEmpty()); diff != "" {
			t.Fatal(diff)
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	f := backlog()
	var buf []byte
	for b.Loop() {
		buf, _ = Append(buf[:0], f)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(f.Samples()), "ns/sample")
}

func BenchmarkDecode(b *testing.B) {
	f := backlog()
	buf, _ := Append(nil, f)
	for b.Loop() {
		Decode(buf) //nolint:errcheck // the test above looks at it
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(f.Samples()), "ns/sample")
}
