package cli

import (
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"ninewatch/collector/app"
	"ninewatch/collector/uptime"
)

func rebuildCommand() *cobra.Command {
	var data, output string
	c := &cobra.Command{
		Use: "rebuild", Short: "Work out the ledger again from the facts in a data folder, and list what that changes; stop its collector first", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			write, ok := listFormats[output]
			if !ok {
				return usage{fmt.Errorf("output format %q: it is one of table, json, csv, yaml", output)}
			}
			found, err := app.RebuildLedger(c.Context(), data, slog.New(slog.DiscardHandler), progressLine(c.ErrOrStderr(), "devices"))
			if err != nil {
				return err
			}
			return write(c.OutOrStdout(), []string{"target", "from", "to", "seconds", "why"}, revisionRows(found))
		},
	}
	c.Flags().StringVar(&data, "data", "", "the data `FOLDER` of a collector that does not run")
	c.Flags().StringVarP(&output, "output", "o", "table", "table, json, csv or yaml")
	if err := c.MarkFlagRequired("data"); err != nil {
		panic(err) // the flag stands two lines above
	}
	return c
}

func revisionRows(in []uptime.Revision) []map[string]any {
	out := []map[string]any{}
	for _, r := range in {
		seconds := map[string]any{}
		for state, n := range r.Seconds {
			seconds[state] = n
		}
		out = append(out, map[string]any{"target": r.Target, "from": r.From, "to": r.To, "seconds": seconds, "who": r.Who, "why": r.Why})
	}
	return out
}

// progressLine tells on a terminal how far a long work is, and nothing into a pipe.
func progressLine(w io.Writer, what string) func(done, all int) {
	f, ok := w.(*os.File)
	if !ok {
		return func(int, int) {}
	}
	if info, err := f.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return func(int, int) {}
	}
	return func(done, all int) {
		end := "\r"
		if done == all {
			end = "\n"
		}
		fmt.Fprintf(f, "%d of %d %s%s", done, all, what, end)
	}
}
