package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

func whatIfCommand() *cobra.Command {
	var cl client
	var output, plus string
	numbers := map[string]*float64{}
	c := &cobra.Command{
		Use: "what-if RESOURCE", Short: "Forecast when a resource is full under other assumptions, and how long larger sizes last", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if output != "text" && output != "json" {
				return usage{fmt.Errorf("output format %q: it is one of text, json", output)}
			}
			query := url.Values{"resource": args}
			for name, v := range numbers {
				if c.Flags().Changed(name) {
					query.Set(strings.ReplaceAll(name, "-", "_"), strconv.FormatFloat(*v, 'g', -1, 64))
				}
			}
			if plus != "" {
				query.Set("plus", plus)
			}
			text, err := cl.fetch(c.Context(), http.MethodGet, "capacity/what-if", query, nil)
			if err != nil {
				return err
			}
			if output == "json" {
				_, err := fmt.Fprintln(c.OutOrStdout(), strings.TrimSpace(string(text)))
				return err
			}
			var x whatIfAnswer
			if err := json.Unmarshal(text, &x); err != nil {
				return fmt.Errorf("%s does not answer as a collector does: %w", cl.server, err)
			}
			var sizes largerSizes
			if err := cl.call(c.Context(), http.MethodGet, "capacity/upgrades", url.Values{"resource": args}, nil, &sizes); err != nil {
				return err
			}
			return x.write(c.OutOrStdout(), sizes)
		},
	}
	clientFlags(c, &cl)
	for name, usage := range map[string]string{
		"growth":       "`PERCENT` of the growth that was found: 0 for none, 200 for twice as much",
		"load":         "`PERCENT` of what is carried, such as 130 for 30 % more users",
		"capacity":     "it can carry this `NUMBER` in the unit of the resource, such as 2e9 bit/s",
		"limit":        "`PERCENT` of the capacity at which it is full",
		"lead":         "`DAYS` until what is ordered is in place",
		"plus-percent": "`PERCENT` of the load of --plus",
	} {
		numbers[name] = c.Flags().Float64(name, 0, usage)
	}
	c.Flags().StringVar(&plus, "plus", "", "`RESOURCE` whose load comes on top, as when a department moves, such as circuit:lis-b")
	c.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	return c
}

// whatIfAnswer is what is told of a resource under other assumptions.
type whatIfAnswer struct {
	Title, Unit, Withheld string
	P95, Limit            *float64
	FullOn                expectedDates `json:"full_on"`
	OverSince             string        `json:"over_since"`
	OrderBy               string        `json:"order_by"`
	Overdue               bool
	LeadDays              float64 `json:"lead_time_days"`
	Probability           []struct {
		Days int
		P    float64
	}
}

type expectedDates struct{ P10, P50, P90 string }

// largerSizes are the answer of the upgrades of a resource.
type largerSizes struct {
	CostToday string `json:"cost_today"`
	Items     []struct {
		Capacity float64
		Withheld string
		FullOn   expectedDates `json:"full_on"`
		Cost     string
		CostOf   string `json:"cost_of"`
	}
}

func (x *whatIfAnswer) write(w io.Writer, sizes largerSizes) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: p95 %s of a limit of %s\n", x.Title, inUnit(x.P95, x.Unit), inUnit(x.Limit, x.Unit))
	switch {
	case x.OverSince != "":
		fmt.Fprintf(&b, "Full since %s: order now.\n", x.OverSince)
	case x.Withheld != "":
		fmt.Fprintf(&b, "No date is given: %s.\n", x.Withheld)
	case x.FullOn.P10 == "":
		fmt.Fprintln(&b, "It does not fill up within a year.")
	default:
		fmt.Fprintf(&b, "Full on %s at the earliest, likely %s, at the latest %s.\n", x.FullOn.P10, orNever(x.FullOn.P50), orNever(x.FullOn.P90))
		overdue := ""
		if x.Overdue {
			overdue = ", which is over"
		}
		fmt.Fprintf(&b, "Order by %s%s: %g days until it is in place.\n", x.OrderBy, overdue, x.LeadDays)
	}
	slices.SortStableFunc(x.Probability, func(a, b struct {
		Days int
		P    float64
	}) int {
		return a.Days - b.Days
	})
	for i, p := range x.Probability {
		if i == 0 || x.Probability[i-1].Days != p.Days {
			fmt.Fprintf(&b, "Within %d days: %.0f %%\n", p.Days, 100*p.P)
		}
	}
	for i, s := range sizes.Items {
		if i == 0 {
			today := ""
			if sizes.CostToday != "" {
				today = ", today " + sizes.CostToday
			}
			fmt.Fprintf(&b, "Larger sizes, as things are%s:\n", today)
		}
		lasts := "lasts a year and more"
		switch {
		case s.Withheld != "":
			lasts = "gets no date: " + s.Withheld
		case s.FullOn.P50 != "":
			lasts = "lasts until " + s.FullOn.P50
		}
		cost := ""
		if s.Cost != "" {
			cost = fmt.Sprintf(", %s as %s", s.Cost, s.CostOf)
		}
		fmt.Fprintf(&b, "  %s %s%s\n", inUnit(&s.Capacity, x.Unit), lasts, cost)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func orNever(date string) string {
	if date == "" {
		return "not within a year"
	}
	return date
}

// inUnit is a value for people: 712 Mbit/s, or as it is.
func inUnit(v *float64, unit string) string {
	if v == nil {
		return "unknown"
	}
	if unit == "bit/s" {
		x, names := *v, []string{"bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"}
		for len(names) > 1 && x >= 1000 {
			x, names = x/1000, names[1:]
		}
		return fmt.Sprintf("%.3g %s", x, names[0])
	}
	return fmt.Sprintf("%.4g %s", *v, unit)
}
