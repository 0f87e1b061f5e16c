package webhook

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"ninewatch/collector/alert"
)

// The formats that a receiver may have; empty is Ninewatch.
const (
	Ninewatch    = "ninewatch"
	Alertmanager = "alertmanager"
	Slack        = "slack"
	Teams        = "teams"
	PagerDuty    = "pagerduty"
	Template     = "template"
)

// Shape says how messages to a receiver look.
type Shape struct {
	Format      string
	Template    string // of the format template
	ContentType string // of the format template; empty: application/json
}

// rendered is a message as it is stored: the marker stands where a secret goes.
type rendered struct {
	body        []byte
	contentType string
	marker      string
}

// render writes m in the shape of its receiver. Of PagerDuty, m has one item.
func (s *Service) render(m alert.Message, shape Shape, marker string) (rendered, error) {
	out := rendered{contentType: "application/json", marker: marker}
	r := renderer{url: s.cfg.ExternalURL, marker: marker, links: len(s.cfg.CallbackKey) > 0 && s.cfg.ExternalURL != ""}
	var err error
	switch shape.Format {
	case "", Ninewatch:
		out.body, err = r.own(m)
	case Alertmanager:
		out.body, err = json.Marshal(r.alertmanager(m))
	case Slack:
		out.body, err = json.Marshal(r.slack(m))
	case Teams:
		out.body, err = r.teams(m)
	case PagerDuty:
		out.body, err = json.Marshal(r.pagerDuty(m.Items[0]))
	case Template:
		if shape.ContentType != "" {
			out.contentType = shape.ContentType
		}
		out.body, err = r.template(m, shape.Template)
	default:
		err = fmt.Errorf("the format %q is not known", shape.Format)
	}
	return out, err
}

// renderer writes messages; url is where people reach the pages.
type renderer struct {
	url    string
	marker string
	links  bool // callbacks are possible
}

func (r renderer) page(i alert.Incident) string { return r.url + "/incidents/" + i.Name() }

// callback is what becomes a link that does something, once the message is sent.
func (r renderer) callback(i alert.Incident, action string) string {
	if !r.links || i.Status == alert.Resolved || i.ID == 0 {
		return ""
	}
	return r.url + "/callback/" + r.marker + "." + action + "." + fmt.Sprint(i.ID) + "."
}

// headline is what happened, in a line.
func headline(it alert.Item) string {
	i := it.Incident
	switch it.Event {
	case alert.EventResolved:
		return "Resolved: " + i.Summary
	case alert.EventAcknowledged:
		return "Acknowledged by " + i.Owner + ": " + i.Summary
	case eventTest:
		return "Test: " + i.Summary
	}
	word := string(i.Severity)
	if word != "" {
		word = strings.ToUpper(word[:1]) + word[1:]
	}
	if it.Event == alert.EventUpdated {
		word += ", update"
	}
	return word + ": " + i.Summary
}

// eventTest is the event of a message that only tries a receiver.
const eventTest = "test"

func cutTo(text string, runes int) string {
	r := []rune(text)
	if len(r) <= runes {
		return text
	}
	return string(r[:runes-1]) + "…"
}

// facts are the lines below a headline.
func (r renderer) facts(i alert.Incident) [][2]string {
	out := [][2]string{{"Site", i.Site}}
	add := func(name, value string) {
		if value != "" {
			out = append(out, [2]string{name, value})
		}
	}
	add("Device", i.Device)
	add("Started", clock(i.Started))
	add("Ended", clock(i.Ended))
	add("Cause", i.Cause)
	add("Impact", i.Impact)
	add("Owner", i.Owner)
	return out
}

func clock(ms int64) string {
	if ms == 0 {
		return ""
	}
	return time.UnixMilli(ms).UTC().Format("2006-01-02 15:04:05 UTC")
}

