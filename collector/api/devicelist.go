package api

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"ninewatch/collector/inventory"
	"ninewatch/collector/uptime"
)

func (a *API) listDevices(ctx context.Context, c caller, in *deviceQuery) (page[deviceView], error) {
	after, err := in.after()
	if err != nil {
		return page[deviceView]{}, err
	}
	devices, err := a.deps.Inventory.Devices(ctx, inventory.Filter{Sites: c.narrow(in.Site), Query: in.Q})
	if err != nil {
		return page[deviceView]{}, err
	}
	verdicts := a.verdicts(ctx, c)
	if in.State != "" {
		devices = slices.DeleteFunc(devices, func(d inventory.Device) bool { return verdictOf(verdicts, d.Name).State != in.State })
	}
	sorted, err := a.sortDevices(ctx, devices, verdicts, in)
	if err != nil {
		return page[deviceView]{}, err
	}
	p := pageBehind(sorted, after, in.Limit, in.ordering())
	views, err := a.deviceViews(ctx, c, each(p.Items, func(d sortedDevice) inventory.Device { return d.device }), verdicts)
	return page[deviceView]{Items: views, NextCursor: p.NextCursor, Total: p.Total}, err
}

// sortedDevice is a device with the key by which a list is sorted, and its name behind that.
type sortedDevice struct {
	key    string
	device inventory.Device
}

func (d sortedDevice) cursor() string { return d.key + "\x00" + d.device.Name }

// sortDevices puts devices into the order of a list. What is not known comes last.
func (a *API) sortDevices(ctx context.Context, devices []inventory.Device, verdicts map[string]uptime.Verdict, in *deviceQuery) ([]sortedDevice, error) {
	var numbers map[string]float64
	var err error
	switch in.Sort {
	case "rtt":
		numbers, err = a.samples.roundTrips(ctx, each(devices, func(d inventory.Device) string { return d.Name }))
	case "availability":
		numbers, err = a.percentages(ctx, devices)
	}
	if err != nil {
		return nil, err
	}
	out := make([]sortedDevice, len(devices))
	for i, d := range devices {
		v := verdictOf(verdicts, d.Name)
		key := ""
		switch in.Sort {
		case "site":
			key = d.Site
		case "address":
			key = addressKey(d.Address)
		case "role":
			key = d.Role
		case "state":
			key = strconv.Itoa(slices.Index(worstFirst, v.State))
		case "since":
			key = fmt.Sprintf("%020d", v.Since)
		case "rtt", "availability":
			if n, ok := numbers[d.Name]; ok {
				key = fmt.Sprintf("%020.9f", n)
			}
		}
		out[i] = sortedDevice{key, d}
	}
	slices.SortFunc(out, in.ordering())
	return out, nil
}

// worstFirst is the order of states in a list.
var worstFirst = []string{string(uptime.Down), string(uptime.Unreachable), string(uptime.Degraded), string(uptime.Unknown), string(uptime.Maintenance), string(uptime.Up)}

// ordering is the order of a list.
func (q *deviceQuery) ordering() func(x, y sortedDevice) int {
	sign := 1
	if q.Order == "desc" {
		sign = -1
	}
	byName := q.Sort == "name"
	return func(x, y sortedDevice) int {
		names := strings.Compare(x.device.Name, y.device.Name)
		switch {
		case byName:
			return sign * names
		case (x.key == "") != (y.key == ""):
			return strings.Compare(y.key, x.key)
		}
		return cmp.Or(sign*strings.Compare(x.key, y.key), names)
	}
}

// addressKey sorts IP addresses by number, and host names behind them.
func addressKey(address string) string {
	if addr, err := netip.ParseAddr(address); err == nil {
		b := addr.As16()
		return "0" + hex.EncodeToString(b[:])
	}
	return "1" + strings.ToLower(address)
}

// pageBehind is the page of a sorted list that begins where a cursor stands, or would stand: its device may
// have gone or moved meanwhile.
func pageBehind(sorted []sortedDevice, after string, limit int, order func(x, y sortedDevice) int) page[sortedDevice] {
	total := len(sorted)
	if after != "" {
		key, name, _ := strings.Cut(after, "\x00")
		at := sortedDevice{key, inventory.Device{Name: name}}
		i, found := slices.BinarySearchFunc(sorted, at, order)
		if found {
			i++
		}
		sorted = sorted[i:]
	}
	p := cut(sorted, limit, sortedDevice.cursor)
	p.Total = &total
	return p
}

// percentages are the availabilities of the last 30 days, by device, in one question to the ledger.
func (a *API) percentages(ctx context.Context, devices []inventory.Device) (map[string]float64, error) {
	answers, err := a.lastDaysOf(ctx, each(devices, func(d inventory.Device) string { return "device:" + d.Name }), 30)
	out := make(map[string]float64, len(answers))
	for scope, m := range answers {
		if m.Availability == nil {
			continue
		}
		if v, err := strconv.ParseFloat(*m.Availability, 64); err == nil {
			out[strings.TrimPrefix(scope, "device:")] = v
		}
	}
	return out, err
}

// deviceViews adds to the devices of a page what is measured of them.
func (a *API) deviceViews(ctx context.Context, c caller, devices []inventory.Device, verdicts map[string]uptime.Verdict) ([]deviceView, error) {
	roundTrips, err := a.samples.roundTrips(ctx, each(devices, func(d inventory.Device) string { return d.Name }))
	if err != nil {
		return nil, err
	}
	agents, err := a.agentsOf(ctx, c, "")
	if err != nil {
		return nil, err
	}
	answers, err := a.lastDaysOf(ctx, each(devices, func(d inventory.Device) string { return "device:" + d.Name }), 30)
	if err != nil {
		return nil, err
	}
	out := make([]deviceView, 0, len(devices))
	for _, d := range devices {
		v := a.deviceView(d, verdictOf(verdicts, d.Name), roundTrips, agents)
		v.Availability = answers["device:"+d.Name].Availability
		out = append(out, v)
	}
	return out, nil
}
