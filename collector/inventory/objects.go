package inventory

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"ninewatch/internal/conf"
)

// ID names an object of any kind.
type ID struct{ Kind, Name string }

// Object is an object of any kind, as it stands in a file but for its secrets.
type Object struct {
	ID
	Sites   []string // where it lies, or for which sites it is; none: for all
	Source  string
	Updated int64 // Unix ms
	Spec    json.RawMessage
}

// Objects lists the objects of a kind by name; of all kinds when it is empty.
func (s *Store) Objects(ctx context.Context, kind string) ([]Object, error) {
	objects, err := loadObjects(ctx, s.db.Read(), kind, "")
	if err != nil {
		return nil, err
	}
	return s.withSites(ctx, objects)
}

// Object returns one object, or an error that is ErrUnknown.
func (s *Store) Object(ctx context.Context, kind, name string) (Object, error) {
	if name == "" {
		return Object{}, fmt.Errorf("%s without a name: %w", kind, ErrUnknown)
	}
	objects, err := loadObjects(ctx, s.db.Read(), kind, name)
	if err != nil {
		return Object{}, err
	}
	if len(objects) == 0 {
		return Object{}, fmt.Errorf("%s %q: %w", kind, name, ErrUnknown)
	}
	all, err := s.withSites(ctx, objects)
	if err != nil {
		return Object{}, err
	}
	return all[0], nil
}

func (s *Store) withSites(ctx context.Context, objects []object) ([]Object, error) {
	m, err := s.placeMap(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]Object, len(objects))
	for i, o := range withMentions(objects) {
		out[i] = Object{ID{o.kind, o.name}, m.sites(o), o.source, o.updated, json.RawMessage(o.spec)}
	}
	return out, nil
}

// Places tells for which sites the stored objects are, and those of inv once it is applied. An object
// without sites is for all of them.
func (s *Store) Places(ctx context.Context, inv Inventory) (now, then map[ID][]string, err error) {
	stored, err := loadObjects(ctx, s.db.Read(), "", "")
	if err != nil {
		return nil, nil, err
	}
	m := placeMap{}
	now, then = map[ID][]string{}, map[ID][]string{}
	for _, o := range withMentions(stored) {
		m[o.id] = o
	}
	for of, o := range m {
		now[ID{of.kind, of.name}] = m.sites(o)
	}
	wanted := inv.objects()
	for _, o := range wanted {
		m[o.id] = o
	}
	for _, o := range wanted {
		then[ID{o.kind, o.name}] = m.sites(o)
	}
	return now, then, nil
}

// Mentioned tells in which sites lies what the objects of inv stand on, directly or through others: a service
// of one site may need a line of another.
func (s *Store) Mentioned(ctx context.Context, inv Inventory) (map[ID][]string, error) {
	m, err := s.placeMap(ctx)
	if err != nil {
		return nil, err
	}
	wanted := inv.objects()
	for _, o := range wanted {
		m[o.id] = o
	}
	out := map[ID][]string{}
	for _, o := range wanted {
		found := map[string]bool{}
		for _, to := range o.mentions {
			if to.to.kind == KindSite {
				found[to.to.name] = true
			} else if next, ok := m[to.to]; ok {
				m.collect(next, found, map[id]bool{})
			}
		}
		out[ID{o.kind, o.name}] = sortedKeys(found)
	}
	return out, nil
}

// placeMap are the objects through which others come to their sites.
type placeMap map[id]object

