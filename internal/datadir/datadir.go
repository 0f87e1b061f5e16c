// Package datadir prepares the folder in which a program keeps what it must not lose.
package datadir

import (
	"fmt"
	"os"
)

// Prepare makes the folder where it is missing, for its user alone, and makes sure that it can be written: so
// that this is told at the start, by the key of the configuration, and not by the first part that writes.
func Prepare(key, path string) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return fmt.Errorf("%s %s cannot be made: %w; give it to the user of this program, or choose another", key, path, err)
	}
	probe, err := os.CreateTemp(path, ".writable-*")
	if err != nil {
		return fmt.Errorf("%s %s cannot be written: %w; give it to the user of this program, or choose another", key, path, err)
	}
	probe.Close() //nolint:errcheck // nothing was written
	return os.Remove(probe.Name())
}
