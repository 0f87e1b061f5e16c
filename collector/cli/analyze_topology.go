package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"ninewatch/collector/topology/graph"
)

func analyzeTopologyCommand() *cobra.Command {
	var core string
	command := &cobra.Command{
		Use: "topology FILE.json|FILE.graphml|-", Short: "Single points of failure, disjoint paths and N-1 load of a network",
		Long: "Reads a network as JSON {nodes, edges, core, n1: {demand_mbps_to_core, link_capacity_mbps}} or as GraphML, and prints\n" +
			"what fails when one node or link does. Without a core the node with most links is taken.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			answer, err := analyzeTopology(args[0], core, c.InOrStdin())
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			return json.NewEncoder(c.OutOrStdout()).Encode(answer)
		},
	}
	command.Flags().StringVar(&core, "core", "", "`id` of the node that others have to reach; wins over the file")
	return command
}

func analyzeTopology(name, core string, stdin io.Reader) (*graph.Answer, error) {
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		stdin = file
	}
	in, err := graph.Decode(stdin)
	if err != nil {
		return nil, err
	}
	if core != "" {
		if err := in.SetCore(core); err != nil {
			return nil, err
		}
	}
	return in.Answer()
}
