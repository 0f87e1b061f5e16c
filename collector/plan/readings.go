package plan

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"ninewatch/collector/capacity"
	"ninewatch/collector/store"
)

// What features are made of: the series that profiles make the same for all makers, and the objects that devices
// without them tell (IF-MIB, HOST-RESOURCES-MIB, UPS-MIB, POWER-ETHERNET-MIB, CISCO-PROCESS-MIB, UCD-SNMP-MIB). Each
// gauge has the label "name" or "sensor".
var (
	upTimeNames  = []string{"sysUpTime"}
	trafficNames = []string{"ifHCInOctets", "ifHCOutOctets", "ifInOctets", "ifOutOctets"}
	discontinues = []string{"ifCounterDiscontinuityTime"}
	processors   = []string{seriesCPU, "hrProcessorLoad", "cpmCPUTotal5minRev", "ssCpuIdle"}
	stores       = []string{"hrStorageUsed", "hrStorageSize", "hrStorageAllocationUnits"}
	rooms        = []string{"ninewatch_memory_used_bytes", "ninewatch_memory_total_bytes", "ninewatch_memory_usage_ratio",
		"ninewatch_storage_used_bytes", "ninewatch_storage_total_bytes", "ninewatch_storage_usage_ratio"}
	powers  = []string{"upsOutputPercentLoad", "pethMainPseConsumptionPower", "pethMainPsePower"}
	sensors = []string{seriesSensor}

	allNames = slices.Concat(upTimeNames, trafficNames, discontinues, processors, stores, rooms, powers, sensors)
	wanted   = func() map[string]bool {
		out := map[string]bool{}
		for _, list := range [][]string{trafficNames, processors, stores, rooms, powers, sensors} {
			for _, name := range list {
				out[name] = true
			}
		}
		return out
	}()
)

// span is a piece of a day that is computed anew, on bounds of buckets.
type span struct{ from, to int64 }

func (s span) buckets() int { return int((s.to - s.from) / bucketMillis) }

// piece is what was computed of a series in a span.
type piece struct {
	lines []line
	size  float64 // capacity, 0 unknown or not told by the samples
	fine  bool
}

// readings is all samples of a device that matter, by name and by label.
type readings struct {
	upTime  map[int64]uint32
	byName  map[string]map[string]store.Samples // name of the object → interface key or name
	maxGap  int64                               // by the interval of today
	speed   func(key string) uint64
	members map[string][]string // LAGs
	sensor  func(class, name string) (gauged, bool)
}

// gauged is how a sensor is kept.
type gauged struct {
	series string
	size   float64 // 0 where the inventory says
}

func newReadings() *readings {
	return &readings{upTime: map[int64]uint32{}, byName: map[string]map[string]store.Samples{}}
}

// take keeps one series.
func (r *readings) take(s store.Samples) {
	if s.Name == "sysUpTime" {
		for i, at := range s.Times {
			if v := s.Values[i]; v >= 0 && v < 1<<63 {
				r.upTime[at] = uint32(uint64(v)) // TimeTicks wrap at 2^32
			}
		}
		return
	}
	label := cmp.Or(s.Labels["ifName"], s.Labels["name"], s.Labels["sensor"])
	if s.Name == seriesSensor {
		label = s.Labels["class"] + "/" + label
	}
	list := r.byName[s.Name]
	if list == nil {
		list = map[string]store.Samples{}
		r.byName[s.Name] = list
	}
	list[label] = s
}

// pieces computes all series of the device in a span.
func (r *readings) pieces(device string, in span) map[string]piece {
	out := map[string]piece{}
	r.traffic(device, in, out)
	r.processors(device, in, out)
	r.storages(device, in, out)
	r.powers(device, in, out)
	r.sensors(in, out)
	return out
}

// traffic is both directions of each interface; a LAG is the sum of its members where all of them are read.
func (r *readings) traffic(device string, in span, out map[string]piece) {
	for key := range r.keys(trafficNames) {
		p := piece{lines: []line{r.direction(key, "In", in), r.direction(key, "Out", in)}}
		out["interface:"+device+"/"+key] = p
	}
	for lag, members := range r.members {
		var parts []piece
		for _, m := range members {
			if p, ok := out["interface:"+device+"/"+m]; ok {
				parts = append(parts, p)
			}
		}
		if len(parts) == len(members) && len(parts) > 0 {
			out["interface:"+device+"/"+lag] = sum(parts)
		}
	}
}

