package cli

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"ninewatch/internal/conf"
)

// resource is something that can be listed: its path, and the columns of its table. A column may be a path
// such as contract.availability. An answer that is no list has the rows under the key rows.
type resource struct {
	path    string
	columns []string
	rows    string
}

var resources = map[string]resource{
	"sites":             {path: "sites", columns: []string{"name", "display_name", "region", "time_zone", "users"}},
	"devices":           {path: "devices", columns: []string{"name", "site", "address", "role", "state", "since"}},
	"interfaces":        {path: "devices/%s/interfaces", columns: []string{"key", "if_index", "alias", "speed_bps", "admin_status", "oper_status", "in_bps", "out_bps"}},
	"components":        {path: "devices/%s/facts", columns: []string{"key", "class", "name", "model", "serial", "software_rev", "descr"}, rows: "components"},
	"neighbors":         {path: "devices/%s/facts", columns: []string{"protocol", "local_key", "remote_name", "remote_port_id", "remote_chassis_id", "remote_platform"}, rows: "neighbors"},
	"history":           {path: "devices/%s/history", columns: []string{"list", "part", "from", "until", "last_seen", "facts"}},
	"agents":            {path: "agents", columns: []string{"id", "site", "hostname", "version", "state", "last_seen", "devices"}},
	"incidents":         {path: "incidents", columns: []string{"id", "severity", "status", "site", "summary", "started_at", "ended_at", "owner"}},
	"silences":          {path: "silences", columns: []string{"id", "match", "from", "until", "author", "reason", "active"}},
	"deliveries":        {path: "deliveries", columns: []string{"id", "status", "receiver", "incident", "type", "attempts", "created_at", "next_attempt_at", "finished_at", "response_code", "error"}},
	"assets":            {path: "assets", columns: []string{"device", "part", "class", "name", "model", "serial", "version", "first_seen", "last_seen", "removed_at", "warranty_until", "end_of_support", "owner", "tag"}},
	"findings":          {path: "findings", columns: []string{"severity", "kind", "site", "device", "object", "summary", "since"}},
	"calendars":         {path: "calendars", columns: []string{"name", "time_zone", "hours", "holidays"}},
	"credentials":       {path: "credentials", columns: []string{"name", "version", "sites"}},
	"circuits":          {path: "circuits", columns: []string{"name", "provider", "device", "interface", "bandwidth", "contract.availability", "contract.rtt", "contract.loss", "target"}},
	"links":             {path: "links", columns: []string{"name", "a", "b", "bandwidth", "absent"}},
	"services":          {path: "services", columns: []string{"name", "site", "objective.availability", "objective.window", "needs"}},
	"redundancy":        {path: "redundancy", columns: []string{"title", "kind", "class", "since", "words", "users"}, rows: "groups"},
	"single-points":     {path: "redundancy", columns: []string{"name", "kind", "sites", "devices", "users", "services", "certain"}, rows: "single_points"},
	"topology":          {path: "topology", columns: []string{"id", "confidence", "sources", "speed_bps", "last_seen", "stale"}, rows: "links"},
	"topology-changes":  {path: "topology/changes", columns: []string{"time", "kind", "object", "words"}},
	"redundancy-groups": {path: "redundancy_groups", columns: []string{"name", "mode", "min", "designed", "members"}},
	"risk-groups":       {path: "risk_groups", columns: []string{"name", "kind", "members"}},
	"maintenance":       {path: "maintenance", columns: []string{"name", "scope", "from", "to", "rrule", "duration", "time_zone", "reason"}},
	"receivers":         {path: "receivers", columns: []string{"name", "format", "url", "sites"}},
	"routes":            {path: "routes", columns: []string{"name", "match", "receiver", "repeat_every", "escalate_after"}},
	"rules":             {path: "rules", columns: []string{"name", "severity", "for", "expr"}},
	"capacity":          {path: "capacity", columns: []string{"resource", "title", "unit", "p95", "limit", "trend_per_day", "full_on.p10", "full_on.p50", "full_on.p90", "order_by", "backtest.mase", "backtest.coverage80", "model", "withheld"}},
	"capacity-rules":    {path: "capacity-rules", columns: []string{"name", "match", "limit", "lead_time"}},
	"lifecycle":         {path: "lifecycle", columns: []string{"model", "vendor", "end_of_sale", "end_of_support"}},
	"software-policies": {path: "software_policies", columns: []string{"name", "match", "versions"}},
	"schedules":         {path: "schedules", columns: []string{"name", "report", "period", "scope", "receivers"}},
	"users":             {path: "users", columns: []string{"name", "roles", "created_at"}},
	"api-tokens":        {path: "api-tokens", columns: []string{"name", "roles", "created_at", "expires_at", "last_used_at"}},
	"audit":             {path: "audit", columns: []string{"time", "who", "action", "object", "detail"}},
	"proposals":         {path: "discovery", columns: []string{"id", "status", "site", "address", "name", "evidence", "last_seen", "device"}},
}

