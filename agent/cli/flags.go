package cli

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"ninewatch/internal/conf"
)

// flags are those of one command, written as POSIX and GNU do: --name VALUE, --name=VALUE, -n VALUE, -nVALUE, before or
// after the arguments; what stands behind "--" is an argument.
type flags []*option

// option is one flag.
type option struct {
	name     string
	short    string // its one letter, if it has one
	kind     string // of its value, as help calls it; a switch has none
	usage    string // for help; a word in backquotes is the name of its value
	fallback string // for help, empty where there is nothing to say
	required bool
	given    bool
	set      func(string) error
}

func (f *flags) add(name, kind, usage, fallback string, set func(string) error) *option {
	o := &option{name: name, kind: kind, usage: usage, fallback: fallback, set: set}
	*f = append(*f, o)
	return o
}

func (f *flags) text(p *string, name, fallback, usage string) *option {
	*p = fallback
	o := f.add(name, "string", usage, "", func(s string) error { *p = s; return nil })
	if fallback != "" {
		o.fallback = strconv.Quote(fallback)
	}
	return o
}

// secret is a flag whose value help and errors do not show.
func (f *flags) secret(p *conf.Secret, name, usage string) {
	f.add(name, "secret", usage, "", func(s string) error { *p = conf.Secret(s); return nil })
}

func (f *flags) on(p *bool, name, usage string) *option {
	return f.add(name, "", usage, "", func(s string) (err error) { *p, err = strconv.ParseBool(s); return err })
}

func (f *flags) number(p *int, name string, fallback int, usage string) {
	*p = fallback
	f.add(name, "int", usage, strconv.Itoa(fallback), func(s string) error {
		n, err := strconv.ParseInt(s, 0, 0)
		*p = int(n)
		return err
	})
}

func (f *flags) port(p *uint16, name string, fallback uint16, usage string) {
	*p = fallback
	f.add(name, "uint16", usage, strconv.Itoa(int(fallback)), func(s string) error {
		n, err := strconv.ParseUint(s, 0, 16)
		*p = uint16(n)
		return err
	})
}

func (f *flags) duration(p *time.Duration, name string, fallback time.Duration, usage string) {
	*p = fallback
	f.add(name, "duration", usage, fallback.String(), func(s string) (err error) { *p, err = time.ParseDuration(s); return err })
}

// list is a flag with values that commas part. It may be given more than once; what is given replaces the fallback.
func (f *flags) list(p *[]string, name string, fallback []string, usage string) {
	*p = nil
	o := f.add(name, "strings", usage, "", nil)
	if len(fallback) > 0 {
		*p = fallback
		o.fallback = "[" + strings.Join(fallback, ",") + "]"
	}
	o.set = func(s string) error {
		if !o.given {
			*p = nil
		}
		*p = append(*p, strings.Split(s, ",")...)
		return nil
	}
}

// parse sets the flags in args and returns the rest.
func (f flags) parse(args []string) (rest []string, err error) {
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		if arg == "--" {
			return append(rest, args...), nil
		}
		if len(arg) < 2 || arg[0] != '-' {
			rest = append(rest, arg)
			continue
		}
		o, value, joined, err := f.find(arg)
		if err != nil {
			return nil, err
		}
		switch {
		case joined:
		case o.kind == "":
			value = "true"
		case len(args) == 0:
			return nil, fmt.Errorf("flag needs an argument: %s", arg)
		default:
			value, args = args[0], args[1:]
		}
		if err := o.set(value); err != nil {
			return nil, fmt.Errorf("invalid argument %q for %q flag: %w", value, o, err)
		}
		o.given = true
	}
	return rest, nil
}

// find returns the flag that arg names, and the value that is joined to it.
func (f flags) find(arg string) (o *option, value string, joined bool, err error) {
	name, long := strings.CutPrefix(arg, "--")
	if !long {
		i := slices.IndexFunc(f, func(o *option) bool { return o.short == arg[1:2] })
		if i < 0 {
			return nil, "", false, fmt.Errorf("unknown shorthand flag: %q in %s", arg[1], arg)
		}
		return f[i], strings.TrimPrefix(arg[2:], "="), len(arg) > 2, nil
	}
	name, value, joined = strings.Cut(name, "=")
	i := slices.IndexFunc(f, func(o *option) bool { return o.name == name })
	if i < 0 {
		return nil, "", false, fmt.Errorf("unknown flag: --%s", name)
	}
	return f[i], value, joined, nil
}

// missing names the required flags that were not given.
func (f flags) missing() (names []string) {
	for _, o := range f {
		if o.required && !o.given {
			names = append(names, strconv.Quote(o.name))
		}
	}
	return names
}

// String is the flag as errors call it.
func (o *option) String() string {
	if o.short == "" {
		return "--" + o.name
	}
	return "-" + o.short + ", --" + o.name
}

// help writes a line for each flag.
func (f flags) help(w io.Writer) {
	byName := map[string]*option{}
	width := 0
	left := func(o *option) string { return strings.TrimSpace(fmt.Sprintf("--%s %s", o.name, o.value())) }
	for _, o := range f {
		byName[o.name] = o
		width = max(width, len(left(o)))
	}
	for _, name := range sortedKeys(byName) {
		o := byName[name]
		short := "    "
		if o.short != "" {
			short = "-" + o.short + ", "
		}
		usage := strings.ReplaceAll(o.usage, "`", "")
		if o.fallback != "" {
			usage += " (default " + o.fallback + ")"
		}
		fmt.Fprintf(w, "  %s%-*s   %s\n", short, width, left(o), usage)
	}
}

// value is how help calls the value.
func (o *option) value() string {
	if parts := strings.SplitN(o.usage, "`", 3); len(parts) == 3 {
		return parts[1]
	}
	return o.kind
}
