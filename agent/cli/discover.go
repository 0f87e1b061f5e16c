package cli

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"ninewatch/agent/allow"
	"ninewatch/agent/config"
	"ninewatch/agent/discover"
	"ninewatch/agent/inspect"
	"ninewatch/agent/profile"
	"ninewatch/agent/snmp"
	"ninewatch/internal/conf"
)

// discoverOptions are the flags of discover.
type discoverOptions struct {
	device      inspect.Options
	cfg         discover.Config
	allow       []string
	credentials string
	resume      string
	output      string
}

func discoverCommand() *command {
	o := discoverOptions{cfg: discover.DefaultConfig()}
	c := &command{
		use: "discover CIDR...", short: "Find what answers in ranges of addresses, and with which credential", least: 1, most: anyNumber,
		run: func(ctx context.Context, args []string, s streams) error {
			write, ok := foundFormats[o.output]
			if !ok {
				return usage{fmt.Errorf("output format %q: it is one of table, json, csv, yaml", o.output)}
			}
			if err := o.complete(args); err != nil {
				return err
			}
			return o.scan(ctx, s, write)
		},
	}
	f := &c.flags
	deviceFlags(f, &o.device)
	f.text(&o.credentials, "credentials", "", "a `FILE` with credentials in the shape of the inventory, tried in their order")
	f.list(&o.allow, "allow", []string{allow.Private, allow.Connected}, "what may be asked: private, connected, and `RANGES`")
	f.port(&o.cfg.Port, "port", o.cfg.Port, "UDP port of SNMP")
	f.number(&o.cfg.Rate, "rate", o.cfg.Rate, "addresses a second")
	f.number(&o.cfg.TriesPerMinute, "tries-per-minute", o.cfg.TriesPerMinute, "credentials a minute at one address, so that nothing locks itself")
	f.text(&o.resume, "resume", "", "a `FILE` that keeps how far the scan is: with it an interrupted one goes on")
	f.text(&o.output, "output", "table", "table, json, csv or yaml").short = "o"
	return c
}

// complete reads ranges, credentials and the list of what may be asked.
func (o *discoverOptions) complete(args []string) error {
	var errs []error
	for _, text := range args {
		r, err := discover.ParseRange(text)
		errs = append(errs, err)
		o.cfg.Ranges = append(o.cfg.Ranges, r)
	}
	list, err := allow.Parse(o.allow)
	errs = append(errs, err)
	o.cfg.Allow = list
	if err := errors.Join(errs...); err != nil {
		return usage{err}
	}
	complete(&o.device)
	o.cfg.Timeout = o.device.Timeout
	if err := o.readCredentials(); err != nil {
		return err
	}
	if one := o.device.Credential; one != (snmp.Credential{}) {
		if one.Version == "" {
			one.Version = "2c"
			if one.Username != "" {
				one.Version = "3"
			}
		}
		o.cfg.Credentials = append(o.cfg.Credentials, discover.Credential{Name: "given", Credential: one})
	}
	if err := o.cfg.Validate(); err != nil {
		return usage{err}
	}
	return nil
}

func (o *discoverOptions) readCredentials() error {
	if o.credentials == "" {
		return nil
	}
	data, err := os.ReadFile(o.credentials)
	if err != nil {
		return usage{err}
	}
	var file struct {
		Credentials []config.Credential `yaml:"credentials"`
	}
	docs, problems := conf.Parse(o.credentials, data)
	for _, doc := range docs {
		problems = append(problems, doc.Decode(&file)...)
	}
	if err := problems.Err(); err != nil {
		return err
	}
	for _, c := range file.Credentials {
		s := c.SNMP
		o.cfg.Credentials = append(o.cfg.Credentials, discover.Credential{Name: c.Name, Credential: snmp.Credential{Version: s.Version, Community: s.Community,
			Username: s.Username, AuthProtocol: s.AuthProtocol, AuthPassphrase: s.AuthPassphrase, PrivProtocol: s.PrivProtocol, PrivPassphrase: s.PrivPassphrase, Context: s.Context}})
	}
	return nil
}

