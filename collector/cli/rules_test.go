package cli

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFirings(t *testing.T) {
	f := func(seconds []int64, hold int64, want ...[2]int64) {
		t.Helper()
		if diff := cmp.Diff(firings(seconds, 60, hold), want); diff != "" {
			t.Error(diff)
		}
	}
	f(nil, 0)
	f([]int64{0}, 0, [2]int64{0, 60})
	f([]int64{0, 60, 120}, 0, [2]int64{0, 180})
	f([]int64{0, 60, 120}, 120, [2]int64{120, 180})
	f([]int64{0, 60, 120}, 121)
	f([]int64{0, 60, 240, 300, 360}, 60, [2]int64{60, 120}, [2]int64{300, 420})
}
