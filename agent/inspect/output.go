package inspect

import (
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"ninewatch/agent/snmp"
	"ninewatch/internal/conf"
	"ninewatch/internal/order"
	"ninewatch/internal/snmpwire"
)

// recorder keeps what a device said, the last value of each name.
type recorder map[string]snmpwire.VarBind

func (r recorder) observe(binds []snmpwire.VarBind) {
	for _, vb := range binds {
		if vb.Type < snmpwire.NoSuchObject { // endOfMibView comes with the name that was asked for, which may have a value
			r[vb.OID.String()] = vb
		}
	}
}

func (r recorder) write(w io.Writer) error {
	rows := slices.Collect(maps.Values(r))
	order.Sort(rows, func(a, b snmpwire.VarBind) int { return a.OID.Compare(b.OID) })
	return writeRows(w, rows, "snmprec")
}

// writeRows prints objects in the order given.
func writeRows(w io.Writer, rows []snmpwire.VarBind, format string) error {
	switch format {
	case "json", "yaml":
		return writeTree(w, treeOf(rows), format)
	case "csv":
		c := csv.NewWriter(w)
		c.Write([]string{"oid", "type", "value"}) //nolint:errcheck // Flush tells
		for _, vb := range rows {
			c.Write([]string{vb.OID.String(), typeWord(vb), show(vb)}) //nolint:errcheck // Flush tells
		}
		c.Flush()
		return c.Error()
	}
	for _, vb := range rows {
		line := fmt.Sprintf("%s = %s: %s", vb.OID, typeWord(vb), show(vb))
		if format == "snmprec" {
			var ok bool
			if line, ok = recordLine(vb); !ok {
				continue
			}
		}
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}

type walkedRow struct {
	OID   string `json:"oid" yaml:"oid"`
	Type  string `json:"type" yaml:"type"`
	Value string `json:"value" yaml:"value"`
}

func treeOf(rows []snmpwire.VarBind) []walkedRow {
	out := make([]walkedRow, len(rows))
	for i, vb := range rows {
		out[i] = walkedRow{vb.OID.String(), typeWord(vb), show(vb)}
	}
	return out
}

// writeTree prints v as JSON or YAML.
func writeTree(w io.Writer, v any, format string) error {
	if format == "yaml" {
		return conf.Dump(w, v)
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

var typeWords = map[snmpwire.Type]string{
	snmpwire.Integer: "INTEGER", snmpwire.OctetString: "STRING", snmpwire.Null: "NULL", snmpwire.ObjectIdentifier: "OID",
	snmpwire.IPAddress: "IpAddress", snmpwire.Counter32: "Counter32", snmpwire.Gauge32: "Gauge32",
	snmpwire.TimeTicks: "TimeTicks", snmpwire.Opaque: "Opaque", snmpwire.Counter64: "Counter64",
	snmpwire.NoSuchObject: "noSuchObject", snmpwire.NoSuchInstance: "noSuchInstance", snmpwire.EndOfMibView: "endOfMibView",
}

func typeWord(vb snmpwire.VarBind) string {
	if vb.Err != nil {
		return "invalid"
	}
	if vb.Type == snmpwire.OctetString && !printable(vb.Bytes) {
		return "Hex-STRING"
	}
	return typeWords[vb.Type]
}

// show is a value for people.
func show(vb snmpwire.VarBind) string {
	if vb.Err != nil {
		return oneLine(vb.Err)
	}
	switch vb.Type {
	case snmpwire.Integer:
		return strconv.FormatInt(vb.Int, 10)
	case snmpwire.OctetString:
		if printable(vb.Bytes) {
			return snmp.Text(vb.Bytes)
		}
		return strings.ToUpper(hex.EncodeToString(vb.Bytes))
	case snmpwire.Opaque:
		return strings.ToUpper(hex.EncodeToString(vb.Bytes))
	case snmpwire.ObjectIdentifier:
		return vb.Object.String()
	case snmpwire.IPAddress:
		addr, _ := netip.AddrFromSlice(vb.Bytes)
		return addr.String()
	case snmpwire.Counter32, snmpwire.Gauge32, snmpwire.TimeTicks, snmpwire.Counter64:
		return strconv.FormatUint(vb.Uint, 10)
	}
	return ""
}

// printable: text with line breaks counts as text.
func printable(b []byte) bool {
	for _, c := range b {
		if c < 0x20 && c != '\n' && c != '\r' && c != '\t' || c > 0x7e {
			return false
		}
	}
	return true
}

// recordLine is vb in the snmprec format; not ok for what is no value.
func recordLine(vb snmpwire.VarBind) (string, bool) {
	if vb.Err != nil || vb.Type >= snmpwire.NoSuchObject {
		return "", false
	}
	tag, value := strconv.Itoa(int(vb.Type)), show(vb)
	switch vb.Type {
	case snmpwire.OctetString, snmpwire.Opaque:
		if value = string(vb.Bytes); !plain(vb.Bytes) {
			tag, value = tag+"x", hex.EncodeToString(vb.Bytes)
		}
	}
	return vb.OID.String() + "|" + tag + "|" + value, true
}

// plain text survives a file of lines whose ends are not reliable.
func plain(b []byte) bool {
	for _, c := range b {
		if c < 0x20 || c > 0x7e {
			return false
		}
	}
	return len(b) == 0 || b[0] != ' ' && b[len(b)-1] != ' '
}

func (r *Result) writeTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	line := func(cells ...string) { fmt.Fprintln(t, strings.Join(cells, "\t")) }
	line("target", r.Target)
	line("name", r.System.Name)
	line("description", r.System.Descr)
	for _, f := range []struct{ name, text string }{{"vendor", r.Identity.Vendor}, {"operating system", r.Identity.OS},
		{"model", r.Identity.Model}, {"version", r.Identity.Version}, {"serial number", r.Identity.Serial}, {"profile", r.Identity.Profile}} {
		line(f.name, f.text)
	}
	if r.ProfileWanted != "" {
		line("profile wanted", r.ProfileWanted+" is read by the standard MIBs alone")
	}
	line("location", r.System.Location)
	if r.System.UptimeSeconds != nil {
		line("uptime", fmt.Sprintf("%.0f s", *r.System.UptimeSeconds))
	}
	line("")
	line("INDEX", "KEY", "TYPE", "ADMIN", "OPER", "BIT/S", "IN OCTETS", "OUT OCTETS", "ALIAS")
	for _, i := range r.Interfaces {
		line(fmt.Sprint(i.Index), i.Key, i.Type, i.AdminStatus, i.OperStatus, known(i.SpeedBps, i.SpeedBps > 0),
			i.counter("in_octets"), i.counter("out_octets"), i.Alias)
	}
	for _, p := range r.Processors {
		line("processor", p.Name, number(p.UsagePercent)+" %")
	}
	for _, s := range slices.Concat(r.Memory, r.Storage) {
		if s.UsagePercent != nil {
			line("storage", s.Name, fmt.Sprintf("%.1f %%", *s.UsagePercent))
		}
	}
	for _, s := range r.Sensors {
		text := s.Status
		if s.Value != nil && s.Class != "state" {
			text = strings.TrimSpace(fmt.Sprintf("%s %s %s", number(*s.Value), s.Unit, s.Status))
		}
		line(s.Class, s.Name, text)
	}
	r.Structure.lines(line)
	for _, e := range r.Errors {
		line("not read wholly", e.Part, e.Error)
	}
	return t.Flush()
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func known(n uint64, ok bool) string {
	if !ok {
		return ""
	}
	return strconv.FormatUint(n, 10)
}

func (i Interface) counter(name string) string {
	n, ok := i.Counters[name]
	return known(n, ok)
}

// writeCSV prints the interfaces.
func (r *Result) writeCSV(w io.Writer) error {
	c := csv.NewWriter(w)
	header := []string{"index", "key", "name", "descr", "alias", "type", "speed_bps", "admin_status", "oper_status", "mac", "mtu"}
	for _, n := range counterNames {
		header = append(header, n.name)
	}
	c.Write(header) //nolint:errcheck // Flush tells
	for _, i := range r.Interfaces {
		row := []string{fmt.Sprint(i.Index), i.Key, i.Name, i.Descr, i.Alias, i.Type, known(i.SpeedBps, i.SpeedBps > 0),
			i.AdminStatus, i.OperStatus, i.MAC, known(uint64(i.MTU), i.MTU > 0)}
		for _, n := range counterNames {
			row = append(row, i.counter(n.name))
		}
		c.Write(row) //nolint:errcheck // Flush tells
	}
	c.Flush()
	return c.Error()
}
