package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/spf13/cobra"
)

func impactCommand() *cobra.Command {
	var cl client
	var at, site, output string
	c := &cobra.Command{
		Use: "impact device:NAME|link:ID|interface:DEVICE/PORT|circuit:NAME|risk:NAME", Short: "Say who loses what when something fails, and what would mend it", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if output != "text" && output != "json" {
				return usage{fmt.Errorf("output format %q: it is one of text, json", output)}
			}
			query := url.Values{"of": args}
			for key, value := range map[string]string{"at": at, "site": site} {
				if value != "" {
					query.Set(key, value)
				}
			}
			text, err := cl.fetch(c.Context(), http.MethodGet, "impact", query, nil)
			if err != nil {
				return err
			}
			if output == "json" {
				_, err := fmt.Fprintln(c.OutOrStdout(), strings.TrimSpace(string(text)))
				return err
			}
			var x impactAnswer
			if err := json.Unmarshal(text, &x); err != nil {
				return fmt.Errorf("%s does not answer as a collector does: %w", cl.server, err)
			}
			return x.write(c.OutOrStdout())
		},
	}
	clientFlags(c, &cl)
	c.Flags().StringVar(&at, "at", "", "by the topology of this `TIME`: a date, or 2026-03-01T12:00:00Z")
	c.Flags().StringVar(&site, "site", "", "count only what is at this site")
	c.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	return c
}

// impactAnswer is what is told of an impact.
type impactAnswer struct {
	Words string
	Users int
	Lost  []struct {
		Device, Site, Department string
		Core, Outside            bool
	}
	Departments []struct {
		Department     string
		Devices, Users int
	}
	Services []struct{ Title string }
	Groups   []struct{ Title, Class string }
	Certain  bool
	Why      []string
	Mend     []struct{ What, Effect string }
}

func (x *impactAnswer) write(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintln(&b, x.Words)
	if len(x.Lost) > 0 && !x.Certain {
		fmt.Fprintln(&b, "This is not certain: there may be links that nobody has heard of.")
	}
	list := func(title string, rows []string) {
		if len(rows) > 0 {
			fmt.Fprintf(&b, "%s:\n  %s\n", title, strings.Join(rows, "\n  "))
		}
	}
	var lost, departments, services, groups, mends []string
	for _, l := range x.Lost {
		what := "the core"
		switch {
		case l.Core && l.Outside:
			what = "the core and the outside"
		case l.Outside:
			what = "the outside"
		}
		lost = append(lost, fmt.Sprintf("%s (%s) loses %s", l.Device, l.Site, what))
	}
	for _, d := range x.Departments {
		departments = append(departments, fmt.Sprintf("%s: %s, about %s", d.Department, counted(d.Devices, "device"), counted(d.Users, "user")))
	}
	for _, s := range x.Services {
		services = append(services, s.Title)
	}
	for _, g := range x.Groups {
		groups = append(groups, g.Title+", which is "+strings.ReplaceAll(g.Class, "_", " ")+" now")
	}
	for _, m := range x.Mend {
		mends = append(mends, m.What+" "+m.Effect)
	}
	list("Cut off", lost)
	list("Departments", departments)
	list("Services that would be down", services)
	list("Redundancy that loses a member", groups)
	list("Why", x.Why)
	list("What would help", mends)
	_, err := io.WriteString(w, b.String())
	return err
}

func counted(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}