// alertmanager is the body of webhook_config of Prometheus Alertmanager, version 4.
func (r renderer) alertmanager(m alert.Message) map[string]any {
	alerts := []map[string]any{}
	var all []map[string]string
	firing := false
	for _, it := range m.Items {
		i := it.Incident
		status, ends := "firing", "0001-01-01T00:00:00Z"
		if it.Event == alert.EventResolved {
			status, ends = "resolved", rfc3339(i.Ended)
		} else {
			firing = true
		}
		labels := map[string]string{"alertname": i.Kind, "severity": string(i.Severity), "incident": i.Name()} // an empty label is none
		for k, v := range map[string]string{"site": i.Site, "device": i.Device, "object": i.Object, "role": i.Role, "team": i.Team} {
			if v != "" {
				labels[k] = v
			}
		}
		for k, v := range i.Labels {
			if _, taken := labels[k]; !taken && v != "" {
				labels[k] = v
			}
		}
		all = append(all, labels)
		alerts = append(alerts, map[string]any{
			"status": status, "labels": labels, "startsAt": rfc3339(i.Started), "endsAt": ends, "generatorURL": r.page(i), "fingerprint": fmt.Sprintf("%016x", i.ID),
			"annotations": map[string]string{"summary": i.Summary, "description": i.Cause, "impact": i.Impact},
		})
	}
	status := "resolved"
	if firing {
		status = "firing"
	}
	return map[string]any{
		"version": "4", "groupKey": fmt.Sprintf("{route=%q}:{%s}", m.Route, common(all)["incident"]), "truncatedAlerts": 0, "status": status, "receiver": m.Receiver,
		"groupLabels": map[string]string{}, "commonLabels": common(all), "commonAnnotations": map[string]string{}, "externalURL": r.url, "alerts": alerts,
	}
}

// common is what all maps agree on.
func common(all []map[string]string) map[string]string {
	out := map[string]string{}
	for k, v := range all[0] {
		if !slices.ContainsFunc(all, func(m map[string]string) bool { return m[k] != v }) {
			out[k] = v
		}
	}
	return out
}

// slack is a message of blocks (Block Kit): header of at most 150 characters, sections of 3000, fields of 2000.
func (r renderer) slack(m alert.Message) map[string]any {
	blocks := []map[string]any{}
	for n, it := range m.Items {
		if n == 12 { // a message has at most 50 blocks
			blocks = append(blocks, map[string]any{"type": "section", "text": slackText(fmt.Sprintf("and %d more: <%s/incidents|all incidents>", len(m.Items)-n, r.url))})
			break
		}
		blocks = append(blocks, r.slackItem(it)...)
	}
	text := headline(m.Items[0])
	if n := len(m.Items) - 1; n > 0 {
		text = fmt.Sprintf("%s, and %d more", text, n)
	}
	return map[string]any{"text": cutTo(slackEscape(text), 3000), "blocks": blocks}
}

func (r renderer) slackItem(it alert.Item) []map[string]any {
	i := it.Incident
	fields := []map[string]any{}
	for _, f := range r.facts(i) {
		fields = append(fields, slackText(cutTo(fmt.Sprintf("*%s*\n%s", f[0], slackEscape(f[1])), 2000)))
	}
	buttons := []map[string]any{slackButton("Open "+i.Name(), r.page(i))}
	if link := r.callback(i, "acknowledge"); link != "" && i.AcknowledgedAt == 0 {
		buttons = append(buttons, slackButton("Acknowledge", link))
	}
	return []map[string]any{
		{"type": "header", "text": map[string]any{"type": "plain_text", "text": cutTo(headline(it), 150)}},
		{"type": "section", "fields": fields[:min(10, len(fields))]},
		{"type": "actions", "elements": buttons},
	}
}

func slackText(text string) map[string]any { return map[string]any{"type": "mrkdwn", "text": text} }

func slackButton(text, url string) map[string]any {
	return map[string]any{"type": "button", "text": map[string]any{"type": "plain_text", "text": cutTo(text, 75)}, "url": url}
}

