package oid

import (
	"slices"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	f := func(in string, want OID) {
		t.Helper()
		got, err := Parse(in)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("Parse(%q): got %v, %v; want %v", in, got, err, want)
		}
	}
	f("1.3.6.1", OID{1, 3, 6, 1})
	f(".1.3.6.1", OID{1, 3, 6, 1})
	f("0", OID{0})
	f("2.4294967295", OID{2, 4294967295})

	bad := func(in, want string) {
		t.Helper()
		if got, err := Parse(in); err == nil || err.Error() != want {
			t.Errorf("Parse(%q): got %v, %v; want the error %q", in, got, err, want)
		}
	}
	bad("", `object identifier "": "" is not a number from 0 to 4294967295`)
	bad("1..3", `object identifier "1..3": "" is not a number from 0 to 4294967295`)
	bad("1.3.", `object identifier "1.3.": "" is not a number from 0 to 4294967295`)
	bad("1.-3", `object identifier "1.-3": "-3" is not a number from 0 to 4294967295`)
	bad("1.+3", `object identifier "1.+3": "+3" is not a number from 0 to 4294967295`)
	bad("1.4294967296", `object identifier "1.4294967296": "4294967296" is not a number from 0 to 4294967295`)
	bad("1"+strings.Repeat(".1", 128), "object identifier of 129 numbers, at most 128 are allowed")
}

func TestOrder(t *testing.T) {
	sorted := []string{"1", "1.3", "1.3.6", "1.3.6.1.2", "1.3.6.1.10", "1.3.7", "2"}
	for i, a := range sorted {
		for j, b := range sorted {
			want := 0
			if i < j {
				want = -1
			} else if i > j {
				want = 1
			}
			if got := MustParse(a).Compare(MustParse(b)); got != want {
				t.Errorf("%s compared with %s: got %d, want %d", a, b, got, want)
			}
		}
	}
}

func TestHasPrefix(t *testing.T) {
	f := func(o, prefix string, want bool) {
		t.Helper()
		if got := MustParse(o).HasPrefix(MustParse(prefix)); got != want {
			t.Errorf("%s below %s: got %t, want %t", o, prefix, got, want)
		}
	}
	f("1.3.6", "1.3", true)
	f("1.3", "1.3", true)
	f("1.3", "1.3.6", false)
	f("1.36.1", "1.3", false)
}

func TestAppendCopies(t *testing.T) {
	base := make(OID, 2, 10)
	base[0], base[1] = 1, 3
	a, b := base.Append(6), base.Append(7, 8)
	if a.String() != "1.3.6" || b.String() != "1.3.7.8" {
		t.Errorf("got %s and %s, want 1.3.6 and 1.3.7.8", a, b)
	}
	c := a.Clone()
	c[0] = 2
	if !a.Equal(OID{1, 3, 6}) {
		t.Errorf("changing a clone changed the original: %s", a)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"1.3.6.1.2.1.1.3.0", ".1", "", "1..2", "4294967295.0", "01"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		o, err := Parse(s)
		if err != nil {
			return
		}
		again, err := Parse(o.String())
		if err != nil || !again.Equal(o) {
			t.Fatalf("%q: %v does not survive String and Parse: %v, %v", s, o, again, err)
		}
	})
}
