package up

import (
	"slices"
	"testing"
)

// TestOneAgentListens: of the agents on this host one has the place that a variable names, the others all else.
func TestOneAgentListens(t *testing.T) {
	all := []string{"PATH=/bin", "NINEWATCH_LISTEN=127.0.0.1:9145", "NINEWATCH_TRAPS_LISTEN=0.0.0.0:1162", "NINEWATCH_LOG_LEVEL=info", "NINEWATCH_LISTEN_HTTP=:80"}
	if got := environment(slices.Clone(all), true); !slices.Equal(got, all) {
		t.Errorf("the first: got %q", got)
	}
	if got, want := environment(slices.Clone(all), false), []string{all[0], all[3], all[4]}; !slices.Equal(got, want) {
		t.Errorf("another: got %q, want %q", got, want)
	}
}
