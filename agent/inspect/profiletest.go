package inspect

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"ninewatch/agent/profile"
	"ninewatch/agent/snmp"
	"ninewatch/internal/snmpagent"
)

// Tried is what profile test prints: what a profile would read of a device.
type Tried struct {
	Against       string      `json:"against" yaml:"against"`
	Profile       string      `json:"profile" yaml:"profile"`
	Identity      Identity    `json:"identity" yaml:"identity"`
	Processors    []Processor `json:"processors" yaml:"processors"`
	Memory        []Storage   `json:"memory" yaml:"memory"`
	Storage       []Storage   `json:"storage" yaml:"storage"`
	Sensors       []Sensor    `json:"sensors" yaml:"sensors"`
	PowerSupplies []Part      `json:"power_supplies" yaml:"power_supplies"`
	Fans          []Part      `json:"fans" yaml:"fans"`
	Metrics       []Metric    `json:"metrics" yaml:"metrics"`
	Series        int         `json:"series" yaml:"series"` // that polls would read
	Errors        []PartError `json:"errors" yaml:"errors"`
	Requests      uint64      `json:"requests" yaml:"requests"`
}

// Metric is an entry of metrics as it would be a sample.
type Metric struct {
	Name   string            `json:"name" yaml:"name"`
	Labels map[string]string `json:"labels" yaml:"labels"`
	Value  float64           `json:"value" yaml:"value"`
}

// TestProfile reads o.Target, a device or an snmprec file, by the profile named, whatever sysObjectID the
// device has, and prints what came of it as table, json, yaml or csv.
func TestProfile(ctx context.Context, o Options, library *profile.Library, name string, stdout, stderr io.Writer) int {
	check := o.check
	if isFile(o.Target) {
		check = o.checkOutput
	}
	if err := check("table", "json", "csv", "yaml"); err != nil {
		return usage(stderr, err)
	}
	resolved, err := library.Resolve(name)
	if err != nil {
		return usage(stderr, err)
	}
	ctx, cancel := context.WithTimeout(ctx, o.Budget)
	defer cancel()
	s, err := subject(ctx, o)
	if err != nil {
		return nothing(stderr, o, err)
	}
	defer s.Close() //nolint:errcheck // a UDP socket
	r, err := snmp.Read(ctx, s, snmp.DefaultLimits())
	if err != nil {
		return nothing(stderr, o, err)
	}
	read, trouble := resolved.Read(ctx, s, profile.DefaultLimits())
	t := triedOf(o.Target, r, read, trouble)
	t.Requests = s.Counts().Requests
	switch o.Output {
	case "table":
		err = t.writeTable(stdout)
	case "csv":
		err = t.writeCSV(stdout)
	default:
		err = writeTree(stdout, t, o.Output)
	}
	if err != nil {
		return nothing(stderr, o, err)
	}
	if len(t.Errors) > 0 {
		fmt.Fprintf(stderr, "%s: %d parts were not read wholly, the first is %s: %s\n", o.Target, len(t.Errors), t.Errors[0].Part, t.Errors[0].Error)
		return exitPart
	}
	return exitDone
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}

// subject is the recording or the device that a target names.
func subject(ctx context.Context, o Options) (snmp.Session, error) {
	if isFile(o.Target) {
		rec, err := snmpagent.LoadRecording(o.Target)
		if err != nil {
			return nil, err
		}
		return &player{tree: rec.Tree}, nil
	}
	host, port, err := split(o.Target)
	if err != nil {
		return nil, err
	}
	return open(ctx, o, host, port, nil)
}

func triedOf(target string, r *snmp.Reading, read *profile.Reading, trouble []profile.PartError) Tried {
	var all Result
	all.System.ObjectID = r.System.SysObjectID
	all.Errors = []PartError{}
	all.addProfile(read, trouble)
	t := Tried{Against: target, Profile: read.Profile, Identity: all.Identity, Processors: all.Processors, Memory: all.Memory,
		Storage: all.Storage, Sensors: all.Sensors, PowerSupplies: all.PowerSupplies, Fans: all.Fans, Errors: all.Errors,
		Series: len(read.Plan), Metrics: make([]Metric, len(read.Metrics))}
	for i, m := range read.Metrics {
		t.Metrics[i] = Metric{Name: m.Series.Name, Labels: map[string]string{}, Value: m.Value}
		for _, l := range m.Series.Labels {
			t.Metrics[i].Labels[l.Name] = l.Value
		}
	}
	return t
}

// rows are the lines of table and csv: section, name, value, unit, status.
func (t *Tried) rows() (rows [][]string) {
	add := func(cells ...string) { rows = append(rows, cells) }
	for _, f := range []struct{ name, text string }{{"vendor", t.Identity.Vendor}, {"os", t.Identity.OS}, {"model", t.Identity.Model},
		{"version", t.Identity.Version}, {"serial", t.Identity.Serial}} {
		if f.text != "" {
			add("identity", f.name, f.text, "", "")
		}
	}
	for _, p := range t.Processors {
		add("processor", p.Name, number(p.UsagePercent), "percent", "")
	}
	for _, list := range []struct {
		section string
		rows    []Storage
	}{{"memory", t.Memory}, {"storage", t.Storage}} {
		for _, s := range list.rows {
			percent := ""
			if s.UsagePercent != nil {
				percent = number(*s.UsagePercent)
			}
			add(list.section, s.Name, percent, "percent", "")
		}
	}
	for _, s := range t.Sensors {
		value := ""
		if s.Value != nil {
			value = number(*s.Value)
		}
		add(s.Class, s.Name, value, s.Unit, s.Status)
	}
	for _, p := range t.PowerSupplies {
		add("power supply", p.Name, "", "", p.Status)
	}
	for _, p := range t.Fans {
		add("fan", p.Name, "", "", p.Status)
	}
	for _, m := range t.Metrics {
		add("metric", m.Name+labelText(m.Labels), number(m.Value), "", "")
	}
	for _, e := range t.Errors {
		add("not read wholly", e.Part, e.Error, "", "")
	}
	return rows
}

func labelText(labels map[string]string) string {
	if len(labels) == 0 {
		return ""
	}
	var pairs []string
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		pairs = append(pairs, fmt.Sprintf("%s=%q", k, labels[k]))
	}
	return "{" + strings.Join(pairs, ",") + "}"
}

func (t *Tried) writeTable(w io.Writer) error {
	out := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintf(out, "WHAT\tNAME\tVALUE\tUNIT\tSTATUS\n") //nolint:errcheck // Flush tells
	for _, row := range t.rows() {
		fmt.Fprintln(out, strings.TrimRight(strings.Join(row, "\t"), "\t")) //nolint:errcheck // Flush tells
	}
	return out.Flush()
}

func (t *Tried) writeCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	out.Write([]string{"what", "name", "value", "unit", "status"}) //nolint:errcheck // Error tells
	out.WriteAll(t.rows())                                         //nolint:errcheck // Error tells
	return out.Error()
}
