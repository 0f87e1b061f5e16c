package profile

import (
	"maps"
	"testing"
)

// FuzzParse: whatever a file holds, it is a profile or a list of mistakes, and what it reads of a device
// ends without a panic.
func FuzzParse(f *testing.F) {
	base := NewLibrary()
	if _, err := base.Resolve(Generic); err != nil {
		f.Fatal(err)
	}
	const recording = "1.3.6.1.2.1.1.1.0|4|Router 7\n1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.9.1.1\n1.3.6.1.2.1.2.2.1.2.1|4|eth0\n1.3.6.1.2.1.25.3.3.1.2.1|2|7\n" +
		"1.3.6.1.2.1.25.2.3.1.2.1|6|1.3.6.1.2.1.25.2.1.2\n1.3.6.1.2.1.25.2.3.1.4.1|2|0\n1.3.6.1.2.1.25.2.3.1.5.1|2|-5\n1.3.6.1.2.1.99.1.1.1.4.1|2|5\n"
	f.Fuzz(func(t *testing.T, data []byte) {
		l := NewLibrary()
		l.bundled, l.parsed = base.bundled, maps.Clone(base.parsed) // unpacked and parsed once
		if problems := append(l.Add("f.yaml", data), l.Check()...); len(problems) > 0 {
			_ = problems.Error()
			return
		}
		r, err := l.Resolve("f")
		if err != nil {
			t.Fatalf("a profile without mistakes does not resolve: %v", err)
		}
		r.Read(t.Context(), deviceOf(recording), DefaultLimits())
	})
}
