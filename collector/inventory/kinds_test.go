package inventory

import (
	"strings"
	"testing"
)

// mistakesIn is what Parse says of a text, without the name of the file.
func mistakesIn(text string) string {
	_, problems := Parse(File{Name: "i", Data: []byte(text)})
	if err := problems.Err(); err != nil {
		return strings.ReplaceAll("\n"+err.Error(), "\ni:", "\n")
	}
	return ""
}

func TestMistakesOfEachKind(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		same(t, text, mistakesIn(text), strings.TrimRight(want, "\n"))
	}
	f(`calendars: [{name: a, time_zone: Mars/Base, hours: [{days: [mon-fri, fun], from: "8:00", to: "24:00"}, {from: "09:00", to: "09:00"}], holidays: [2026-02-30, 02-29]}]`, `
1:34: calendars[0].time_zone: "Mars/Base" is not a time zone, write for example Europe/Lisbon
1:70: calendars[0].hours[0].days[1]: "fun" is not a day of the week, write for example mon or mon-fri
1:82: calendars[0].hours[0].from: "8:00" is not a time of day, write 00:00 to 24:00
1:111: calendars[0].hours[1].from: hours from 09:00 to 09:00 are none, write 00:00 and 24:00 for the whole day
1:146: calendars[0].holidays[0]: "2026-02-30" is not a date, write for example 2026-12-24, or 12-25 for every year`)
	f(`circuits: [{name: a}, {name: b, site: s, interface: Gi1, bandwidth: fast, probe: {dscp: 64}, contract: {availability: 100, loss: 100}}, {name: c, site: s, contract: {availability: 0}}]`, `
1:12: circuits[0].device: a circuit needs the device at our end of it, or a site
1:53: circuits[1].interface: of which device? write device too
1:69: circuits[1].bandwidth: "fast" is not a bandwidth, write for example 100M, 2.5G or 100Mbit/s
1:82: circuits[1].probe: what is asked for echoes? write target too
1:89: circuits[1].probe.dscp: 64 is not a DSCP (RFC 2474), write 0 to 63
1:119: circuits[1].contract.availability: 100 % leaves no second for a fault or for planned work, write for example 99.99
1:130: circuits[1].contract.loss: a line that may lose everything promises nothing, write less than 100
1:181: circuits[2].contract.availability: 0 % can never be missed, write for example 99.9, or leave it out`)
	f(`services: [{name: a}, {name: b, needs: {any_of: []}}, {name: c, needs: {at_least: {count: 3, of: [x, y]}}}, {name: d, needs: {any_of: [x], all_of: [y]}}, {name: e, needs: {any_of: ["tag:x", "sit:y"]}, objective: {window: 3 weeks}}]`, `
1:12: services[0].needs: a service needs something, write for example needs: {any_of: [circuit:wan-a, circuit:wan-b]}
1:40: services[1].needs: a service needs something, write for example needs: {any_of: [circuit:wan-a, circuit:wan-b]}
1:91: services[2].needs.at_least.count: 3 of 2 cannot be, write 1 to 2
1:126: services[3].needs: write one of any_of, all_of, at_least; nest them for more
1:182: services[4].needs.any_of[0]: tag:x cannot be needed, name one of device, interface, circuit, service, site, path, link, redundancy_group
1:191: services[4].needs.any_of[1]: "sit:y" begins with no kind that can be named here, write one of device, interface, site, region, circuit, service, path, link, provider, role, tag, redundancy_group, a colon and a name
1:213: services[4].objective.availability: how much of the time? write for example 99.9
1:222: services[4].objective.window: "3 weeks" is no window, write for example 30d, or week, month, quarter, year`)
	f("links: [{a: x/1}, {a: x/1, b: y}, {a: x/1, b: x/1}]\nredundancy_groups: [{name: a, members: x}, {name: b, members: [x, y], min: 3, designed: 4, mode: fast}]\nrisk_groups: [{name: r, kind: roof}]", `
1:9: links[0].b: a link has two ends, write DEVICE/INTERFACE, for example lis-edge-1/Gi0/1
1:31: links[1].b: "y" names no port, write DEVICE/INTERFACE, for example lis-edge-1/Gi0/1
1:47: links[2].b: both ends are "x/1", a link has two
2:40: redundancy_groups[0].members: a group of 1 is not redundant, name two members at least
2:89: redundancy_groups[1].designed: 4 is not between 1 and the 2 members
2:98: redundancy_groups[1].mode: "fast" is not one of lag, ecmp, active_backup, fhrp, psu, fan, cluster, stack, routing, stp
3:15: risk_groups[0].members: what fails together? name devices, interfaces, links or circuits
3:31: risk_groups[0].kind: "roof" is not one of duct, chassis, line_card, power_feed, provider`)
	f("routes: [{name: a}, {receiver: r, match: {severity: loud}, escalate_to: x, repeat_every: 1s}]\nrules: [{name: r, expr: 'rate(x)'}, {name: q, expr: 'x[5m]', severity: page, labels: {a-b: c}}]", `
1:10: routes[0].receiver: a route needs a receiver
1:53: routes[1].match.severity[0]: "loud" is not one of critical, major, minor, warning
1:73: routes[1].escalate_to: after which time? write escalate_after too
1:90: routes[1].repeat_every: 1s is not between 1m and 30d
2:25: rules[0].expr: is not PromQL: 1:6: parse error: expected type range vector in call to function "rate", got instant vector
2:53: rules[1].expr: gives a range vector, a rule needs series at one moment: an instant vector
2:72: rules[1].severity: "page" is not one of critical, major, minor, warning
2:92: rules[1].labels.a-b: "a-b" is not the name of a label, use letters, digits and _`)
	f("capacity: [{match: {resource: x}, limit: 0}, {limit: 120}]\nlifecycle: [{model: m}, {model: n, end_of_sale: 2024-01-01, end_of_support: 2023-01-01}]\nsoftware_policies: [{match: {os: x}}, {match: {os: y}, versions: ['=>1', '>1.*']}]", `
1:31: capacity[0].match.resource[0]: "x" is not one of interface, circuit, processor, memory, storage, power, sensor
1:42: capacity[0].limit: 0 % is always reached, write for example 80
1:54: capacity[1].limit: "120" is not a percentage, write for example 99.9
2:13: lifecycle[0].end_of_support: neither end_of_sale nor end_of_support, write at least one date
2:77: lifecycle[1].end_of_support: 2023-01-01 lies before the end of sale 2024-01-01
3:21: software_policies[0].versions: which versions are allowed? write for example versions: [17.9.4, ">=17.12"]
3:67: software_policies[1].versions[0]: "=>1": => is no comparison, write one of = != < <= > >=
3:74: software_policies[1].versions[1]: ">1.*" compares with a pattern, write a whole version`)
	f("capacity: [{name: a, expr: 'x[5m]', max: 5}, {name: b, expr: x}, {expr: x, max: 1, match: {role: r}}, {match: {resource: sensor}, max: -1, min: 5, limit: 80}, {match: {resource: storage}, max: 5}]", `
1:28: capacity[0].expr: gives a range vector, a rule needs series at one moment: an instant vector
1:46: capacity[1].max: what can it carry at most? write max, or min for what must not fall below
1:91: capacity[2].match: of an expression only site may be set: choose series in the expression
1:136: capacity[3].max: -1 is not a number above 0
1:155: capacity[3].limit: a limit is a percentage of a max: with min leave it out
1:179: capacity[4].match.resource: max and min are of sensors and expressions: write resource: sensor, or an expr`)
	f("schedules: [{report: redundancy, period: week, scope: [all, 'site:a', 'region:x']}, {report: capacity, period: week, scope: 'region:x'}]", `
1:55: schedules[0].scope: a report of redundancy is of all or of a site, not of "region:x": write for example site:lisbon`)
	f("schedules: [{report: sales, period: decade}]\nusers: [{name: a}, {name: b, roles: [{role: god}]}]\nreceivers: [{name: t, webhook: {url: 'https://x', secret: s, format: template, template: '{{.x'}}, {name: p, webhook: {url: 'https://x', format: pagerduty, template: x}}]", `
1:22: schedules[0].report: "sales" is not one of sla, capacity, redundancy, inventory
1:37: schedules[0].period: "decade" is not one of day, week, month, quarter, year
2:9: users[0].roles: "a" has no roles, so that it could do nothing: write for example roles: [{role: viewer, sites: ["*"]}]
2:38: users[1].roles[0].sites: the role is for no site: name them, or "*" for all
2:45: users[1].roles[0].role: "god" is not one of viewer, operator, admin
3:90: receivers[0].webhook.template: cannot be read: template:1: unclosed action
3:119: receivers[1].webhook.secret: PagerDuty needs the integration key of the service as secret
3:167: receivers[1].webhook.template: belongs to the format template: write format: template, or leave it out`)
}

