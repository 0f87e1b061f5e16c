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
	"ninewatch/internal/vectors"
)

// vectorKinds are those of all engines.
func vectorKinds() vectors.Kinds {
	all := vectors.Kinds{}
	for _, kinds := range []vectors.Kinds{uptime.VectorKinds, capacity.VectorKinds, topology.VectorKinds} {
		maps.Copy(all, kinds)
	}
	return all
}

func analyzeVectorsCommand() *cobra.Command {
	return &cobra.Command{
		Use: "vectors FILE.json...", Short: "Cases of the engines in the form of the test vectors", Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			out := map[string]any{}
			var errs []error
			for _, name := range args {
				answers, err := answerVectors(name, c.InOrStdin())
				if err != nil {
					errs = append(errs, fmt.Errorf("%s: %w", name, err))
				}
				maps.Copy(out, answers)
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

// answerVectors answers the cases of a file. What could be answered comes back beside the error for the rest.
func answerVectors(name string, stdin io.Reader) (map[string]any, error) {
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		stdin = file
	}
	kinds := vectorKinds()
	answers, left, err := vectors.Answer(stdin, kinds)
	errs := []error{err}
	for _, c := range left {
		errs = append(errs, fmt.Errorf("case %q: unknown kind %q: want %s", c.ID, c.Kind, strings.Join(slices.Sorted(maps.Keys(kinds)), ", ")))
	}
	return answers, errors.Join(errs...)
}
