package cli

import "github.com/spf13/cobra"

func analyzeCommand() *cobra.Command {
	return group(&cobra.Command{Use: "analyze", Short: "Run the engines offline, on a file"},
		analyzeVectorsCommand(),
		analyzeForecastCommand(),
		analyzeTopologyCommand(),
	)
}
