// Command ninewatch-collector takes what agents see, keeps it, judges it, and shows it to people.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"ninewatch/collector/cli"
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return cli.Run(ctx, os.Args[1:], os.Stdout, os.Stderr)
}
