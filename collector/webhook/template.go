package webhook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/template"
	"time"

	"ninewatch/collector/alert"
)

// The limits of templates: what they write, and how many hidden objects they are given.
const (
	templateOutput = 256 << 10
	templateHidden = 200
)

var errTooLong = errors.New("writes more than 256 KiB")

// limited takes at most templateOutput bytes.
type limited struct{ bytes.Buffer }

func (l *limited) Write(p []byte) (int, error) {
	if l.Len()+len(p) > templateOutput {
		return 0, errTooLong
	}
	return l.Buffer.Write(p)
}

// templateItem is what a template sees of an incident.
type templateItem struct {
	Event, Type, Headline                                  string
	ID, Kind, Severity, Status, Site, Device, Object, Role string
	Summary, Cause, Impact, Owner, URL                     string
	AcknowledgeURL, ResolveURL                             string
	Number                                                 int64
	Started, Detected, Ended                               time.Time // Ended: zero as long as it lasts
	Labels                                                 map[string]string
	Suppressed                                             []string
	SuppressedCount                                        int
}

// template executes the text of a receiver. Its functions change nothing and read nothing but their arguments.
func (r renderer) template(m alert.Message, text string) ([]byte, error) {
	t, err := template.New("template").Option("missingkey=zero").Funcs(templateFunctions()).Parse(text)
	if err != nil {
		return nil, err
	}
	items := make([]templateItem, len(m.Items))
	for n, it := range m.Items {
		items[n] = r.templateItem(it)
	}
	var out limited
	err = t.Execute(&out, map[string]any{
		"Type": items[0].Type, "Event": items[0].Event, "Incident": items[0], "Incidents": items, "Receiver": m.Receiver, "Route": m.Route, "ExternalURL": r.url,
	})
	return out.Bytes(), err
}

func (r renderer) templateItem(it alert.Item) templateItem {
	i := it.Incident
	v := templateItem{
		Event: it.Event, Type: "incident." + it.Event, Headline: headline(it), ID: i.Name(), Number: i.ID, Kind: i.Kind, Severity: string(i.Severity),
		Status: string(i.Status), Site: i.Site, Device: i.Device, Object: i.Object, Role: i.Role, Summary: i.Summary, Cause: i.Cause, Impact: i.Impact,
		Owner: i.Owner, URL: r.page(i), AcknowledgeURL: r.callback(i, "acknowledge"), ResolveURL: r.callback(i, "resolve"),
		Started: time.UnixMilli(i.Started).UTC(), Detected: time.UnixMilli(i.Detected).UTC(), Labels: i.Labels,
		Suppressed: i.Hidden[:min(templateHidden, len(i.Hidden))], SuppressedCount: len(i.Hidden),
	}
	if i.Ended != 0 {
		v.Ended = time.UnixMilli(i.Ended).UTC()
	}
	return v
}

func templateFunctions() template.FuncMap {
	return template.FuncMap{
		"json": func(v any) (string, error) {
			b, err := json.Marshal(v)
			return string(b), err
		},
		"upper": strings.ToUpper,
		"lower": strings.ToLower,
		"join":  func(separator string, list []string) string { return strings.Join(list, separator) },
		"default": func(otherwise, v any) any {
			if s := fmt.Sprint(v); s == "" || s == "0" || v == nil {
				return otherwise
			}
			return v
		},
		"truncate": func(n int, s string) string { return cutTo(s, max(1, n)) },
		"time": func(layout string, t time.Time) string {
			if t.IsZero() {
				return ""
			}
			return t.Format(layout)
		},
	}
}
