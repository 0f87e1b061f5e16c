package cli

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"ninewatch/collector/auth"
	"ninewatch/internal/conf"
)

// roleFlags are those of commands that give a right.
type roleFlags struct {
	role  string
	sites []string
}

func (r *roleFlags) add(c *cobra.Command, role string) {
	c.Flags().StringVar(&r.role, "role", role, "viewer, operator or admin")
	c.Flags().StringSliceVar(&r.sites, "sites", []string{auth.AnySite}, "the `SITES` that the role is for, with commas between them; * is all")
}

func (r *roleFlags) roles() ([]auth.Role, error) {
	role := auth.Role{Role: r.role, Sites: r.sites}
	if err := role.Validate(); err != nil {
		return nil, usage{err}
	}
	return []auth.Role{role}, nil
}

// passwordFlag reads a password from a file or the standard input, or makes one.
type passwordFlag struct{ file string }

func (p *passwordFlag) add(c *cobra.Command) {
	c.Flags().StringVar(&p.file, "password-file", "", "a `FILE` with the password, - is the standard input; without it one is made and printed")
}

func (p *passwordFlag) read(stdin io.Reader) (password conf.Secret, made bool, err error) {
	if p.file == "" {
		return conf.Secret(rand.Text()), true, nil // 130 bits
	}
	data, err := readFile(p.file, stdin)
	if err != nil {
		return "", false, usage{err}
	}
	line, _, _ := strings.Cut(string(data), "\n")
	if line = strings.TrimRight(line, "\r"); line == "" {
		return "", false, usage{errors.New("the password is empty")}
	}
	return conf.Secret(line), false, nil
}

// tell prints a password that was made.
func tell(c *cobra.Command, password conf.Secret, made bool) {
	if made {
		fmt.Fprintln(c.OutOrStdout(), password.Reveal())
	}
}

func userCommand() *cobra.Command {
	return group(&cobra.Command{Use: "user", Short: "Accounts of people"},
		userAddCommand(), listCommand("list", "List the accounts", "users"), userPasswdCommand(), userRemoveCommand())
}

func userAddCommand() *cobra.Command {
	var cl client
	var roles roleFlags
	var from passwordFlag
	c := &cobra.Command{
		Use: "add NAME", Short: "Make an account", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			list, err := roles.roles()
			if err != nil {
				return err
			}
			password, made, err := from.read(c.InOrStdin())
			if err != nil {
				return err
			}
			body, err := json.Marshal(map[string]any{"password": password.Reveal(), "roles": list})
			if err != nil {
				return err
			}
			if err := cl.call(c.Context(), http.MethodPut, "users/"+url.PathEscape(args[0]), nil, body, nil); err != nil {
				return err
			}
			tell(c, password, made)
			return nil
		},
	}
	clientFlags(c, &cl)
	roles.add(c, "viewer")
	from.add(c)
	return c
}

func userPasswdCommand() *cobra.Command {
	var cl client
	var from passwordFlag
	c := &cobra.Command{
		Use: "passwd NAME", Short: "Give an account a new password, and end its sessions", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			password, made, err := from.read(c.InOrStdin())
			if err != nil {
				return err
			}
			body, err := json.Marshal(map[string]string{"password": password.Reveal()})
			if err != nil {
				return err
			}
			if err := cl.call(c.Context(), http.MethodPut, "users/"+url.PathEscape(args[0])+"/password", nil, body, nil); err != nil {
				return err
			}
			tell(c, password, made)
			return nil
		},
	}
	clientFlags(c, &cl)
	from.add(c)
	return c
}

func userRemoveCommand() *cobra.Command {
	return removeCommand("remove NAME", "Remove an account, and end its sessions", "users/")
}

// removeCommand deletes what is called as its argument.
func removeCommand(use, short, path string) *cobra.Command {
	var cl client
	c := &cobra.Command{
		Use: use, Short: short, Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return cl.call(c.Context(), http.MethodDelete, path+url.PathEscape(args[0]), nil, nil, nil)
		},
	}
	clientFlags(c, &cl)
	return c
}

// listCommand is get of one resource, under another name.
func listCommand(use, short, name string) *cobra.Command {
	var cl client
	var output string
	c := &cobra.Command{
		Use: use, Short: short, Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			write, ok := listFormats[output]
			if !ok {
				return usage{fmt.Errorf("output format %q: it is one of table, json, csv, yaml", output)}
			}
			what := resources[name]
			items, err := list(c, &cl, what.path, url.Values{})
			if err != nil {
				return err
			}
			return write(c.OutOrStdout(), what.columns, items)
		},
	}
	clientFlags(c, &cl)
	c.Flags().StringVarP(&output, "output", "o", "table", "table, json, csv or yaml")
	return c
}