func TestMistakesOfMaintenance(t *testing.T) {
	f := func(window, want string) {
		t.Helper()
		got := strings.TrimPrefix(mistakesIn("maintenance:\n- {name: m, scope: all, "+window+"}"), "\n")
		_, got, _ = strings.Cut(got, "maintenance[0].")
		same(t, window, got, want)
	}
	f("from: 2026-01-01T00:00Z, to: 2026-01-01T01:00Z, reason: r", `from: "2026-01-01T00:00Z" is not a time, write for example 2026-11-30T22:00:00Z, or 2026-11-30T22:00 and time_zone`+
		"\n2:54: maintenance[0].to: "+`"2026-01-01T01:00Z" is not a time, write for example 2026-11-30T22:00:00Z, or 2026-11-30T22:00 and time_zone`)
	f("from: 2026-01-02, to: 2026-01-01", `to: 2026-01-01T00:00:00Z is not later than from, 2026-01-02T00:00:00Z`)
	f("from: 2026-01-02", `to: when does it end? A window without an end would hide every fault to come: write to, and a later one when the work takes longer`)
	f("from: 2026-01-02, to: 2029-01-01", `to: more than a year after from is no maintenance: delete the device, or make the window shorter`)
	f("to: 2029-01-01", `from: when does it begin? write from and to, or from, rrule and duration, or ical`)
	f("from: 2026-02-30, to: 2026-03-01", `from: "2026-02-30" is not a time, write for example 2026-11-30T22:00:00Z, or 2026-11-30T22:00 and time_zone`)
	f("from: 2026-01-02, rrule: FREQ=DAILY, duration: 25h", `duration: 25h is longer than the 24h from one window to the next: they would overlap`)
	f("from: 2026-01-02, rrule: FREQ=DAILY, duration: 24h", `duration: each window ends where the next begins: a window without an end would hide every fault to come, make each shorter than 24h, or end the rule with COUNT or UNTIL`)
	f("rrule: FREQ=DAILY, duration: 2h", `from: when does the first begin? write for example from: 2026-12-01T22:00`)
	f("from: 2026-01-02, rrule: FREQ=DAILY", `duration: how long is each? write for example duration: 2h`)
	f("ical: https://x.example.net/a.ics, to: 2026-01-02", `to: does not go with ical, which says when: leave one of them out`)
	f("ical: file:///etc/passwd", `ical: not a URL that begins with https:// or http:// and names a host`)
	f("from: 2026-01-02, to: 2026-01-03, time_zone: Nowhere", `time_zone: "Nowhere" is not a time zone, write for example Europe/Lisbon`)
}