// sum adds what members carry at the same time. The largest reading of the sum is not known below a bucket: it is
// at least that of the mean.
func sum(parts []piece) piece {
	p := piece{}
	for d := range 2 {
		rates := make([][]float64, len(parts))
		for i := range parts {
			rates[i] = parts[i].lines[d].rate
		}
		total := capacity.Coincident(rates...)
		p.lines = append(p.lines, line{total, slices.Clone(total)})
	}
	return p
}

// keys are the labels that any of some objects has.
func (r *readings) keys(names []string) map[string]bool {
	out := map[string]bool{}
	for _, name := range names {
		for label := range r.byName[name] {
			out[label] = true
		}
	}
	return out
}

// direction is one direction of an interface, by the wide counter where there is one.
func (r *readings) direction(key, way string, in span) line {
	width, samples := 64, r.byName["ifHC"+way+"Octets"][key]
	if len(samples.Times) == 0 {
		width, samples = 32, r.byName["if"+way+"Octets"][key]
	}
	pairs := capacity.JoinCached(capacity.Pairs(width, r.counter(key, samples, r.speed(key))))
	l := newLine(in.buckets())
	for i, b := range capacity.Spread(pairs, in.from, in.to, bucketMillis, max(r.maxGap, usualStep(samples.Times)*5/2)) {
		if i >= len(l.rate) {
			break
		}
		if rate, ok := b.Rate(); ok {
			l.rate[i] = rate
		}
		if b.Covered > 0 {
			l.peak[i] = b.Max
		}
	}
	return l
}

// counter is the readings of a counter of an interface.
func (r *readings) counter(key string, samples store.Samples, speed uint64) []capacity.Reading {
	broken := r.byName["ifCounterDiscontinuityTime"][key]
	list := make([]capacity.Reading, len(samples.Times))
	at := 0
	for i, t := range samples.Times {
		v := samples.Values[i]
		reading := capacity.Reading{At: t, Speed: speed, Missing: !(v >= 0 && v < 1<<64)}
		if !reading.Missing {
			reading.Value = uint64(v)
		}
		reading.SysUpTime, reading.HasSysUpTime = r.upTime[t]
		for at < len(broken.Times) && broken.Times[at] < t {
			at++
		}
		if at < len(broken.Times) && broken.Times[at] == t && broken.Values[at] >= 0 && broken.Values[at] < 1<<32 {
			reading.Discontinuity, reading.HasDiscontinuity = uint32(broken.Values[at]), true
		}
		list[i] = reading
	}
	return list
}

// usualStep is the median distance of readings: what came at another interval than that of today is no gap.
func usualStep(times []int64) int64 {
	if len(times) < 2 {
		return 0
	}
	steps := make([]int64, len(times)-1)
	for i := range steps {
		steps[i] = times[i+1] - times[i]
	}
	slices.Sort(steps)
	return min(steps[len(steps)/2], hourMillis)
}

// gauge is the means and peaks of readings in each bucket.
func gauge(s store.Samples, in span, of func(v float64) float64) line {
	l := newLine(in.buckets())
	counts := make([]int, in.buckets())
	for i, t := range s.Times {
		v := of(s.Values[i])
		if t < in.from || t >= in.to || math.IsNaN(v) || math.IsInf(v, 0) {
			continue
		}
		b := (t - in.from) / bucketMillis
		if counts[b]++; counts[b] == 1 {
			l.rate[b], l.peak[b] = v, v
			continue
		}
		l.rate[b] += (v - l.rate[b]) / float64(counts[b])
		l.peak[b] = max(l.peak[b], v)
	}
	return l
}

func same(v float64) float64    { return v }
func percent(v float64) float64 { return 100 * v }

// processors is the mean of all processors of the device: what the device has left.
func (r *readings) processors(device string, in span, out map[string]piece) {
	for _, name := range processors {
		list := r.byName[name]
		if len(list) == 0 {
			continue
		}
		of := same
		switch name {
		case seriesCPU:
			of = percent
		case "ssCpuIdle":
			of = func(v float64) float64 { return 100 - v }
		}
		whole := newLine(in.buckets())
		n := make([]float64, in.buckets())
		for _, s := range list {
			one := gauge(s, in, of)
			for i, v := range one.rate {
				if math.IsNaN(v) {
					continue
				}
				if n[i] == 0 {
					whole.rate[i], whole.peak[i] = 0, 0
				}
				n[i]++
				whole.rate[i] += (v - whole.rate[i]) / n[i]
				whole.peak[i] += (one.peak[i] - whole.peak[i]) / n[i]
			}
		}
		out["processor:"+device] = piece{lines: []line{whole}, size: 100, fine: true}
		return
	}
}

