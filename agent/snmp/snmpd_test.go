package snmp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ninewatch/internal/conf"
	"ninewatch/internal/oid"
	"ninewatch/internal/testkit"
)

const authPass, privPass = "authentic passphrase", "private passphrase"

func user(name, auth, priv string) Credential {
	c := Credential{Version: "3", Username: name, AuthProtocol: auth, PrivProtocol: priv}
	if auth != "" {
		c.AuthPassphrase = authPass
	}
	if priv != "" {
		c.PrivPassphrase = privPass
	}
	return c
}

// users are those that the snmpd of these tests knows.
var users = map[string]Credential{
	"plain":      user("plain", "", ""),
	"md5":        user("md5", "MD5", ""),
	"md5-des":    user("md5-des", "MD5", "DES"),
	"sha-aes":    user("sha-aes", "SHA", "AES"),
	"sha224-aes": user("sha224-aes", "SHA224", "AES"),
	"sha256-aes": user("sha256-aes", "SHA256", "AES"),
	"sha384-aes": user("sha384-aes", "SHA384", "AES"),
	"sha512-aes": user("sha512-aes", "SHA512", "AES"),
}

// startSNMPD runs Debian's snmpd on a free port of loopback until the test ends.
func startSNMPD(t *testing.T) netip.AddrPort {
	t.Helper()
	const binary = "/usr/sbin/snmpd"
	_, err := os.Stat(binary)
	testkit.Need(t, err == nil, "net-snmp's snmpd (Debian package snmpd)")
	probe, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	addr := probe.LocalAddr().(*net.UDPAddr).AddrPort()
	probe.Close()

	dir := t.TempDir()
	var cfg strings.Builder
	fmt.Fprintf(&cfg, "agentaddress udp:%s\nrocommunity public 127.0.0.1\nsysName snmpd.example.net\nsysLocation Lisbon\n", addr)
	for name, u := range users {
		level := "noauth"
		fmt.Fprintf(&cfg, "createUser %s", name)
		if u.AuthProtocol != "" {
			level = "auth"
			fmt.Fprintf(&cfg, " %s %q", strings.Replace(u.AuthProtocol, "SHA", "SHA-", 1), authPass)
		}
		if u.PrivProtocol != "" {
			level = "priv"
			fmt.Fprintf(&cfg, " %s %q", u.PrivProtocol, privPass)
		}
		fmt.Fprintf(&cfg, "\nrouser %s %s\n", name, level)
	}
	config := filepath.Join(dir, "snmpd.conf")
	text := strings.ReplaceAll(cfg.String(), "SHA- ", "SHA ")
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "-f", "-Lf", filepath.Join(dir, "log"), "-C", "-c", config, "-I", "-smux", "-p", filepath.Join(dir, "pid"))
	cmd.Env = append(os.Environ(), "SNMP_PERSISTENT_DIR="+dir, "MIBS=")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill() //nolint:errcheck // ended already
		cmd.Wait()         //nolint:errcheck // killed
	})
	c := dial(t, Device{Addr: addr, Credential: v2c("public"), Timeout: 100 * time.Millisecond, Retries: -1})
	for range 100 {
		if _, _, err := Liveness(t.Context(), c); err == nil {
			return addr
		}
		time.Sleep(50 * time.Millisecond)
	}
	log, _ := os.ReadFile(filepath.Join(dir, "log"))
	t.Fatalf("snmpd does not answer: %s", log)
	return addr
}

