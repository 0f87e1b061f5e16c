package inspect

import (
	"bytes"
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"ninewatch/agent/snmp"
	"ninewatch/internal/conf"
	"ninewatch/internal/snmpagent"
	"ninewatch/internal/snmptest"
	"ninewatch/internal/snmpwire"
	"ninewatch/internal/testkit"
)

const smallDevice = `1.3.6.1.2.1.1.1.0|4x|526f7574657220310d0a1b5b33316dE9
1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.9.1.1
1.3.6.1.2.1.1.3.0|67|12345
1.3.6.1.2.1.1.5.0|4|r1.example.net
1.3.6.1.2.1.2.1.0|2|2
1.3.6.1.2.1.2.2.1.2.1|4|GigabitEthernet1
1.3.6.1.2.1.2.2.1.2.7|4|Loopback0
1.3.6.1.2.1.2.2.1.3.1|2|6
1.3.6.1.2.1.2.2.1.3.7|2|24
1.3.6.1.2.1.2.2.1.4.1|2|1500
1.3.6.1.2.1.2.2.1.5.1|66|4294967295
1.3.6.1.2.1.2.2.1.5.7|4|fast
1.3.6.1.2.1.2.2.1.6.1|4x|020000000001
1.3.6.1.2.1.2.2.1.6.7|4|
1.3.6.1.2.1.2.2.1.7.1|2|1
1.3.6.1.2.1.2.2.1.8.1|2|2
1.3.6.1.2.1.2.2.1.8.7|2|0
1.3.6.1.2.1.2.2.1.10.1|65|5
1.3.6.1.2.1.2.2.1.10.7|65|7
1.3.6.1.2.1.2.2.1.14.1|65|3
1.3.6.1.2.1.25.2.3.1.2.1|6|1.3.6.1.2.1.25.2.1.2
1.3.6.1.2.1.25.2.3.1.3.1|4|Physical memory
1.3.6.1.2.1.25.2.3.1.4.1|2|1024
1.3.6.1.2.1.25.2.3.1.5.1|2|1000
1.3.6.1.2.1.25.2.3.1.6.1|2|250
1.3.6.1.2.1.25.2.3.1.2.9|6|1.3.6.1.2.1.25.2.1.4
1.3.6.1.2.1.25.2.3.1.3.9|4|/
1.3.6.1.2.1.25.2.3.1.4.9|2|0
1.3.6.1.2.1.25.2.3.1.5.9|2|10
1.3.6.1.2.1.25.3.3.1.2.196608|2|17
1.3.6.1.2.1.31.1.1.1.1.1|4|Gi1
1.3.6.1.2.1.31.1.1.1.6.1|70|18446744073709551615
1.3.6.1.2.1.31.1.1.1.15.1|66|10000
1.3.6.1.2.1.31.1.1.1.18.1|4|to <core> & "more"
`

const smallResult = `{
  "target": "TARGET",
  "system": {
    "object_id": "1.3.6.1.4.1.9.1.1",
    "descr": "Router 1 [31mé",
    "name": "r1.example.net",
    "uptime_seconds": 123.45
  },
  "identity": {
    "vendor": "Cisco",
    "profile": "PROFILE"
  },
  "interfaces": [
    {
      "index": 1,
      "key": "Gi1",
      "name": "Gi1",
      "descr": "GigabitEthernet1",
      "alias": "to <core> & \"more\"",
      "type": "ethernetCsmacd",
      "speed_bps": 10000000000,
      "admin_status": "up",
      "oper_status": "down",
      "mac": "02:00:00:00:00:01",
      "mtu": 1500,
      "counters": {
        "in_errors": 3,
        "in_octets": 18446744073709551615
      },
      "counter_bits": 64
    },
    {
      "index": 7,
      "key": "Loopback0",
      "descr": "Loopback0",
      "type": "softwareLoopback",
      "counters": {
        "in_octets": 7
      },
      "counter_bits": 32
    }
  ],
  "processors": [
    {
      "name": "cpu0",
      "usage_percent": 17
    }
  ],
  "memory": [
    {
      "name": "Physical memory",
      "used_bytes": 256000,
      "total_bytes": 1024000,
      "usage_percent": 25
    }
  ],
  "storage": [],
  "sensors": [],
  "power_supplies": [],
  "fans": [],
  "inventory": [],
  "neighbors": [],
  "lags": [],
  "bgp_peers": [],
  "ospf_neighbors": [],
  "fhrp_groups": [],
  "addresses": [],
  "vlans": [],
  "stp": [],
  "errors": [
    {
      "part": "ifTable.ifSpeed",
      "error": "1 values cannot be used, the first: 1.3.6.1.2.1.2.2.1.5.7: type is not that of the MIB: type 0x04"
    },
    {
      "part": "ifTable.ifOperStatus",
      "error": "1 values cannot be used, the first: 1.3.6.1.2.1.2.2.1.8.7: value is not one of the MIB: 0"
    }
  ],
  "samples": 14,
  "requests": 0,
  "duration_seconds": 0
}
`

