package up

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"ninewatch/collector/auth"
	"ninewatch/collector/inventory"
	"ninewatch/internal/conf"
	"ninewatch/internal/lifecycle"
	"ninewatch/internal/telemetry"
)

// Names of the credentials that "up" puts into the inventory: that of this host, which nobody else has, and that
// of the environment, with which a discovery asks first.
const (
	hostCredential  = "this-host"
	givenCredential = "given"
)

// CheckRanges tells what of ranges is no range of addresses.
func CheckRanges(ranges []string) error {
	for _, text := range ranges {
		if _, err := netip.ParsePrefix(text); err == nil {
			continue
		}
		if _, err := netip.ParseAddr(text); err != nil {
			return fmt.Errorf("--discover %q is neither a CIDR range such as 192.0.2.0/24 nor an address", text)
		}
	}
	return nil
}

// given is the credential that the environment names, in the variables of the agent's commands; nil: none.
func given() *inventory.SNMP {
	get := func(name string) string { return os.Getenv("NINEWATCH_SNMP_" + name) }
	c := inventory.SNMP{
		Version: get("VERSION"), Community: conf.Secret(get("COMMUNITY")), Username: get("USERNAME"),
		AuthProtocol: get("AUTH_PROTOCOL"), AuthPassphrase: conf.Secret(get("AUTH_PASSPHRASE")),
		PrivProtocol: get("PRIV_PROTOCOL"), PrivPassphrase: conf.Secret(get("PRIV_PASSPHRASE")), Context: get("CONTEXT_NAME"),
	}
	switch {
	case c.Username != "":
		c.Version = "3"
	case c.Community == "":
		return nil
	case c.Version == "":
		c.Version = "2c"
	}
	return &c
}

// startDiscovery scans the ranges that were asked for, beside all else. What answers becomes proposals: a person
// makes devices of them.
func (u *up) startDiscovery(context.Context) error {
	if len(u.o.Discover) == 0 {
		return nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	u.scanning = cancel
	u.scans.Go(func() {
		if err := u.discover(ctx); err != nil && ctx.Err() == nil {
			u.log.Error("discovery came to nothing", "component", "collector/up", "err", err)
		}
	})
	return nil
}

func (u *up) stopDiscovery(ctx context.Context) error {
	if u.scanning == nil {
		return nil
	}
	u.scanning()
	return lifecycle.Wait(ctx, &u.scans, "discovery")
}

func (u *up) discover(ctx context.Context) error {
	names := []string{givenCredential}
	if u.demo == nil { // whose devices have credentials that are no secrets
		known, err := u.app.Inventory().Credentials(ctx)
		if err != nil {
			return err
		}
		for _, c := range known {
			if c.Name != hostCredential && c.Name != givenCredential {
				names = append(names, c.Name)
			}
		}
	}
	var tried []namedCredential
	for _, name := range names {
		c, err := u.app.Inventory().Credential(ctx, name)
		if errors.Is(err, inventory.ErrUnknown) {
			continue
		}
		if err != nil {
			return err
		}
		tried = append(tried, namedCredential{name, c})
	}
	if len(tried) == 0 {
		fmt.Fprintln(u.o.Out, "discovery: no credential is known, so that only pings are sent: set NINEWATCH_SNMP_COMMUNITY to ask by SNMP too")
	}
	found, err := scan(ctx, u.binary, u.o.Discover, tried, u.o.Err)
	if err != nil {
		return err
	}
	if err := u.app.Inventory().Scanned(auth.With(ctx, auth.Principal{Name: "up"}), upSite, found); err != nil {
		return err
	}
	fmt.Fprintf(u.o.Out, "discovery of %s: %d addresses answer; what is new waits for you at %s/discovery\n",
		strings.Join(u.o.Discover, " "), len(found), u.app.URL())
	return nil
}

// namedCredential is one that a scan tries.
type namedCredential struct {
	name string
	telemetry.Credential
}

// credentialFile is the text of a file of credentials as the agent reads it. JSON is YAML.
func credentialFile(list []namedCredential) ([]byte, error) {
	type entry struct {
		Name string            `json:"name"`
		SNMP map[string]string `json:"snmp"`
	}
	file := struct {
		Credentials []entry `json:"credentials"`
	}{[]entry{}}
	for _, c := range list {
		e := entry{c.name, map[string]string{}}
		for key, text := range map[string]string{
			"version": c.Version, "community": c.Community.Reveal(), "username": c.Username, "auth_protocol": c.AuthProtocol,
			"auth_passphrase": c.AuthPassphrase.Reveal(), "priv_protocol": c.PrivProtocol, "priv_passphrase": c.PrivPassphrase.Reveal(), "context": c.Context,
		} {
			if text != "" {
				e.SNMP[key] = text
			}
		}
		file.Credentials = append(file.Credentials, e)
	}
	return json.Marshal(file)
}

// partDone is how a program of ours ends that did a part, and told what is missing.
const partDone = 3

// scan has the agent's program look for what answers. Credentials reach it through a pipe: no file and no list of
// processes shows them.
func scan(ctx context.Context, binary string, ranges []string, credentials []namedCredential, errs io.Writer) ([]inventory.Reply, error) {
	secrets, err := credentialFile(credentials)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	command := exec.CommandContext(ctx, binary, append([]string{"discover", "-o", "json", "--credentials", "/dev/stdin"}, ranges...)...)
	command.Stdin, command.Stdout, command.Stderr = bytes.NewReader(secrets), &out, errs
	for _, variable := range os.Environ() { // what they name is among credentials already
		if !strings.HasPrefix(variable, "NINEWATCH_SNMP_") {
			command.Env = append(command.Env, variable)
		}
	}
	command.WaitDelay = 10 * time.Second
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	err = command.Run()
	var ended *exec.ExitError
	if err != nil && (!errors.As(err, &ended) || ended.ExitCode() != partDone) {
		return nil, fmt.Errorf("scan %s: %w", strings.Join(ranges, " "), err)
	}
	var found []inventory.Reply
	if err := json.Unmarshal(out.Bytes(), &found); err != nil {
		return nil, fmt.Errorf("read what the scan of %s found: %w", strings.Join(ranges, " "), err)
	}
	return found, nil
}
