package inventory

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"ninewatch/internal/conf"
)

// The actions of a Change.
const (
	Create    = "create"
	Update    = "update"
	Delete    = "delete"
	Unchanged = "unchanged"
)

// Diff is what Apply changed, or would change, sorted by kind and name.
type Diff struct {
	Changes []Change `json:"changes"`
}

// Changed tells whether d is more than unchanged objects.
func (d Diff) Changed() bool {
	return slices.ContainsFunc(d.Changes, func(c Change) bool { return c.Action != Unchanged })
}

// Change is about one object.
type Change struct {
	Kind   string  `json:"kind"`
	Name   string  `json:"name"`
	Action string  `json:"action"`
	Fields []Field `json:"fields,omitempty"`
}

// Field is one value that changes; a secret shows as <secret> on both sides.
type Field struct {
	Name string `json:"name"`
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
}

type rename struct {
	from id
	to   string
}

// plan is how the stored inventory becomes the wanted one.
type plan struct {
	changes  []Change
	renames  []rename
	puts     []object // with Create or Update
	deletes  []id
	problems conf.Problems
}

type planner struct {
	plan
	inv     Inventory
	opts    ApplyOptions
	agents  map[string]int // agents that are enrolled, by site
	now     time.Time
	touched map[id]bool // created or updated
	stored  map[id]object
	wanted  map[id]object
	former  map[id]object // stored as it was before renames, by its new id
}

// makePlan is a pure function of what is stored and what is wanted.
func makePlan(stored, wanted []object, inv Inventory, opts ApplyOptions, agents map[string]int, now time.Time) plan {
	p := &planner{inv: inv, opts: opts, agents: agents, now: now, touched: map[id]bool{},
		stored: map[id]object{}, wanted: map[id]object{}, former: map[id]object{}}
	for _, o := range stored {
		p.stored[o.id] = o
	}
	for _, o := range wanted {
		p.wanted[o.id] = o
	}
	p.planRenames(wanted)
	for _, o := range p.stored {
		if _, ok := p.former[o.id]; !ok {
			p.former[o.id] = o
		}
	}
	for _, r := range p.renames {
		for key, o := range p.stored {
			p.stored[key] = o.renameRefs(r.from, r.to)
		}
	}
	for _, o := range wanted {
		p.want(o)
	}
	for _, o := range p.stored {
		p.keepOrDelete(o)
	}
	p.check()
	slices.SortFunc(p.changes, func(a, b Change) int {
		return compareIDs(id{a.Kind, a.Name}, id{b.Kind, b.Name})
	})
	return p.plan
}

// planRenames moves stored objects to their new names, where the new name is still free.
func (p *planner) planRenames(wanted []object) {
	moved := map[id]object{}
	for _, w := range wanted {
		from := id{w.kind, w.renamedFrom}
		old, exists := p.stored[from]
		if w.renamedFrom == "" || !exists {
			continue
		}
		if _, taken := p.stored[w.id]; taken {
			if _, also := p.wanted[from]; !also && !p.goes(old) {
				p.problemOf(w.id, "renamed_from", fmt.Sprintf("%s %q and %q both exist: leave renamed_from out, or delete one of them", w.kind, from.name, w.name))
			}
			continue
		}
		p.renames = append(p.renames, rename{from, w.name})
		delete(p.stored, from)
		p.former[w.id] = old
		old.id = w.id
		if w.kind == KindSite {
			old.site = w.name
		}
		moved[w.id] = old
	}
	maps.Copy(p.stored, moved)
}

func (p *planner) want(w object) {
	old, exists := p.former[w.id]
	if !exists {
		p.touched[w.id] = true
		p.puts = append(p.puts, w)
		p.changes = append(p.changes, Change{w.kind, w.name, Create, differences(object{}, w)})
		return
	}
	w.source = old.source
	fields := differences(old, w)
	action := Unchanged
	if len(fields) > 0 {
		action = Update
		p.touched[w.id] = true
		p.puts = append(p.puts, w)
	}
	p.changes = append(p.changes, Change{w.kind, w.name, action, fields})
}

// goes tells whether what is stored and not wanted is deleted.
func (p *planner) goes(o object) bool {
	return p.opts.Prune && o.source == SourceApply || slices.Contains(p.opts.Delete, ID{o.kind, o.name})
}

// keepOrDelete looks at what is stored and not wanted.
func (p *planner) keepOrDelete(o object) {
	if _, ok := p.wanted[o.id]; ok {
		return
	}
	if p.goes(o) {
		p.deletes = append(p.deletes, o.id)
		p.changes = append(p.changes, Change{o.kind, o.name, Delete, nil})
		if n := p.agents[o.name]; o.kind == KindSite && n > 0 {
			p.problems = append(p.problems, conf.Problem{File: "inventory", Key: "sites",
				Text: fmt.Sprintf("site %q still has %d enrolled agents, revoke them before it is deleted", o.name, n)})
		}
		return
	}
	if fields := differences(p.former[o.id], o); len(fields) > 0 { // it refers to what is renamed
		p.puts = append(p.puts, o)
		p.changes = append(p.changes, Change{o.kind, o.name, Update, fields})
	}
}