// parts of the memory of Linux that are given back when they are needed.
var givenBack = map[string]bool{"memory buffers": true, "cached memory": true, "shared memory": true}

// storages is memory and disks, in octets, or in percent where a device tells only that. What the profile says goes
// before what HOST-RESOURCES-MIB says.
func (r *readings) storages(device string, in span, out map[string]piece) {
	if r.room(KindMemory, device, in, out)+r.room(KindStorage, device, in, out) > 0 {
		return
	}
	for name, used := range r.byName["hrStorageUsed"] {
		unit, size := last(r.byName["hrStorageAllocationUnits"][name]), last(r.byName["hrStorageSize"][name])
		low := strings.ToLower(name)
		if givenBack[low] || !(unit >= 1) || !(size > 0) {
			continue
		}
		kind := KindStorage
		if strings.Contains(low, "memory") || strings.Contains(low, "swap") || low == "ram" {
			kind = KindMemory
		}
		out[kind+":"+device+"/"+name] = piece{lines: []line{gauge(used, in, func(v float64) float64 { return v * unit })}, size: size * unit}
	}
}

// room is memory or storage by the series that profiles make, and tells how many there are.
func (r *readings) room(kind, device string, in span, out map[string]piece) int {
	prefix := "ninewatch_" + kind + "_"
	n := 0
	keep := func(name string, p piece) {
		n++
		if kind != KindMemory || !givenBack[strings.ToLower(name)] {
			out[kind+":"+device+"/"+orOne(name)] = p
		}
	}
	for name, ratio := range r.byName[prefix+"usage_ratio"] {
		keep(name, piece{lines: []line{gauge(ratio, in, percent)}, size: 100, fine: true})
	}
	for name, used := range r.byName[prefix+"used_bytes"] {
		if size := last(r.byName[prefix+"total_bytes"][name]); size > 0 {
			keep(name, piece{lines: []line{gauge(used, in, same)}, size: size})
		}
	}
	return n
}

// powers is the load of UPS outputs and the budget of power over Ethernet.
func (r *readings) powers(device string, in span, out map[string]piece) {
	for name, s := range r.byName["upsOutputPercentLoad"] {
		out[KindPower+":"+device+"/"+orOne(name)] = piece{lines: []line{gauge(s, in, same)}, size: 100, fine: true}
	}
	budgets := map[string]float64{}
	for name, s := range r.byName["pethMainPsePower"] {
		budgets[supply(name)] = last(s)
	}
	for name, s := range r.byName["pethMainPseConsumptionPower"] {
		if size := budgets[supply(name)]; size > 0 {
			out[KindPower+":"+device+"/PoE "+supply(name)] = piece{lines: []line{gauge(s, in, same)}, size: size, fine: true}
		}
	}
}

// supply is the number of a power supply of power over Ethernet: profiles call its readings "PoE 1 budget" and "PoE 1
// consumption".
func supply(name string) string {
	name = strings.TrimPrefix(name, "PoE ")
	return orOne(strings.TrimSuffix(strings.TrimSuffix(name, " budget"), " consumption"))
}

// sensors are loads, and those that a rule of the inventory gives a limit.
func (r *readings) sensors(in span, out map[string]piece) {
	for key, s := range r.byName[seriesSensor] {
		class, name, _ := strings.Cut(key, "/")
		if _, ups := r.byName["upsOutputPercentLoad"][name]; ups && class == classLoad || r.sensor == nil {
			continue // it is a power already
		}
		as, ok := r.sensor(class, orOne(name))
		if !ok {
			continue
		}
		sign := signOf(as.series)
		out[as.series] = piece{lines: []line{gauge(s, in, func(v float64) float64 { return sign * v })}, size: as.size, fine: true}
	}
}

func orOne(name string) string {
	if name == "" {
		return "1"
	}
	return name
}

// last is the newest value, NaN without.
func last(s store.Samples) float64 {
	for i := len(s.Values) - 1; i >= 0; i-- {
		if !math.IsNaN(s.Values[i]) {
			return s.Values[i]
		}
	}
	return math.NaN()
}
