// Package cli is the command line of the agent: flags in, calls of the packages that do the work, exit code out.
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

// exitCode is an error that has been told already.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// usage marks an error of the person at the keyboard.
type usage struct{ error }

func (u usage) Unwrap() error { return u.error }

// Run executes args and returns the exit code.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := &cobra.Command{
		Use:           "ninewatch-agent",
		Short:         "Watches the devices of a site by SNMP and ICMP, and streams what it sees to a collector",
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
	root.AddCommand(runCommand(), enrollCommand(), checkConfigCommand(), inspectCommand(), walkCommand(), pingCommand(), discoverCommand(), profileCommand(), versionCommand())
	command, err := root.ExecuteContextC(ctx)
	if err != nil && isCobraUsage(err) {
		err = ofCobra(err, command.CommandPath())
	}
	return code(err, stderr)
}

// code turns an error into the exit code, and tells what has not been told.
func code(err error, stderr io.Writer) int {
	var told exitCode
	var problems conf.Problems
	var wrong usage
	switch {
	case err == nil:
		return 0
	case errors.As(err, &told):
		return int(told)
	case errors.As(err, &problems), errors.As(err, &wrong):
		fmt.Fprintln(stderr, err)
		return exitUsage
	}
	fmt.Fprintln(stderr, err)
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

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(c.OutOrStdout(), "ninewatch-agent", version.String())
			return err
		},
	}
}
