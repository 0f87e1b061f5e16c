package conf

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

type testSpool struct {
	MaxSize Size          `yaml:"max_size"`
	MaxAge  time.Duration `yaml:"max_age"`
}

type testDevice struct {
	Name    string     `yaml:"name"`
	Address netip.Addr `yaml:"address"`
	Port    uint16     `yaml:"port"`
}

type testConfig struct {
	StateDir string            `yaml:"state_dir"`
	Allow    []string          `yaml:"allow"`
	Spool    testSpool         `yaml:"spool"`
	Devices  []testDevice      `yaml:"devices"`
	Secret   Secret            `yaml:"secret"`
	Tags     map[string]string `yaml:"tags"`
	Debug    bool              `yaml:"debug"`
}

func problemsOf(t *testing.T, text string, into any) []string {
	t.Helper()
	docs, problems := Parse("a.yml", []byte(text))
	for _, d := range docs {
		problems = append(problems, d.Decode(into)...)
	}
	_ = problems.Err()
	var out []string
	for _, p := range problems {
		out = append(out, p.String())
	}
	return out
}

func TestDecode(t *testing.T) {
	var c testConfig
	got := problemsOf(t, `
state_dir: /var/lib/ninewatch
allow: [private, 192.0.2.0/24]
spool: {max_size: 2GiB, max_age: 7d}
devices:
  - {name: sw1, address: 192.0.2.1, port: 161}
secret: hush
tags: {floor: "3"}
debug: true
`, &c)
	if len(got) > 0 {
		t.Fatal(got)
	}
	if c.StateDir != "/var/lib/ninewatch" || len(c.Allow) != 2 || c.Spool.MaxSize != 2<<30 || c.Spool.MaxAge != 168*time.Hour ||
		c.Devices[0] != (testDevice{"sw1", netip.MustParseAddr("192.0.2.1"), 161}) || c.Secret.Reveal() != "hush" || c.Tags["floor"] != "3" || !c.Debug {
		t.Errorf("got %+v", c)
	}
}

func TestDecodeTellsAllMistakes(t *testing.T) {
	f := func(text string, want ...string) {
		t.Helper()
		if got := problemsOf(t, text, &testConfig{}); strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	f("spol: {}\nspool:\n  max_age: 7 days\n  max_sise: 1\ndebug: maybe\n",
		`a.yml:1:1: spol: unknown key, did you mean "spool"?`,
		`a.yml:3:12: spool.max_age: "7 days" is not a duration, write for example 30s, 15m, 36h or 7d`,
		`a.yml:4:3: spool.max_sise: unknown key, did you mean "max_size"?`,
		`a.yml:5:8: debug: "maybe" is not true or false`)
	f("devices:\n  - {name: a, name: b}\n  - {address: 300.1.1.1}\n  - {port: 70000}\n",
		`a.yml:2:15: devices[0].name: key stands here again, first in line 2: keep one`,
		`a.yml:3:15: devices[1].address: ParseAddr("300.1.1.1"): IPv4 field has value >255`,
		`a.yml:4:12: devices[2].port: "70000" is not a whole number from 0 up`)
	f("devices: {name: a}\n", `a.yml:1:10: devices: a mapping stands where a list belongs, write for example [a, b]`)
	f("spool: 5\n", `a.yml:1:8: spool: "5" stands where a mapping belongs, known keys: max_age, max_size`)
	f("state_dir: [a]\n", `a.yml:1:12: state_dir: a list stands where a text belongs`)
	f("secret: {env: NINEWATCH_TEST_NOT_SET}\n", `a.yml:1:9: secret: environment variable NINEWATCH_TEST_NOT_SET is not set`)
	f("secret: {file: a, env: b}\n", `a.yml:1:9: secret: a secret comes from either file or env: name one of them`)
	f("debug: true\ntags: {}\na: b: c\n", `a.yml:3:1: mapping values are not allowed in this context, which is not valid YAML`)
}

func TestSecretFromAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	if err := os.WriteFile(path, []byte("from a file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var c testConfig
	if got := problemsOf(t, "secret: {file: "+path+"}\n", &c); len(got) > 0 || c.Secret.Reveal() != "from a file" {
		t.Errorf("got %v, %q", got, c.Secret.Reveal())
	}
}

func TestSecretNeverShows(t *testing.T) {
	const canary = "c4n4ry"
	v := struct {
		S Secret            `yaml:"s"`
		M map[string]Secret `yaml:"m"`
	}{canary, map[string]Secret{"k": canary}}
	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+" "+verb+"\n", v, v.S)
	}
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(text)
	slog.New(slog.NewTextHandler(&out, nil)).Info("m", "s", v.S, "v", v)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("m", "s", v.S, "v", v)
	if err := Dump(&out, v); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), canary) || strings.Contains(out.String(), fmt.Sprintf("%x", canary)) {
		t.Errorf("the secret shows in:\n%s", out.String())
	}
}

