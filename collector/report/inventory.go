package report

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"ninewatch/collector/inventory"
	"ninewatch/collector/uptime"
)

// InventoryInput is what a report of the inventory is made of: the parts that were there at some time of the
// period, and what is to be done about them now.
type InventoryInput struct {
	Title, Scope string
	Period       uptime.Window
	Name         string // of the period
	Zone         *time.Location
	Made         time.Time
	Demo         bool
	Assets       []inventory.AssetRow
	Findings     []inventory.Finding
}

// Inventory is the report of what there is: devices and parts with their serial numbers, what came and went in
// the period, and which dates and versions need a decision.
func Inventory(in InventoryInput) Document {
	d := Document{
		Kind: "inventory", Title: in.Title, Scope: in.Scope, Demo: in.Demo, Eyebrow: "Inventory report · " + periodWords(in.Name, in.Period, in.Zone),
		Period: Period{Name: in.Name, From: utc(in.Period.From), To: utc(in.Period.To), Zone: in.Zone.String(),
			Seconds: in.Period.To - in.Period.From},
		GeneratedAt: in.Made.UTC().Format(time.RFC3339), AsOf: in.Made.UTC().Format(time.RFC3339),
		Method: []Fact{
			{"Parts", "read from ENTITY-MIB and makers' MIBs at each discovery; first and last seen are those readings"},
			{"Dates", "warranty and end of life stand in the inventory as code, end of sale and of support in its lifecycle"},
		},
	}
	var devices, parts, came, went int64
	changes := assetTable("There was no change.")
	all := assetTable("Nothing is known yet.")
	for _, a := range in.Assets {
		if a.Key == "" {
			devices++
		} else if a.Removed == 0 {
			parts++
		}
		if a.Removed == 0 {
			all.Rows = append(all.Rows, assetRow(a, in.Zone, ""))
		}
		if within(in.Period, a.FirstSeen) {
			came++
			changes.Rows = append(changes.Rows, assetRow(a, in.Zone, "new"))
		}
		if within(in.Period, a.Removed) {
			went++
			changes.Rows = append(changes.Rows, assetRow(a, in.Zone, "gone"))
		}
	}
	d.Answer = []Span{{fmt.Sprintf("%s with %s.", plural(devices, "device"), plural(parts, "part")), Strong},
		{fmt.Sprintf(" In the period %s came and %s went.", plural(came, "thing"), plural(went, "thing")), Plain}}
	if n := int64(len(in.Findings)); n > 0 {
		d.Answer = append(d.Answer, Span{fmt.Sprintf(" %s a decision.", needs(n)), Warn})
	}
	d.Figures = []Figure{{Label: "Devices", Value: Grouped(devices)}, {Label: "Parts", Value: Grouped(parts)},
		{Label: "Came", Value: Grouped(came)}, {Label: "Went", Value: Grouped(went)}}
	d.Sections = []Section{
		{Key: "findings", Title: "What needs a decision", Table: findingTable(in.Findings)},
		{Key: "changes", Title: "What changed", Table: changes},
		{Key: "assets", Title: "What there is", Table: all},
	}
	return d
}

func needs(n int64) string {
	if n == 1 {
		return "One thing needs"
	}
	return Grouped(n) + " things need"
}

func within(w uptime.Window, ms int64) bool { return ms != 0 && ms/1000 >= w.From && ms/1000 < w.To }

func assetTable(empty string) *Table {
	return &Table{Empty: empty, Columns: []Column{{Key: "device", Title: "Device"}, {Key: "site", Title: "Site"}, {Key: "class", Title: "Class"},
		{Key: "name", Title: "Name"}, {Key: "model", Title: "Model"}, {Key: "serial", Title: "Serial"}, {Key: "version", Title: "Version"},
		{Key: "first_seen", Title: "First seen"}, {Key: "change", Title: "Change"}}}
}

func assetRow(a inventory.AssetRow, zone *time.Location, change string) []Cell {
	seen := Cell{Text: "never", Tone: Unknown}
	if a.FirstSeen != 0 {
		at := time.UnixMilli(a.FirstSeen)
		seen = Cell{Text: at.In(zone).Format("2 Jan 2006"), Value: at.UTC().Format(time.RFC3339)}
	}
	return []Cell{Words(a.Device), Words(a.Site), Words(a.Class), Words(a.Name), Words(a.Model), Words(a.Serial), Words(a.Version), seen, Words(change)}
}

func findingTable(list []inventory.Finding) *Table {
	t := &Table{Empty: "Nothing needs a decision.", Columns: []Column{{Key: "device", Title: "Device"}, {Key: "site", Title: "Site"},
		{Key: "severity", Title: "Severity"}, {Key: "summary", Title: "What"}}}
	sorted := slices.Clone(list)
	slices.SortStableFunc(sorted, func(a, b inventory.Finding) int {
		return cmp.Or(cmp.Compare(a.Severity, b.Severity), cmp.Compare(a.Device, b.Device))
	})
	for _, f := range sorted {
		t.Rows = append(t.Rows, []Cell{Words(f.Device), Words(f.Site), Words(f.Severity), Words(f.Summary)})
	}
	return t
}
