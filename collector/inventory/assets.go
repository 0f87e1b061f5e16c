package inventory

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"ninewatch/internal/telemetry"
)

// AssetRow is a device, or a part of one that can be bought.
type AssetRow struct {
	Device       string
	Site         string
	Key          string // of the part; empty: the device itself
	Parent       string // key of the part that it is in
	Class        string // device, chassis, module, powerSupply, fan, …
	Name         string
	Model        string
	Serial       string
	Manufacturer string
	Version      string // of the software, or of hardware and firmware
	FirstSeen    int64  // Unix ms; 0: never
	LastSeen     int64
	Removed      int64 // Unix ms of the first reading without it; 0: it is there
	Owner        string
	Department   string
	Books        Asset  // of a device
	EndOfSale    string // of the model
	EndOfSupport string
}

// Assets lists devices with their parts, by name and place; with removed also the parts that were there.
func (s *Store) Assets(ctx context.Context, removed bool) ([]AssetRow, error) {
	devices, err := s.Devices(ctx, Filter{})
	if err != nil {
		return nil, err
	}
	identities, err := s.Parts(ctx, PartsFilter{List: ListIdentity, Present: true})
	if err != nil {
		return nil, err
	}
	components, err := s.Parts(ctx, PartsFilter{List: ListComponents, Present: !removed})
	if err != nil {
		return nil, err
	}
	lifecycle, err := s.Lifecycle(ctx)
	if err != nil {
		return nil, err
	}
	return assets(devices, identities, components, lifecycle)
}

// assets is a pure function of what is stored.
func assets(devices []Device, identities, components []Part, lifecycle []Lifecycle) ([]AssetRow, error) {
	byDevice := map[string][]Part{}
	for _, p := range components {
		byDevice[p.Device] = append(byDevice[p.Device], p)
	}
	who := map[string]Part{}
	for _, p := range identities {
		who[p.Device] = p
	}
	var out []AssetRow
	for _, d := range devices {
		row := AssetRow{Device: d.Name, Site: d.Site, Class: "device", Name: cmp.Or(d.DisplayName, d.Name), Owner: d.Owner, Department: d.Department, Books: d.Asset}
		if p, ok := who[d.Name]; ok {
			var i telemetry.Identity
			if err := json.Unmarshal(p.Facts, &i); err != nil {
				return nil, fmt.Errorf("read identity of %q: %w", d.Name, err)
			}
			row.Manufacturer, row.Model, row.Serial = i.Vendor, i.Model, i.Serial
			row.Version, row.FirstSeen, row.LastSeen = strings.TrimSpace(i.OS+" "+i.Version), p.From, p.Seen
		}
		parts, err := partsOf(row, byDevice[d.Name])
		if err != nil {
			return nil, err
		}
		out = append(out, row)
		out = append(out, parts...)
	}
	for i := range out {
		for _, l := range lifecycle {
			if out[i].Model != "" && globs([]string{l.Model}, out[i].Model) && (l.Vendor == "" || globs([]string{l.Vendor}, out[i].Manufacturer)) {
				out[i].EndOfSale, out[i].EndOfSupport = l.EndOfSale, l.EndOfSupport
			}
		}
	}
	return out, nil
}

// piece is a component over a stretch of time.
type piece struct {
	Part
	telemetry.Component
}

// partsOf are the parts of one device that can be bought: what has a model or serial number, and no sensors.
func partsOf(device AssetRow, parts []Part) ([]AssetRow, error) {
	var all []piece
	parents := map[uint32]piece{} // by index, those of now
	for _, p := range parts {
		var c telemetry.Component
		if err := json.Unmarshal(p.Facts, &c); err != nil {
			return nil, fmt.Errorf("read component %q of %q: %w", p.Part, p.Device, err)
		}
		all = append(all, piece{p, c})
		if p.Until == 0 {
			parents[c.Index] = piece{p, c}
		}
	}
	kept := func(c telemetry.Component) bool {
		return c.Class != "sensor" && (c.Serial != "" || c.Model != "" && c.Class != "port" && c.Class != "container")
	}
	rows := map[string]*AssetRow{}
	for _, p := range all {
		if !kept(p.Component) {
			continue
		}
		key := p.Part.Part + "\x00" + cmp.Or(p.Serial, p.Model)
		row := AssetRow{
			Device: device.Device, Site: device.Site, Key: p.Part.Part, Class: p.Class, Name: cmp.Or(p.Name, p.Descr), Model: p.Model, Serial: p.Serial,
			Manufacturer: cmp.Or(p.Manufacturer, device.Manufacturer), Version: strings.Join(strings.Fields(p.HardwareRev+" "+p.FirmwareRev+" "+p.SoftwareRev), " "),
			FirstSeen: p.From, LastSeen: p.Seen, Removed: p.Until, Owner: device.Owner, Department: device.Department,
		}
		for up, n := parents[p.ParentIndex], 0; up.Index != 0 && n < 64; up, n = parents[up.ParentIndex], n+1 {
			if kept(up.Component) {
				row.Parent = up.Part.Part
				break
			}
		}
		if old, ok := rows[key]; ok { // the same thing, said in other words: parts come by time
			row.FirstSeen, row.LastSeen = min(old.FirstSeen, row.FirstSeen), max(old.LastSeen, row.LastSeen)
		}
		rows[key] = &row
	}
	out := make([]AssetRow, 0, len(rows))
	for _, r := range rows {
		out = append(out, *r)
	}
	slices.SortFunc(out, func(a, b AssetRow) int {
		return cmp.Or(strings.Compare(a.Key, b.Key), cmp.Compare(a.FirstSeen, b.FirstSeen), strings.Compare(a.Serial, b.Serial))
	})
	return out, nil
}