func getCommand() *cobra.Command {
	var cl client
	var output, site, query, status, at string
	var removed bool
	names := make([]string, 0, len(resources))
	for name := range resources {
		names = append(names, name)
	}
	sort.Strings(names)
	c := &cobra.Command{
		Use:   "get " + strings.Join(names, "|") + " [DEVICE]",
		Short: "List what a running collector knows; " + strings.Join(perDevice(), ", ") + " are those of a device",
		Args:  cobra.RangeArgs(1, 2),
		RunE: func(c *cobra.Command, args []string) error {
			what, path, err := resolve(args, names)
			if err != nil {
				return err
			}
			write, ok := listFormats[output]
			if !ok {
				return usage{fmt.Errorf("output format %q: it is one of table, json, csv, yaml", output)}
			}
			values := url.Values{}
			if removed {
				values.Set("removed", "true")
			}
			for key, v := range map[string]string{"site": site, "q": query, "status": status, "at": at} {
				if v != "" {
					values.Set(key, v)
				}
			}
			items, err := what.read(c, &cl, path, values)
			if err != nil {
				return err
			}
			return write(c.OutOrStdout(), what.columns, items)
		},
	}
	clientFlags(c, &cl)
	c.Flags().StringVarP(&output, "output", "o", "table", "table, json, csv or yaml")
	c.Flags().StringVar(&site, "site", "", "only of this site")
	c.Flags().StringVarP(&query, "query", "q", "", "only what contains this text")
	c.Flags().StringVar(&status, "status", "", "of incidents: open, resolved or all; of deliveries: pending, delivered or dead; of proposals: proposed, approved or rejected")
	c.Flags().StringVar(&at, "at", "", "of components, neighbors and topology: as they were at this `TIME`, for example 2026-03-01T00:00:00Z; of topology also a date")
	c.Flags().BoolVar(&removed, "removed", false, "of assets: with what was there once")
	return c
}

func resolve(args, names []string) (what resource, path string, err error) {
	what, ok := resources[args[0]]
	if !ok {
		return what, "", usage{fmt.Errorf("unknown resource %q: it is one of %s", args[0], strings.Join(names, ", "))}
	}
	ofDevice := strings.Contains(what.path, "%s")
	if ofDevice != (len(args) == 2) {
		return what, "", usage{fmt.Errorf("get %s: name a device for %s, and nothing for the others", args[0], strings.Join(perDevice(), ", "))}
	}
	if ofDevice {
		return what, fmt.Sprintf(what.path, url.PathEscape(args[1])), nil
	}
	return what, what.path, nil
}

// perDevice are the resources that belong to one device.
func perDevice() []string {
	var out []string
	for name, r := range resources {
		if strings.Contains(r.path, "%s") {
			out = append(out, name)
		}
	}
	sort.Strings(out)
	return out
}

