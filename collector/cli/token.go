package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"ninewatch/collector/app"
	"ninewatch/collector/auth"
)

func tokenCommand() *cobra.Command {
	var cl client
	var site, output string
	var ttl time.Duration
	create := &cobra.Command{
		Use: "create --site SITE", Short: "Make a token that joins one agent to a site", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if site == "" {
				return usage{errors.New("for which site? give --site")}
			}
			if output != "table" && output != "json" {
				return usage{fmt.Errorf("output format %q: it is one of table, json", output)}
			}
			body, err := json.Marshal(map[string]string{"site": site, "ttl": ttl.String()})
			if err != nil {
				return err
			}
			var made struct {
				Token     string    `json:"token"`
				ExpiresAt time.Time `json:"expires_at"`
				Command   string    `json:"command"`
			}
			if err := cl.call(c.Context(), http.MethodPost, "tokens", nil, body, &made); err != nil {
				return err
			}
			if output == "json" {
				return json.NewEncoder(c.OutOrStdout()).Encode(made)
			}
			fmt.Fprintln(c.OutOrStdout(), made.Token)
			fmt.Fprintf(c.ErrOrStderr(), "works once, until %s; on the other host: ninewatch-agent enroll --token TOKEN\n", made.ExpiresAt.Format(time.RFC3339))
			return nil
		},
	}
	clientFlags(create, &cl)
	create.Flags().StringVar(&site, "site", "", "the `SITE` that the agent watches")
	create.Flags().DurationVar(&ttl, "ttl", 72*time.Hour, "how long the token can be used")
	create.Flags().StringVarP(&output, "output", "o", "table", "table (the token alone) or json")
	return group(&cobra.Command{Use: "token", Short: "Join tokens for agents"}, create)
}

func apiTokenCommand() *cobra.Command {
	return group(&cobra.Command{Use: "api-token", Short: "Tokens for programs that use the API"}, apiTokenCreateCommand(),
		listCommand("list", "List the tokens, without themselves", "api-tokens"), removeCommand("revoke NAME", "Remove the tokens of a name", "api-tokens/"))
}

func apiTokenCreateCommand() *cobra.Command {
	var cl client
	var data, name, ttl string
	var roles roleFlags
	create := &cobra.Command{
		Use: "create", Short: "Make an API token: with --data on the host of the collector, without a login", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			token, err := "", error(nil)
			if data != "" {
				token, err = localToken(c, data, name, ttl, roles)
			} else {
				token, err = remoteToken(c, &cl, name, ttl, roles)
			}
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), token)
			return err
		},
	}
	clientFlags(create, &cl)
	create.Flags().StringVar(&data, "data", "", "the data `FOLDER` of a collector on this host: no login is needed")
	create.Flags().StringVar(&name, "name", "cli", "what the token is for")
	create.Flags().StringVar(&ttl, "ttl", "", "how long it can be used, for example 90d; without it for ever")
	roles.add(create, "admin")
	return create
}

func localToken(c *cobra.Command, data, name, ttl string, roles roleFlags) (string, error) {
	if ttl != "" || len(roles.sites) != 1 || roles.sites[0] != auth.AnySite {
		return "", usage{errors.New("--data makes a token for all sites that does not end: give neither --sites nor --ttl, or ask a running collector")}
	}
	token, err := app.CreateAPIToken(c.Context(), data, name, roles.role, slog.New(slog.DiscardHandler))
	if errors.Is(err, auth.ErrInvalid) {
		return "", usage{err}
	}
	return token, err
}

func remoteToken(c *cobra.Command, cl *client, name, ttl string, roles roleFlags) (string, error) {
	list, err := roles.roles()
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(map[string]any{"name": name, "ttl": ttl, "roles": list})
	if err != nil {
		return "", err
	}
	var made struct {
		Token string `json:"token"`
	}
	err = cl.call(c.Context(), http.MethodPost, "api-tokens", nil, body, &made)
	return made.Token, err
}
