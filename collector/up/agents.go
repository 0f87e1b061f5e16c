package up

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"time"
)

// agentConfigs writes a configuration and, at the first start, a join token for the agent of each site.
func (u *up) agentConfigs(ctx context.Context) ([]string, error) {
	known, err := u.app.Auth().Agents(ctx)
	if err != nil {
		return nil, err
	}
	joined := map[string]bool{}
	for _, a := range known {
		joined[a.Site] = joined[a.Site] || a.Revoked == 0
	}
	sites := []string{upSite}
	if u.demo != nil {
		sites = append(sites, u.demo.sites()...)
	}
	var out []string
	for i, site := range sites {
		path, err := u.agentConfig(ctx, site, joined[site], i == 0)
		if err != nil {
			return nil, fmt.Errorf("agent of site %q: %w", site, err)
		}
		out = append(out, path)
	}
	return out, nil
}

func (u *up) agentConfig(ctx context.Context, site string, joined, first bool) (string, error) {
	dir := filepath.Join(u.folder(), "agents", site)
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		joined = false // its identity has been deleted
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(u.app.GRPC().String())
	if err != nil {
		return "", err
	}
	address := net.JoinHostPort("127.0.0.1", port)
	tokenFile := filepath.Join(dir, "token")
	if !joined {
		token, _, err := u.app.Auth().CreateToken(ctx, site, time.Hour, address)
		if err != nil {
			return "", err
		}
		text, err := token.Encode()
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(tokenFile, []byte(text+"\n"), 0o600); err != nil {
			return "", err
		}
	}
	listen := "127.0.0.1:0"
	if first {
		listen = cmp.Or(os.Getenv("NINEWATCH_LISTEN"), listen)
	}
	text := fmt.Sprintf("# Written by \"up\" at each start.\nstate_dir: %q\njoin: {token_file: %q}\ncollectors: [%q]\nlisten: %q\nlog: {level: warn}\n",
		filepath.Join(dir, "state"), tokenFile, address, listen)
	path := filepath.Join(dir, "agent.yaml")
	return path, os.WriteFile(path, []byte(text), 0o600)
}
