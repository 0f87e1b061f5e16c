package inventory

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// mention is a text in an object that refers to another one.
type mention struct {
	path string // with places in lists: needs.any_of[1]
	key  string // without: needs.any_of
	rule refRule
	text string
	to   id
}

// mentions lists what an object of a kind refers to. spec is what json.Unmarshal makes of it.
func mentions(kind string, spec map[string]any) []mention {
	var out []mention
	i := kindIndex(kind)
	if i < 0 {
		return nil
	}
	for _, rule := range kinds[i].refs {
		visit(spec, "", "", func(path, key, text string) (string, bool) {
			if key != rule.path && !strings.HasPrefix(key, rule.path+".") {
				return "", false
			}
			if to, ok := rule.target(text); ok {
				out = append(out, mention{path, key, rule, text, to})
			}
			return "", false
		})
	}
	return out
}

// target is the object that a text refers to, if it does.
func (r refRule) target(text string) (id, bool) {
	switch {
	case r.form == byScope:
		return Scope(text).object()
	case r.form == byEndpoint:
		device, _ := Endpoint(text).Split()
		return id{KindDevice, device}, device != ""
	case text == "" || strings.Contains(text, "*"): // a pattern, or auth.AnySite
		return id{}, false
	}
	return id{r.kind, text}, true
}

// renamed is a text with the object that it refers to under the name to.
func (r refRule) renamed(text, to string) string {
	switch r.form {
	case byScope:
		return string(Scope(text).renamed(to))
	case byEndpoint:
		if _, key := Endpoint(text).Split(); key != "" {
			return to + "/" + key
		}
	}
	return to
}

// visit calls f for each text in v, and puts its answer in the place of the text when it says so.
func visit(v any, path, key string, f func(path, key, text string) (string, bool)) {
	child := func(inner any, path, key string, set func(any)) {
		if text, ok := inner.(string); ok {
			if to, ok := f(path, key, text); ok {
				set(to)
			}
			return
		}
		visit(inner, path, key, f)
	}
	switch v := v.(type) {
	case map[string]any:
		for _, k := range sortedKeys(v) {
			child(v[k], strings.TrimPrefix(path+"."+k, "."), strings.TrimPrefix(key+"."+k, "."), func(to any) { v[k] = to })
		}
	case []any:
		for i := range v {
			child(v[i], fmt.Sprintf("%s[%d]", path, i), key, func(to any) { v[i] = to })
		}
	}
}

// renameRefs returns o with its mentions of from changed to the name to.
func (o object) renameRefs(from id, to string) object {
	if from.kind == KindSite && o.site == from.name {
		o.site = to
	}
	if !slices.ContainsFunc(o.mentions, func(m mention) bool { return m.to == from }) {
		return o
	}
	v := fields(o.spec)
	for _, rule := range kinds[kindIndex(o.kind)].refs {
		visit(v, "", "", func(_, key, text string) (string, bool) {
			if key != rule.path && !strings.HasPrefix(key, rule.path+".") {
				return "", false
			}
			if target, ok := rule.target(text); !ok || target != from {
				return "", false
			}
			return rule.renamed(text, to), true
		})
	}
	o.spec = mustJSON(v)
	o.mentions = mentions(o.kind, v)
	return o
}

// flatten lists the values of a JSON object by path; a list is one value, as JSON.
func flatten(spec string) map[string]string {
	out := map[string]string{}
	flattenInto(out, "", fields(spec))
	return out
}

func fields(spec string) map[string]any {
	var v map[string]any
	json.Unmarshal([]byte(spec), &v) //nolint:errcheck // specs are what Marshal wrote
	return v
}

func flattenInto(out map[string]string, prefix string, v map[string]any) {
	for key, value := range v {
		switch value := value.(type) {
		case map[string]any:
			flattenInto(out, prefix+key+".", value)
		case string:
			out[prefix+key] = value
		default:
			out[prefix+key] = mustJSON(value)
		}
	}
}

// mustJSON encodes plain structs of texts and numbers, and what came from JSON.
func mustJSON(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // a type of this package cannot be written
	}
	return string(data)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
