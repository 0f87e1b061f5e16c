package conf

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"
)

// envPrefix begins the variables that override keys: NINEWATCH_SPOOL_MAX_SIZE for spool.max_size.
const envPrefix = "NINEWATCH_"

// Load reads a configuration file of one document into the struct that into points to, over its
// defaults; then variables of the environment override scalar keys, and validate looks at the whole.
// The error is Problems, or that of opening the file. An empty path means: defaults and environment.
func Load(path string, into any, validate func(Section)) error {
	doc := Document{File: path}
	if path == "" {
		doc.File = "defaults"
	}
	var problems Problems
	if path != "" {
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s: no such file, copy the commented example from deploy/", path)
		}
		if err != nil {
			return err
		}
		docs, wrong := Parse(path, data)
		if err := wrong.Err(); err != nil {
			return err // what cannot be read has no keys to look at
		}
		if len(docs) > 1 {
			docs[1].Section(&problems).Problemf("", "a second document begins here, a configuration has one")
		}
		if len(docs) > 0 {
			doc = docs[0]
			problems = append(problems, doc.Decode(into)...)
		}
	}
	problems = append(problems, override(os.LookupEnv, reflect.ValueOf(into).Elem(), envPrefix)...)
	var more Problems
	validate(doc.Section(&more))
	return append(problems, problems.Beside(more)...).Err()
}

// override sets every scalar of v whose variable is in the environment.
func override(env func(string) (string, bool), v reflect.Value, name string) Problems {
	var problems Problems
	for i := range v.NumField() {
		key := tagName(v.Type().Field(i))
		if key == "" {
			continue
		}
		field, variable := v.Field(i), name+strings.ToUpper(key)
		if isGroup(field.Type()) {
			problems = append(problems, override(env, field, variable+"_")...)
			continue
		}
		text, ok := env(variable)
		if !ok || field.Kind() == reflect.Map || field.Kind() == reflect.Pointer {
			continue
		}
		if err := setOrList(field, text); err != nil {
			problems = append(problems, Problem{File: "environment", Key: variable, Text: err.Error()})
		}
	}
	return problems
}

// setOrList reads text into a scalar, or comma-separated texts into a list of them.
func setOrList(v reflect.Value, text string) error {
	if v.Kind() != reflect.Slice {
		return set(v, text)
	}
	if isGroup(v.Type().Elem()) {
		return errors.New("a list of mappings cannot be set by a variable, write it in the file")
	}
	items := strings.Split(text, ",")
	out := reflect.MakeSlice(v.Type(), len(items), len(items))
	for i, item := range items {
		if err := set(out.Index(i), strings.TrimSpace(item)); err != nil {
			return err
		}
	}
	v.Set(out)
	return nil
}

// isGroup tells a mapping of keys from a struct that is read from one scalar, such as netip.Addr.
func isGroup(t reflect.Type) bool { return t.Kind() == reflect.Struct && len(knownKeys(t)) > 0 }

// Dump writes v as YAML, with every Secret hidden.
func Dump(w io.Writer, v any) error {
	encoder := yaml.NewEncoder(w)
	encoder.SetIndent(2)
	if err := encoder.Encode(v); err != nil {
		return err
	}
	return encoder.Close()
}
