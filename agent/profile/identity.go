package profile

import "regexp"

// identityField is one field of the identity, by name.
type identityField struct {
	name  string
	facts *Facts
}

func (i *Identity) fields() []identityField {
	return []identityField{{"vendor", &i.Vendor}, {"os", &i.OS}, {"model", &i.Model}, {"version", &i.Version}, {"serial", &i.Serial}}
}

// metadataFields are the names that Datadog's metadata have for the same, in order.
var metadataFields = map[string][]string{
	"vendor": {"vendor"}, "os": {"os_name"}, "model": {"model", "product_name"}, "version": {"version", "os_version"},
	"serial": {"serial_number"},
}

// identity fills what the device is.
func (rd *reader) identity() {
	out := &rd.out.Identity
	to := map[string]*string{"vendor": &out.Vendor, "os": &out.OS, "model": &out.Model, "version": &out.Version, "serial": &out.Serial}
	for _, f := range rd.r.identity.fields() {
		for i := range *f.facts {
			if *to[f.name] = rd.fact(&(*f.facts)[i]); *to[f.name] != "" {
				break
			}
		}
		if *to[f.name] == "" || len(rd.r.profile.Identity.of(f.name)) == 0 {
			*to[f.name] = firstOf(rd.metadata(metadataFields[f.name]), *to[f.name])
		}
	}
}

func (i *Identity) of(name string) Facts {
	for _, f := range i.fields() {
		if f.name == name {
			return *f.facts
		}
	}
	return nil
}

// fact is a text, or "".
func (rd *reader) fact(f *Fact) string {
	s := &f.read
	if s.Column == "" || s.At != "" {
		r := row{table: f.Table}
		if !rd.holds(f.Where, &r) {
			return ""
		}
		return rd.eval(s, &r).text
	}
	text := ""
	rd.rows(f.Table, "", nil, f.Where, rowsOf(f), func(r *row) {
		if text == "" {
			text = rd.eval(s, r).text
		}
	})
	return text
}

// rowsOf: a table in which the first condition holds for few rows is read along that condition.
func rowsOf(f *Fact) []*Source {
	if len(f.Where) > 0 && f.Where[0].Column != "" && f.Where[0].At == "" {
		return []*Source{{Column: f.Where[0].Column}}
	}
	return []*Source{&f.read}
}

// metadata is the first text of Datadog's metadata, of the profile itself before those it extends.
func (rd *reader) metadata(names []string) string {
	for _, fields := range rd.r.metadata {
		for _, name := range names {
			f := fields[name]
			if f.Value != "" {
				return f.Value
			}
			for _, s := range append([]Symbol{f.Symbol}, f.Symbols...) {
				if text := rd.symbolText(&s); text != "" {
					return text
				}
			}
		}
	}
	return ""
}

// symbolText is the text of a scalar symbol.
func (rd *reader) symbolText(s *Symbol) string {
	if s.OID == "" {
		return ""
	}
	vb, ok := rd.scalar(s.OID)
	if !ok {
		return ""
	}
	v := s.converted(ofBind(vb))
	if s.ExtractValue != "" {
		v = (&Source{expression: compiled(s.ExtractValue)}).extract(v.text)
	}
	if s.MatchPattern != "" {
		replace := pythonGroups.ReplaceAllString(s.MatchValue, "$${$1}")
		v = (&Source{expression: compiled(s.MatchPattern), Replace: replace}).extract(v.text)
	}
	return v.text
}

// pythonGroups are the references of Datadog's profiles: \1, or $1, which means the same here.
var pythonGroups = regexp.MustCompile(`[\\$](\d)`)

// compiled is an expression that lint has seen to be one.
func compiled(text string) *regexp.Regexp {
	x, err := regexp.Compile(text)
	if err != nil {
		return regexp.MustCompile(`$^`) // matches nothing
	}
	return x
}

func found(expression, text string) bool {
	return compiled("(?i)" + expression).MatchString(text)
}
