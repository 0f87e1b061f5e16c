package inventory

import (
	"net/url"

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
	mentions    []mention
	updated     int64 // Unix ms
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
	return present(map[string]conf.Secret{
		"webhook.url": r.Webhook.URL, "webhook.secret": r.Webhook.Secret, "webhook.previous_secret": r.Webhook.PreviousSecret,
	})
}

func (r *Receiver) setSecrets(s map[string]conf.Secret) {
	if r.Webhook != nil {
		r.Webhook.URL, r.Webhook.Secret, r.Webhook.PreviousSecret = s["webhook.url"], s["webhook.secret"], s["webhook.previous_secret"]
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

// secretsOf are the secrets of an object by path; nil for a kind without any.
func secretsOf(e entry) map[string]conf.Secret {
	switch e := e.(type) {
	case *Credential:
		return e.secrets()
	case *Receiver:
		return e.secrets()
	}
	return nil
}

// bare is what is stored of an object in clear: without secrets and source.
func bare(e entry) any {
	switch e := e.(type) {
	case *Credential:
		c := *e
		if c.SNMP != nil {
			snmp := *c.SNMP // the caller's stays as it is
			c.SNMP = &snmp
		}
		c.Source = ""
		c.setSecrets(nil)
		return c
	case *Receiver:
		r := *e
		if r.Webhook != nil {
			webhook := *r.Webhook
			webhook.Host = origin(webhook.URL)
			r.Webhook = &webhook
		}
		r.Source = ""
		r.setSecrets(nil)
		return r
	}
	return e
}

// objects turns inv into rows, in the order of their kinds.
func (inv Inventory) objects() []object {
	var out []object
	for _, e := range inv.entries() {
		o := object{id: e.id(), renamedFrom: renamedFrom(e), secrets: secretsOf(e)}
		spec := fields(mustJSON(bare(e)))
		delete(spec, "source")
		o.spec = mustJSON(spec)
		o.mentions = mentions(o.kind, spec)
		switch e := e.(type) {
		case *Site:
			o.site = e.Name
		case *Device:
			o.site = e.Site
		case *Circuit:
			o.site = e.Site
		case *Service:
			o.site = e.Site
		}
		out = append(out, o)
	}
	return out
}
