package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"ninewatch/agent/inspect"
	"ninewatch/agent/profile"
	"ninewatch/internal/conf"
)

func profileCommand() *command {
	return &command{
		use: "profile", short: "Check profiles of devices, and try them",
		below: []*command{profileCheckCommand(), profileTestCommand()},
		run: func(context.Context, []string, streams) error {
			return usage{errors.New("name what to do: check or test, see ninewatch-agent profile --help")}
		},
	}
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

func profileCheckCommand() *command {
	return &command{
		use: "check FILE...", short: "Find the mistakes in profiles, or folders of them", least: 1, most: anyNumber,
		run: func(ctx context.Context, args []string, s streams) error {
			library, err := loadProfiles(args)
			if err != nil {
				return err
			}
			word := "profiles"
			if library.Added() == 1 {
				word = "profile"
			}
			_, err = fmt.Fprintf(s.out, "%d %s, no mistake\n", library.Added(), word)
			return err
		},
	}
}

func profileTestCommand() *command {
	var o inspect.Options
	c := &command{
		use: "test FILE --against HOST[:PORT]|RECORDING.snmprec", short: "Show what a profile reads of a device or a recording", least: 1, most: 1,
		run: func(ctx context.Context, args []string, s streams) error {
			library, err := loadProfiles(args)
			if err != nil {
				return err
			}
			complete(&o)
			name := strings.TrimSuffix(strings.TrimSuffix(filepath.Base(args[0]), ".yml"), ".yaml")
			return result(inspect.TestProfile(ctx, o, library, name, s.out, s.errs))
		},
	}
	f := &c.flags
	deviceFlags(f, &o)
	f.text(&o.Target, "against", "", "device, or recording in the snmprec format").required = true
	f.text(&o.Output, "output", "table", "table, json, csv or yaml").short = "o"
	return c
}
