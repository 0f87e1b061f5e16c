package conf

import (
	"encoding"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// maxNodes bounds what one document may mean once its aliases are followed.
const maxNodes = 5_000_000

var (
	durationType = reflect.TypeFor[time.Duration]()
	secretType   = reflect.TypeFor[Secret]()
)

// Decode reads d into the struct that into points to, over the values that it holds already
// (the defaults), and reports every mistake.
func (d Document) Decode(into any) Problems {
	r := reader{file: d.File, inline: d.Inline}
	if d.node != nil {
		r.value(d.node, reflect.ValueOf(into).Elem(), "")
	}
	return r.problems
}

// Short is a struct or a map that may also be written as one text; FromText reads that. Its errors say
// what would be right.
type Short interface{ FromText(text string) error }

// One is a list that may be written as its only element.
type One interface{ MayBeOne() }

type reader struct {
	file     string
	inline   bool
	nodes    int
	problems Problems
}

func (r *reader) problemf(node *yaml.Node, path, format string, args ...any) {
	r.problems = append(r.problems, Problem{
		File: r.file, Line: node.Line, Column: node.Column, Key: path, Text: fmt.Sprintf(format, args...),
	})
}

func (r *reader) value(node *yaml.Node, v reflect.Value, path string) {
	if r.nodes++; r.nodes > maxNodes {
		if r.nodes == maxNodes+1 {
			r.problemf(node, path, "aliases make this file larger than %d values, write it without them", maxNodes)
		}
		return
	}
	node = target(node)
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		r.value(node, v.Elem(), path)
		return
	}
	_, isText := v.Addr().Interface().(encoding.TextUnmarshaler)
	short, mayBeShort := v.Addr().Interface().(Short)
	switch {
	case mayBeShort && node.Kind == yaml.ScalarNode && !isNull(node):
		if err := short.FromText(node.Value); err != nil {
			r.problemf(node, path, "%s", err)
		}
	case v.Type() == secretType:
		r.secret(node, v, path)
	case isText || v.Type() == durationType:
		r.scalar(node, v, path)
	case v.Kind() == reflect.Struct:
		r.mapping(node, v, path)
	case v.Kind() == reflect.Map:
		r.entries(node, v, path)
	case v.Kind() == reflect.Slice:
		r.list(node, v, path)
	default:
		r.scalar(node, v, path)
	}
}

func (r *reader) mapping(node *yaml.Node, v reflect.Value, path string) {
	if isNull(node) {
		return
	}
	if node.Kind != yaml.MappingNode {
		r.problemf(node, path, "%s stands where a mapping belongs, known keys: %s", describe(node), strings.Join(knownKeys(v.Type()), ", "))
		return
	}
	r.pairs(node, path, func(key, value *yaml.Node) {
		field, ok := fieldFor(v, key.Value)
		if !ok {
			r.problemf(key, join(path, key.Value), "unknown key%s", suggestion(key.Value, knownKeys(v.Type())))
			return
		}
		r.value(value, field, join(path, key.Value))
	})
}

func (r *reader) entries(node *yaml.Node, v reflect.Value, path string) {
	if isNull(node) {
		return
	}
	if node.Kind != yaml.MappingNode {
		r.problemf(node, path, "%s stands where a mapping belongs", describe(node))
		return
	}
	if v.IsNil() {
		v.Set(reflect.MakeMap(v.Type()))
	}
	r.pairs(node, path, func(key, value *yaml.Node) {
		element := reflect.New(v.Type().Elem()).Elem()
		r.value(value, element, join(path, key.Value))
		v.SetMapIndex(reflect.ValueOf(key.Value).Convert(v.Type().Key()), element)
	})
}

// pairs calls f for each key and value, and reports keys that are no text or stand twice.
func (r *reader) pairs(node *yaml.Node, path string, f func(key, value *yaml.Node)) {
	lines := map[string]int{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key := target(node.Content[i])
		if key.Kind != yaml.ScalarNode {
			r.problemf(key, path, "%s stands where a key belongs", describe(key))
			continue
		}
		if line, ok := lines[key.Value]; ok {
			r.problemf(key, join(path, key.Value), "key stands here again, first in line %d: keep one", line)
			continue
		}
		lines[key.Value] = key.Line
		f(key, node.Content[i+1])
	}
}

func (r *reader) list(node *yaml.Node, v reflect.Value, path string) {
	if isNull(node) {
		return
	}
	if _, ok := v.Addr().Interface().(One); ok && node.Kind != yaml.SequenceNode {
		out := reflect.MakeSlice(v.Type(), 1, 1)
		r.value(node, out.Index(0), path)
		v.Set(out)
		return
	}
	if node.Kind != yaml.SequenceNode {
		r.problemf(node, path, "%s stands where a list belongs, write for example [a, b]", describe(node))
		return
	}
	out := reflect.MakeSlice(v.Type(), len(node.Content), len(node.Content))
	for i, item := range node.Content {
		r.value(item, out.Index(i), fmt.Sprintf("%s[%d]", path, i))
	}
	v.Set(out)
}

