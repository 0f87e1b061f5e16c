package cli

import (
	"crypto/ed25519"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"ninewatch/collector/report"
)

var (
	reportKinds   = []string{"sla", "capacity", "redundancy", "inventory"}
	reportFormats = []string{"html", "pdf", "csv", "json"}
)

func reportCommand() *cobra.Command {
	var cl client
	var period, scope, format, objective, table, file string
	c := &cobra.Command{
		Use: "report " + strings.Join(reportKinds, "|"), Short: "Make a report that can be printed, sent and signed", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if !slices.Contains(reportKinds, args[0]) {
				return usage{fmt.Errorf("there is no report %q: ask for %s", args[0], strings.Join(reportKinds, ", "))}
			}
			if !slices.Contains(reportFormats, format) {
				return usage{fmt.Errorf("--format %q is none of %s", format, strings.Join(reportFormats, ", "))}
			}
			query := url.Values{"format": {format}}
			if from, to, ok := strings.Cut(period, ".."); ok {
				query["from"], query["to"], period = []string{from}, []string{to}, ""
			}
			for name, value := range map[string]string{"period": period, "scope": scope, "objective": objective, "table": table} {
				if value != "" {
					query.Set(name, value)
				}
			}
			text, err := cl.fetch(c.Context(), http.MethodGet, "reports/"+args[0], query, nil)
			if err != nil {
				return err
			}
			if file != "" {
				return os.WriteFile(file, text, 0o644)
			}
			_, err = c.OutOrStdout().Write(text)
			return err
		},
	}
	clientFlags(c, &cl)
	c.Flags().StringVar(&period, "period", "", "`PERIOD` in the zone of the scope: 2026-10, 2026-Q3, 2026-10-21, 2026 or two times in RFC 3339 with .. between; the last whole month when empty")
	c.Flags().StringVar(&scope, "scope", "", "`SCOPE`: company, site:NAME, device:NAME, service:NAME …; company when empty")
	c.Flags().StringVar(&format, "format", "html", "`FORMAT`: "+strings.Join(reportFormats, ", "))
	c.Flags().StringVar(&objective, "objective", "", "`PERCENT` that was agreed, such as 99.9")
	c.Flags().StringVar(&table, "table", "", "`KEY` of the one table that csv is to hold")
	c.Flags().StringVar(&file, "to", "", "`FILE` to write, in place of the output")
	return c
}

func verifyReportCommand() *cobra.Command {
	var key string
	c := &cobra.Command{
		Use: "verify-report FILE.json", Short: "Check the signature of a report, without a collector", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var want ed25519.PublicKey
			if key != "" {
				var err error
				if want, err = report.ParseKey(key); err != nil {
					return usage{fmt.Errorf("--key: %w", err)}
				}
			}
			text, err := os.ReadFile(args[0])
			if err != nil {
				return err
			}
			d, by, err := report.Verify(text, want)
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			out := c.OutOrStdout()
			fmt.Fprintf(out, "%s: unchanged since it was signed by the key %s\n", args[0], report.Fingerprint(by))
			fmt.Fprintf(out, "  %s, %s, as of %s, revision %d\n", d.Title, d.Eyebrow, d.AsOf, d.Revision)
			if want == nil {
				fmt.Fprintln(out, "  anybody can make a key: compare the fingerprint with the collector's, or give --key")
			}
			return nil
		},
	}
	c.Flags().StringVar(&key, "key", "", "public `KEY` in base64 that has to have signed it (GET /api/v1/reports/key)")
	return c
}
