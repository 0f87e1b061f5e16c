// Package cli is the command line of the collector: flags in, calls of the packages that do the work, exit code
// out. Client commands speak to a running collector through its API.
//
// Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 done in part. Errors are lines on the
// error writer that name what is at fault and the mend.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"ninewatch/internal/conf"
	"ninewatch/internal/version"
)

const (
	exitFailed = 1
	exitUsage  = 2
)

// usage marks an error of the person at the keyboard.
type usage struct{ error }

func (u usage) Unwrap() error { return u.error }

// Run executes args and returns the exit code.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := &cobra.Command{
		Use:           "ninewatch-collector",
		Short:         "Takes what agents see, keeps it, judges it, and shows it to people",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usage{fmt.Errorf("%w: see %s --help", err, c.CommandPath())}
	})
	root.AddCommand(upCommand(), serveCommand(), checkConfigCommand(), applyCommand(), exportCommand(), getCommand(), incidentCommand(), tokenCommand(), apiTokenCommand(), userCommand(),
		simulateCommand(), analyzeCommand(), impactCommand(), whatIfCommand(), reportCommand(), verifyReportCommand(), rebuildCommand(), rulesCommand(), versionCommand())
	command, err := root.ExecuteContextC(ctx)
	if err != nil && isCobraUsage(err) {
		err = ofCobra(err, command.CommandPath())
	}
	return code(err, stderr)
}

// code turns an error into the exit code, and tells it.
func code(err error, stderr io.Writer) int {
	if err == nil {
		return 0
	}
	fmt.Fprintln(stderr, err)
	var problems conf.Problems
	var wrong usage
	if errors.As(err, &problems) || errors.As(err, &wrong) {
		return exitUsage
	}
	return exitFailed
}

// isCobraUsage tells errors of cobra itself (unknown command, wrong number of arguments), which have no type.
func isCobraUsage(err error) bool {
	for _, start := range []string{"unknown command", "accepts ", "requires ", "required flag"} {
		if strings.HasPrefix(err.Error(), start) {
			return true
		}
	}
	return false
}

// ofCobra makes one line of an error of cobra, which may suggest commands, and says where help is.
func ofCobra(err error, command string) error {
	text, similar, _ := strings.Cut(err.Error(), "\n\nDid you mean this?\n")
	if names := strings.Fields(similar); len(names) > 0 {
		return usage{fmt.Errorf("%s, did you mean %s? See %s --help", text, strings.Join(names, " or "), command)}
	}
	return usage{fmt.Errorf("%s: see %s --help", text, command)}
}

// group makes c a command that is nothing but the name of its commands.
func group(c *cobra.Command, commands ...*cobra.Command) *cobra.Command {
	c.AddCommand(commands...)
	c.Args = cobra.NoArgs // else cobra takes an unknown command for a wish for help
	c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	return c
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(c.OutOrStdout(), "ninewatch-collector", version.String())
			return err
		},
	}
}
