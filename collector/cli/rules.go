package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"ninewatch/collector/inventory"
)

func rulesCommand() *cobra.Command {
	c := &cobra.Command{Use: "rules", Short: "Try alert rules"}
	c.AddCommand(rulesReplayCommand())
	return c
}

func rulesReplayCommand() *cobra.Command {
	var cl client
	var since, file, output string
	c := &cobra.Command{
		Use: "replay", Short: "Say what rules would have sent, had they been there", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			write, ok := listFormats[output]
			if !ok {
				return usage{fmt.Errorf("output format %q: it is one of table, json, csv, yaml", output)}
			}
			if err := cl.complete(); err != nil {
				return err
			}
			rules, err := readRules(file)
			if err != nil {
				return err
			}
			var back inventory.Duration
			if err := back.UnmarshalText([]byte(since)); err != nil || back <= 0 {
				return usage{fmt.Errorf("--since %q: write for example 90d", since)}
			}
			rows := []map[string]any{}
			for _, r := range rules {
				found, err := cl.replay(c.Context(), r, time.Now().Add(-time.Duration(back)), time.Now())
				if err != nil {
					return fmt.Errorf("rule %q: %w", r.Name, err)
				}
				rows = append(rows, found...)
			}
			return write(c.OutOrStdout(), []string{"rule", "labels", "opened", "resolved", "seconds"}, rows)
		},
	}
	clientFlags(c, &cl)
	c.Flags().StringVar(&since, "since", "90d", "how far `BACK`")
	c.Flags().StringVar(&file, "rule", "", "`FILE` with rules, as in the inventory")
	c.Flags().StringVarP(&output, "output", "o", "table", "table, json, csv or yaml")
	if err := c.MarkFlagRequired("rule"); err != nil {
		panic(err) // the flag stands two lines above
	}
	return c
}

// replayRule is what of a rule matters for the past.
type replayRule struct {
	Name  string             `yaml:"name"`
	Sites []string           `yaml:"sites"`
	Expr  string             `yaml:"expr"`
	For   inventory.Duration `yaml:"for"`
}

// readRules reads the rules of a file of the inventory.
func readRules(path string) ([]replayRule, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read rules: %w", err)
	}
	var in struct {
		Rules []replayRule `yaml:"rules"`
	}
	if err := yaml.Unmarshal(text, &in); err != nil {
		return nil, usage{fmt.Errorf("read rules %q: %w", path, err)}
	}
	if len(in.Rules) == 0 {
		return nil, usage{fmt.Errorf("read rules %q: there are none, write rules: [{name: …, expr: …}]", path)}
	}
	for _, r := range in.Rules {
		if r.Expr == "" {
			return nil, usage{fmt.Errorf("read rules %q: rule %q has no expr", path, r.Name)}
		}
	}
	return in.Rules, nil
}

// The past is read in steps, so many with one query.
const (
	replayStep   = time.Minute
	replayPoints = 5000
)

// replay asks for the past of a rule, part by part.
func (cl *client) replay(ctx context.Context, r replayRule, from, to time.Time) ([]map[string]any, error) {
	from, to = from.Truncate(replayStep), to.Truncate(replayStep)
	held := map[string][]int64{}
	for at := from; at.Before(to); at = at.Add(replayPoints * replayStep) {
		end := at.Add((replayPoints - 1) * replayStep)
		if end.After(to) {
			end = to
		}
		if err := cl.replayPart(ctx, r, at, end, held); err != nil {
			return nil, err
		}
	}
	rows := []map[string]any{}
	for series, seconds := range held {
		for _, w := range firings(seconds, int64(replayStep/time.Second), int64(time.Duration(r.For)/time.Second)) {
			row := map[string]any{"rule": r.Name, "labels": series, "opened": time.Unix(w[0], 0).UTC().Format(time.RFC3339), "resolved": "", "seconds": w[1] - w[0]}
			if w[1] < to.Unix() {
				row["resolved"] = time.Unix(w[1], 0).UTC().Format(time.RFC3339)
			}
			rows = append(rows, row)
		}
	}
	slices.SortFunc(rows, func(a, b map[string]any) int {
		return strings.Compare(a["opened"].(string)+a["labels"].(string), b["opened"].(string)+b["labels"].(string))
	})
	return rows, nil
}

func (cl *client) replayPart(ctx context.Context, r replayRule, from, to time.Time, held map[string][]int64) error {
	var answer struct {
		Data struct {
			Result []struct {
				Metric map[string]string `json:"metric"`
				Values [][2]any          `json:"values"`
			} `json:"result"`
		} `json:"data"`
	}
	query := url.Values{
		"query": {r.Expr}, "start": {strconv.FormatInt(from.Unix(), 10)}, "end": {strconv.FormatInt(to.Unix(), 10)},
		"step": {strconv.Itoa(int(replayStep / time.Second))},
	}
	if err := cl.call(ctx, http.MethodGet, "/prometheus/api/v1/query_range", query, nil, &answer); err != nil {
		return err
	}
	for _, s := range answer.Data.Result {
		if site, ok := s.Metric["site"]; len(r.Sites) > 0 && (!ok || !slices.Contains(r.Sites, site)) {
			continue
		}
		name := seriesName(s.Metric)
		for _, v := range s.Values {
			t, isTime := v[0].(float64)
			text, isText := v[1].(string)
			if !isTime || !isText {
				return errors.New("the collector answers something that is no range of values")
			}
			if len(s.Metric) > 0 || text != "0" { // a scalar holds when it is not 0
				held[name] = append(held[name], int64(t))
			}
		}
	}
	return nil
}

func seriesName(metric map[string]string) string {
	var parts []string
	for k, v := range metric {
		parts = append(parts, k+"="+v)
	}
	slices.Sort(parts)
	return strings.Join(parts, " ")
}

// firings are the times from when to when an expression that gave a result at seconds, which are in order, had
// done so for hold, and still did.
func firings(seconds []int64, step, hold int64) [][2]int64 {
	var out [][2]int64
	for n := 0; n < len(seconds); {
		first := n
		for n++; n < len(seconds) && seconds[n]-seconds[n-1] <= step; n++ {
			// goes on
		}
		if begun := seconds[first] + hold; begun <= seconds[n-1] {
			out = append(out, [2]int64{begun, seconds[n-1] + step})
		}
	}
	return out
}
