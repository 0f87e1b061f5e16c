package api

import (
	"testing"
	"time"
)

func TestWords(t *testing.T) {
	f := func(got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	f(durationInWords(25*time.Second), "25 s")
	f(durationInWords(-time.Second), "0 s")
	f(durationInWords(24*time.Minute+48*time.Second+999*time.Millisecond), "24 min 48 s")
	f(durationInWords(147*time.Minute), "2 h 27 min")
	f(durationInWords(83*time.Hour), "3 d 11 h")
	f(roundTripInWords(0.00061), "0.61 ms")
	f(roundTripInWords(0.0041), "4.1 ms")
	f(roundTripInWords(0.128), "128 ms")
	f(roundTripInWords(1.24), "1.24 s")
	f(roundTripInWords(0.0000001), "0.001 ms")
	f(percentInWords("99.8993"), "99.8993\u202f%")
	f(plural(1, "device"), "1 device")
	f(plural(1274, "device"), "1,274 devices")
	f(countInWords(1234567), "1,234,567")
	f(plainName("Lisbon (DEMO)"), "Lisbon")
	f(instantInWords(now.Add(18*time.Minute), now), "14:50")
	f(instantInWords(now.Add(24*time.Hour), now), "Thu 19 Nov 14:32")
	f(vendor("1.3.6.1.4.1.9.1.2862"), "Cisco")
	f(vendor(".1.3.6.1.4.1.8072.3.2.10"), "Net-SNMP")
	f(vendor("1.3.6.1.2.1"), "")
}

func TestFloorDiv(t *testing.T) {
	f := func(a, b, want int64) {
		t.Helper()
		if got := floorDiv(a, b); got != want {
			t.Errorf("%d / %d: got %d, want %d", a, b, got, want)
		}
	}
	f(7, 2, 3)
	f(-7, 2, -4)
	f(-8, 2, -4)
	f(0, 3, 0)
}
