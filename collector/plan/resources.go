package plan

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"ninewatch/collector/capacity"
	"ninewatch/collector/inventory"
)

// The kinds of resources.
const (
	KindInterface = "interface"
	KindCircuit   = "circuit"
	KindProcessor = "processor"
	KindMemory    = "memory"
	KindStorage   = "storage"
	KindPower     = "power"
	KindSensor    = "sensor"     // NAME is CLASS/NAME
	KindExpr      = "expression" // NAME is SITE/DEVICE/LABELS of a series that the expression of a rule gives
)

// belowPrefix begins the series of what must not fall: it is kept with the other sign, so that it fills up as all else.
const belowPrefix = "min-"

// signOf is -1 of such a series.
func signOf(series string) float64 {
	if strings.HasPrefix(series, belowPrefix) {
		return -1
	}
	return 1
}

const (
	seriesCPU    = "ninewatch_cpu_usage_ratio"
	seriesSensor = "ninewatch_sensor_value"
	classLoad    = "load" // of sensors: percent of what it can bear
)

// sensorUnits are those of what profiles call a class.
var sensorUnits = map[string]string{
	classLoad: "percent", "charge": "percent", "humidity": "percent", "temperature": "celsius", "runtime": "minutes", "power": "watts",
	"voltage": "volts", "current": "amperes", "fanspeed": "rpm", "frequency": "hertz",
}

// Resource is something that can fill up.
type Resource struct {
	Name      string // circuit:NAME, interface:DEVICE/KEY, processor:DEVICE, storage:DEVICE/NAME, …
	Series    string // what is measured: of a circuit its interface
	Kind      string
	Title     string // for people
	Site      string
	Device    string
	Interface string // of interfaces and circuits
	Provider  string // of circuits
	Capacity  float64
	Limit     float64 // percent of the capacity
	Min       float64 // of what must not fall below, which has no capacity
	LeadDays  float64
	Unit      string
}

// unit is what the values of a kind are. What can carry 100 is in percent: no memory has 100 octets.
func unit(kind, part string, size float64) string {
	switch kind {
	case KindInterface, KindCircuit:
		return "bit/s"
	case KindMemory, KindStorage:
		if size != 100 {
			return "bytes"
		}
	case KindPower:
		if strings.HasPrefix(part, "PoE ") {
			return "watts"
		}
	case KindSensor:
		class, _, _ := strings.Cut(part, "/")
		if u := sensorUnits[class]; u != "" {
			return u
		}
		return "number"
	}
	return "percent"
}

// Inventory is what a Service needs of *inventory.Store.
type Inventory interface {
	Sites(ctx context.Context) ([]inventory.Site, error)
	Devices(ctx context.Context, f inventory.Filter) ([]inventory.Device, error)
	Circuits(ctx context.Context) ([]inventory.Circuit, error)
	Interfaces(ctx context.Context, device string) ([]inventory.Interface, error)
	limits
}

type limits interface {
	Links(ctx context.Context) ([]inventory.Link, error)
	Capacity(ctx context.Context) ([]inventory.Capacity, error)
	Calendars(ctx context.Context) ([]inventory.Calendar, error)
}

// world is the inventory at one moment.
type world struct {
	devices  map[string]inventory.Device
	zones    map[string]*time.Location // by site
	holidays map[string]map[capacity.Date]bool
	circuits map[string]inventory.Circuit
	width    map[string]float64 // configured bandwidth by device/key
	rules    []inventory.Capacity
}

func (s *Service) look(ctx context.Context) (*world, error) {
	w := &world{devices: map[string]inventory.Device{}, zones: map[string]*time.Location{}, holidays: map[string]map[capacity.Date]bool{},
		circuits: map[string]inventory.Circuit{}, width: map[string]float64{}}
	devices, err1 := s.deps.Inventory.Devices(ctx, inventory.Filter{})
	sites, err2 := s.deps.Inventory.Sites(ctx)
	circuits, err3 := s.deps.Inventory.Circuits(ctx)
	links, err4 := s.deps.Inventory.Links(ctx)
	rules, err5 := s.deps.Inventory.Capacity(ctx)
	calendars, err6 := s.deps.Inventory.Calendars(ctx)
	if err := errors.Join(err1, err2, err3, err4, err5, err6); err != nil {
		return nil, fmt.Errorf("read the inventory: %w", err)
	}
	w.rules = rules
	for _, d := range devices {
		w.devices[d.Name] = d
	}
	w.places(sites, calendars, s.deps.Now().Year())
	for _, l := range links {
		if l.Bandwidth > 0 && !l.Absent {
			w.width[string(l.A)], w.width[string(l.B)] = float64(l.Bandwidth), float64(l.Bandwidth)
		}
	}
	for _, c := range circuits {
		if c.Device != "" && c.Interface != "" {
			w.circuits[c.Device+"/"+c.Interface] = c
			if c.Bandwidth > 0 {
				w.width[c.Device+"/"+c.Interface] = float64(c.Bandwidth)
			}
		}
	}
	return w, nil
}

// places are the zones and the holidays of sites, from two years ago to the next.
func (w *world) places(sites []inventory.Site, calendars []inventory.Calendar, year int) {
	for _, site := range sites {
		w.zones[site.Name] = time.UTC
		if zone, err := time.LoadLocation(site.TimeZone); err == nil && site.TimeZone != "" {
			w.zones[site.Name] = zone
		}
		for _, c := range calendars {
			if c.Name != site.Calendar || site.Calendar == "" {
				continue
			}
			days := map[capacity.Date]bool{}
			for _, text := range c.Holidays {
				for y := year - 2; y <= year+1; y++ {
					full := text
					if len(text) == len("12-25") {
						full = strconv.Itoa(y) + "-" + text
					}
					if t, err := time.Parse(time.DateOnly, full); err == nil {
						days[capacity.Date{Year: t.Year(), Month: t.Month(), Day: t.Day()}] = true
					}
				}
			}
			w.holidays[site.Name] = days
		}
	}
}

func (w *world) zone(site string) *time.Location {
	if z := w.zones[site]; z != nil {
		return z
	}
	return time.UTC
}
