package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"ninewatch/collector/capacity"
	"ninewatch/collector/topology"
	"ninewatch/collector/uptime"
)

// vectorEngine answers cases of some kinds: run reads a file of cases and gives the answers by their ids.
type vectorEngine struct {
	kinds []string
	run   func(io.Reader) (map[string]any, error)
}

var vectorEngines = []vectorEngine{
	{[]string{"timeline", "slo", "mef"}, uptime.Vectors},
	{[]string{"rates", "buckets", "p95"}, capacity.Vectors},
	{[]string{"group", "fhrp", "rootcause"}, topology.Vectors},
}

func analyzeVectorsCommand() *cobra.Command {
	return &cobra.Command{
		Use: "vectors FILE.json...", Short: "Cases of the engines in the form of the test vectors", Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			out := map[string]any{}
			var errs []error
			for _, name := range args {
				results, err := vectors(name, c.InOrStdin())
				if err != nil {
					errs = append(errs, fmt.Errorf("%s: %w", name, err))
				}
				maps.Copy(out, results)
			}
			if len(out) == 0 && len(errs) > 0 {
				return errors.Join(errs...)
			}
			encoder := json.NewEncoder(c.OutOrStdout())
			encoder.SetIndent("", "  ")
			return errors.Join(append(errs, encoder.Encode(out))...)
		},
	}
}

// vectors answers the cases of a file. What could be answered comes back beside the error for the rest.
func vectors(name string, stdin io.Reader) (map[string]any, error) {
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		stdin = file
	}
	var file struct {
		Cases []json.RawMessage `json:"cases"`
	}
	if err := json.NewDecoder(stdin).Decode(&file); err != nil {
		return nil, fmt.Errorf("read vectors: %w", err)
	}
	byEngine, errs := sortVectors(file.Cases)
	out := map[string]any{}
	for i, cases := range byEngine {
		if len(cases) == 0 {
			continue
		}
		text, err := json.Marshal(map[string]any{"cases": cases})
		if err != nil {
			return nil, err
		}
		results, err := vectorEngines[i].run(strings.NewReader(string(text)))
		if err != nil {
			errs = append(errs, err)
		}
		maps.Copy(out, results)
	}
	return out, errors.Join(errs...)
}

// sortVectors gives each engine its cases, in the order of vectorEngines.
func sortVectors(cases []json.RawMessage) (byEngine [][]json.RawMessage, errs []error) {
	byEngine = make([][]json.RawMessage, len(vectorEngines))
	var known []string
	for _, engine := range vectorEngines {
		known = append(known, engine.kinds...)
	}
	for _, text := range cases {
		var c struct{ ID, Kind string }
		if err := json.Unmarshal(text, &c); err != nil {
			errs = append(errs, fmt.Errorf("read case: %w", err))
			continue
		}
		engine := slices.IndexFunc(vectorEngines, func(e vectorEngine) bool { return slices.Contains(e.kinds, c.Kind) })
		if engine < 0 {
			errs = append(errs, fmt.Errorf("case %q: unknown kind %q: want %s", c.ID, c.Kind, strings.Join(known, ", ")))
			continue
		}
		byEngine[engine] = append(byEngine[engine], text)
	}
	return byEngine, errs
}
