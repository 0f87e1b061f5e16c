package up

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"ninewatch/collector/app"
	"ninewatch/collector/auth"
	"ninewatch/collector/config"
	"ninewatch/collector/hostagent"
	"ninewatch/collector/inventory"
	"ninewatch/internal/conf"
	"ninewatch/internal/lifecycle"
	"ninewatch/internal/logging"
)

// Options are what "up" is told.
type Options struct {
	Demo     bool
	Data     string
	Discover []string // ranges that are scanned once; empty: nothing is
	Out, Err io.Writer
}

const (
	upSite     = "local"
	upInterval = 15 * time.Second // of SNMP: a page that was just opened should move
)

// up is a collector with everything around it.
type up struct {
	o    Options
	log  *slog.Logger
	app  *app.App
	host *hostagent.Agent
	demo *demo // nil without --demo

	binary   string // of the agent
	scanning context.CancelFunc
	scans    sync.WaitGroup
}

// Run runs a collector, an agent that watches this host and its gateway, and with o.Demo a simulated network,
// until ctx ends.
func Run(ctx context.Context, o Options) error {
	log, err := logging.New(o.Err, cmp.Or(os.Getenv("NINEWATCH_LOG_LEVEL"), "warn"), "text")
	if err != nil {
		return err
	}
	cfg, err := upConfig(o)
	if err != nil {
		return err
	}
	binary, err := agentBinary()
	if err != nil {
		return err
	}
	u := &up{o: o, log: log, binary: binary}
	u.app, err = app.New(ctx, cfg, app.Options{Demo: o.Demo}, log)
	if err != nil {
		return err
	}
	children := &agents{log: log, binary: binary, out: o.Err}
	nothing := func(context.Context) error { return nil }
	return lifecycle.Run(ctx, u.app.Fatal(),
		lifecycle.Part{Name: "SNMP of this host", Start: u.startHost, Stop: u.stopHost},
		lifecycle.Part{Name: "demo network", Start: u.startDemo, Stop: u.stopDemo},
		lifecycle.Part{Name: "collector", Start: u.startCollector, Stop: u.app.Stop},
		lifecycle.Part{Name: "inventory", Start: u.seed, Stop: nothing},
		lifecycle.Part{Name: "agents", Start: func(ctx context.Context) (err error) {
			if children.config, err = u.agentConfigs(ctx); err != nil {
				return err
			}
			return children.Start(ctx)
		}, Stop: children.Stop},
		lifecycle.Part{Name: "first words", Start: u.greet, Stop: nothing},
		lifecycle.Part{Name: "past of the demo", Start: u.startPast, Stop: nothing},
		lifecycle.Part{Name: "discovery", Start: u.startDiscovery, Stop: u.stopDiscovery},
	)
}

// upConfig is the configuration of "up": the defaults, on loopback, with the variables of the environment.
func upConfig(o Options) (config.Config, error) {
	cfg := config.Default()
	cfg.DataDir = o.Data
	if o.Demo {
		cfg.DataDir = filepath.Join(o.Data, "demo")
	}
	cfg.Samples.Embedded.ReserveDisk = 256 << 20
	cfg.Webhooks.AllowAddresses = []string{"127.0.0.0/8", "::1/128"} // the receivers of a trial run on this host
	err := conf.Load("", &cfg, func(at conf.Section) { cfg.Validate(at) })
	return cfg, err
}

// folder is where "up" keeps what is not the collector's own.
func (u *up) folder() string { return u.app.DataDir() }

// startHost answers SNMP for this host, so that there are real numbers without an SNMP daemon and without
// guessing a community.
func (u *up) startHost(ctx context.Context) error {
	community, err := keptSecret(filepath.Join(u.folder(), "host-community"))
	if err != nil {
		return err
	}
	u.host, err = hostagent.New(hostagent.Config{Listen: "127.0.0.1:0", Community: community}, hostagent.Deps{Log: u.log, Metrics: u.app.Metrics(), Now: time.Now})
	if err != nil {
		return err
	}
	return u.host.Start(ctx)
}

func (u *up) stopHost(ctx context.Context) error { return u.host.Stop(ctx) }

func (u *up) startCollector(context.Context) error { return u.app.Start() }