// slackEscape takes the three characters that mean something to Slack.
func slackEscape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// teamsRoom is what of the 28 KB that Microsoft Teams takes is left to a card without the tokens of its links.
const teamsRoom = 24 << 10

// teams is a message with an Adaptive Card, as a workflow of Microsoft Teams takes it: with as much as fits.
func (r renderer) teams(m alert.Message) (out []byte, err error) {
	for _, most := range [][2]int{{10, 500}, {10, 200}, {5, 200}, {1, 200}} {
		out, err = json.Marshal(r.card(m, most[0], most[1]))
		if err != nil || len(out) <= teamsRoom {
			break
		}
	}
	return out, err
}

// card is a card of at most so many incidents, with facts of at most so many characters.
func (r renderer) card(m alert.Message, items, characters int) map[string]any {
	body, actions := []map[string]any{}, []map[string]any{}
	for n, it := range m.Items {
		if n == items {
			body = append(body, map[string]any{"type": "TextBlock", "text": fmt.Sprintf("and %d more", len(m.Items)-n), "wrap": true})
			break
		}
		i := it.Incident
		color := map[alert.Severity]string{alert.Critical: "Attention", alert.Major: "Attention", alert.Minor: "Warning"}[i.Severity]
		if it.Event == alert.EventResolved {
			color = "Good"
		}
		if color == "" {
			color = "Default"
		}
		facts := []map[string]any{}
		for _, f := range r.facts(i) {
			facts = append(facts, map[string]any{"title": f[0], "value": cutTo(f[1], characters)})
		}
		body = append(body,
			map[string]any{"type": "TextBlock", "text": cutTo(headline(it), 300), "weight": "Bolder", "size": "Medium", "wrap": true, "color": color},
			map[string]any{"type": "FactSet", "facts": facts})
		if n < 3 {
			actions = append(actions, map[string]any{"type": "Action.OpenUrl", "title": "Open " + i.Name(), "url": r.page(i)})
			if link := r.callback(i, "acknowledge"); link != "" && i.AcknowledgedAt == 0 {
				actions = append(actions, map[string]any{"type": "Action.OpenUrl", "title": "Acknowledge", "url": link})
			}
		}
	}
	card := map[string]any{"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4", "body": body, "actions": actions}
	return map[string]any{"type": "message", "attachments": []map[string]any{{"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": nil, "content": card}}}
}

// pagerDuty is an event of the Events API v2. The routing key is the secret of the receiver.
func (r renderer) pagerDuty(it alert.Item) map[string]any {
	i := it.Incident
	e := map[string]any{
		"routing_key": r.marker + ".secret.", "dedup_key": "ninewatch-" + i.Name(), "client": "ninewatch", "client_url": r.page(i),
		"event_action": map[string]string{alert.EventAcknowledged: "acknowledge", alert.EventResolved: "resolve"}[it.Event],
	}
	if e["event_action"] != "" {
		return e
	}
	severity := map[alert.Severity]string{alert.Critical: "critical", alert.Major: "error", alert.Minor: "warning"}[i.Severity]
	if severity == "" || it.Event == eventTest {
		severity = "info"
	}
	source := i.Device
	if source == "" {
		source = i.Site
	}
	if source == "" {
		source = "ninewatch"
	}
	e["event_action"] = "trigger"
	e["links"] = []map[string]string{{"href": r.page(i), "text": i.Name()}}
	e["payload"] = map[string]any{
		"summary": cutTo(headline(it), 1024), "source": source, "severity": severity, "timestamp": rfc3339(i.Started), "component": i.Object, "group": i.Site, "class": i.Kind,
		"custom_details": map[string]any{"cause": i.Cause, "impact": i.Impact, "suppressed": i.Hidden[:min(100, len(i.Hidden))], "owner": i.Owner},
	}
	return e
}
