package api

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"ninewatch/collector/inventory"
	"ninewatch/collector/uptime"
)

var (
	typeOfPages  = regexp.MustCompile(`(?s)^(\w+)[^{]*\{(.*)\}\n`)
	fieldOfPages = regexp.MustCompile(`(?:^|[;\n{]\s*)(\w+)(\??):`)
	innerOfPages = regexp.MustCompile(`\{[^{}]*\}`)
)

// TestPagesReadWhatIsWritten: each key that the pages read is one that the API writes.
func TestPagesReadWhatIsWritten(t *testing.T) {
	source, err := os.ReadFile("../ui/app/src/lib/types.ts")
	if err != nil {
		t.Fatal(err)
	}
	written := map[string]any{
		"Phrase": phrase{}, "Session": session{}, "Day": uptime.Day{}, "IncidentEvent": incidentEvent{}, "Incident": incident{}, "Availability": measured{},
		"Site": siteView{}, "FirstRun": firstRun{}, "Overview": overview{}, "Device": deviceView{}, "DeviceDetail": deviceDetail{}, "Interface": interfaceView{},
		"Outage": uptime.OutageAnswer{}, "Gap": uptime.GapAnswer{}, "Period": uptime.Answer{}, "Agent": agentView{}, "Receiver": receiverView{}, "Delivery": delivery{},
		"JoinToken": tokenView{}, "Problem": problemView{}, "Page": page[inventory.Change]{},
	}
	seen := 0
	for _, text := range strings.Split(string(source), "export interface ")[1:] {
		m := typeOfPages.FindStringSubmatch(text)
		if m == nil {
			t.Fatalf("not a type: %s", text)
		}
		v, ok := written[m[1]]
		if !ok {
			t.Errorf("the pages know a type %s that this test does not", m[1])
			continue
		}
		seen++
		keys := jsonKeys(reflect.TypeOf(v))
		for _, f := range fieldOfPages.FindAllStringSubmatch(outermost(m[2]), -1) {
			if !keys[f[1]] && f[2] == "" {
				t.Errorf("the pages read %s.%s, which is not written", m[1], f[1])
			}
		}
	}
	if seen != len(written) {
		t.Errorf("found %d of %d types", seen, len(written))
	}
}

// outermost is a body without the types that are written inside it.
func outermost(body string) string {
	for {
		less := innerOfPages.ReplaceAllString(body, "")
		if less == body {
			return body
		}
		body = less
	}
}

func jsonKeys(t reflect.Type) map[string]bool {
	keys := map[string]bool{}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		keys[name] = true
	}
	return keys
}