func TestUnits(t *testing.T) {
	size := func(text string, want Size, ok bool) {
		t.Helper()
		var s Size
		if err := s.UnmarshalText([]byte(text)); s != want || (err == nil) != ok {
			t.Errorf("%q: got %d, %v; want %d", text, s, err, want)
		}
	}
	size("512MiB", 512<<20, true)
	size("1.5 GiB", 3<<29, true)
	size("10MB", 10_000_000, true)
	size("4096", 4096, true)
	size("-1GiB", 0, false)
	size("NaN", 0, false)
	size("many", 0, false)
	duration := func(text string, want time.Duration, ok bool) {
		t.Helper()
		if d, err := ParseDuration(text); d != want || (err == nil) != ok {
			t.Errorf("%q: got %s, %v; want %s", text, d, err, want)
		}
	}
	duration("7d", 168*time.Hour, true)
	duration("1d12h", 36*time.Hour, true)
	duration("30s", 30*time.Second, true)
	duration("30", 0, false)
	duration("-5s", 0, false)
	duration("1d-5s", 0, false)
	duration("d", 0, false)
	if got := Size(3 << 30).String(); got != "3GiB" {
		t.Errorf("got %s, want 3GiB", got)
	}
}

func TestLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "agent.yml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	validate := func(c *testConfig) func(Section) {
		return func(at Section) {
			for i, d := range c.Devices {
				if d.Name == "" {
					at.Item("devices", i).Problemf("name", "a device needs a name, such as lis-core-1")
				}
			}
			if c.Spool.MaxAge < time.Hour {
				at.Problemf("spool.max_age", "%s is shorter than an hour", c.Spool.MaxAge)
			}
		}
	}
	t.Run("validated", func(t *testing.T) {
		write("devices:\n  - {name: a}\n  - {port: 1}\nspool:\n  max_age: 5m\n")
		var c testConfig
		err := Load(path, &c, validate(&c))
		want := path + ":3:5: devices[1].name: a device needs a name, such as lis-core-1\n" +
			path + ":5:12: spool.max_age: 5m0s is shorter than an hour"
		if err == nil || err.Error() != want {
			t.Errorf("got\n%v\nwant\n%s", err, want)
		}
	})
	t.Run("all at once", func(t *testing.T) {
		write("devics: []\nspool: {max_size: big, max_age: 5m}\n")
		var c testConfig
		err := Load(path, &c, validate(&c))
		want := path + `:1:1: devics: unknown key, did you mean "devices"?` + "\n" +
			path + `:2:19: spool.max_size: "big" is not a size, write for example 512MiB or 2GiB` + "\n" +
			path + ":2:33: spool.max_age: 5m0s is shorter than an hour"
		if err == nil || err.Error() != want {
			t.Errorf("got\n%v\nwant\n%s", err, want)
		}
	})
	t.Run("once each", func(t *testing.T) {
		write("spool: {max_age: 5 minutes}\n")
		var c testConfig
		err := Load(path, &c, validate(&c))
		if want := `:1:18: spool.max_age: "5 minutes" is not a duration, write for example 30s, 15m, 36h or 7d`; err == nil || err.Error() != path+want {
			t.Errorf("got %v, want %s", err, want)
		}
	})
	t.Run("environment", func(t *testing.T) {
		write("spool: {max_age: 2h, max_size: 1GiB}\n")
		t.Setenv("NINEWATCH_SPOOL_MAX_SIZE", "3GiB")
		t.Setenv("NINEWATCH_ALLOW", "private, 192.0.2.0/24")
		var c testConfig
		if err := Load(path, &c, validate(&c)); err != nil {
			t.Fatal(err)
		}
		if c.Spool.MaxSize != 3<<30 || c.Spool.MaxAge != 2*time.Hour || len(c.Allow) != 2 || c.Allow[1] != "192.0.2.0/24" {
			t.Errorf("got %+v", c)
		}
	})
	t.Run("wrong environment", func(t *testing.T) {
		t.Setenv("NINEWATCH_SPOOL_MAX_SIZE", "big")
		var c testConfig
		err := Load(path, &c, validate(&c))
		if want := `environment: NINEWATCH_SPOOL_MAX_SIZE: "big" is not a size, write for example 512MiB or 2GiB`; err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	})
	t.Run("missing", func(t *testing.T) {
		if err := Load(path+".not", &testConfig{}, func(Section) {}); err == nil || !strings.Contains(err.Error(), "no such file") {
			t.Errorf("got %v", err)
		}
	})
}