func (s *Store) placeMap(ctx context.Context) (placeMap, error) {
	m := placeMap{}
	for _, kind := range []string{KindCircuit, KindService, KindLink, KindRedundancyGroup} {
		objects, err := loadObjects(ctx, s.db.Read(), kind, "")
		if err != nil {
			return nil, err
		}
		for _, o := range withMentions(objects) {
			m[o.id] = o
		}
	}
	rows, err := s.db.Read().QueryContext(ctx, `SELECT name, site FROM objects WHERE kind = 'device'`)
	if err != nil {
		return nil, fmt.Errorf("read inventory: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		o := object{id: id{kind: KindDevice}}
		if err := rows.Scan(&o.name, &o.site); err != nil {
			return nil, fmt.Errorf("read inventory: %w", err)
		}
		m[o.id] = o
	}
	return m, rows.Err()
}

// sites are those that o is for; nil is all.
func (m placeMap) sites(o object) []string {
	found := map[string]bool{}
	if !m.collect(o, found, map[id]bool{}) {
		return nil
	}
	return sortedKeys(found)
}

// collect adds the sites of o, and tells whether these are all that it is about.
func (m placeMap) collect(o object, found map[string]bool, visited map[id]bool) bool {
	visited[o.id] = true
	switch {
	case o.kind == KindSite:
		found[o.name] = true
		return true
	case o.site != "":
		found[o.site] = true
		return true
	case o.kind == KindUser:
		return false
	}
	if sites := sitesIn(o); len(sites) > 0 {
		for _, s := range sites {
			found[s] = true
		}
		return true
	}
	if wideScope(o) {
		return false
	}
	for _, to := range o.mentions {
		if to.to.kind == KindSite {
			found[to.to.name] = true
		} else if next, ok := m[to.to]; ok && !visited[to.to] && !m.collect(next, found, visited) {
			return false
		}
	}
	return len(found) > 0
}

// wideScope tells whether o names something that is of no site: all, a region, a provider.
func wideScope(o object) bool {
	var v struct {
		Scope   Scopes `json:"scope"`
		Members Scopes `json:"members"`
	}
	if o.kind != KindMaintenance && o.kind != KindSchedule && o.kind != KindRedundancyGroup && o.kind != KindRiskGroup {
		return false
	}
	return decode(o.spec, &v) == nil && slices.ContainsFunc(append(v.Scope, v.Members...), func(s Scope) bool {
		_, ok := s.object()
		return !ok
	})
}

// Fill gives the body of an object the secrets that are stored and that it does not name: nobody can send
// back what nobody can read.
func (s *Store) Fill(ctx context.Context, kind, name string, body map[string]any) error {
	objects, err := loadObjects(ctx, s.db.Read(), kind, name)
	if err != nil || len(objects) == 0 || len(objects[0].sealed) == 0 {
		return err
	}
	secrets, err := s.vault.open(objects[0].sealed)
	if err != nil {
		return fmt.Errorf("read %s %q: %w", kind, name, err)
	}
	for path, secret := range secrets {
		group, key, _ := strings.Cut(path, ".")
		in, ok := body[group].(map[string]any)
		if !ok {
			continue
		}
		if _, named := in[key]; !named && fits(kind, in, key) {
			in[key] = secret.Reveal()
		}
	}
	return nil
}

// fits tells whether a stored secret still belongs into an object: a community is none of version 3.
func fits(kind string, in map[string]any, key string) bool {
	if kind != KindCredential {
		return true
	}
	v3 := fmt.Sprint(in["version"]) == "3" || in["version"] == nil && in["username"] != nil
	protocol, isPass := strings.CutSuffix(key, "_passphrase")
	return v3 == isPass && (!isPass || in[protocol+"_protocol"] != nil)
}

// Delete removes one object, or an error that is ErrUnknown, or conf.Problems when others need it.
func (s *Store) Delete(ctx context.Context, kind, name string) error {
	if _, err := s.Object(ctx, kind, name); err != nil {
		return err
	}
	_, err := s.Apply(ctx, Inventory{}, ApplyOptions{Delete: []ID{{kind, name}}})
	return err
}

// Body is the inventory of one object, from the JSON of an object of a kind.
func Body(kind Kind, object map[string]any) (Inventory, conf.Problems) {
	data, err := json.Marshal(map[string]any{kind.List: []any{object}})
	if err != nil {
		return Inventory{}, conf.Problems{{File: "body", Text: err.Error()}}
	}
	inv, problems := Parse(File{Name: "body", Data: data, Remote: true})
	return inv, WithoutPlaces(kind, problems)
}

// WithoutPlaces is the mistakes in a Body: places in what nobody wrote help nobody.
func WithoutPlaces(kind Kind, problems conf.Problems) conf.Problems {
	out := make(conf.Problems, len(problems))
	for i, p := range problems {
		out[i] = conf.Problem{File: p.File, Key: strings.TrimPrefix(strings.TrimPrefix(p.Key, kind.List+"[0]"), "."), Text: p.Text}
	}
	return out
}

// Names are those of the objects of a kind.
func (inv Inventory) Names(kind string) []string {
	var out []string
	for _, e := range inv.entries() {
		if e.id().kind == kind {
			out = append(out, e.id().name)
		}
	}
	return out
}

// DeviceOf reads some keys of a device from JSON.
func DeviceOf(body map[string]any) (d Device, err error) {
	data, err := json.Marshal(body)
	if err != nil {
		return d, err
	}
	return d, json.Unmarshal(data, &d)
}