func serveText(t *testing.T, recording string) string {
	t.Helper()
	return snmptest.Serve(t, snmpagent.ParseRecording([]byte(recording)), snmptest.Options{}).Addr.String()
}

func options(target, output string) Options {
	return Options{Target: target, Credential: snmp.Credential{Version: "2c", Community: "public"},
		Timeout: 2 * time.Second, Output: output}
}

// run returns the exit code and both outputs of Inspect.
func run(t *testing.T, o Options) (int, string, string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := Inspect(t.Context(), o, &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

// still takes out of a result what differs from run to run.
func still(t *testing.T, text string) Result {
	t.Helper()
	var r Result
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	r.Target, r.Identity.Profile, r.ProfileWanted, r.Requests, r.DurationSeconds = "TARGET", "PROFILE", "", 0, 0
	return r
}

func TestInspectJSON(t *testing.T) {
	code, stdout, stderr := run(t, options(serveText(t, smallDevice), "json"))
	if code != 3 || stderr != "" {
		t.Errorf("exit code %d, stderr %q; want 3 and nothing", code, stderr)
	}
	var got bytes.Buffer
	result := still(t, stdout)
	if err := result.write(&got, "json"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(smallResult, got.String()); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

func TestInspectOtherFormats(t *testing.T) {
	target := serveText(t, smallDevice)
	f := func(format string, want ...string) {
		t.Helper()
		code, stdout, stderr := run(t, options(target, format))
		if code != 3 || !strings.HasPrefix(stderr, target+": 2 parts were not read wholly") {
			t.Errorf("%s: exit code %d, stderr %q", format, code, stderr)
		}
		for _, w := range want {
			if !strings.Contains(stdout, w) {
				t.Errorf("%s: no %q in\n%s", format, w, stdout)
			}
		}
	}
	f("table", "r1.example.net", "18446744073709551615", "Physical memory")
	f("csv", "index,key,name", "1,Gi1,Gi1,GigabitEthernet1,")
	f("yaml", "\nsystem:\n", "    key: Gi1\n")
	f("snmprec", "1.3.6.1.2.1.1.3.0|67|12345\n", "1.3.6.1.2.1.31.1.1.1.6.1|70|18446744073709551615\n", "1.3.6.1.2.1.1.1.0|4x|526f75")
}

// TestRecordingsRoundTrip: what inspect records of a device is read as the same device, and what it
// prints is clean text, whatever the device says.
func TestRecordingsRoundTrip(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(testkit.Shared(t, "devices"), "*.snmprec"))
	if err != nil || len(files) < 60 {
		t.Fatalf("got %d recordings, %v", len(files), err)
	}
	for _, f := range files {
		if strings.Contains(f, "@") {
			continue
		}
		t.Run(filepath.Base(f), func(t *testing.T) {
			target := snmptest.Serve(t, snmptest.LoadRecording(t, f), snmptest.Options{}).Addr.String()
			code, stdout, stderr := run(t, options(target, "json"))
			if code != 0 && code != 3 || !clean(stdout) {
				t.Fatalf("exit code %d, %s", code, stderr)
			}
			want := still(t, stdout)
			_, recording, _ := run(t, options(target, "snmprec"))
			_, stdout, _ = run(t, options(serveText(t, recording), "json"))
			if diff := cmp.Diff(want, still(t, stdout)); diff != "" {
				t.Errorf("recorded and read again:\n%s", diff)
			}
		})
	}
}

func clean(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return r != '\n' && unicode.IsControl(r) })
}

func TestInspectExitCodes(t *testing.T) {
	silent := snmptest.Fake(t, func([]byte) [][]byte { return nil }).String()
	f := func(what string, change func(*Options), code int, want string) {
		t.Run(what, func(t *testing.T) {
			o := options(silent, "json")
			o.Timeout, o.Retries = 50*time.Millisecond, -1
			change(&o)
			got, stdout, stderr := run(t, o)
			if got != code || stdout != "" || stderr != want+"\n" {
				t.Errorf("got %d, %q; want %d, %q", got, stderr, code, want)
			}
		})
	}
	f("silent", func(*Options) {}, 1, silent+": timeout: no answer to 1 attempts of 50ms")
	f("budget", func(o *Options) { o.Timeout, o.Budget = time.Minute, 50*time.Millisecond }, 1, silent+": timeout: no answer within 50ms")
	f("community", func(o *Options) { o.Credential.Community = conf.Secret(strings.Repeat("x", 128)) }, 2, "community has 128 bytes, at most 127 are possible")
	f("no community", func(o *Options) { o.Credential.Community = "" }, 2, "SNMP version 2c needs a community")
	f("format", func(o *Options) { o.Output = "xml" }, 2, `output format "xml": it is one of json, table, csv, yaml, snmprec`)
	f("port", func(o *Options) { o.Target = "127.0.0.1:x" }, 2, `target "127.0.0.1:x": the port "x" is not a number from 1 to 65535`)
	f("host", func(o *Options) { o.Target = "" }, 2, `target "": it is HOST or HOST:PORT, an IPv6 address with a port is written [ADDRESS]:PORT`)
}

func TestInterruptEndsAtOnce(t *testing.T) {
	asked := make(chan struct{}, 8)
	silent := snmptest.Fake(t, func([]byte) [][]byte { asked <- struct{}{}; return nil }).String()
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-asked; cancel() }()
	o := options(silent, "json")
	o.Timeout = time.Minute
	var stdout, stderr bytes.Buffer
	start := time.Now()
	code := Inspect(ctx, o, &stdout, &stderr)
	if code != 1 || stderr.String() != silent+": interrupted\n" {
		t.Errorf("got %d, %q", code, stderr.String())
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("took %s", took)
	}
}

