package inventory

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// checkCircles refuses parents and services that stand on themselves.
func (p *planner) checkCircles(final map[id]object) {
	p.circles(final, KindDevice, "parents", "is its own parent, by way of", "leave out one of them")
	p.circles(final, KindService, "needs", "needs itself, by way of", "leave out one of them")
}

// circles follows the mentions under a key among the objects of one kind.
func (p *planner) circles(final map[id]object, kind, key, what, mend string) {
	next := map[string][]string{}
	for of, o := range final {
		if of.kind != kind {
			continue
		}
		for _, m := range o.mentions {
			if m.rule.path == key && m.to.kind == kind && (m.to != of || kind != KindDevice) { // its own name is told by Parse
				next[of.name] = append(next[of.name], m.to.name)
			}
		}
	}
	for _, circle := range findCircles(next) {
		of := id{kind, circle[0]}
		for _, name := range circle { // the place of one that the files have
			if _, ok := p.inv.places[id{kind, name}]; ok {
				of.name = name
				break
			}
		}
		i := slices.Index(circle, of.name)
		way := append(slices.Clone(circle[i+1:]), circle[:i+1]...)
		p.problemOf(of, key, fmt.Sprintf("%s %q %s %s: %s", kind, of.name, what, strings.Join(way, " → "), mend))
	}
}

// findCircles finds a circle through each group of names that reach each other: at most one of every walk.
func findCircles(next map[string][]string) [][]string {
	const (
		walking = 1
		done    = 2
	)
	state := map[string]int{}
	var out [][]string
	for _, start := range slices.Sorted(maps.Keys(next)) {
		// A walk by hand: chains of 10,000 parents are no mistake.
		type step struct {
			name string
			i    int
		}
		way := []step{{start, 0}}
		if state[start] != 0 {
			continue
		}
		state[start] = walking
		for len(way) > 0 {
			at := &way[len(way)-1]
			if at.i == len(next[at.name]) {
				state[at.name] = done
				way = way[:len(way)-1]
				continue
			}
			to := next[at.name][at.i]
			at.i++
			switch state[to] {
			case 0:
				state[to] = walking
				way = append(way, step{to, 0})
			case walking:
				from := slices.IndexFunc(way, func(s step) bool { return s.name == to })
				circle := []string{}
				for _, s := range way[from:] {
					circle = append(circle, s.name)
				}
				out = append(out, circle)
			}
		}
	}
	return out
}

// checkAdministrators makes sure that somebody remains who may change everything.
func (p *planner) checkAdministrators(final map[id]object) {
	changed := false
	for of := range p.touched {
		changed = changed || of.kind == KindUser
	}
	for _, of := range p.deletes {
		changed = changed || of.kind == KindUser
	}
	if !changed {
		return
	}
	for of, o := range final {
		if of.kind == KindUser && administersAll(o) {
			return
		}
	}
	for of := range p.stored {
		if of.kind == KindUser { // at the very first there is none at all
			p.problemOf(of, "roles", "nobody would remain who administers all sites: keep an account with the role admin and the sites \"*\"")
			return
		}
	}
}

func administersAll(o object) bool {
	var u User
	if decode(o.spec, &u) != nil {
		return false
	}
	return slices.ContainsFunc(u.Roles, func(r Role) bool { return r.Role == "admin" && slices.Contains(r.Sites, "*") })
}

func decode(spec string, into any) error { return json.Unmarshal([]byte(spec), into) }