// seed puts this host, its gateway and the demo network into the inventory.
func (u *up) seed(ctx context.Context) error {
	inv, err := u.hostInventory()
	if err != nil {
		return err
	}
	ctx = auth.With(ctx, auth.Principal{Name: "up"})
	if _, err := u.app.Inventory().Apply(ctx, inv, inventory.ApplyOptions{Source: inventory.SourceUp}); err != nil {
		return fmt.Errorf("add this host to the inventory: %w", err)
	}
	if u.demo == nil {
		return nil
	}
	return u.demo.seed(ctx, u.app)
}

// hostInventory is this host with its SNMP, and its gateway.
func (u *up) hostInventory() (inventory.Inventory, error) {
	host, err := os.Hostname()
	if err != nil {
		return inventory.Inventory{}, err
	}
	community, err := keptSecret(filepath.Join(u.folder(), "host-community"))
	if err != nil {
		return inventory.Inventory{}, err
	}
	interval := inventory.Duration(upInterval)
	inv := inventory.Inventory{
		Sites:       []inventory.Site{{Name: upSite, DisplayName: "This host", TimeZone: localZone()}},
		Credentials: []inventory.Credential{{Name: hostCredential, SNMP: &inventory.SNMP{Version: "2c", Community: community}}},
		Devices: []inventory.Device{{
			Name: nameOf(host), Site: upSite, Address: "127.0.0.1", Port: u.host.Addr().Port(), Credential: hostCredential, Role: "server",
			SNMP: inventory.Probe{Interval: &interval},
		}},
	}
	if snmp := given(); snmp != nil && len(u.o.Discover) > 0 {
		inv.Credentials = append(inv.Credentials, inventory.Credential{Name: givenCredential, SNMP: snmp})
	}
	if gateway := defaultGateway(); gateway.IsValid() {
		inv.Devices = append(inv.Devices, inventory.Device{Name: "gateway-" + nameOf(gateway.String()), DisplayName: "Gateway", Site: upSite, Address: gateway.String(), Role: "router"})
	}
	return inv, nil
}

// greet prints how to get in, and leaves the same for scripts in client.env.
func (u *up) greet(ctx context.Context) error {
	if err := u.clientEnv(ctx); err != nil {
		return err
	}
	fmt.Fprintf(u.o.Out, "\nninewatch is at %s\n", u.app.URL())
	if password := u.app.AdminPassword; password != "" {
		fmt.Fprintf(u.o.Out, "  sign in as admin with the one-time password %s\n", password.Reveal())
	} else {
		fmt.Fprintln(u.o.Out, "  sign in as before; the account and the data of the last run are kept")
	}
	if u.o.Demo {
		fmt.Fprintln(u.o.Out, "  a simulated network, labelled DEMO, is watched beside this host")
	}
	fmt.Fprintf(u.o.Out, "  data: %s, for scripts: . %s\n  Ctrl-C stops everything\n\n", u.folder(), filepath.Join(u.o.Data, "client.env"))
	return nil
}

func (u *up) clientEnv(ctx context.Context) error {
	path := filepath.Join(u.o.Data, "client.env")
	tokenPath := filepath.Join(u.folder(), "client-token")
	token, err := os.ReadFile(tokenPath)
	if errors.Is(err, fs.ErrNotExist) {
		made, err := u.app.Auth().CreateAPIToken(ctx, "up", []auth.Role{{Role: "admin", Sites: []string{auth.AnySite}}}, 0)
		if err != nil {
			return err
		}
		token = []byte(made)
		if err := os.WriteFile(tokenPath, token, 0o600); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	text := fmt.Sprintf("export NINEWATCH_SERVER=%s\nexport NINEWATCH_API_TOKEN=%s\n", u.app.URL(), token)
	return os.WriteFile(path, []byte(text), 0o600)
}

// keptSecret reads a random secret from path, and makes it there at the first call.
func keptSecret(path string) (conf.Secret, error) {
	data, err := os.ReadFile(path)
	if err == nil && len(data) > 0 {
		return conf.Secret(data), nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	secret := rand.Text()
	return conf.Secret(secret), os.WriteFile(path, []byte(secret), 0o600)
}
