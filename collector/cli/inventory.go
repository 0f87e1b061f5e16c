package cli

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"ninewatch/collector/inventory"
	"ninewatch/internal/conf"
)

func applyCommand() *cobra.Command {
	var cl client
	var files []string
	var dryRun, prune bool
	c := &cobra.Command{
		Use: "apply -f FILE...", Short: "Make the inventory equal to files, and print what changes", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if len(files) == 0 {
				return usage{errors.New("which inventory? give -f FILE, or -f - for the standard input")}
			}
			inv, problems, err := parse(files, c.InOrStdin())
			if err != nil {
				return err
			}
			if err := complete(c, &cl, inv, problems); err != nil {
				return err
			}
			body, err := inv.Wire()
			if err != nil {
				return err
			}
			query := url.Values{}
			if dryRun {
				query.Set("dry_run", "true")
			}
			if prune {
				query.Set("prune", "true")
			}
			var diff inventory.Diff
			if err := cl.call(c.Context(), http.MethodPost, "apply", query, body, &diff); err != nil {
				return atPlaces(inv, err)
			}
			return printDiff(c.OutOrStdout(), diff, dryRun)
		},
	}
	clientFlags(c, &cl)
	c.Flags().StringArrayVarP(&files, "file", "f", nil, "a `FILE` of the inventory, or a table of devices (.csv); may be given more than once")
	c.Flags().BoolVar(&dryRun, "dry-run", false, "only print")
	c.Flags().BoolVar(&prune, "prune", false, "delete what an earlier apply created and the files do not have")
	return c
}

// parse reads the files here, so that mistakes have their places and secrets from files and variables are found.
func parse(names []string, stdin io.Reader) (inventory.Inventory, conf.Problems, error) {
	var files []inventory.File
	for _, name := range names {
		data, err := readFile(name, stdin)
		if err != nil {
			return inventory.Inventory{}, nil, usage{err}
		}
		files = append(files, inventory.File{Name: name, Data: data, CSV: strings.HasSuffix(strings.ToLower(name), ".csv")})
	}
	inv, problems := inventory.Parse(files...)
	return inv, problems, nil
}

// complete reports all mistakes at once: those of parse, and references to what neither the files nor the
// collector have. The collector is asked here, as it does not know the places in the files.
func complete(c *cobra.Command, cl *client, inv inventory.Inventory, problems conf.Problems) error {
	stored := map[string][]string{}
	for _, kind := range inv.Needs() {
		items, err := list(c, cl, kind.List, url.Values{})
		if err != nil {
			if mistakes := problems.Err(); mistakes != nil {
				return mistakes // for which nobody needs to be asked
			}
			return err
		}
		for _, item := range items {
			stored[kind.Name] = append(stored[kind.Name], fmt.Sprint(item["name"]))
		}
	}
	return append(problems, inv.Missing(func(kind string) []string { return stored[kind] })...).Err()
}

// atPlaces gives what the collector found wrong in the body its place in the files.
func atPlaces(inv inventory.Inventory, err error) error {
	var told mistakes
	if !errors.As(err, &told) {
		return err
	}
	here := make(mistakes, len(told))
	for i, mistake := range told {
		here[i] = inv.Told(mistake)
	}
	return usage{here}
}

func readFile(name string, stdin io.Reader) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(stdin)
	}
	return os.ReadFile(name)
}

func printDiff(w io.Writer, diff inventory.Diff, dryRun bool) error {
	count := map[string]int{}
	for _, change := range diff.Changes {
		count[change.Action]++
		if change.Action == inventory.Unchanged {
			continue
		}
		fmt.Fprintf(w, "%s %s %s\n", change.Action, change.Kind, change.Name)
		for _, f := range change.Fields {
			fmt.Fprintf(w, "    %s: %s → %s\n", f.Name, orNothing(f.From), orNothing(f.To))
		}
	}
	verb := "applied"
	if dryRun {
		verb = "would apply"
	}
	_, err := fmt.Fprintf(w, "%s: %d created, %d updated, %d deleted, %d unchanged\n", verb,
		count[inventory.Create], count[inventory.Update], count[inventory.Delete], count[inventory.Unchanged])
	return err
}

func orNothing(s string) string {
	if s == "" {
		return "–"
	}
	return strings.ReplaceAll(s, "\n", " ")
}
