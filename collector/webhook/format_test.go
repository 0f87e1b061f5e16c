package webhook

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"ninewatch/collector/alert"
	"ninewatch/internal/conf"
)

func messages(n int, event string) alert.Message {
	m := alert.Message{Receiver: "ops", Route: "r"}
	for k := range n {
		i := incident
		i.ID += int64(k)
		i.Impact, i.Hidden = "2 devices behind it", []string{"a", "b"}
		i.Summary = "opo <dist> & \"1\" does not answer"
		if event == alert.EventResolved {
			i.Status, i.Ended = alert.Resolved, i.Started+60_000
		}
		m.Items = append(m.Items, alert.Item{Event: event, Incident: i})
	}
	return m
}

func formatted(t *testing.T, shape Shape, m alert.Message) map[string]any {
	t.Helper()
	s := &Service{cfg: Config{ExternalURL: "https://nw.example.net", CallbackKey: bytes.Repeat([]byte{7}, 32)}, deps: Deps{Now: time.Now}}
	r, err := s.render(m, shape, newMarker())
	if err != nil {
		t.Fatal(err)
	}
	var v map[string]any
	if err := json.Unmarshal(s.revealed(r, Receiver{Name: "ops", Secret: `k"ey`}, time.Now()), &v); err != nil {
		t.Fatalf("%v: %s", err, r.body)
	}
	if strings.Contains(r.shown(), `k"ey`) || strings.Contains(r.shown(), r.marker) {
		t.Errorf("shown: %s", r.shown())
	}
	return v
}

// has checks that an object has keys with values of a JSON type, as the schema of its receiver asks.
func has(t *testing.T, where string, v any, want map[string]any) map[string]any {
	t.Helper()
	o, ok := v.(map[string]any)
	if !ok {
		t.Fatalf("%s: got %T, want an object", where, v)
	}
	for key, value := range want {
		got, ok := o[key]
		switch w := value.(type) {
		case *regexp.Regexp:
			if s, is := got.(string); !is || !w.MatchString(s) {
				t.Errorf("%s.%s: got %v, want %s", where, key, got, w)
			}
		case nil:
			if !ok {
				t.Errorf("%s.%s is missing", where, key)
			}
		default:
			if got != value {
				t.Errorf("%s.%s: got %v, want %v", where, key, got, value)
			}
		}
	}
	return o
}

var (
	someText = regexp.MustCompile(`.`)
	instant  = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$`)
)

// TestAlertmanager: the fields of webhook_config of Prometheus Alertmanager, version 4.
func TestAlertmanager(t *testing.T) {
	v := has(t, "", formatted(t, Shape{Format: Alertmanager}, messages(2, "opened")), map[string]any{
		"version": "4", "groupKey": someText, "truncatedAlerts": 0.0, "status": "firing", "receiver": "ops", "groupLabels": nil, "commonLabels": nil,
		"commonAnnotations": nil, "externalURL": "https://nw.example.net", "alerts": nil,
	})
	for _, a := range v["alerts"].([]any) {
		o := has(t, "alert", a, map[string]any{"status": "firing", "startsAt": instant, "endsAt": instant, "generatorURL": someText, "fingerprint": regexp.MustCompile(`^[0-9a-f]{16}$`)})
		has(t, "labels", o["labels"], map[string]any{"alertname": "device_down", "severity": "critical", "site": "porto", "device": "opo-dist-1"})
		has(t, "annotations", o["annotations"], map[string]any{"summary": someText})
	}
	has(t, "", formatted(t, Shape{Format: Alertmanager}, messages(1, "resolved")), map[string]any{"status": "resolved"})
}

// TestSlack: Block Kit. A message has at most 50 blocks, a header at most 150 characters, a section at most 10 fields.
func TestSlack(t *testing.T) {
	v := formatted(t, Shape{Format: Slack}, messages(40, "opened"))
	has(t, "", v, map[string]any{"text": someText, "blocks": nil})
	blocks := v["blocks"].([]any)
	if len(blocks) > 50 {
		t.Errorf("got %d blocks", len(blocks))
	}
	header := has(t, "header", blocks[0], map[string]any{"type": "header"})
	if text := has(t, "text", header["text"], map[string]any{"type": "plain_text"})["text"].(string); len([]rune(text)) > 150 || !strings.Contains(text, "<dist>") {
		t.Errorf("got header %q", text)
	}
	section := has(t, "section", blocks[1], map[string]any{"type": "section"})
	for _, f := range section["fields"].([]any) {
		if text := has(t, "field", f, map[string]any{"type": "mrkdwn", "text": someText})["text"].(string); strings.Contains(text, "<dist>") {
			t.Errorf("%q is not escaped", text)
		}
	}
	actions := has(t, "actions", blocks[2], map[string]any{"type": "actions"})["elements"].([]any)
	has(t, "button", actions[1], map[string]any{"type": "button", "url": regexp.MustCompile(`^https://nw\.example\.net/callback/[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$`)})
}

