// Command ninewatch-agent watches the devices of one site and streams what it sees to a collector.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"ninewatch/agent/cli"
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return cli.Run(ctx, os.Args[1:], os.Stdout, os.Stderr)
}
