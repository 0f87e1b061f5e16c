package conf

import (
	"fmt"
	"log/slog"
)

// hidden is what a Secret shows of itself.
const hidden = "<secret>"

// Secret is a text that never shows: not in logs, errors, JSON, YAML or dumps. An empty one prints as "".
type Secret string

// Reveal returns the text itself. Its callers are the places that have to send it.
func (s Secret) Reveal() string { return string(s) }

func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return hidden
}

// Format keeps the text out of every verb of package fmt.
func (s Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, s.String()) }

// GoString implements fmt.GoStringer.
func (s Secret) GoString() string { return s.String() }

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText serves JSON (map keys included) and XML.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalYAML implements yaml.Marshaler.
func (s Secret) MarshalYAML() (any, error) { return s.String(), nil }
