package inventory

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"

	"ninewatch/internal/conf"
)

// object is a row of the table objects, with its secrets still in clear when it comes from a file.
type object struct {
	id
	site        string
	spec        string // JSON without secrets
	secrets     map[string]conf.Secret
	sealed      []byte
	fingerprint string
	source      string
	renamedFrom string
}

func (c Credential) secrets() map[string]conf.Secret {
	if c.SNMP == nil {
		return nil
	}
	return present(map[string]conf.Secret{
		"snmp.community":       c.SNMP.Community,
		"snmp.auth_passphrase": c.SNMP.AuthPassphrase,
		"snmp.priv_passphrase": c.SNMP.PrivPassphrase,
	})
}

func (c *Credential) setSecrets(s map[string]conf.Secret) {
	if c.SNMP != nil {
		c.SNMP.Community, c.SNMP.AuthPassphrase, c.SNMP.PrivPassphrase = s["snmp.community"], s["snmp.auth_passphrase"], s["snmp.priv_passphrase"]
	}
}

func (r Receiver) secrets() map[string]conf.Secret {
	if r.Webhook == nil {
		return nil
	}
	return present(map[string]conf.Secret{"webhook.url": r.Webhook.URL, "webhook.secret": r.Webhook.Secret})
}

func (r *Receiver) setSecrets(s map[string]conf.Secret) {
	if r.Webhook != nil {
		r.Webhook.URL, r.Webhook.Secret = s["webhook.url"], s["webhook.secret"]
	}
}

// origin is the part of a URL that is no secret.
func origin(text conf.Secret) string {
	u, err := url.Parse(text.Reveal())
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

func present(secrets map[string]conf.Secret) map[string]conf.Secret {
	for path, s := range secrets {
		if s == "" {
			delete(secrets, path)
		}
	}
	return secrets
}

// objects turns inv into rows, in the order of their kinds.
func (inv Inventory) objects() ([]object, error) {
	var out []object
	add := func(o object, v any) error {
		data, err := json.Marshal(v)
		if err != nil {
			return fmt.Errorf("encode %s %q: %w", o.kind, o.name, err)
		}
		o.spec = string(data)
		out = append(out, o)
		return nil
	}
	for _, s := range inv.Sites {
		o := object{id: id{KindSite, s.Name}, site: s.Name, renamedFrom: s.RenamedFrom}
		s.Source = ""
		if err := add(o, s); err != nil {
			return nil, err
		}
	}
	for _, c := range inv.Credentials {
		o := object{id: id{KindCredential, c.Name}, secrets: c.secrets()}
		if c.SNMP != nil {
			snmp := *c.SNMP // the caller's stays as it is
			c.SNMP = &snmp
		}
		c.Source = ""
		c.setSecrets(nil)
		if err := add(o, c); err != nil {
			return nil, err
		}
	}
	for _, d := range inv.Devices {
		o := object{id: id{KindDevice, d.Name}, site: d.Site, renamedFrom: d.RenamedFrom}
		d.Source = ""
		if err := add(o, d); err != nil {
			return nil, err
		}
	}
	for _, r := range inv.Receivers {
		o := object{id: id{KindReceiver, r.Name}, secrets: r.secrets()}
		if r.Webhook != nil {
			webhook := *r.Webhook
			webhook.Host = origin(webhook.URL)
			r.Webhook = &webhook
		}
		r.Source = ""
		r.setSecrets(nil)
		if err := add(o, r); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// flatten lists the values of a JSON object by path; a list is one value, as JSON.
func flatten(spec string) map[string]string {
	out := map[string]string{}
	flattenInto(out, "", fields(spec))
	return out
}

func fields(spec string) map[string]any {
	var v map[string]any
	json.Unmarshal([]byte(spec), &v) //nolint:errcheck // specs are what Marshal wrote
	return v
}

func flattenInto(out map[string]string, prefix string, v map[string]any) {
	for key, value := range v {
		switch value := value.(type) {
		case map[string]any:
			flattenInto(out, prefix+key+".", value)
		case string:
			out[prefix+key] = value
		default:
			data, _ := json.Marshal(value) // it comes from JSON
			out[prefix+key] = string(data)
		}
	}
}

// refs lists what a stored object refers to, by key.
func (o object) refs() map[string][]id {
	var v struct {
		Site       string   `json:"site"`
		Credential string   `json:"credential"`
		Parents    []string `json:"parents"`
		Sites      []string `json:"sites"`
	}
	json.Unmarshal([]byte(o.spec), &v) //nolint:errcheck // specs are what Marshal wrote
	out := map[string][]id{}
	add := func(key, kind string, names ...string) {
		for _, name := range names {
			if name != "" {
				out[key] = append(out[key], id{kind, name})
			}
		}
	}
	add("site", KindSite, v.Site)
	add("credential", KindCredential, v.Credential)
	add("parents", KindDevice, v.Parents...)
	add("sites", KindSite, v.Sites...)
	return out
}

// renameRefs returns o with its mentions of from changed to the name to.
func (o object) renameRefs(from id, to string) object {
	for key, ids := range o.refs() {
		if !slices.Contains(ids, from) {
			continue
		}
		v := fields(o.spec)
		switch value := v[key].(type) {
		case string:
			v[key] = to
		case []any:
			for i := range value {
				if value[i] == from.name {
					value[i] = to
				}
			}
		}
		data, _ := json.Marshal(v) // it comes from JSON
		o.spec = string(data)
		if from.kind == KindSite && o.site == from.name {
			o.site = to
		}
	}
	return o
}
