package app

import (
	"maps"
	"testing"

	"ninewatch/collector/inventory"
	"ninewatch/internal/telemetry"
)

// TestDeviceInfo: what may change of a device stands in the labels of its info series (CONTRACT §5), so that a rule or
// a panel can group by maker, model or software. What is not known is an empty label, which is none.
func TestDeviceInfo(t *testing.T) {
	d := inventory.Device{Name: "core-1", Site: "lisbon", Role: "core", Address: "192.0.2.1"}
	got := deviceInfo(d, telemetry.System{SysName: "core-1.example.net", SysObjectID: "1.3.6.1.4.1.9.1.1"},
		telemetry.Identity{Vendor: "Cisco", OS: "IOS XE", Model: "C9500", Serial: "FOC1", Version: "17.9.4", Profile: "cisco-ios"})
	want := map[string]string{
		"__name__": "ninewatch_device_info", "site": "lisbon", "device": "core-1", "role": "core", "address": "192.0.2.1",
		"sysName": "core-1.example.net", "sysObjectID": "1.3.6.1.4.1.9.1.1",
		"vendor": "Cisco", "os": "IOS XE", "model": "C9500", "version": "17.9.4", "profile": "cisco-ios",
	}
	if got.Identity != "device/core-1" || !maps.Equal(got.Labels, want) {
		t.Errorf("got %+v", got)
	}
}
