package cli

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"ninewatch/internal/conf"
)

// command is a word of the command line: one that does something, or one with further commands below.
type command struct {
	use   string // the word, and the arguments behind it as help names them
	short string // what it does, in a sentence
	least int    // arguments
	most  int    // arguments, or anyNumber
	flags flags
	below []*command
	run   func(ctx context.Context, args []string, s streams) error
}

const anyNumber = -1

// streams are where a command writes.
type streams struct{ out, errs io.Writer }

func (c *command) word() string {
	word, _, _ := strings.Cut(c.use, " ")
	return word
}

// execute runs what args name: c, whose full name is path, or a command below it.
func (c *command) execute(ctx context.Context, path string, args []string, s streams) error {
	if i := slices.IndexFunc(args, isWord); i >= 0 && len(c.below) > 0 {
		next, err := c.named(args[i], path)
		if err != nil {
			return err
		}
		return next.execute(ctx, path+" "+next.word(), slices.Delete(slices.Clone(args), i, i+1), s)
	}
	var help bool
	own := c.flags
	own.on(&help, "help", "help for "+c.word()).short = "h"
	args, err := own.parse(args)
	if err == nil && (help || c.run == nil) {
		c.help(path, own, s.out)
		return nil
	}
	if err == nil {
		err = c.fits(args, path)
	}
	if err != nil {
		return usage{fmt.Errorf("%w: see %s --help", err, path)}
	}
	return c.run(ctx, args, s)
}

func isWord(arg string) bool { return !strings.HasPrefix(arg, "-") }

// named is the command below c that is called word.
func (c *command) named(word, path string) (*command, error) {
	below := map[string]*command{}
	for _, b := range c.below {
		below[b.word()] = b
	}
	if next := below[word]; next != nil {
		return next, nil
	}
	if near := conf.Nearest(word, sortedKeys(below)); near != "" {
		return nil, usage{fmt.Errorf("unknown command %q for %q, did you mean %s? See %s --help", word, path, near, path)}
	}
	return nil, usage{fmt.Errorf("unknown command %q for %q: see %s --help", word, path, path)}
}

// fits tells whether there are as many arguments as the command takes, and all flags that it needs.
func (c *command) fits(args []string, path string) error {
	missing := c.flags.missing()
	switch n := len(args); {
	case c.most == 0 && n > 0:
		return fmt.Errorf("unknown command %q for %q", args[0], path)
	case c.most == anyNumber && n < c.least:
		return fmt.Errorf("requires at least %d arg(s), only received %d", c.least, n)
	case c.most != anyNumber && (n < c.least || n > c.most):
		return fmt.Errorf("accepts %d arg(s), received %d", c.most, n)
	case len(missing) > 0:
		return fmt.Errorf("required flag(s) %s not set", strings.Join(missing, ", "))
	}
	return nil
}

// help writes what people need to know of c.
func (c *command) help(path string, own flags, w io.Writer) {
	fmt.Fprintf(w, "%s\n\nUsage:\n", c.short)
	if len(c.below) == 0 {
		fmt.Fprintf(w, "  %s%s [flags]\n", path, strings.TrimPrefix(c.use, c.word()))
	} else {
		fmt.Fprintf(w, "  %s [command]\n\nAvailable Commands:\n", path)
	}
	for _, b := range c.below {
		fmt.Fprintf(w, "  %-12s %s\n", b.word(), b.short)
	}
	fmt.Fprint(w, "\nFlags:\n")
	own.help(w)
	if len(c.below) > 0 {
		fmt.Fprintf(w, "\nUse \"%s [command] --help\" for more information about a command.\n", path)
	}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
