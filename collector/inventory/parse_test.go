package inventory

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ninewatch/internal/testkit"
)

func TestParseReportsEveryMistakeWithItsPlace(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		_, problems := Parse(File{Name: "i.yaml", Data: []byte(text)})
		got := ""
		if err := problems.Err(); err != nil {
			got = err.Error()
		}
		same(t, text, got, strings.TrimSpace(want))
	}
	f("", "")
	f("sites: [{name: a}]\n---\nsites:\n- {name: b}\n- {name: a, time_zone: Mars/Base}", `
i.yaml:5:10: sites[1].name: site "a" stands here again, first at i.yaml:1:9: keep one
i.yaml:5:24: sites[1].time_zone: "Mars/Base" is not a time zone, write for example Europe/Lisbon`)
	f("circits: []\ndevices: [{nam: x, snmp: {interval: 1x}}]\nsites: [{display_name: x}]", `
i.yaml:1:1: circits: unknown key, did you mean "circuits"?
i.yaml:2:11: devices[0].site: a device needs a site
i.yaml:2:11: devices[0].address: a device needs an address: an IP address or a host name
i.yaml:2:12: devices[0].nam: unknown key, did you mean "name"?
i.yaml:2:37: devices[0].snmp.interval: "1x" is not a duration, write for example 30s, 15m, 36h or 7d
i.yaml:3:9: sites[0].name: a site needs a name`)
	f("sites: [{display_name: x}, {name: Lisbon}, {name: b, renamed_from: b}, {name: c, renamed_from: d}, {name: e, renamed_from: d}]", `
i.yaml:1:9: sites[0].name: a site needs a name
i.yaml:1:35: sites[1].name: "Lisbon" is not a name, use a-z, 0-9, dot and dash, at most 128 characters, and begin with a letter or digit
i.yaml:1:68: sites[2].renamed_from: "b" is the name itself, write the former one
i.yaml:1:124: sites[4].renamed_from: site "d" cannot become two, it is taken at i.yaml:1:72`)
	f("devices:\n- {name: a, parents: [a, b, b]}\n- {name: b, site: s, address: '192.0.2.1:161', icmp: {interval: 0s}, interval: 0s}\n"+
		"- {name: c, site: s, address: 0.0.0.0, icmp: {interval: 1ms}, snmp: {interval: 2d}}\n- {name: d, site: s, address: 300.1.1.1, owner: \"a\\x07\", asset: {purchased: soon}}", `
i.yaml:2:3: devices[0].site: a device needs a site
i.yaml:2:3: devices[0].address: a device needs an address: an IP address or a host name
i.yaml:2:22: devices[0].parents: a device cannot be its own parent
i.yaml:2:29: devices[0].parents[2]: "b" stands here twice, keep one
i.yaml:3:31: devices[1].address: "192.0.2.1:161" has a port, write it under the key port
i.yaml:3:65: devices[1].icmp.interval: without ICMP and without a credential nothing watches this device
i.yaml:3:80: devices[1].interval: 0s is not between 1s and 24h
i.yaml:4:31: devices[2].address: 0.0.0.0 is not the address of one device
i.yaml:4:57: devices[2].icmp.interval: 1ms is not between 100ms and 1h
i.yaml:4:80: devices[2].snmp.interval: 2d is not between 1s and 24h
i.yaml:5:31: devices[3].address: "300.1.1.1" is neither an IP address nor a host name
i.yaml:5:49: devices[3].owner: "a\a" has control characters
i.yaml:5:77: devices[3].asset.purchased: "soon" is not a date, write for example 2026-11-30`)
	f("credentials:\n- {name: a}\n- {name: b, snmp: {version: 4}}\n- {name: c, snmp: {version: 2c, username: u}}\n- {name: d, snmp: {community: "+strings.Repeat("x", 128)+"}}\n"+
		"- {name: e, snmp: {version: 3, community: x}}\n- {name: f, snmp: {username: u, auth_protocol: SHA257, priv_protocol: AES, priv_passphrase: short}}\n"+
		"- {name: g, snmp: {username: u, auth_passphrase: longenough, priv_protocol: AES, priv_passphrase: longenough}}", `
i.yaml:2:3: credentials[0].snmp: a credential needs snmp, write for example snmp: {version: 2c, community: …}
i.yaml:3:29: credentials[1].snmp.version: "4" is not a version of SNMP, write 1, 2c or 3
i.yaml:4:19: credentials[2].snmp.community: version 2c needs a community
i.yaml:4:43: credentials[2].snmp.username: belongs to version 3, and this is version 2c: leave it out or write version: 3
i.yaml:5:31: credentials[3].snmp.community: 128 bytes are too many, a community has at most 127
i.yaml:6:19: credentials[4].snmp.username: version 3 needs a username of at most 32 bytes
i.yaml:6:43: credentials[4].snmp.community: belongs to versions 1 and 2c, and this is version 3: leave it out
i.yaml:7:48: credentials[5].snmp.auth_protocol: "SHA257" is not one of MD5, SHA, SHA224, SHA256, SHA384, SHA512
i.yaml:7:93: credentials[5].snmp.priv_passphrase: a passphrase has at least 8 characters (RFC 3414)
i.yaml:8:19: credentials[6].snmp.auth_protocol: auth_passphrase needs a protocol: MD5, SHA, SHA224, SHA256, SHA384, SHA512
i.yaml:8:77: credentials[6].snmp.priv_protocol: there is no privacy without authentication (RFC 3411): add auth_protocol and auth_passphrase`)
	f("receivers:\n- {name: a}\n- {name: b, webhook: {url: 'ftp://canary.example.net', format: slack}}\n- {name: c, webhook: {url: 'https://u:canary@h/', secret: whsec_canary!, format: x}}\n- {name: d, webhook: {secret: s}}", `
i.yaml:2:3: receivers[0].webhook: a receiver needs a webhook, write for example webhook: {url: …, secret: …}
i.yaml:3:28: receivers[1].webhook.url: not a URL that begins with https:// or http:// and names a host
i.yaml:4:28: receivers[2].webhook.url: a URL with a user and password shows them to everybody, leave them out
i.yaml:4:59: receivers[2].webhook.secret: what follows whsec_ has to be base64
i.yaml:4:82: receivers[2].webhook.format: "x" is not one of ninewatch, alertmanager, slack, teams, pagerduty, template
i.yaml:5:22: receivers[3].webhook.url: a webhook needs a url`)
}

