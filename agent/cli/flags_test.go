package cli

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// TestFlags: POSIX Utility Syntax Guidelines 5 to 11 and the long options of GNU, with operands anywhere.
func TestFlags(t *testing.T) {
	f := func(line, wantRest, wantErr string, want ...string) {
		t.Helper()
		var fs flags
		var output string
		var names []string
		var dump bool
		var count int
		var port uint16
		var wait time.Duration
		fs.text(&output, "output", "table", "format").short = "o"
		fs.list(&names, "name", []string{"a", "b"}, "names")
		fs.on(&dump, "dump", "print it")
		fs.number(&count, "count", 5, "how many")
		fs.port(&port, "port", 161, "where")
		fs.duration(&wait, "wait", time.Second, "how long")
		rest, err := fs.parse(strings.Fields(line))
		if err != nil || wantErr != "" {
			if err == nil || err.Error() != wantErr {
				t.Errorf("%s: got %v, want %s", line, err, wantErr)
			}
			return
		}
		values := []string{output, strings.Join(names, "+"), map[bool]string{true: "dump"}[dump]}
		if got := strings.Join(rest, " "); got != wantRest || !slices.Equal(values, want) || count != 5 || port != 161 || wait != time.Second {
			t.Errorf("%s: got %q and %q, %d %d %s, want %q and %q", line, got, values, count, port, wait, wantRest, want)
		}
	}
	f("x y", "x y", "", "table", "a+b", "")
	f("x --output json y", "x y", "", "json", "a+b", "")
	f("--output=json x", "x", "", "json", "a+b", "")
	f("-o json x", "x", "", "json", "a+b", "")
	f("-ojson x -", "x -", "", "json", "a+b", "")
	f("--output= x", "x", "", "", "a+b", "")
	f("--dump x", "x", "", "table", "a+b", "dump")
	f("--dump=false x", "x", "", "table", "a+b", "")
	f("--name c,d x --name e", "x", "", "table", "c+d+e", "")
	f("x -- --dump -o", "x --dump -o", "", "table", "a+b", "")
	f("--dump=some", "", `invalid argument "some" for "--dump" flag: strconv.ParseBool: parsing "some": invalid syntax`)
	f("-o", "", "flag needs an argument: -o")
	f("--count", "", "flag needs an argument: --count")
	f("--count x", "", `invalid argument "x" for "--count" flag: strconv.ParseInt: parsing "x": invalid syntax`)
	f("--port 65536", "", `invalid argument "65536" for "--port" flag: strconv.ParseUint: parsing "65536": value out of range`)
	f("--wait 1", "", `invalid argument "1" for "--wait" flag: time: missing unit in duration "1"`)
	f("-x", "", `unknown shorthand flag: 'x' in -x`)
	f("--outp x", "", "unknown flag: --outp")
}

func TestFlagsHelp(t *testing.T) {
	var fs flags
	var text string
	var list []string
	fs.text(&text, "output", "table", "its format").short = "o"
	fs.text(&text, "config", "", "configuration `FILE`")
	fs.list(&list, "allow", []string{"private", "connected"}, "what may be asked")
	var out strings.Builder
	fs.help(&out)
	want := `      --allow strings   what may be asked (default [private,connected])
      --config FILE     configuration FILE
  -o, --output string   its format (default "table")
`
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}
