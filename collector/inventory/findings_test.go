package inventory

import (
	"fmt"
	"testing"
	"time"

	"ninewatch/internal/telemetry"
)

func TestVersions(t *testing.T) {
	// In rising order; equal ones in one row.
	order := [][]string{{"8.4(3)"}, {"9.3"}, {"9.3(5)", "9.3.5", "v9.03.5"}, {"9.3(10)"}, {"9.10"}, {"9.10.1"}, {"12.2(55)SE"}, {"12.2(55)SE10"}, {"15.1R7"}, {"15.1R7-S9"}, {"21.4"}}
	for i, a := range order {
		for j, b := range order {
			for _, x := range a {
				for _, y := range b {
					if got := compareVersions(x, y); (got < 0) != (i < j) || (got > 0) != (i > j) {
						t.Errorf("%s against %s: got %d", x, y, got)
					}
				}
			}
		}
	}
	f := func(version string, want bool, allowed ...string) {
		t.Helper()
		if got := (SoftwarePolicy{Versions: allowed}).Allows(version); got != want {
			t.Errorf("%s by %q: got %t", version, allowed, got)
		}
	}
	f("17.9.4", true, "17.9.4")
	f("17.9.4a", false, "17.9.4")
	f("17.9.4a", true, "17.9.4*")
	f("17.10.1", true, ">=17.9.4, <17.13")
	f("17.13", false, ">=17.9.4, <17.13")
	f("17.15.2", true, ">=17.9.4, <17.13", "17.15.*")
	f("17.9.4", false, ">=17.9, !=17.9.4")
	f("IOS-X", true, "ios-x")
}

func TestGlob(t *testing.T) {
	f := func(pattern, text string, want bool) {
		t.Helper()
		if got := glob(pattern, text); got != want {
			t.Errorf("%q with %q: got %t", pattern, text, got)
		}
	}
	f("ws-c3750*", "ws-c3750x-48p", true)
	f("*48p", "ws-c3750x-48p", true)
	f("*c3*x*p", "ws-c3750x-48p", true)
	f("a*a", "a", false)
	f("*", "", true)
	f("", "a", false)
	f("a*b*b", "ab", false)
}

func TestAssetFindings(t *testing.T) {
	rows := []AssetRow{
		{Device: "sw1", Site: "lisbon", Model: "C9300", Books: Asset{WarrantyUntil: "2026-11-25", EndOfLife: "2026-11-24"}, EndOfSupport: "2027-02-23"},
		{Device: "sw1", Site: "lisbon", Key: "slot 1", Model: "LC-48", EndOfSupport: "2020-01-31"},
	}
	got := []string{}
	for _, f := range AssetFindings(rows, time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)) {
		got = append(got, fmt.Sprintf("%s %s %s since %s: %s", f.Kind, f.Severity, f.Object, f.Since.Format(time.DateOnly), f.Summary))
	}
	same(t, "findings", got, []string{
		"asset_date warning warranty_until since 2026-08-27: warranty of sw1 (C9300) ends on 2026-11-25",
		"asset_date minor end_of_life since 2026-11-25: sw1 (C9300) has been at the end of its life since 2026-11-24",
		"asset_date warning end_of_support since 2026-11-25: support of sw1 (C9300) ends on 2027-02-23",
		"asset_date minor end_of_support slot 1 since 2020-02-01: support of sw1 slot 1 (LC-48) has ended on 2020-01-31",
	})
}