// TestAliasesAreBounded: nine levels of nine aliases would be 387 million values.
func TestAliasesAreBounded(t *testing.T) {
	var b strings.Builder
	b.WriteString("a0: &a0 [x,x,x,x,x,x,x,x,x]\n")
	for i := 1; i < 9; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [%s*a%d]\n", i, i, strings.Repeat(fmt.Sprintf("*a%d,", i-1), 8), i-1)
	}
	type l0 = []string
	type l3 = [][][]l0
	type l6 = [][][]l3
	type l8 = [][]l6
	got := problemsOf(t, b.String()+"deep: *a8\n", &struct {
		Deep l8                `yaml:"deep"`
		A0   map[string]string `yaml:"a0"`
	}{})
	if all := strings.Join(got, "\n"); !strings.Contains(all, "aliases make this file larger") {
		t.Errorf("got %s", all)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("spool: {max_size: 2GiB}\ndevices: [{name: a}]\n")
	f.Add("a: &a [*a]\ntags: {<<: *a}\n---\n- 1\n")
	f.Add("secret: {env: [x]}\n? {a: b}\n: c\n")
	f.Fuzz(func(t *testing.T, text string) {
		docs, _ := Parse("f", []byte(text))
		for _, d := range docs {
			var c testConfig
			problems := d.Decode(&c)
			d.Section(&problems).Item("devices", 3).Problemf("name", "x")
		}
	})
}

func TestTexts(t *testing.T) {
	var c struct {
		Words Texts `yaml:"words"`
		More  Texts `yaml:"more"`
		None  Texts `yaml:"none"`
	}
	if got := problemsOf(t, "words: alone\nmore: [a, b]\nnone:\n", &c); len(got) > 0 {
		t.Error(got)
	}
	if len(c.Words) != 1 || c.Words[0] != "alone" || len(c.More) != 2 || c.None != nil {
		t.Errorf("got %+v", c)
	}
}

func TestFind(t *testing.T) {
	docs, problems := Parse("a.yml", []byte("needs:\n  any_of: [a, {all_of: [b, c]}]\n"))
	docs[0].Section(&problems).Find("needs.any_of[1].all_of[1]").Problemf("", "wrong")
	if got := problems.Error(); got != "a.yml:2:28: needs.any_of[1].all_of[1]: wrong" {
		t.Errorf("got %s", got)
	}
}

// TestAddress: an address of one device is an IP address or a name; the rest has one line each.
func TestAddress(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		docs, problems := Parse("x.yml", []byte("a: {address: "+strconv.Quote(text)+"}\n"))
		if len(problems) > 0 || len(docs) != 1 {
			t.Fatalf("parse: %v", problems)
		}
		var got Problems
		s := docs[0].Section(&got).In("a")
		s.Address("address", text)
		if want == "" && len(got) > 0 || want != "" && (len(got) != 1 || got[0].Text != want) {
			t.Errorf("%q: got %v, want %q", text, got, want)
		}
	}
	f("", "")
	f("192.0.2.1", "")
	f("2001:db8::1", "")
	f("fe80::1%eth0", "")
	f("sw1", "")
	f("sw_1.example.net.", "")
	f("255.255.255.255", "255.255.255.255 is not the address of one device")
	f("ff02::1", "ff02::1 is not the address of one device")
	f("0.0.0.0", "0.0.0.0 is not the address of one device")
	f("192.0.2.1:161", `"192.0.2.1:161" has a port, write it under the key port`)
	f("[2001:db8::1]:161", `"[2001:db8::1]:161" has a port, write it under the key port`)
	f("sw1:161", `"sw1:161" has a port, write it under the key port`)
	f("300.1.1.1", `"300.1.1.1" is neither an IP address nor a host name`)
	f("-sw1", `"-sw1" is neither an IP address nor a host name`)
	f("a..b", `"a..b" is neither an IP address nor a host name`)
	f(strings.Repeat("a", 254), `"`+strings.Repeat("a", 254)+`" is neither an IP address nor a host name`)
}
