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
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"ninewatch/internal/conf"
)

// resource is something that can be listed: its path, and the columns of its table.
type resource struct {
	path    string
	columns []string
}

var resources = map[string]resource{
	"sites":      {"sites", []string{"name", "display_name", "region", "time_zone", "users"}},
	"devices":    {"devices", []string{"name", "site", "address", "role", "state", "since"}},
	"interfaces": {"devices/%s/interfaces", []string{"key", "if_index", "alias", "speed_bps", "admin_status", "oper_status", "in_bps", "out_bps"}},
	"agents":     {"agents", []string{"id", "site", "hostname", "version", "state", "last_seen", "devices"}},
	"incidents":  {"incidents", []string{"id", "severity", "status", "site", "summary", "started_at", "ended_at", "owner"}},
}

func getCommand() *cobra.Command {
	var cl client
	var output, site, query, status string
	names := make([]string, 0, len(resources))
	for name := range resources {
		names = append(names, name)
	}
	sort.Strings(names)
	c := &cobra.Command{
		Use:   "get " + strings.Join(names, "|") + " [DEVICE]",
		Short: "List what a running collector knows; interfaces are those of a device",
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
			for key, v := range map[string]string{"site": site, "q": query, "status": status} {
				if v != "" {
					values.Set(key, v)
				}
			}
			items, err := list(c, &cl, path, values)
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
	c.Flags().StringVar(&status, "status", "", "of incidents: open, resolved or all")
	return c
}

func resolve(args, names []string) (what resource, path string, err error) {
	what, ok := resources[args[0]]
	if !ok {
		return what, "", usage{fmt.Errorf("unknown resource %q: it is one of %s", args[0], strings.Join(names, ", "))}
	}
	perDevice := strings.Contains(what.path, "%s")
	if perDevice != (len(args) == 2) {
		return what, "", usage{fmt.Errorf("get %s: name a device for interfaces, and nothing for the others", args[0])}
	}
	if perDevice {
		return what, fmt.Sprintf(what.path, url.PathEscape(args[1])), nil
	}
	return what, what.path, nil
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
			out.Write(row(columns, item, "")) //nolint:errcheck // told by Error
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
		switch v := item[c].(type) {
		case nil:
			out[i] = absent
		case float64:
			out[i] = fmt.Sprintf("%.15g", v)
		default:
			out[i] = fmt.Sprint(v)
		}
	}
	return out
}
