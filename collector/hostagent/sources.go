package hostagent

import (
	"io/fs"
	"net"
	"os"
)

// sources are where a host's facts come from.
type sources struct {
	root       fs.FS // "/", read below proc and sys
	interfaces func() ([]net.Interface, error)
	hostname   func() (string, error)
	describe   func() string // sysDescr
	space      func(point string) (space, error)
}

func realSources() sources {
	return sources{root: os.DirFS("/"), interfaces: net.Interfaces, hostname: os.Hostname, describe: uname, space: statfs}
}