// TestTheDeviceStopsAnswering: what was read is printed, what was not is listed, and not every one of the
// remaining tables costs a timeout.
func TestTheDeviceStopsAnswering(t *testing.T) {
	rec := snmpagent.ParseRecording([]byte(smallDevice))
	n := 0
	target := snmptest.Fake(t, func(b []byte) [][]byte {
		if n++; n > 4 {
			return nil
		}
		req, _ := snmpwire.Decode(b)
		resp, _ := snmpagent.Answer(rec, &req, 1400)
		return [][]byte{snmpwire.Append(nil, &resp)}
	}).String()
	o := options(target, "json")
	o.Timeout, o.Retries = 30*time.Millisecond, -1
	code, stdout, _ := run(t, o)
	r := still(t, stdout)
	if code != 3 || len(r.Interfaces) != 2 || r.System.Name != "r1.example.net" || r.Interfaces[0].MTU != 1500 {
		t.Errorf("got %d, %+v", code, r)
	}
	last := r.Errors[len(r.Errors)-2]
	if !strings.Contains(last.Error, "the device stopped answering") {
		t.Errorf("errors: %+v", r.Errors)
	}
}

func TestWalk(t *testing.T) {
	target := serveText(t, smallDevice)
	f := func(output, root string, code int, wantOut, wantErr string) {
		t.Helper()
		var stdout, stderr bytes.Buffer
		got := Walk(t.Context(), options(target, output), root, &stdout, &stderr)
		if got != code || stdout.String() != wantOut || stderr.String() != wantErr {
			t.Errorf("walk %s: got %d, %q, %q; want %d, %q, %q", root, got, stdout.String(), stderr.String(), code, wantOut, wantErr)
		}
	}
	f("table", "1.3.6.1.2.1.2.2.1.6", 0, "1.3.6.1.2.1.2.2.1.6.1 = Hex-STRING: 020000000001\n1.3.6.1.2.1.2.2.1.6.7 = STRING: \n", "")
	f("table", ".1.3.6.1.2.1.1.3.0", 0, "1.3.6.1.2.1.1.3.0 = TimeTicks: 12345\n", "")
	f("snmprec", "1.3.6.1.2.1.2.2.1.6", 0, "1.3.6.1.2.1.2.2.1.6.1|4x|020000000001\n1.3.6.1.2.1.2.2.1.6.7|4|\n", "")
	f("csv", "1.3.6.1.2.1.1.2", 0, "oid,type,value\n1.3.6.1.2.1.1.2.0,OID,1.3.6.1.4.1.9.1.1\n", "")
	f("json", "1.3.6.1.2.1.1.5.0", 0, "[\n  {\n    \"oid\": \"1.3.6.1.2.1.1.5.0\",\n    \"type\": \"STRING\",\n    \"value\": \"r1.example.net\"\n  }\n]\n", "")
	f("table", "1.3.6.1.2.1.99", 1, "", target+": the device has nothing at or below 1.3.6.1.2.1.99\n")
	f("table", "sysDescr", 2, "", "object identifier \"sysDescr\": \"sysDescr\" is not a number from 0 to 4294967295\n")
	f("table", "9.1", 2, "", "object identifier \"9.1\": it has at least two numbers, the first is 0, 1 or 2\n")
}

