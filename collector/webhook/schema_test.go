package webhook

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"ninewatch/collector/alert"
)

// schema is the part of JSON Schema in which testdata/schemas is written.
type schema struct {
	Type                 string            `json:"type"`
	Enum                 []string          `json:"enum"`
	Required             []string          `json:"required"`
	Properties           map[string]schema `json:"properties"`
	AdditionalProperties json.RawMessage   `json:"additionalProperties"`
	Items                *schema           `json:"items"`
	OneOf                []schema          `json:"oneOf"`
	Pattern              string            `json:"pattern"`
	MinLength            int               `json:"minLength"`
	MaxLength            int               `json:"maxLength"`
	MinItems             int               `json:"minItems"`
	MaxItems             int               `json:"maxItems"`
}

func readSchema(t *testing.T, name string) (s schema) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "schemas", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.DisallowUnknownFields() // a keyword that is not checked would check nothing
	if err := d.Decode(&s); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return s
}

// check lists what in v is not as s says.
func (s schema) check(at string, v any) (problems []string) {
	bad := func(format string, args ...any) {
		problems = append(problems, at+": "+fmt.Sprintf(format, args...))
	}
	if len(s.OneOf) > 0 {
		fits := 0
		var last []string
		for _, o := range s.OneOf {
			if last = o.check(at, v); len(last) == 0 {
				fits++
			}
		}
		if fits != 1 {
			bad("is as %d of %d forms say: %v", fits, len(s.OneOf), v)
		}
	}
	if s.Enum != nil && !slices.Contains(s.Enum, fmt.Sprint(v)) {
		bad("%v is none of %v", v, s.Enum)
	}
	is := "null"
	switch x := v.(type) {
	case string:
		is = "string"
		if n := utf8.RuneCountInString(x); n < s.MinLength || s.MaxLength > 0 && n > s.MaxLength {
			bad("%d characters, want %d to %d", n, s.MinLength, s.MaxLength)
		}
		if s.Pattern != "" && !regexp.MustCompile(s.Pattern).MatchString(x) {
			bad("%q does not match %s", x, s.Pattern)
		}
	case float64:
		is = "integer"
		if x != float64(int64(x)) {
			is = "number"
		}
	case bool:
		is = "boolean"
	case []any:
		is = "array"
		if len(x) < s.MinItems || s.MaxItems > 0 && len(x) > s.MaxItems {
			bad("%d items, want %d to %d", len(x), s.MinItems, s.MaxItems)
		}
		for n, item := range x {
			if s.Items != nil {
				problems = append(problems, s.Items.check(fmt.Sprintf("%s[%d]", at, n), item)...)
			}
		}
	case map[string]any:
		is = "object"
		problems = append(problems, s.object(at, x)...)
	}
	if s.Type != "" && s.Type != is {
		bad("is %s, want %s", is, s.Type)
	}
	return problems
}

func (s schema) object(at string, o map[string]any) (problems []string) {
	for _, name := range s.Required {
		if _, ok := o[name]; !ok {
			problems = append(problems, at+"."+name+" is missing")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(o)) {
		p, known := s.Properties[name]
		switch {
		case known:
		case string(s.AdditionalProperties) == "false":
			problems = append(problems, at+"."+name+" is not known")
			continue
		case len(s.AdditionalProperties) > 0:
			if err := json.Unmarshal(s.AdditionalProperties, &p); err != nil {
				problems = append(problems, at+": "+err.Error())
			}
		}
		problems = append(problems, p.check(at+"."+name, o[name])...)
	}
	return problems
}

// extremes are messages at the limits: of little, of much, and of what means something to the formats.
func extremes() map[string]alert.Message {
	out := map[string]alert.Message{}
	for _, event := range []string{alert.EventOpened, alert.EventUpdated, alert.EventAcknowledged, alert.EventResolved, eventTest} {
		out[event] = messages(1, event)
		out[event+", many"] = messages(60, event)
		bare := messages(1, event)
		bare.Items[0].Incident = alert.Incident{ID: 1, Kind: alert.NinewatchTrouble, Severity: alert.Warning, Status: alert.Open, Object: "disk", Summary: "x", Started: 1_790_000_000_000}
		out[event+", of no site"] = bare
		long := messages(60, event)
		for n := range long.Items {
			i := &long.Items[n].Incident
			i.Summary, i.Cause, i.Impact, i.Owner, i.Device = strings.Repeat("é<&*_", 2000), strings.Repeat("\"\\\u2028", 3000), strings.Repeat("<@U123> ", 1000), strings.Repeat("o", 5000), strings.Repeat("d", 253)
			i.Labels = map[string]string{"team": "x", "empty": ""}
			i.Hidden = slices.Repeat([]string{"a"}, 5000)
		}
		out[event+", long"] = long
	}
	return out
}

// TestSchemas: messages are as their receivers publish, at their limits too.
func TestSchemas(t *testing.T) {
	for _, format := range []string{Alertmanager, Slack, Teams, PagerDuty} {
		s := readSchema(t, format)
		for name, m := range extremes() {
			if format == PagerDuty {
				m.Items = m.Items[:1]
			}
			v := formatted(t, Shape{Format: format}, m)
			for n, problem := range s.check("", v) {
				if n < 3 {
					t.Errorf("%s, %s: %.300s", format, name, problem)
				}
			}
			size, err := json.Marshal(v)
			if most := map[string]int{Teams: 28 << 10, PagerDuty: 512 << 10}[format]; err != nil || most > 0 && len(size) > most {
				t.Errorf("%s, %s: %d bytes, at most %d are taken", format, name, len(size), most)
			}
		}
	}
}

// TestTheCheckOfSchemas: it finds what it is there to find.
func TestTheCheckOfSchemas(t *testing.T) {
	s := readSchema(t, PagerDuty)
	got := s.check("", map[string]any{"event_action": "close", "dedup_key": strings.Repeat("x", 256), "other": 1.0, "payload": map[string]any{"summary": 3.0, "source": "", "severity": "info"}})
	for _, want := range []string{".routing_key is missing", ".event_action: close is none of", ".dedup_key: 256 characters", ".other is not known", ".payload.summary: is integer, want string", ".payload.source: 0 characters"} {
		if !slices.ContainsFunc(got, func(p string) bool { return strings.HasPrefix(p, want) }) {
			t.Errorf("%q is not found in %q", want, got)
		}
	}
	if got := s.check("", map[string]any{"routing_key": "k", "event_action": "resolve"}); len(got) != 0 {
		t.Errorf("got %q", got)
	}
}
