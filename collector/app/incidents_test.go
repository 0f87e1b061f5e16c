package app

import (
	"testing"
	"time"

	"ninewatch/collector/alert"
	"ninewatch/collector/inventory"
)

// TestFindingsThatAreIncidents: that no profile knows a device is listed, and nobody is told that it is down.
func TestFindingsThatAreIncidents(t *testing.T) {
	now := time.Date(2026, 11, 25, 7, 0, 0, 0, time.UTC)
	got := ofBooks([]inventory.Finding{
		{Kind: inventory.FindingProfileWanted, Device: "sw-1", Object: "1.3.6.1.4.1.99999.1", Summary: "no profile"},
		{Kind: inventory.FindingProfileUnknown, Device: "sw-1", Object: "acne", Summary: "no such profile"},
		{Kind: inventory.FindingSoftware, Device: "sw-1", Object: "17.3", Summary: "sw-1 runs 17.3"},
	}, now)
	if len(got) != 1 || got[0].Kind != alert.SoftwarePolicy || got[0].Device != "sw-1" || got[0].Since != now.UnixMilli() {
		t.Errorf("got %+v", got)
	}
}