func TestParseSeveralFiles(t *testing.T) {
	inv, problems := Parse(
		File{Name: "a.yaml", Data: []byte("sites: [{name: s}]")},
		File{Name: "b.json", Data: []byte(`{"devices": [{"name": "d", "site": "s", "address": "192.0.2.1"}], "sites": [{"name": "s"}]}`)})
	same(t, "problems", problems.Error(), `b.json:1:86: sites[0].name: site "s" stands here again, first at a.yaml:1:9: keep one`)
	if len(inv.Devices) != 1 {
		t.Errorf("got %d devices, want 1", len(inv.Devices))
	}
}

func TestTheExampleIsAnInventory(t *testing.T) {
	for _, name := range []string{"SNMP_AUTH", "SNMP_PRIV", "SNMP_COMMUNITY", "WEBHOOK_SECRET"} {
		t.Setenv(name, "longenough")
	}
	data, err := os.ReadFile(filepath.Join(testkit.Root(), "deploy", "inventory.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	f := open(t, t.TempDir())
	f.apply(t, string(data), ApplyOptions{})
	same(t, "again", brief(f.apply(t, string(data), ApplyOptions{Prune: true})), []string{})
}

// FuzzParse: no input panics, and what is accepted can be applied and sent.
func FuzzParse(f *testing.F) {
	f.Add([]byte(base))
	f.Add([]byte("devices: &a [{name: a, site: s, address: x, parents: *a}]"))
	f.Add([]byte(`{"receivers": [{"webhook": null}], "credentials": [{"name": "x", "snmp": {}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		inv, problems := Parse(File{Name: "f", Data: data, Remote: true})
		if len(problems) > 0 {
			_ = problems.Err().Error()
			return
		}
		makePlan(nil, inv.objects(), inv, ApplyOptions{Prune: true}, nil, time.Time{})
		if _, err := inv.Wire(); err != nil {
			t.Fatal(err)
		}
	})
}
