package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"ninewatch/internal/conf"
)

func exportCommand() *cobra.Command {
	var cl client
	var output string
	c := &cobra.Command{
		Use: "export", Short: "Print the inventory as code, with variables in the place of secrets", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if output != "yaml" && output != "json" {
				return usage{fmt.Errorf("output format %q: it is one of yaml, json", output)}
			}
			lists := map[string][]map[string]any{}
			if err := cl.call(c.Context(), http.MethodGet, "export", nil, nil, &lists); err != nil {
				return err
			}
			for _, item := range lists["credentials"] {
				nameSecrets(item, "snmp", credentialSecrets)
			}
			for _, item := range lists["receivers"] {
				nameSecrets(item, "webhook", receiverSecrets)
			}
			if output == "json" {
				e := json.NewEncoder(c.OutOrStdout())
				e.SetIndent("", "  ")
				return e.Encode(lists)
			}
			tree := map[string]any{}
			for kind, items := range lists {
				tree[kind] = wholeNumbers(items)
			}
			return conf.Dump(c.OutOrStdout(), tree)
		},
	}
	clientFlags(c, &cl)
	c.Flags().StringVarP(&output, "output", "o", "yaml", "yaml or json")
	return c
}

// nameSecrets puts {env: NAME} where apply wants a secret: NAME is made of the object and the key.
func nameSecrets(item map[string]any, group string, secrets func(map[string]any) []string) {
	in, ok := item[group].(map[string]any)
	if !ok {
		return
	}
	for _, key := range secrets(in) {
		name := strings.ToUpper(notInNames.ReplaceAllString(fmt.Sprint(item["name"]), "_")) + "_" + strings.ToUpper(key)
		in[key] = map[string]any{"env": name}
	}
}

var notInNames = regexp.MustCompile(`[^A-Za-z0-9]+`)

func credentialSecrets(snmp map[string]any) []string {
	if snmp["version"] != "3" {
		return []string{"community"}
	}
	var out []string
	for _, protocol := range []string{"auth", "priv"} {
		if snmp[protocol+"_protocol"] != nil {
			out = append(out, protocol+"_passphrase")
		}
	}
	return out
}

func receiverSecrets(webhook map[string]any) []string {
	delete(webhook, "host")
	if f := webhook["format"]; f == "slack" || f == "teams" {
		return []string{"url"}
	}
	return []string{"url", "secret"}
}