// TestTeams: a message of a workflow with one Adaptive Card, below 28 KB.
func TestTeams(t *testing.T) {
	v := formatted(t, Shape{Format: Teams}, messages(40, "opened"))
	has(t, "", v, map[string]any{"type": "message", "attachments": nil})
	a := has(t, "attachment", v["attachments"].([]any)[0], map[string]any{"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": nil})
	card := has(t, "card", a["content"], map[string]any{"type": "AdaptiveCard", "version": regexp.MustCompile(`^1\.[0-5]$`), "body": nil, "$schema": someText})
	has(t, "block", card["body"].([]any)[0], map[string]any{"type": "TextBlock", "text": someText, "color": "Attention"})
	facts := has(t, "facts", card["body"].([]any)[1], map[string]any{"type": "FactSet"})["facts"].([]any)
	has(t, "fact", facts[0], map[string]any{"title": "Site", "value": "porto"})
	has(t, "action", card["actions"].([]any)[0], map[string]any{"type": "Action.OpenUrl", "title": someText, "url": someText})
	if raw, _ := json.Marshal(v); len(raw) > 28<<10 {
		t.Errorf("got %d bytes", len(raw))
	}
}

// TestPagerDuty: Events API v2. Trigger needs a payload with summary, source and severity; the key is the same to its end.
func TestPagerDuty(t *testing.T) {
	v := has(t, "", formatted(t, Shape{Format: PagerDuty}, messages(1, "opened")), map[string]any{
		"routing_key": `k"ey`, "event_action": "trigger", "dedup_key": "ninewatch-INC-12", "client": "ninewatch",
	})
	has(t, "payload", v["payload"], map[string]any{"summary": someText, "source": "opo-dist-1", "severity": regexp.MustCompile(`^(critical|error|warning|info)$`), "timestamp": instant})
	has(t, "", formatted(t, Shape{Format: PagerDuty}, messages(1, "acknowledged")), map[string]any{"event_action": "acknowledge", "dedup_key": "ninewatch-INC-12"})
	has(t, "", formatted(t, Shape{Format: PagerDuty}, messages(1, "resolved")), map[string]any{"event_action": "resolve", "dedup_key": "ninewatch-INC-12"})
}

// serviceNow and jira are the examples of the help.
const (
	serviceNow = `{"short_description": {{json (truncate 160 .Incident.Headline)}}, "description": {{json .Incident.Cause}}, "correlation_id": {{json .Incident.ID}}, "urgency": {{if eq .Incident.Severity "critical"}}"1"{{else}}"2"{{end}}{{if eq .Event "resolved"}}, "state": "6", "close_code": "Resolved by caller", "close_notes": "answers again"{{end}}}`
	jira       = `{"fields": {"project": {"key": "NOC"}, "issuetype": {"name": "Incident"}, "summary": {{json .Incident.Headline}}, "labels": ["ninewatch", {{json .Incident.ID}}], "description": {{json (printf "%s\n%s" .Incident.Cause .Incident.URL)}}}}`
)