func (r *reader) scalar(node *yaml.Node, v reflect.Value, path string) {
	if node.Kind != yaml.ScalarNode {
		r.problemf(node, path, "%s stands where %s belongs", describe(node), kindName(v.Type()))
		return
	}
	if isNull(node) {
		return
	}
	if err := set(v, node.Value); err != nil {
		r.problemf(node, path, "%s", err)
	}
}

// secret reads a text, {file: PATH} or {env: NAME}.
func (r *reader) secret(node *yaml.Node, v reflect.Value, path string) {
	switch node.Kind {
	case yaml.ScalarNode:
		v.SetString(node.Value)
		return
	case yaml.MappingNode:
		if r.inline {
			r.problemf(node, path, "a secret that is sent has to be a text: files and variables are read where the command runs")
			return
		}
		var from struct {
			File string `yaml:"file"`
			Env  string `yaml:"env"`
		}
		before := len(r.problems)
		r.mapping(node, reflect.ValueOf(&from).Elem(), path)
		if len(r.problems) > before {
			return
		}
		text, err := fetch(from.File, from.Env)
		if err != nil {
			r.problemf(node, path, "%s", err)
		}
		v.SetString(text)
		return
	}
	r.problemf(node, path, "%s stands where a secret belongs, write a text, {file: PATH} or {env: NAME}", describe(node))
}

func fetch(file, env string) (string, error) {
	switch {
	case (file == "") == (env == ""):
		return "", fmt.Errorf("a secret comes from either file or env: name one of them")
	case file != "":
		data, err := os.ReadFile(file)
		if err != nil {
			return "", fmt.Errorf("cannot read the secret: %w", err)
		}
		return strings.TrimRight(string(data), "\r\n"), nil
	}
	text, ok := os.LookupEnv(env)
	if !ok {
		return "", fmt.Errorf("environment variable %s is not set", env)
	}
	return text, nil
}

// set reads text into v. Its errors say what would be right.
func set(v reflect.Value, text string) error {
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return u.UnmarshalText([]byte(text))
	}
	wrong := fmt.Errorf("%q is not %s", text, kindName(v.Type()))
	switch {
	case v.Type() == durationType:
		d, err := ParseDuration(text)
		if err != nil {
			return err
		}
		v.SetInt(int64(d))
	case v.Kind() == reflect.String:
		v.SetString(text)
	case v.Kind() == reflect.Bool:
		if text != "true" && text != "false" {
			return wrong
		}
		v.SetBool(text == "true")
	case v.CanInt():
		n, err := strconv.ParseInt(text, 10, v.Type().Bits())
		if err != nil {
			return wrong
		}
		v.SetInt(n)
	case v.CanUint():
		n, err := strconv.ParseUint(text, 10, v.Type().Bits())
		if err != nil {
			return wrong
		}
		v.SetUint(n)
	case v.CanFloat():
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return wrong
		}
		v.SetFloat(n)
	default:
		return fmt.Errorf("a value of type %s cannot be set here", v.Type())
	}
	return nil
}

func fieldFor(v reflect.Value, key string) (reflect.Value, bool) {
	for i := range v.NumField() {
		if name := tagName(v.Type().Field(i)); name != "" && name == key {
			return v.Field(i), true
		}
	}
	return reflect.Value{}, false
}

func knownKeys(t reflect.Type) []string {
	var keys []string
	for i := range t.NumField() {
		if name := tagName(t.Field(i)); name != "" {
			keys = append(keys, name)
		}
	}
	slices.Sort(keys)
	return keys
}

func tagName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	if name == "-" {
		return ""
	}
	return name
}

func isNull(node *yaml.Node) bool { return node.Kind == yaml.ScalarNode && node.ShortTag() == "!!null" }

func describe(node *yaml.Node) string {
	switch node.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	return fmt.Sprintf("%q", node.Value)
}

func kindName(t reflect.Type) string {
	switch {
	case t == durationType:
		return "a duration such as 30s"
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.Kind() == reflect.String:
		return "a text"
	case t.Kind() == reflect.Float64 || t.Kind() == reflect.Float32:
		return "a number"
	case t.Kind() >= reflect.Uint && t.Kind() <= reflect.Uint64:
		return "a whole number from 0 up"
	case t.Kind() >= reflect.Int && t.Kind() <= reflect.Int64:
		return "a whole number"
	}
	return "one value"
}
