package cli

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"ninewatch/agent/inspect"
	"ninewatch/agent/profile"
	"ninewatch/internal/conf"
)

func profileCommand() *cobra.Command {
	c := &cobra.Command{Use: "profile", Short: "Check profiles of devices, and try them", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return usage{errors.New("name what to do: check or test, see ninewatch-agent profile --help")}
		}}
	c.AddCommand(profileCheckCommand(), profileTestCommand())
	return c
}

// loadProfiles reads profiles, and those beside them that they extend. All mistakes come back at once.
func loadProfiles(paths []string) (*profile.Library, error) {
	library := profile.NewLibrary()
	var problems conf.Problems
	for _, path := range paths {
		wrong, err := library.AddPath(path)
		if err != nil {
			return nil, usage{err}
		}
		problems = append(problems, wrong...)
	}
	wrong, err := library.AddExtended()
	if err != nil {
		return nil, err
	}
	problems = append(problems, wrong...)
	return library, append(problems, library.Check()...).Err()
}

func profileCheckCommand() *cobra.Command {
	return &cobra.Command{
		Use: "check FILE...", Short: "Find the mistakes in profiles, or folders of them", Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			library, err := loadProfiles(args)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "%d profiles, no mistake\n", library.Added())
			return err
		},
	}
}

func profileTestCommand() *cobra.Command {
	var o inspect.Options
	c := &cobra.Command{
		Use: "test FILE --against HOST[:PORT]|RECORDING.snmprec", Short: "Show what a profile reads of a device or a recording", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			library, err := loadProfiles(args)
			if err != nil {
				return err
			}
			complete(&o)
			name := strings.TrimSuffix(strings.TrimSuffix(filepath.Base(args[0]), ".yml"), ".yaml")
			return result(inspect.TestProfile(c.Context(), o, library, name, c.OutOrStdout(), c.ErrOrStderr()))
		},
	}
	deviceFlags(c, &o)
	c.Flags().StringVar(&o.Target, "against", "", "device, or recording in the snmprec format")
	c.Flags().StringVarP(&o.Output, "output", "o", "table", "table, json, csv or yaml")
	c.MarkFlagRequired("against") //nolint:errcheck // the flag is there
	return c
}
