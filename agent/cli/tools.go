package cli

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"ninewatch/agent/icmp"
	"ninewatch/agent/inspect"
	"ninewatch/internal/conf"
)

// deviceFlags are those of a command that speaks to one device.
func deviceFlags(c *cobra.Command, o *inspect.Options) {
	f := c.Flags()
	f.StringVar(&o.Credential.Version, "snmp-version", "", "1, 2c or 3 (default 2c, with --username 3)")
	f.Var((*secret)(&o.Credential.Community), "community", "community of v1 and v2c; also NINEWATCH_SNMP_COMMUNITY")
	f.StringVar(&o.Credential.Username, "username", "", "user name of v3")
	f.StringVar(&o.Credential.AuthProtocol, "auth-protocol", "", "MD5, SHA, SHA224, SHA256, SHA384 or SHA512")
	f.Var((*secret)(&o.Credential.AuthPassphrase), "auth-passphrase", "also NINEWATCH_SNMP_AUTH_PASSPHRASE")
	f.StringVar(&o.Credential.PrivProtocol, "priv-protocol", "", "DES, AES, AES192, AES192C, AES256 or AES256C")
	f.Var((*secret)(&o.Credential.PrivPassphrase), "priv-passphrase", "also NINEWATCH_SNMP_PRIV_PASSPHRASE")
	f.StringVar(&o.Credential.Context, "context-name", "", "context of v3")
	f.DurationVar(&o.Timeout, "timeout", 2*time.Second, "for one attempt")
	f.IntVar(&o.Retries, "retries", 2, "attempts after the first")
	f.DurationVar(&o.Budget, "budget", inspect.DefaultBudget, "for all of it")
}

// secret is a flag whose value help texts and errors do not show.
type secret conf.Secret

func (s *secret) String() string     { return conf.Secret(*s).String() }
func (s *secret) Set(v string) error { *s = secret(v); return nil }
func (s *secret) Type() string       { return "secret" }

func complete(o *inspect.Options) {
	o.Credential = inspect.FromEnvironment(o.Credential, os.Getenv)
	if o.Retries == 0 {
		o.Retries = -1 // none, as asked for; 0 would mean the default
	}
}

func inspectCommand() *cobra.Command {
	var o inspect.Options
	var profiles []string
	c := &cobra.Command{
		Use: "inspect HOST[:PORT]", Short: "Read one device whole, without any collector", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			library, err := loadProfiles(profiles)
			if err != nil {
				return err
			}
			o.Target, o.Profiles = args[0], library
			complete(&o)
			return result(inspect.Inspect(c.Context(), o, c.OutOrStdout(), c.ErrOrStderr()))
		},
	}
	deviceFlags(c, &o)
	c.Flags().StringVarP(&o.Output, "output", "o", "table", "table, json, yaml, csv or snmprec (a recording of what was read)")
	c.Flags().StringSliceVar(&profiles, "profiles", nil, "files or folders of profiles, which go before the bundled ones")
	return c
}

func walkCommand() *cobra.Command {
	var o inspect.Options
	c := &cobra.Command{
		Use: "walk HOST[:PORT] OID", Short: "Print all that a device has below an OID", Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			o.Target = args[0]
			complete(&o)
			return result(inspect.Walk(c.Context(), o, args[1], c.OutOrStdout(), c.ErrOrStderr()))
		},
	}
	deviceFlags(c, &o)
	c.Flags().StringVarP(&o.Output, "output", "o", "table", "table, json, yaml, csv or snmprec")
	return c
}

func result(code int) error {
	if code == 0 {
		return nil
	}
	return exitCode(code)
}

// maxPings bounds what one call may send.
const maxPings = 100_000

