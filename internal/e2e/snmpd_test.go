package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"ninewatch/internal/testkit"
)

const snmpdPath = "/usr/sbin/snmpd"

// snmpd is Debian's, for the devices behind the veth: SNMPv2c with a community, SNMPv3 with a user.
type snmpd struct {
	t   *testing.T
	ns  namespace
	dir string
	out output
	*process
}

func newSNMPD(t *testing.T, ns namespace) *snmpd {
	t.Helper()
	_, err := os.Stat(snmpdPath)
	testkit.Need(t, err == nil, "net-snmp's snmpd (Debian package snmpd)")
	s := &snmpd{t: t, ns: ns, dir: t.TempDir()}
	s.start()
	return s
}

func (s *snmpd) start() {
	s.t.Helper()
	config := filepath.Join(s.dir, "snmpd.conf")
	text := fmt.Sprintf("agentaddress udp:%s:161,udp:%s:161\nrocommunity public\nsysName device.example.net\n"+
		"createUser watcher SHA-256 \"authentic passphrase\" AES \"private passphrase\"\nrouser watcher priv\n", edgeAddr, accessAddr)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	cmd := exec.Command(snmpdPath, "-f", "-Lf", filepath.Join(s.dir, "log"), "-C", "-c", config, "-I", "-smux", "-p", filepath.Join(s.dir, "pid"))
	cmd.Env = append(os.Environ(), "SNMP_PERSISTENT_DIR="+s.dir, "MIBS=")
	s.process = spawn(s.t, s.ns, &s.out, cmd)
}

// devices is the inventory of what stands behind the veth: one device for SNMPv3, one for SNMPv2c, one that knows
// ICMP alone.
const devices = `
sites: [{name: lisbon, display_name: Lisbon HQ, time_zone: Europe/Lisbon}]
credentials:
  - {name: v2c, snmp: {version: 2c, community: public}}
  - name: v3
    snmp: {version: 3, username: watcher, auth_protocol: SHA256, auth_passphrase: authentic passphrase, priv_protocol: AES, priv_passphrase: private passphrase}
devices:
  - {name: edge, site: lisbon, address: ` + edgeAddr + `, credential: v3, role: edge, snmp: {interval: 5s}}
  - {name: access, site: lisbon, address: ` + accessAddr + `, credential: v2c, role: access, snmp: {interval: 5s}}
  - {name: clock, site: lisbon, address: ` + clockAddr + `}
receivers:
  - {name: operations, webhook: {url: "http://` + receiveAddr + `/hook", secret: "` + webhookSecret + `"}}
`

// newBranch is a world that watches these devices, all of them up for as long as it takes to judge them.
func newBranch(t *testing.T) (w *world, far namespace, agent *snmpd, r *receiver) {
	t.Helper()
	w = newWorld(t)
	far = newNamespace(t, "f")
	join(t, w.ns, far)
	agent = newSNMPD(t, far)
	r = w.startReceiver()
	w.startCollector()
	w.apply(devices)
	w.startAgent()
	for _, device := range []string{"edge", "access", "clock"} {
		w.becomes(60e9, device, "up")
	}
	return w, far, agent, r
}
