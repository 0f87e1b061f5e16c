package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf16"
)

// maxDepth bounds how deep a report that somebody hands us may nest.
const maxDepth = 64

// Canonical is the canonical form of a JSON text: RFC 8785 for what reports hold. Keys are sorted by UTF-16
// code units, there is no white space, strings have only the escapes that JSON demands, and numbers stay as
// they were written.
func Canonical(text []byte) ([]byte, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("not JSON: something follows its end")
	}
	var out bytes.Buffer
	if err := canonical(&out, v, 0); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func canonical(out *bytes.Buffer, v any, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("nested deeper than %d", maxDepth)
	}
	switch v := v.(type) {
	case nil:
		out.WriteString("null")
	case bool:
		fmt.Fprintf(out, "%t", v)
	case json.Number:
		out.WriteString(v.String())
	case string:
		canonicalString(out, v)
	case []any:
		out.WriteByte('[')
		for i, e := range v {
			if i > 0 {
				out.WriteByte(',')
			}
			if err := canonical(out, e, depth+1); err != nil {
				return err
			}
		}
		out.WriteByte(']')
	case map[string]any:
		return canonicalObject(out, v, depth)
	}
	return nil
}

func canonicalObject(out *bytes.Buffer, v map[string]any, depth int) error {
	keys := make([]string, 0, len(v))
	for k := range v {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int {
		return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
	})
	out.WriteByte('{')
	for i, k := range keys {
		if i > 0 {
			out.WriteByte(',')
		}
		canonicalString(out, k)
		out.WriteByte(':')
		if err := canonical(out, v[k], depth+1); err != nil {
			return err
		}
	}
	out.WriteByte('}')
	return nil
}

// shortEscapes are the escapes of RFC 8785, 3.2.2.2, that have a letter.
var shortEscapes = strings.NewReplacer("\b", `\b`, "\t", `\t`, "\n", `\n`, "\f", `\f`, "\r", `\r`, `"`, `\"`, `\`, `\\`)

func canonicalString(out *bytes.Buffer, s string) {
	out.WriteByte('"')
	for _, r := range shortEscapes.Replace(s) {
		if r < 0x20 {
			fmt.Fprintf(out, `\u%04x`, r)
			continue
		}
		out.WriteRune(r)
	}
	out.WriteByte('"')
}