func (r resource) read(c *cobra.Command, cl *client, path string, query url.Values) ([]map[string]any, error) {
	if r.rows == "" {
		return list(c, cl, path, query)
	}
	var answer map[string]json.RawMessage
	if err := cl.call(c.Context(), http.MethodGet, path, query, nil, &answer); err != nil {
		return nil, err
	}
	items := []map[string]any{}
	if err := json.Unmarshal(answer[r.rows], &items); err != nil {
		return nil, fmt.Errorf("read %s: %w", r.rows, err)
	}
	return items, nil
}

// list follows the cursor to the end.
func list(c *cobra.Command, cl *client, path string, query url.Values) ([]map[string]any, error) {
	items := []map[string]any{}
	for {
		var page struct {
			Items      []map[string]any `json:"items"`
			NextCursor string           `json:"next_cursor"`
		}
		if err := cl.call(c.Context(), http.MethodGet, path, query, nil, &page); err != nil {
			return nil, err
		}
		items = append(items, page.Items...)
		if page.NextCursor == "" {
			return items, nil
		}
		query.Set("cursor", page.NextCursor)
	}
}

var listFormats = map[string]func(io.Writer, []string, []map[string]any) error{
	"json": func(w io.Writer, _ []string, items []map[string]any) error {
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		return encoder.Encode(items)
	},
	"yaml": func(w io.Writer, _ []string, items []map[string]any) error {
		return conf.Dump(w, wholeNumbers(items))
	},
	"csv": func(w io.Writer, columns []string, items []map[string]any) error {
		out := csv.NewWriter(w)
		out.Write(columns) //nolint:errcheck // told by Error
		for _, item := range items {
			out.Write(plain(row(columns, item, ""))) //nolint:errcheck // told by Error
		}
		out.Flush()
		return out.Error()
	},
	"table": func(w io.Writer, columns []string, items []map[string]any) error {
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, strings.ToUpper(strings.Join(columns, "\t")))
		for _, item := range items {
			fmt.Fprintln(t, strings.Join(row(columns, item, "–"), "\t"))
		}
		return t.Flush()
	},
}

// wholeNumbers writes whole numbers as such: JSON has one kind of number, and YAML would print 1e+10.
func wholeNumbers(v any) any {
	switch v := v.(type) {
	case []map[string]any:
		for _, item := range v {
			wholeNumbers(item)
		}
	case map[string]any:
		for key, inner := range v {
			v[key] = wholeNumbers(inner)
		}
	case []any:
		for i, inner := range v {
			v[i] = wholeNumbers(inner)
		}
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return int64(v)
		}
	}
	return v
}

// row is the columns of item as text; what is not known is absent.
func row(columns []string, item map[string]any, absent string) []string {
	out := make([]string, len(columns))
	for i, c := range columns {
		if out[i] = cell(at(item, c)); out[i] == "" {
			out[i] = absent
		}
	}
	return out
}

// at is the value of a path such as contract.availability.
func at(item map[string]any, path string) any {
	key, rest, nested := strings.Cut(path, ".")
	if inner, ok := item[key].(map[string]any); ok && nested {
		return at(inner, rest)
	}
	return item[key]
}

func cell(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case float64:
		return fmt.Sprintf("%.15g", v)
	case []any:
		words := make([]string, len(v))
		for i, inner := range v {
			words[i] = cell(inner)
		}
		return strings.Join(words, " ")
	case map[string]any:
		text, _ := json.Marshal(v) // it comes from JSON
		return string(text)
	}
	return fmt.Sprint(v)
}

// plain keeps a spreadsheet from taking a text of somebody's device for a formula.
func plain(cells []string) []string {
	for i, s := range cells {
		if _, err := strconv.ParseFloat(s, 64); s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) && err != nil {
			cells[i] = "'" + s
		}
	}
	return cells
}
