package profile

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"ninewatch/internal/conf"
	"ninewatch/internal/order"
)

// Generic is the profile that every other one stands on, and that reads what nobody knows.
const Generic = "generic"

// Library is a set of profiles: the bundled ones, and over them those of the user. A profile of the user
// replaces the bundled one of its name.
type Library struct {
	own map[string]*Profile

	mu       sync.Mutex
	bundled  map[string]bundledFile // by name; nil: not unpacked
	parsed   map[string]*Profile    // of the bundled
	resolved map[string]*Resolved
}

// NewLibrary returns the bundled profiles. Nothing is unpacked until it is needed.
func NewLibrary() *Library {
	return &Library{own: map[string]*Profile{}, parsed: map[string]*Profile{}, resolved: map[string]*Resolved{}}
}

// Add parses a profile of the user. Check tells what is wrong with all of them together.
func (l *Library) Add(file string, data []byte) conf.Problems {
	p, problems := Parse(file, data)
	if p == nil {
		return problems
	}
	if old := l.own[p.Name]; old != nil {
		p.doc.Section(&problems).Problemf("", "a profile of the name %q is there already, from %s: rename one", p.Name, old.doc.File)
		return problems
	}
	l.own[p.Name] = p
	return problems
}

// AddPath adds a file, or all files *.yaml and *.yml below a folder except traps.yml, which hold no profile.
func (l *Library) AddPath(path string) (problems conf.Problems, err error) {
	err = filepath.WalkDir(path, func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			return nil
		}
		end := filepath.Ext(file)
		if file != path && (end != ".yaml" && end != ".yml" || strings.HasPrefix(d.Name(), ".") || nameOf(d.Name()) == "traps") {
			return nil
		}
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		problems = append(problems, l.Add(file, data)...)
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%s: no such file or folder of profiles", path)
	}
	return problems, err
}

// AddExtended adds the profiles that those of the user extend and that stand beside them, so that a single
// file can be looked at. What is not there Check tells.
func (l *Library) AddExtended() (problems conf.Problems, err error) {
	for todo := slices.Collect(maps.Values(l.own)); len(todo) > 0; todo = todo[1:] {
		for _, text := range todo[0].Extends {
			name := nameOf(text)
			if l.own[name] != nil {
				continue
			}
			for _, end := range []string{".yaml", ".yml"} {
				file := filepath.Join(filepath.Dir(todo[0].doc.File), name+end)
				data, err := os.ReadFile(file)
				if errors.Is(err, fs.ErrNotExist) {
					continue
				}
				if err != nil {
					return problems, err
				}
				problems = append(problems, l.Add(file, data)...)
				if p := l.own[name]; p != nil {
					todo = append(todo, p)
				}
				break
			}
		}
	}
	return problems, nil
}

// Added is how many profiles of the user there are.
func (l *Library) Added() int { return len(l.own) }

// Check looks at the profiles of the user together: loops and unknown names in extends, two profiles for
// one sysObjectID, entries and states that nobody defines.
func (l *Library) Check() conf.Problems {
	var problems conf.Problems
	type claim struct{ name, place string }
	taken := map[string]claim{}
	for _, name := range slices.Sorted(maps.Keys(l.own)) {
		p := l.own[name]
		at := p.doc.Section(&problems)
		for i, text := range p.SysObjectID {
			item := at.Item("sysobjectid", i)
			first, ok := taken[text]
			if ok && len(p.When) == 0 {
				item.Problemf("", "sysObjectID %s is that of profile %q too, at %s: remove one, or say with when which devices are meant", text, first.name, first.place)
			} else if len(p.When) == 0 {
				taken[text] = claim{name, item.Place()}
			}
		}
		if _, err := l.resolve(p, &problems); err != nil {
			problems = append(problems, *err)
		}
	}
	return problems
}

// profile is the one of a name; nil without an error: there is none.
func (l *Library) profile(name string) (*Profile, error) {
	if p := l.own[name]; p != nil {
		return p, nil
	}
	if p := l.parsed[name]; p != nil {
		return p, nil
	}
	if err := l.unpack(); err != nil {
		return nil, err
	}
	f, ok := l.bundled[name]
	if !ok {
		return nil, nil
	}
	p, problems := Parse("bundled/"+name+".yaml", f.data)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	l.parsed[name] = p
	return p, nil
}

func (l *Library) unpack() error {
	if l.bundled != nil {
		return nil
	}
	files, err := unpack(archive)
	if err != nil {
		return err
	}
	l.bundled = make(map[string]bundledFile, len(files))
	for _, f := range files {
		l.bundled[f.name] = f
	}
	return nil
}

// Names are all profiles that devices can be read by, sorted: those whose name begins with _ are parts of others.
func (l *Library) Names() ([]string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.unpack(); err != nil {
		return nil, err
	}
	all := maps.Clone(l.own)
	for name := range l.bundled {
		all[name] = nil
	}
	names := slices.Sorted(maps.Keys(all))
	return slices.DeleteFunc(names, func(n string) bool { return strings.HasPrefix(n, "_") }), nil
}

// candidate is a profile that names a sysObjectID.
type candidate struct {
	name    string
	pattern pattern
	own     bool
}

// candidates are the profiles whose pattern matches, the most specific first; at the same, those of the
// user before the bundled, then by name.
func (l *Library) candidates(sysObjectID string) ([]candidate, error) {
	if err := l.unpack(); err != nil {
		return nil, err
	}
	var out []candidate
	add := func(name string, patterns []string, own bool) {
		for _, text := range patterns {
			if p, err := parsePattern(text); err == nil && p.matches(sysObjectID) {
				out = append(out, candidate{name, p, own})
			}
		}
	}
	for name, p := range l.own {
		add(name, p.SysObjectID, true)
	}
	for name, f := range l.bundled {
		if l.own[name] == nil {
			add(name, f.patterns, false)
		}
	}
	order.Sort(out, func(a, b candidate) int {
		if c := a.pattern.compare(b.pattern); c != 0 {
			return c
		}
		if a.own != b.own {
			if a.own {
				return -1
			}
			return 1
		}
		return strings.Compare(a.name, b.name)
	})
	return out, nil
}
