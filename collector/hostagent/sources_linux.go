package hostagent

import (
	"runtime"
	"strings"

	"golang.org/x/sys/unix"

	"ninewatch/internal/oid"
)

// objectID is what net-snmp registered for Linux: it says which system this is, and not whose.
var objectID = oid.MustParse("1.3.6.1.4.1.8072.3.2.10")

// uname is the output of `uname -snrvm`, as net-snmp describes a host.
func uname() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return runtime.GOOS + " " + runtime.GOARCH
	}
	parts := []string{unix.ByteSliceToString(u.Sysname[:]), unix.ByteSliceToString(u.Nodename[:]),
		unix.ByteSliceToString(u.Release[:]), unix.ByteSliceToString(u.Version[:]), unix.ByteSliceToString(u.Machine[:])}
	return strings.Join(parts, " ")
}

// statfs is the space of the file system mounted at point. Only folders are asked.
func statfs(point string) (space, error) {
	var kind unix.Stat_t
	if err := unix.Stat(point, &kind); err != nil {
		return space{}, err
	}
	if kind.Mode&unix.S_IFMT != unix.S_IFDIR {
		return space{}, errNoFolder
	}
	var s unix.Statfs_t
	if err := unix.Statfs(point, &s); err != nil {
		return space{}, err
	}
	unit := uint64(s.Frsize)
	if unit == 0 {
		unit = uint64(s.Bsize)
	}
	return space{unit, s.Blocks, s.Blocks - min(s.Bfree, s.Blocks)}, nil
}
