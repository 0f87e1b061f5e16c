package api

import (
	"context"
	"strconv"

	"ninewatch/collector/inventory"
)

type interfaceView struct {
	Key         string   `json:"key"`
	IfIndex     uint32   `json:"if_index"`
	Name        string   `json:"name"`
	Descr       string   `json:"descr"`
	Alias       string   `json:"alias"`
	Type        uint32   `json:"type" doc:"ifType of IANA"`
	Speed       *uint64  `json:"speed_bps"`
	AdminStatus string   `json:"admin_status"`
	OperStatus  string   `json:"oper_status"`
	MAC         string   `json:"mac"`
	MTU         *uint32  `json:"mtu"`
	In          *float64 `json:"in_bps"`
	Out         *float64 `json:"out_bps"`
	InP95       *float64 `json:"in_p95_bps" doc:"of the last 24 h"`
	OutP95      *float64 `json:"out_p95_bps" doc:"of the last 24 h"`
	ErrorsRatio *float64 `json:"errors_ratio" doc:"of the packets of the last hour"`
	LastSeen    *string  `json:"last_seen"`
}

// Words of IF-MIB (RFC 2863) for ifAdminStatus and ifOperStatus, by number.
var (
	adminWords = []string{"unknown", "up", "down", "testing"}
	operWords  = []string{"unknown", "up", "down", "testing", "unknown", "dormant", "notPresent", "lowerLayerDown"}
)

func word(words []string, n uint32) string {
	if int(n) < len(words) {
		return words[n]
	}
	return words[0]
}

func (a *API) listInterfaces(ctx context.Context, c caller, in *deviceName) (page[interfaceView], error) {
	d, err := a.device(ctx, c, in.Name)
	if err != nil {
		return page[interfaceView]{}, err
	}
	interfaces, err := a.deps.Inventory.Interfaces(ctx, d.Name)
	if err != nil || len(interfaces) == 0 {
		return list([]interfaceView{}), err
	}
	t, err := a.samples.traffic(ctx, d.Name, d.SNMPInterval())
	if err != nil {
		return page[interfaceView]{}, err
	}
	return list(each(interfaces, func(i inventory.Interface) interfaceView { return interfaceOf(i, t) })), nil
}

func interfaceOf(i inventory.Interface, t traffic) interfaceView {
	f := i.Facts
	v := interfaceView{
		Key: f.Key, IfIndex: f.IfIndex, Name: f.IfName, Descr: f.IfDescr, Alias: f.IfAlias, Type: f.IfType,
		AdminStatus: word(adminWords, f.IfAdminStatus), OperStatus: word(operWords, f.IfOperStatus), MAC: f.IfPhysAddress.String(),
		LastSeen: stampOrNull(i.LastSeen),
		In:       valueOf(t.in, f.Key), Out: valueOf(t.out, f.Key), InP95: valueOf(t.inP95, f.Key), OutP95: valueOf(t.outP95, f.Key),
		ErrorsRatio: valueOf(t.errors, f.Key),
	}
	if f.SpeedBps != 0 {
		v.Speed = &f.SpeedBps
	}
	if f.IfMtu != 0 {
		v.MTU = &f.IfMtu
	}
	return v
}

// valueOf is nil where nothing was measured.
func valueOf(values map[string]float64, key string) *float64 {
	if v, ok := values[key]; ok {
		return &v
	}
	return nil
}

// quoted is a text as PromQL reads it.
func quoted(s string) string { return strconv.Quote(s) }
