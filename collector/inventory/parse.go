package inventory

import (
	"encoding/json"
	"strings"

	"ninewatch/internal/conf"
)

// File is one file, or the body of a request.
type File struct {
	Name   string // for messages
	Data   []byte
	Remote bool // it came over the network: {file: …} and {env: …} are refused
	CSV    bool // a table of devices: see FromCSV
}

// Inventory is what files say. Make one with Parse; the zero value is empty.
type Inventory struct {
	Sites            []Site            `yaml:"sites" json:"sites,omitempty"`
	Calendars        []Calendar        `yaml:"calendars" json:"calendars,omitempty"`
	Credentials      []Credential      `yaml:"credentials" json:"credentials,omitempty"`
	Devices          []Device          `yaml:"devices" json:"devices,omitempty"`
	Circuits         []Circuit         `yaml:"circuits" json:"circuits,omitempty"`
	Links            []Link            `yaml:"links" json:"links,omitempty"`
	Services         []Service         `yaml:"services" json:"services,omitempty"`
	RedundancyGroups []RedundancyGroup `yaml:"redundancy_groups" json:"redundancy_groups,omitempty"`
	RiskGroups       []RiskGroup       `yaml:"risk_groups" json:"risk_groups,omitempty"`
	Maintenance      []Maintenance     `yaml:"maintenance" json:"maintenance,omitempty"`
	Receivers        []Receiver        `yaml:"receivers" json:"receivers,omitempty"`
	Routes           []Route           `yaml:"routes" json:"routes,omitempty"`
	Rules            []Rule            `yaml:"rules" json:"rules,omitempty"`
	Capacity         []Capacity        `yaml:"capacity" json:"capacity,omitempty"`
	Lifecycle        []Lifecycle       `yaml:"lifecycle" json:"lifecycle,omitempty"`
	SoftwarePolicies []SoftwarePolicy  `yaml:"software_policies" json:"software_policies,omitempty"`
	Schedules        []Schedule        `yaml:"schedules" json:"schedules,omitempty"`
	Users            []User            `yaml:"users" json:"users,omitempty"`

	references []reference
	places     map[id]conf.Section
}

// reference is the mention of another object, which must exist in the end.
type reference struct {
	at       conf.Problem // the place, still without a text
	from, to id
	key      string // without places in lists
}

// Parse reads files, each of one or more YAML (or JSON) documents, into one Inventory. Objects that
// files refer to may also be in the stored inventory: that is checked by Apply.
func Parse(files ...File) (Inventory, conf.Problems) {
	p := parser{inv: Inventory{places: map[id]conf.Section{}}, formers: map[id]string{}}
	for _, f := range files {
		if f.CSV {
			var problems conf.Problems
			f, problems = FromCSV(f)
			p.problems = append(p.problems, problems...)
		}
		docs, problems := conf.Parse(f.Name, f.Data)
		p.problems = append(p.problems, problems...)
		for _, doc := range docs {
			doc.Inline = f.Remote
			p.document(doc)
		}
	}
	for _, f := range files {
		if f.CSV {
			p.inRows(f.Name)
		}
	}
	return p.inv, p.problems
}

// inRows gives mistakes in a table the first column of their row: the key says which cell it is.
func (p *parser) inRows(file string) {
	for i, problem := range p.problems {
		if problem.File == file && problem.Key != "" {
			p.problems[i].Column = 1
		}
	}
	for i, r := range p.inv.references {
		if r.at.File == file {
			p.inv.references[i].at.Column = 1
		}
	}
}

type parser struct {
	inv      Inventory
	problems conf.Problems
	formers  map[id]string // renamed_from → place
}

func (p *parser) document(doc conf.Document) {
	var inv Inventory
	problems := doc.Decode(&inv)
	var more conf.Problems
	root := doc.Section(&more)
	count := map[string]int{}
	for _, e := range inv.entries() {
		kind := e.id().kind
		at := root.Item(listOf(kind), count[kind])
		count[kind]++
		p.name(at, e)
		p.validate(at, e)
		p.refer(at, e)
	}
	p.problems = append(append(p.problems, problems...), problems.Beside(more)...)
	p.inv.add(inv)
}