func pingCommand() *cobra.Command {
	var count int
	var interval time.Duration
	var output string
	c := &cobra.Command{
		Use: "ping HOST...", Short: "Send echo requests and sum up what came back", Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if count < 1 || count > maxPings || interval < 10*time.Millisecond {
				return usage{fmt.Errorf("--count is 1 to %d and --interval at least 10ms", maxPings)}
			}
			write, ok := pingFormats[output]
			if !ok {
				return usage{fmt.Errorf("output format %q: it is one of table, json, csv, yaml", output)}
			}
			results := make([]icmp.PingResult, len(args))
			errs := make([]error, len(args))
			var wg sync.WaitGroup
			for i, host := range args {
				wg.Go(func() { results[i], errs[i] = icmp.Ping(c.Context(), host, count, interval) })
			}
			wg.Wait()
			return told(c, args, results, errs, write)
		},
	}
	c.Flags().IntVar(&count, "count", 5, "echo requests per host")
	c.Flags().DurationVar(&interval, "interval", time.Second, "between two of them")
	c.Flags().StringVarP(&output, "output", "o", "table", "table, json, csv or yaml")
	return c
}

// told prints the results, and a line for each host that could not be asked.
func told(c *cobra.Command, hosts []string, results []icmp.PingResult, errs []error, write func(io.Writer, []icmp.PingResult) error) error {
	good := []icmp.PingResult{}
	for i, err := range errs {
		if err != nil {
			fmt.Fprintf(c.ErrOrStderr(), "%s: %s\n", hosts[i], err)
			continue
		}
		good = append(good, results[i])
	}
	if err := write(c.OutOrStdout(), good); err != nil {
		return err
	}
	switch {
	case len(good) == 0:
		return exitCode(exitFailed)
	case len(good) < len(hosts):
		return exitCode(3)
	}
	return nil
}

var pingFormats = map[string]func(io.Writer, []icmp.PingResult) error{
	"json": func(w io.Writer, results []icmp.PingResult) error {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(results)
	},
	"yaml": func(w io.Writer, results []icmp.PingResult) error {
		text, err := json.Marshal(results)
		if err != nil {
			return err
		}
		var tree any
		if err := json.Unmarshal(text, &tree); err != nil {
			return err
		}
		return conf.Dump(w, tree)
	},
	"table": func(w io.Writer, results []icmp.PingResult) error {
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "HOST\tADDRESS\tSENT\tRECEIVED\tLOSS\tMIN\tP50\tP95\tMAX\tDUPLICATES")
		for _, r := range results {
			fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%s\t%s\t%d\n", r.Host, r.Address, r.Sent, r.Received, percent(r.Loss), rtts(r, "\t"), r.Duplicates)
		}
		return t.Flush()
	},
	"csv": func(w io.Writer, results []icmp.PingResult) error {
		out := csv.NewWriter(w)
		out.Write([]string{"host", "address", "sent", "received", "loss", "rtt_min_seconds", "rtt_p50_seconds", "rtt_p95_seconds", "rtt_max_seconds", "duplicates"}) //nolint:errcheck // told by Error
		for _, r := range results {
			row := []string{r.Host, r.Address.String(), strconv.Itoa(r.Sent), strconv.Itoa(r.Received), fmt.Sprint(r.Loss), "", "", "", "", strconv.Itoa(r.Duplicates)}
			if r.RTT != nil {
				for i, v := range []float64{r.RTT.Min, r.RTT.P50, r.RTT.P95, r.RTT.Max} {
					row[5+i] = strconv.FormatFloat(v, 'f', -1, 64)
				}
			}
			out.Write(row) //nolint:errcheck // told by Error
		}
		out.Flush()
		return out.Error()
	},
}

// percent cuts off, so that 100 % means all.
func percent(ratio float64) string { return fmt.Sprintf("%.1f %%", float64(int(ratio*1000))/10) }

func rtts(r icmp.PingResult, separator string) string {
	if r.RTT == nil {
		return "–" + separator + "–" + separator + "–" + separator + "–"
	}
	ms := func(s float64) string { return fmt.Sprintf("%.3f ms", s*1000) }
	return ms(r.RTT.Min) + separator + ms(r.RTT.P50) + separator + ms(r.RTT.P95) + separator + ms(r.RTT.Max)
}