func TestEndlessWalkEndsWithItsBudget(t *testing.T) {
	target := snmptest.Fake(t, func(b []byte) [][]byte {
		req, _ := snmpwire.Decode(b)
		name := req.PDU.VarBinds[0].OID
		req.PDU = snmpwire.PDU{Type: snmpwire.Response, RequestID: req.PDU.RequestID,
			VarBinds: []snmpwire.VarBind{{OID: name.Append(1), Type: snmpwire.Null}}}
		if len(name) > 20 {
			req.PDU.VarBinds[0].OID = append(name[:len(name)-1:len(name)-1], name[len(name)-1]+1)
		}
		return [][]byte{snmpwire.Append(nil, &req)}
	}).String()
	o := options(target, "table")
	o.Budget = 200 * time.Millisecond
	var stdout, stderr bytes.Buffer
	code := Walk(t.Context(), o, "1.3.6.1", &stdout, &stderr)
	if code != 3 || !strings.Contains(stderr.String(), "rows, not all") || stdout.Len() == 0 {
		t.Errorf("got %d, %q", code, stderr.String())
	}
}

func TestFromEnvironment(t *testing.T) {
	env := map[string]string{"NINEWATCH_SNMP_COMMUNITY": "from env", "NINEWATCH_SNMP_USERNAME": "u"}
	got := FromEnvironment(snmp.Credential{Username: "given"}, func(k string) string { return env[k] })
	if got.Community.Reveal() != "from env" || got.Username != "given" {
		t.Errorf("got %+v", got)
	}
}

func TestSplit(t *testing.T) {
	f := func(target, host string, port uint16) {
		t.Helper()
		gotHost, gotPort, err := split(target)
		if err != nil || gotHost != host || gotPort != port {
			t.Errorf("%s: got %s, %d, %v", target, gotHost, gotPort, err)
		}
	}
	f("192.0.2.1", "192.0.2.1", 161)
	f("192.0.2.1:1161", "192.0.2.1", 1161)
	f("sw1.example.net:1161", "sw1.example.net", 1161)
	f("2001:db8::1", "2001:db8::1", 161)
	f("[2001:db8::1]:1161", "2001:db8::1", 1161)
	f("[2001:db8::1]", "2001:db8::1", 161)
}