func (o *discoverOptions) scan(ctx context.Context, s streams, write func(io.Writer, []discover.Found) error) error {
	state, err := o.load()
	if err != nil {
		return err
	}
	show := progressLine(s.errs)
	network := discover.Network{Profiles: profile.NewLibrary(), Timeout: o.device.Timeout, Budget: o.device.Budget}
	found, faults, err := discover.Scan(ctx, o.cfg, state, discover.Deps{
		Ping: network.Ping, System: network.System,
		Found:    func(discover.Found) {},
		Progress: show,
		Save:     o.save,
	})
	show(discover.Progress{})
	if faults != nil {
		fmt.Fprintf(s.errs, "nothing was pinged: %s\n", faults)
	}
	if err != nil && found == nil {
		return usage{err}
	}
	if wrong := write(s.out, found); wrong != nil {
		return wrong
	}
	if err != nil {
		fmt.Fprintf(s.errs, "the scan did not end: %s\n", err)
	}
	if err != nil || faults != nil {
		return exitCode(3)
	}
	return nil
}

func (o *discoverOptions) load() (s discover.State, err error) {
	if o.resume == "" {
		return s, nil
	}
	data, err := os.ReadFile(o.resume)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return s, usage{err}
	}
	if err := json.Unmarshal(data, &s); err != nil {
		return s, usage{fmt.Errorf("%s keeps no scan: delete it, or name another file", o.resume)}
	}
	return s, nil
}

func (o *discoverOptions) save(s discover.State) error {
	if o.resume == "" {
		return nil
	}
	data, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if err := os.WriteFile(o.resume+".new", data, 0o600); err != nil {
		return err
	}
	return os.Rename(o.resume+".new", o.resume)
}

// progressLine writes one line on a terminal, over and over, and nothing into a pipe. A Progress of nothing
// ends the line.
func progressLine(w io.Writer) func(discover.Progress) {
	f, ok := w.(*os.File)
	if ok {
		info, err := f.Stat()
		ok = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	var last time.Time
	return func(p discover.Progress) {
		switch {
		case !ok:
		case p.All == 0:
			fmt.Fprint(w, "\r\033[K")
		case time.Since(last) > 200*time.Millisecond:
			last = time.Now()
			fmt.Fprintf(w, "\r\033[K%d of %d tries, %d addresses answer", p.Done, p.All, p.Answering)
		}
	}
}

var foundColumns = []string{"address", "icmp", "snmp", "credential", "profile", "name", "vendor", "model", "refused"}

func foundRow(f discover.Found) []string {
	word := map[bool]string{true: "yes", false: "no"}
	return []string{f.Address, word[f.ICMP], word[f.SNMP], f.Credential, f.Profile, f.Name, f.Vendor, f.Model, strings.Join(f.Refused, " ")}
}

var foundFormats = map[string]func(io.Writer, []discover.Found) error{
	"json": func(w io.Writer, found []discover.Found) error {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(append([]discover.Found{}, found...))
	},
	"yaml": func(w io.Writer, found []discover.Found) error {
		return conf.Dump(w, append([]discover.Found{}, found...))
	},
	"table": func(w io.Writer, found []discover.Found) error {
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, strings.ToUpper(strings.Join(foundColumns, "\t")))
		for _, f := range found {
			row := foundRow(f)
			for i := range row {
				if row[i] == "" {
					row[i] = "–"
				}
			}
			fmt.Fprintln(t, strings.Join(row, "\t"))
		}
		return t.Flush()
	},
	"csv": func(w io.Writer, found []discover.Found) error {
		out := csv.NewWriter(w)
		out.Write(foundColumns) //nolint:errcheck // told by Error
		for _, f := range found {
			out.Write(foundRow(f)) //nolint:errcheck // told by Error
		}
		out.Flush()
		return out.Error()
	},
}
