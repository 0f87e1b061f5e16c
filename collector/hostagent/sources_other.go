//go:build !linux

package hostagent

import (
	"errors"
	"runtime"

	"ninewatch/internal/oid"
)

// objectID is what net-snmp registered for systems that it does not know.
var objectID = oid.MustParse("1.3.6.1.4.1.8072.3.2.255")

func uname() string { return runtime.GOOS + " " + runtime.GOARCH }

// statfs is not asked: without /proc no mounts are known.
func statfs(string) (space, error) { return space{}, errors.ErrUnsupported }
