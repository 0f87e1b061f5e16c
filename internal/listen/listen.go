// Package listen opens the ports of both programs, and says in words why one cannot be had.
package listen

import (
	"errors"
	"fmt"
	"net"
	"syscall"
)

// TCP listens on address. Its error names the address and the mend.
func TCP(address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%s is in use by another program: stop that one or choose another port", address)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("%s needs a right that this user lacks: choose a port above 1023", address)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return nil, fmt.Errorf("%s is no address of this host: choose one that is, or leave the host out to listen on all", address)
	case err != nil:
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	return l, nil
}
