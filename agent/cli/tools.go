package cli

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
	"text/tabwriter"
	"time"

	"ninewatch/agent/icmp"
	"ninewatch/agent/inspect"
	"ninewatch/internal/conf"
)

// deviceFlags are those of a command that speaks to one device.
func deviceFlags(f *flags, o *inspect.Options) {
	f.text(&o.Credential.Version, "snmp-version", "", "1, 2c or 3 (default 2c, with --username 3)")
	f.secret(&o.Credential.Community, "community", "community of v1 and v2c; also NINEWATCH_SNMP_COMMUNITY")
	f.text(&o.Credential.Username, "username", "", "user name of v3")
	f.text(&o.Credential.AuthProtocol, "auth-protocol", "", "MD5, SHA, SHA224, SHA256, SHA384 or SHA512")
	f.secret(&o.Credential.AuthPassphrase, "auth-passphrase", "also NINEWATCH_SNMP_AUTH_PASSPHRASE")
	f.text(&o.Credential.PrivProtocol, "priv-protocol", "", "DES, AES, AES192, AES192C, AES256 or AES256C")
	f.secret(&o.Credential.PrivPassphrase, "priv-passphrase", "also NINEWATCH_SNMP_PRIV_PASSPHRASE")
	f.text(&o.Credential.Context, "context-name", "", "context of v3")
	f.duration(&o.Timeout, "timeout", 2*time.Second, "for one attempt")
	f.number(&o.Retries, "retries", 2, "attempts after the first")
	f.duration(&o.Budget, "budget", inspect.DefaultBudget, "for all of it")
}

func complete(o *inspect.Options) {
	o.Credential = inspect.FromEnvironment(o.Credential, os.Getenv)
	if o.Retries == 0 {
		o.Retries = -1 // none, as asked for; 0 would mean the default
	}
}

func inspectCommand() *command {
	var o inspect.Options
	var profiles []string
	c := &command{
		use: "inspect HOST[:PORT]", short: "Read one device whole, without any collector", least: 1, most: 1,
		run: func(ctx context.Context, args []string, s streams) error {
			library, err := loadProfiles(profiles)
			if err != nil {
				return err
			}
			o.Target, o.Profiles = args[0], library
			complete(&o)
			return result(inspect.Inspect(ctx, o, s.out, s.errs))
		},
	}
	deviceFlags(&c.flags, &o)
	c.flags.text(&o.Output, "output", "table", "table, json, yaml, csv or snmprec (a recording of what was read)").short = "o"
	c.flags.list(&profiles, "profiles", nil, "files or folders of profiles, which go before the bundled ones")
	return c
}

func walkCommand() *command {
	var o inspect.Options
	c := &command{
		use: "walk HOST[:PORT] OID", short: "Print all that a device has below an OID", least: 2, most: 2,
		run: func(ctx context.Context, args []string, s streams) error {
			o.Target = args[0]
			complete(&o)
			return result(inspect.Walk(ctx, o, args[1], s.out, s.errs))
		},
	}
	deviceFlags(&c.flags, &o)
	c.flags.text(&o.Output, "output", "table", "table, json, yaml, csv or snmprec").short = "o"
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

func pingCommand() *command {
	var count int
	var interval time.Duration
	var output string
	c := &command{
		use: "ping HOST...", short: "Send echo requests and sum up what came back", least: 1, most: anyNumber,
		run: func(ctx context.Context, args []string, s streams) error {
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
				wg.Go(func() { results[i], errs[i] = icmp.Ping(ctx, host, count, interval) })
			}
			wg.Wait()
			return told(s, args, results, errs, write)
		},
	}
	c.flags.number(&count, "count", 5, "echo requests per host")
	c.flags.duration(&interval, "interval", time.Second, "between two of them")
	c.flags.text(&output, "output", "table", "table, json, csv or yaml").short = "o"
	return c
}

// told prints the results, and a line for each host that could not be asked.
func told(s streams, hosts []string, results []icmp.PingResult, errs []error, write func(io.Writer, []icmp.PingResult) error) error {
	good := []icmp.PingResult{}
	for i, err := range errs {
		if err != nil {
			fmt.Fprintf(s.errs, "%s: %s\n", hosts[i], err)
			continue
		}
		good = append(good, results[i])
	}
	if err := write(s.out, good); err != nil {
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