// check reports references to what does not exist in the end.
func (p *planner) check() {
	final := maps.Clone(p.stored)
	maps.Copy(final, p.wanted)
	for _, gone := range p.deletes {
		delete(final, gone)
	}
	names := map[string][]string{}
	for object := range final {
		names[object.kind] = append(names[object.kind], object.name)
	}
	p.problems = append(p.problems, p.inv.Missing(func(kind string) []string { return names[kind] })...)
	for _, key := range slices.SortedFunc(maps.Keys(final), compareIDs) {
		o := final[key]
		if _, ok := p.wanted[key]; !ok {
			p.checkKept(o, final)
		}
		p.checkSites(o, final)
	}
	p.checkCircles(final)
	p.checkWindows(final)
	p.checkAdministrators(final)
}

// checkKept makes sure that what nobody wants to change still stands on something.
func (p *planner) checkKept(o object, final map[id]object) {
	for _, m := range o.mentions {
		if _, ok := final[m.to]; !ok {
			p.problems = append(p.problems, conf.Problem{File: "inventory", Key: m.key,
				Text: fmt.Sprintf("%s %q (made by %s) needs %s %q, which is not there in the end: keep it, or delete the %s first",
					o.kind, o.name, o.source, m.to.kind, m.to.name, o.kind)})
		}
	}
}

// checkSites makes sure that credentials and receivers may be used where they are named.
func (p *planner) checkSites(o object, final map[id]object) {
	for _, m := range o.mentions {
		if m.to.kind != KindCredential || o.kind != KindDevice {
			continue
		}
		sites := sitesIn(final[m.to])
		if len(sites) > 0 && !slices.Contains(sites, o.site) {
			p.problemOf(o.id, m.key, fmt.Sprintf("credential %q is not for site %q of device %q: add the site to its sites, or name another", m.to.name, o.site, o.name))
		}
	}
}

// sitesIn are what an object lists under sites.
func sitesIn(o object) []string {
	var out []string
	for _, m := range o.mentions {
		if m.key == "sites" {
			out = append(out, m.to.name)
		}
	}
	return out
}

// problemOf reports a mistake of an object where the files have it.
func (p *planner) problemOf(of id, key, text string) {
	p.problems = append(p.problems, p.inv.problem(of, key, text))
}

// differences names the values that make b of a.
func differences(a, b object) []Field {
	from, to := flatten(a.spec), flatten(b.spec)
	var out []Field
	for path := range union(from, to) {
		if from[path] != to[path] {
			out = append(out, Field{path, from[path], to[path]})
		}
	}
	from, to = fingerprints(a.fingerprint), fingerprints(b.fingerprint)
	for path := range union(from, to) {
		if from[path] != to[path] {
			out = append(out, Field{path, hidden(from[path]), hidden(to[path])})
		}
	}
	slices.SortFunc(out, func(a, b Field) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func union(a, b map[string]string) map[string]string {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}

func fingerprints(text string) map[string]string {
	out := map[string]string{}
	for _, f := range strings.Fields(text) {
		path, hash, _ := strings.Cut(f, "=")
		out[path] = hash
	}
	return out
}

func hidden(hash string) string {
	return conf.Secret(hash).String()
}

// Needs are the kinds of what inv refers to and does not have itself.
func (inv Inventory) Needs() []Kind {
	needed := map[string]bool{}
	for _, r := range inv.references {
		if _, ok := inv.places[r.to]; !ok {
			needed[r.to.kind] = true
		}
	}
	return slices.DeleteFunc(Kinds(), func(k Kind) bool { return !needed[k.Name] })
}

// Missing reports every reference of inv to an object that is neither in inv nor among the stored names
// of its kind (KindSite, …). A client can ask it before it sends anything.
func (inv Inventory) Missing(stored func(kind string) []string) conf.Problems {
	known := map[string][]string{}
	for object := range inv.places {
		known[object.kind] = append(known[object.kind], object.name)
	}
	sets := map[id]bool{}
	for _, k := range kinds {
		names := append(known[k.Name], stored(k.Name)...)
		slices.Sort(names)
		known[k.Name] = names
		for _, name := range names {
			sets[id{k.Name, name}] = true
		}
	}
	var problems conf.Problems
	for _, r := range inv.references {
		if sets[r.to] {
			continue
		}
		problem := r.at
		kind := strings.ReplaceAll(r.to.kind, "_", " ")
		problem.Text = fmt.Sprintf("no %s %q is known, define it under %s", kind, r.to.name, listOf(r.to.kind))
		if near := conf.Nearest(r.to.name, known[r.to.kind]); near != "" {
			problem.Text = fmt.Sprintf("no %s %q is known, did you mean %q?", kind, r.to.name, near)
		}
		problems = append(problems, problem)
	}
	return problems
}
