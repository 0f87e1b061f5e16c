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
	const name = "ninewatch-agent"
	root := &command{
		use:   name,
		short: "Watches the devices of a site by SNMP and ICMP, and streams what it sees to a collector",
	}
	help := &command{use: "help [command]", short: "Help about any command", most: anyNumber,
		run: func(ctx context.Context, args []string, s streams) error {
			return root.execute(ctx, name, append(args, "--help"), s)
		}}
	root.below = []*command{checkConfigCommand(), discoverCommand(), enrollCommand(), help, inspectCommand(), pingCommand(), profileCommand(),
		runCommand(), versionCommand(), walkCommand()}
	return code(root.execute(ctx, name, args, streams{stdout, stderr}), stderr)
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

func versionCommand() *command {
	return &command{use: "version", short: "Print the version",
		run: func(_ context.Context, _ []string, s streams) error {
			_, err := fmt.Fprintln(s.out, "ninewatch-agent", version.String())
			return err
		},
	}
}
