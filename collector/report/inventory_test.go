package report

import (
	"bytes"
	"testing"
	"time"

	"ninewatch/collector/inventory"
	"ninewatch/collector/uptime"
)

func TestInventory(t *testing.T) {
	october := uptime.Window{From: time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC).Unix(), To: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC).Unix()}
	at := func(month time.Month, day int) int64 {
		return time.Date(2026, month, day, 12, 0, 0, 0, time.UTC).UnixMilli()
	}
	d := Inventory(InventoryInput{
		Title: "Lisbon", Scope: "site:lisbon", Period: october, Name: "2026-10", Zone: time.UTC, Made: time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC),
		Assets: []inventory.AssetRow{
			{Device: "lis-sw-1", Site: "lisbon", Class: "device", Model: "C9300", Serial: "FOC1", FirstSeen: at(3, 1)},
			{Device: "lis-sw-1", Site: "lisbon", Key: "1", Class: "powerSupply", Name: "PSU 1", Serial: "LIT1", FirstSeen: at(10, 8)},
			{Device: "lis-sw-1", Site: "lisbon", Key: "1", Class: "powerSupply", Name: "PSU 1", Serial: "LIT0", FirstSeen: at(3, 1), Removed: at(10, 8)},
			{Device: "lis-sw-1", Site: "lisbon", Key: "2", Class: "fan", Name: "Fan 1", FirstSeen: at(11, 1)},
		},
		Findings: []inventory.Finding{{Severity: "warning", Site: "lisbon", Device: "lis-sw-1", Summary: "the warranty ends on 1 December"}},
	})
	words := ""
	for _, s := range d.Answer {
		words += s.Text
	}
	if want := "1 device with 2 parts. In the period 1 thing came and 1 thing went. One thing needs a decision."; words != want {
		t.Errorf("got  %s\nwant %s", words, want)
	}
	var out bytes.Buffer
	if err := d.CSV(&out, "changes"); err != nil {
		t.Fatal(err)
	}
	const want = "device,site,class,name,model,serial,version,first_seen,change\n" +
		"lis-sw-1,lisbon,powerSupply,PSU 1,,LIT1,,2026-10-08T12:00:00Z,new\n" +
		"lis-sw-1,lisbon,powerSupply,PSU 1,,LIT0,,2026-03-01T12:00:00Z,gone\n"
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}
