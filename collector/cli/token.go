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
	var data, name, role string
	create := &cobra.Command{
		Use: "create --data FOLDER", Short: "Make the first API token on the host of the collector, without a login", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if data == "" {
				return usage{errors.New("where are the data of the collector? give --data")}
			}
			token, err := app.CreateAPIToken(c.Context(), data, name, role, slog.New(slog.DiscardHandler))
			if errors.Is(err, auth.ErrInvalid) {
				return usage{err}
			}
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), token)
			return err
		},
	}
	create.Flags().StringVar(&data, "data", "", "the data `FOLDER` of the collector")
	create.Flags().StringVar(&name, "name", "cli", "what the token is for")
	create.Flags().StringVar(&role, "role", "admin", "viewer, operator or admin, of all sites")
	return group(&cobra.Command{Use: "api-token", Short: "Tokens for programs that use the API"}, create)
}
