package inventory

import (
	"encoding/json"
	"slices"
	"strings"

	"ninewatch/internal/conf"
)

// File is one file, or the body of a request.
type File struct {
	Name   string // for messages
	Data   []byte
	Remote bool // it came over the network: {file: …} and {env: …} are refused
}

// Inventory is what files say. Make one with Parse; the zero value is empty.
type Inventory struct {
	Sites       []Site       `yaml:"sites" json:"sites,omitempty"`
	Credentials []Credential `yaml:"credentials" json:"credentials,omitempty"`
	Devices     []Device     `yaml:"devices" json:"devices,omitempty"`
	Receivers   []Receiver   `yaml:"receivers" json:"receivers,omitempty"`

	references []reference
	places     map[id]string
}

// id names an object.
type id struct{ kind, name string }

// reference is the mention of another object, which must exist in the end.
type reference struct {
	at       conf.Problem // the place, still without a text
	from, to id
}

// later are the kinds of the contract that this version does not have.
var later = []string{"calendars", "circuits", "services", "maintenance", "routes", "rules", "links",
	"redundancy_groups", "risk_groups", "capacity", "lifecycle", "software_policies", "schedules", "users"}

// Parse reads files, each of one or more YAML (or JSON) documents, into one Inventory. Objects that
// files refer to may also be in the stored inventory: that is checked by Apply.
func Parse(files ...File) (Inventory, conf.Problems) {
	p := parser{inv: Inventory{places: map[id]string{}}, formers: map[id]string{}}
	for _, f := range files {
		docs, problems := conf.Parse(f.Name, f.Data)
		p.problems = append(p.problems, problems...)
		for _, doc := range docs {
			doc.Inline = f.Remote
			p.document(doc)
		}
	}
	return p.inv, p.problems
}

type parser struct {
	inv      Inventory
	problems conf.Problems
	formers  map[id]string // renamed_from → place
}

func (p *parser) document(doc conf.Document) {
	var inv Inventory
	problems := doc.Decode(&inv)
	for i := range problems {
		if slices.Contains(later, problems[i].Key) && strings.HasPrefix(problems[i].Text, "unknown key") {
			problems[i].Text = "this kind is not in this version, leave it out"
		}
	}
	var more conf.Problems
	root := doc.Section(&more)
	for i := range inv.Sites {
		p.site(root.Item("sites", i), inv.Sites[i])
	}
	for i := range inv.Credentials {
		p.credential(root.Item("credentials", i), &inv.Credentials[i])
	}
	for i := range inv.Devices {
		p.device(root.Item("devices", i), inv.Devices[i])
	}
	for i := range inv.Receivers {
		p.receiver(root.Item("receivers", i), inv.Receivers[i])
	}
	p.problems = append(append(p.problems, problems...), problems.Beside(more)...)
	p.inv.Sites = append(p.inv.Sites, inv.Sites...)
	p.inv.Credentials = append(p.inv.Credentials, inv.Credentials...)
	p.inv.Devices = append(p.inv.Devices, inv.Devices...)
	p.inv.Receivers = append(p.inv.Receivers, inv.Receivers...)
}

// name checks the name of an object and that it stands once.
func (p *parser) name(at conf.Section, kind, name, renamedFrom string) id {
	me := id{kind, name}
	if name == "" {
		at.Problemf("name", "a %s needs a name", kind)
		return me
	}
	if !validName(name) {
		at.Problemf("name", "%q is not a name, use a-z, 0-9, dot and dash, at most %d characters, and begin with a letter or digit", name, maxName)
	}
	if place, ok := p.inv.places[me]; ok {
		at.Problemf("name", "%s %q stands here again, first at %s: keep one", kind, name, place)
	} else {
		p.inv.places[me] = at.Place()
	}
	if renamedFrom == "" {
		return me
	}
	former := id{kind, renamedFrom}
	if place, ok := p.formers[former]; ok {
		at.Problemf("renamed_from", "%s %q cannot become two, it is taken at %s", kind, renamedFrom, place)
	}
	if renamedFrom == name {
		at.Problemf("renamed_from", "%q is the name itself, write the former one", name)
	}
	p.formers[former] = at.Place()
	return me
}

func (p *parser) refer(at conf.Section, key string, from id, kind, name string) {
	if name != "" {
		p.inv.references = append(p.inv.references, reference{at.Problem(key, ""), from, id{kind, name}})
	}
}

func (p *parser) referAll(at conf.Section, key string, from id, kind string, names []string) {
	for i, name := range names {
		p.refer(at.Item(key, i), "", from, kind, name)
		if slices.Index(names, name) < i {
			at.Item(key, i).Problemf("", "%q stands here twice, keep one", name)
		}
	}
}

// Wire is inv as JSON with its secrets in clear: the body that a client sends to a collector. It belongs
// into an encrypted connection and nowhere else.
func (inv Inventory) Wire() ([]byte, error) {
	type object = map[string]any
	var credentials, receivers []object
	for _, c := range inv.Credentials {
		credentials = append(credentials, reveal(c, c.secrets()))
	}
	for _, r := range inv.Receivers {
		if r.Webhook != nil {
			webhook := *r.Webhook
			webhook.Host = "" // the collector derives it
			r.Webhook = &webhook
		}
		receivers = append(receivers, reveal(r, r.secrets()))
	}
	devices := make([]object, len(inv.Devices))
	for i, d := range inv.Devices {
		devices[i] = reveal(d, nil)
		if d.RenamedFrom != "" {
			devices[i]["renamed_from"] = d.RenamedFrom
		}
	}
	sites := make([]object, len(inv.Sites))
	for i, s := range inv.Sites {
		sites[i] = reveal(s, nil)
		if s.RenamedFrom != "" {
			sites[i]["renamed_from"] = s.RenamedFrom
		}
	}
	return json.Marshal(object{"sites": sites, "credentials": credentials, "devices": devices, "receivers": receivers})
}

// reveal is v as an object with its secrets, by path, in clear.
func reveal(v any, secrets map[string]conf.Secret) map[string]any {
	out := map[string]any{}
	data, _ := json.Marshal(v) // plain structs of texts and numbers
	json.Unmarshal(data, &out) //nolint:errcheck // what Marshal wrote
	delete(out, "source")
	for path, secret := range secrets {
		group, key, _ := strings.Cut(path, ".")
		if in, ok := out[group].(map[string]any); ok && secret != "" {
			in[key] = secret.Reveal()
		}
	}
	return out
}