// name checks the name of an object and that it stands once. Kinds that can do without get a derived one.
func (p *parser) name(at conf.Section, e entry) {
	derived := derivedName(e)
	if e.id().name == "" && derived != "" {
		setName(e, derived)
	}
	me := e.id()
	switch kind := strings.ReplaceAll(me.kind, "_", " "); {
	case me.name == "" && derived == "":
		at.Problemf("name", "a %s needs a name", kind)
		return
	case me.name == derived || me.kind == KindUser:
		if len(me.name) > maxText || !printable(me.name) {
			at.Problemf("name", "%q is too long or has control characters", me.name)
		}
	case !validName(me.name):
		at.Problemf("name", "%q is not a name, use a-z, 0-9, dot and dash, at most %d characters, and begin with a letter or digit", me.name, maxName)
	}
	if place, ok := p.inv.places[me]; ok {
		at.Problemf("name", "%s %q stands here again, first at %s: keep one", strings.ReplaceAll(me.kind, "_", " "), me.name, place.Place())
	} else {
		p.inv.places[me] = at
	}
	p.former(at, me, renamedFrom(e))
}

func (p *parser) former(at conf.Section, me id, from string) {
	if from == "" {
		return
	}
	former := id{me.kind, from}
	if place, ok := p.formers[former]; ok {
		at.Problemf("renamed_from", "%s %q cannot become two, it is taken at %s", me.kind, from, place)
	}
	if from == me.name {
		at.Problemf("renamed_from", "%q is the name itself, write the former one", from)
	}
	p.formers[former] = at.Place()
}

func setName(e entry, name string) {
	switch e := e.(type) {
	case *Link:
		e.Name = name
	case *Route:
		e.Name = name
	case *Capacity:
		e.Name = name
	case *Lifecycle:
		e.Name = name
	case *SoftwarePolicy:
		e.Name = name
	case *Schedule:
		e.Name = name
	}
}

// refer notes what an object refers to.
func (p *parser) refer(at conf.Section, e entry) {
	me := e.id()
	seen := map[string]bool{}
	for _, m := range mentions(me.kind, fields(mustJSON(bare(e)))) {
		place := at.Find(m.path)
		p.inv.references = append(p.inv.references, reference{place.Problem("", ""), me, m.to, m.key})
		if twice := m.key + "\x00" + m.text; !strings.HasPrefix(m.key, "needs") && !strings.HasPrefix(m.key, "roles") && m.path != m.key {
			if seen[twice] {
				place.Problemf("", "%q stands here twice, keep one", m.text)
			}
			seen[twice] = true
		}
	}
}

// Wire is inv as JSON with its secrets in clear: the body that a client sends to a collector. It belongs
// into an encrypted connection and nowhere else.
func (inv Inventory) Wire() ([]byte, error) {
	return json.Marshal(inv.Lists(func(secret conf.Secret, _, _ string) any { return secret.Reveal() }))
}

// Lists is inv as it stands in a file: lists of objects by kind. show says what stands for a secret at a path
// of an object.
func (inv Inventory) Lists(show func(secret conf.Secret, name, path string) any) map[string][]map[string]any {
	out := map[string][]map[string]any{}
	for _, e := range inv.entries() {
		v := fields(mustJSON(bare(e)))
		delete(v, "source")
		if webhook, ok := v["webhook"].(map[string]any); ok {
			delete(webhook, "host") // the collector derives it
		}
		if from := renamedFrom(e); from != "" {
			v["renamed_from"] = from
		}
		for path, secret := range secretsOf(e) {
			group, key, _ := strings.Cut(path, ".")
			if in, ok := v[group].(map[string]any); ok {
				in[key] = show(secret, e.id().name, path)
			}
		}
		kind := listOf(e.id().kind)
		out[kind] = append(out[kind], v)
	}
	return out
}

// problem is a mistake of an object under a key, at its place in the files.
func (inv Inventory) problem(of id, key, text string) conf.Problem {
	for _, r := range inv.references {
		if r.from == of && r.key == key {
			at := r.at
			at.Text = text
			return at
		}
	}
	if at, ok := inv.places[of]; ok {
		return at.Problem(key, text)
	}
	return conf.Problem{File: "inventory", Key: of.kind + " " + of.name + "." + key, Text: text}
}
