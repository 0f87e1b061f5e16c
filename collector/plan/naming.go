package plan

import (
	"strings"
	"time"

	"ninewatch/collector/inventory"
)

// resource makes what is measured under a key into a resource of the inventory; size is what the samples say that
// it can carry, or the speed of the interface. Not ok when its device or its rule has gone.
func (w *world) resource(series string, size float64) (Resource, bool) {
	kind, rest, _ := strings.Cut(strings.TrimPrefix(series, belowPrefix), ":")
	if kind == KindExpr {
		return w.expression(series, rest)
	}
	device, part, _ := strings.Cut(rest, "/")
	d, ok := w.devices[device]
	if !ok {
		return Resource{}, false
	}
	r := Resource{Name: kind + ":" + rest, Series: series, Kind: kind, Title: title(kind, device, part), Site: d.Site, Device: device, Capacity: size, Limit: lineLimit,
		Unit: unit(kind, part, size)}
	if kind == KindInterface {
		w.port(&r, device+"/"+part, part)
	}
	if v := defaultLimit[r.Kind]; v > 0 {
		r.Limit = v
	}
	r.LeadDays = defaultLead[r.Kind]
	rule, ruled := inventory.Closest(w.rules, inventory.Resource{Kind: r.Kind, Name: called(kind, part), Interface: r.Interface, Provider: r.Provider}, d)
	if kind == KindSensor {
		return ofSensor(r, rule, part)
	}
	if ruled {
		r.follow(rule)
	}
	return r, true
}

// port makes an interface a circuit where it is the near end of one, with the bandwidth that somebody has set.
func (w *world) port(r *Resource, key, name string) {
	r.Interface = name
	if width := w.width[key]; width > 0 {
		r.Capacity = width
	}
	c, ok := w.circuits[key]
	if !ok {
		return
	}
	r.Name, r.Kind, r.Title, r.Provider = "circuit:"+c.Name, KindCircuit, c.Name, c.Provider
	if c.DisplayName != "" {
		r.Title = c.DisplayName
	}
	if c.Site != "" {
		r.Site = c.Site
	}
}

// follow takes what a rule sets.
func (r *Resource) follow(rule inventory.Capacity) {
	if v := rule.Limit.Value(); v > 0 {
		r.Limit = v
	}
	if rule.LeadTime > 0 {
		r.LeadDays = time.Duration(rule.LeadTime).Hours() / 24
	}
}

// bounded takes what a rule of sensors or an expression sets: the limit is all of its max, or its min.
func (r *Resource) bounded(rule inventory.Capacity) {
	r.Capacity, r.Min, r.Limit = rule.Max, rule.Min, 100
	r.follow(rule)
}

// ofSensor is a sensor that a rule gives a bound, or a load. Not ok when the rule has gone, or has the other bound.
func ofSensor(r Resource, rule inventory.Capacity, part string) (Resource, bool) {
	class, _, _ := strings.Cut(part, "/")
	switch {
	case rule.Max > 0 || rule.Min > 0:
		r.bounded(rule)
	case class == classLoad:
		r.Capacity = 100
		r.follow(rule)
	default:
		return Resource{}, false
	}
	return r, (r.Min > 0) == (signOf(r.Series) < 0)
}

// sensor is how a sensor of a device is kept, if it is.
func (w *world) sensor(d inventory.Device, class, name string) (gauged, bool) {
	series := KindSensor + ":" + d.Name + "/" + class + "/" + name
	for _, series := range []string{series, belowPrefix + series} {
		if r, ok := w.resource(series, 0); ok {
			return gauged{series, r.Capacity}, true
		}
	}
	return gauged{}, false
}

// called is what a device calls a part of it.
func called(kind, part string) string {
	if kind == KindSensor {
		_, part, _ = strings.Cut(part, "/")
	}
	return part
}

func title(kind, device, part string) string {
	switch {
	case kind == KindProcessor:
		return device + " processors"
	case kind == KindPower:
		return device + " power " + part
	case part == "":
		return device
	}
	return device + " " + called(kind, part)
}

// expression is a series of the expression of a rule: RULE/SITE/DEVICE/LABELS.
func (w *world) expression(series, rest string) (Resource, bool) {
	parts := strings.SplitN(rest, "/", 4)
	if len(parts) != 4 {
		return Resource{}, false
	}
	r := Resource{Name: KindExpr + ":" + rest, Series: series, Kind: KindExpr, Title: parts[0], Site: parts[1], Device: parts[2], LeadDays: defaultLead[KindExpr], Unit: "number"}
	for _, extra := range parts[2:] {
		if extra != "" {
			r.Title += " " + extra
		}
	}
	for _, rule := range w.rules {
		if rule.Expr != "" && rule.Name == parts[0] {
			r.bounded(rule)
			return r, (r.Min > 0) == (signOf(series) < 0)
		}
	}
	return Resource{}, false
}