func TestAssetsAndSoftware(t *testing.T) {
	f := open(t, t.TempDir())
	f.apply(t, `
sites: [{name: lisbon}]
devices:
- {name: sw1, site: lisbon, address: 192.0.2.1, owner: ops, tags: [core], asset: {tag: A-1}}
- {name: sw2, site: lisbon, address: 192.0.2.2}
lifecycle: [{model: "LC-*", vendor: cisco, end_of_support: 2030-01-01}]
software_policies: [{name: p, match: {vendor: Cisco, tags: core}, versions: [">=17.9"]}, {match: {os: junos}, versions: [x]}]
`, ApplyOptions{})
	parts := []telemetry.Component{
		{Index: 1, Key: "Chassis", Class: "chassis", Name: "Chassis", Model: "C9500", Serial: "CH1"},
		{Index: 2, Key: "Slot 1", Class: "container", Name: "Slot 1", ParentIndex: 1},
		{Index: 3, Key: "LC", Class: "module", Name: "LC", Model: "LC-48", Serial: "AAA", ParentIndex: 2},
		{Index: 4, Key: "Temp", Class: "sensor", Name: "Temp", Serial: "x", ParentIndex: 3},
	}
	facts := telemetry.DeviceFacts{Device: "sw1", Time: 1000, Identity: telemetry.Identity{Vendor: "cisco", OS: "IOS-XE", Model: "C9500", Serial: "CH1", Version: "17.6.5"}, Components: parts}
	f.tell(t, facts)
	facts.Time, parts[2].Serial = 2000, "BBB"
	f.tell(t, facts)
	show := func(removed bool) []string {
		rows, err := f.Assets(t.Context(), removed)
		if err != nil {
			t.Fatal(err)
		}
		out := []string{}
		for _, r := range rows {
			out = append(out, fmt.Sprintf("%s|%s|in %s|%s|%s|%s|%s|%d-%d removed %d|%s|%s", r.Device, r.Key, r.Parent, r.Class, r.Model, r.Serial, r.Version, r.FirstSeen, r.LastSeen, r.Removed, r.Books.Tag, r.EndOfSupport))
		}
		return out
	}
	same(t, "assets", show(false), []string{
		"sw1||in |device|C9500|CH1|IOS-XE 17.6.5|1000-2000 removed 0|A-1|",
		"sw1|Chassis|in |chassis|C9500|CH1||1000-2000 removed 0||",
		"sw1|LC|in Chassis|module|LC-48|BBB||2000-2000 removed 0||2030-01-01",
		"sw2||in |device||||0-0 removed 0||",
	})
	same(t, "with removed", show(true)[2], "sw1|LC|in Chassis|module|LC-48|AAA||1000-1000 removed 2000||2030-01-01")
	findings, err := f.Findings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	same(t, "findings", findings, []Finding{{Kind: FindingSoftware, Severity: "minor", Site: "lisbon", Device: "sw1", Object: "p",
		Summary: `sw1 runs IOS-XE 17.6.5, allowed by "p": >=17.9`}})
}

// TestProfileFindings: what no profile knows is told with what a profile can be written from, and a profile that an
// agent does not have with who has to have it.
func TestProfileFindings(t *testing.T) {
	f := open(t, t.TempDir())
	f.apply(t, `
sites: [{name: lisbon}]
devices:
- {name: known, site: lisbon, address: 192.0.2.1}
- {name: wanted, site: lisbon, address: 192.0.2.2, port: 1161}
- {name: mistaken, site: lisbon, address: 192.0.2.3, profile: acme}
- {name: meant, site: lisbon, address: 192.0.2.4, profile: generic}
- {name: unread, site: lisbon, address: 192.0.2.5, profile: acme}
`, ApplyOptions{})
	for name, profile := range map[string]string{"known": "cisco-ios", "wanted": "generic", "mistaken": "linux", "meant": "generic"} {
		f.tell(t, telemetry.DeviceFacts{Device: name, Time: 1000, System: telemetry.System{SysObjectID: "1.3.6.1.4.1.99999.1"}, Identity: telemetry.Identity{Profile: profile}})
	}
	findings, err := f.Findings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	same(t, "findings", findings, []Finding{
		{Kind: "profile_unknown", Severity: "warning", Site: "lisbon", Device: "mistaken", Object: "acme",
			Summary: `mistaken is read by the profile linux: its agent has none named "acme", correct it or add its file to the folder of profiles there`},
		{Kind: "profile_wanted", Severity: "warning", Site: "lisbon", Device: "wanted", Object: "1.3.6.1.4.1.99999.1",
			Summary: "no profile knows wanted (sysObjectID 1.3.6.1.4.1.99999.1), it is read by the standard MIBs alone; what a profile can be written from: ninewatch-agent inspect 192.0.2.2:1161 -o snmprec"},
	})
}