func TestTemplates(t *testing.T) {
	has(t, "", formatted(t, Shape{Format: Template, Template: serviceNow}, messages(1, "opened")), map[string]any{
		"short_description": `Critical: opo <dist> & "1" does not answer`, "correlation_id": "INC-12", "urgency": "1",
	})
	has(t, "", formatted(t, Shape{Format: Template, Template: serviceNow}, messages(1, "resolved")), map[string]any{"state": "6"})
	v := formatted(t, Shape{Format: Template, Template: jira}, messages(1, "opened"))
	has(t, "fields", v["fields"], map[string]any{"summary": someText})
	s := &Service{deps: Deps{Now: time.Now}}
	for _, text := range []string{`{{range .Incidents}}{{end`, `{{.Incident.Nothing}}`, `{{template "x"}}`, `{{define "x"}}aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa{{template "x"}}{{end}}{{template "x"}}`, `{{join 3 4}}`} {
		if _, err := s.render(messages(1, "opened"), Shape{Format: Template, Template: text}, "m"); err == nil {
			t.Errorf("%s: got no error", text)
		}
	}
}

func TestDigestOfOurOwnFormat(t *testing.T) {
	v := has(t, "", formatted(t, Shape{}, messages(2, "opened")), map[string]any{"type": "incident.digest", "version": 1.0})
	items := v["incidents"].([]any)
	has(t, "item", items[1], map[string]any{"type": "incident.opened"})
}

// TestCallbacks: a link does one thing with one incident, and is of no use once it is changed or too old.
func TestCallbacks(t *testing.T) {
	now := time.Unix(1_790_000_000, 0)
	s := &Service{cfg: Config{CallbackKey: bytes.Repeat([]byte{7}, 32)}, deps: Deps{Now: func() time.Time { return now }}}
	want := Callback{Incident: 12, Action: "acknowledge", Receiver: "ops team", Expires: now.Unix() + 60}
	token := s.callbackToken(want)
	if got, err := s.ReadCallback(token); err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	for n := range token {
		bad := []byte(token)
		bad[n] ^= 1
		if got, err := s.ReadCallback(string(bad)); err == nil && got != want { // the last bits of base64 may not count
			t.Errorf("byte %d changed: got %+v", n, got)
		}
	}
	other := &Service{cfg: Config{CallbackKey: bytes.Repeat([]byte{8}, 32)}, deps: s.deps}
	if _, err := other.ReadCallback(token); err == nil {
		t.Error("another's key is taken")
	}
	if _, err := (&Service{deps: s.deps}).ReadCallback(token); err == nil {
		t.Error("a service without a key takes it")
	}
	now = now.Add(2 * time.Minute)
	if _, err := s.ReadCallback(token); err != ErrCallbackExpired {
		t.Errorf("got %v, want %v", err, ErrCallbackExpired)
	}
}

// TestTwoKeys: while a secret changes, both sign, in one header with a space between.
func TestTwoKeys(t *testing.T) {
	to := Receiver{Secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", Previous: "old"}
	got, err := signatures(to, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, []byte(`{"test": 2432232314}`))
	first, second, two := strings.Cut(got, " ")
	if err != nil || !two || first != "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" || !strings.HasPrefix(second, "v1,") || first == second {
		t.Errorf("got %q, %v", got, err)
	}
	if (Receiver{Secret: conf.Secret("key"), Shape: Shape{Format: PagerDuty}}).signs() {
		t.Error("the routing key of PagerDuty is no key for signatures")
	}
}

func FuzzReadCallback(f *testing.F) {
	s := &Service{cfg: Config{CallbackKey: bytes.Repeat([]byte{7}, 32)}, deps: Deps{Now: time.Now}}
	f.Add("a.b")
	f.Add(s.callbackToken(Callback{Action: "resolve", Incident: 1}))
	f.Fuzz(func(_ *testing.T, token string) {
		s.ReadCallback(token) //nolint:errcheck // it must not panic
	})
}
