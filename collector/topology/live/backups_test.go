package live

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"ninewatch/collector/topology"
	"ninewatch/internal/telemetry"
)

// flaws are the backups that are not to be relied on: group, member and kind.
func (r *rig) flaws(want ...string) {
	r.t.Helper()
	r.s.readBackups(r.t.Context())
	var got []string
	for _, b := range r.s.Backups() {
		got = append(got, b.Group+" "+b.Member+" "+b.Kind)
	}
	if strings.Join(got, "; ") != strings.Join(want, "; ") {
		r.t.Errorf("got %q, want %q", got, want)
	}
}

// TestBackupsThatWereNeverTried: the second circuit idles for a quarter, and is slower than what the first carries.
func TestBackupsThatWereNeverTried(t *testing.T) {
	r := newRig(t)
	r.flaws() // nothing is known
	r.traffic = map[string]float64{"edge/wan1": 700e6}
	for i := range 90 {
		r.days = map[string][]topology.Carried{"edge/wan2": append(r.days["edge/wan2"], topology.Carried{Day: time.UnixMilli(t0).AddDate(0, 0, -i), Rate: 2e6})}
	}
	r.flaws("wan wan-b never_exercised", "wan wan-b slower")
	r.days["edge/wan2"][10].Rate = 400e6
	r.flaws("wan wan-b slower")
	r.traffic["edge/wan1"] = 300e6
	r.flaws()
}

// TestARouterThatWasNeverActive: what it did is remembered over a restart.
func TestARouterThatWasNeverActive(t *testing.T) {
	r := newRig(t)
	tell := func(first, second string) {
		r.tell(
			telemetry.DeviceFacts{Device: "core-1", FHRPGroups: []telemetry.FHRPGroup{{Protocol: "vrrp", Group: 1, VirtualAddress: netip.MustParseAddr("192.0.2.254"), State: first}}},
			telemetry.DeviceFacts{Device: "core-2", FHRPGroups: []telemetry.FHRPGroup{{Protocol: "vrrp", Group: 1, VirtualAddress: netip.MustParseAddr("192.0.2.254"), State: second}}})
	}
	const day = 24 * 3600 * 1000
	tell("master", "backup")
	r.flaws()
	r.now += 89 * day
	tell("master", "backup")
	r.flaws()
	r.now += 2 * day
	r.start()
	tell("master", "backup")
	r.flaws("vrrp 192.0.2.254 group 1 core-2 never_exercised")
	tell("backup", "master")
	tell("master", "backup")
	r.flaws()
	r.now += 91 * day
	tell("master", "backup")
	r.flaws("vrrp 192.0.2.254 group 1 core-2 never_exercised")
}
