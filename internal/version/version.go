// Package version says which build this is.
package version

import "runtime/debug"

// Version is set by the linker: -X ninewatch/internal/version.Version=v0.1.0.
var Version = "dev"

// String is the version with the commit it was built from, where that is known.
func String() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return Version
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return Version + " (" + s.Value[:12] + ")"
		}
	}
	return Version
}