func TestSNMPD(t *testing.T) {
	addr := startSNMPD(t)
	credentials := map[string]Credential{"v1": {Version: "1", Community: "public"}, "v2c": v2c("public")}
	for name, c := range users {
		credentials[name] = c
	}
	for name, cred := range credentials {
		t.Run(name, func(t *testing.T) {
			s := dial(t, Device{Addr: addr, Credential: cred, Timeout: time.Second})
			facts, plan, errs := Discover(t.Context(), s, "host", nil, nil)
			if len(errs) > 0 || plan == nil {
				t.Fatalf("discover: %v", errs)
			}
			if facts.System.SysName != "snmpd.example.net" || facts.System.SysLocation != "Lisbon" ||
				!strings.HasPrefix(facts.System.SysObjectID, "1.3.6.1.4.1.8072.3.2.") {
				t.Errorf("system: %+v", facts.System)
			}
			if len(facts.Interfaces) == 0 || facts.Interfaces[0].Key != "lo" || facts.Interfaces[0].IfType != 24 {
				t.Fatalf("interfaces: %+v", facts.Interfaces)
			}
			frame, info, err := plan.Poll(t.Context(), s, time.Now())
			if err != nil || info.Invalid > 0 || !info.Answered || info.Boot == nil || info.Timeouts > 0 {
				t.Fatalf("poll: %v, %+v", err, info)
			}
			if got, most := frame.Samples(), plan.Series(); got < most-2 { // a process may end in between
				t.Errorf("samples: got %d of %d", got, most)
			}
			want := "ifHCInOctets"
			if name == "v1" {
				want = "ifInOctets"
			}
			found := false
			for _, s := range frame.Template {
				found = found || s.Name == want && s.Labels[0].Value == "lo"
			}
			if !found {
				t.Errorf("no series %s of lo", want)
			}
			rows, err := s.Walk(t.Context(), oid.MustParse("1.3.6.1.2.1.1"), Limits{})
			if err != nil || len(rows) < 7 {
				t.Errorf("walk of system: %d rows, %v", len(rows), err)
			}
		})
	}
}

func TestSNMPDCredentials(t *testing.T) {
	addr := startSNMPD(t)
	wrong := func(base string, change func(*Credential)) Credential {
		c := users[base]
		change(&c)
		return c
	}
	f := func(what string, cred Credential, want ErrKind, text string) {
		t.Run(what, func(t *testing.T) {
			s := dial(t, Device{Addr: addr, Credential: cred, Timeout: 300 * time.Millisecond, Retries: 1})
			_, _, err := Liveness(t.Context(), s)
			if KindOf(err) != want || !strings.Contains(fmt.Sprint(err), text) {
				t.Errorf("got %q (%v), want %q with %q", KindOf(err), err, want, text)
			}
			for _, secret := range []string{authPass, privPass, "not the passphrase"} {
				if strings.Contains(fmt.Sprint(err), secret) {
					t.Errorf("the error holds a passphrase: %v", err)
				}
			}
		})
	}
	other := conf.Secret("not the passphrase")
	f("user", wrong("sha256-aes", func(c *Credential) { c.Username = "nobody" }), Credentials, `user "nobody": unknown`)
	f("auth passphrase", wrong("sha256-aes", func(c *Credential) { c.AuthPassphrase = other }), Credentials, "wrong authentication passphrase")
	f("priv passphrase", wrong("sha256-aes", func(c *Credential) { c.PrivPassphrase = other }), Credentials, "wrong privacy passphrase")
	f("priv passphrase, DES", wrong("md5-des", func(c *Credential) { c.PrivPassphrase = other }), Credentials, "wrong privacy passphrase")
	f("auth protocol", wrong("sha256-aes", func(c *Credential) { c.AuthProtocol = "SHA" }), Credentials, `user "sha256-aes"`)
	f("level above", wrong("md5", func(c *Credential) { c.PrivProtocol, c.PrivPassphrase = "AES", privPass }), Credentials, "security level")
	f("level below", wrong("sha256-aes", func(c *Credential) { c.PrivProtocol, c.PrivPassphrase = "", "" }), Credentials, "")
	f("community", v2c("wrong"), Timeout, "no answer to 2 attempts")
}

func TestSNMPDCancel(t *testing.T) {
	addr := startSNMPD(t)
	s := dial(t, Device{Addr: addr, Credential: v2c("public")})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Get(ctx, sysUpTime.at); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want canceled", err)
	}
	if _, _, err := Liveness(t.Context(), s); err != nil {
		t.Errorf("after a cancelled call: %v", err)
	}
}
