package inspect

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ninewatch/agent/profile"
)

const triedProfile = `sysobjectid: 1.3.6.1.4.1.55555.*
identity: {vendor: Acme, version: {sysdescr: 'Release (\S+)'}}
processors: [{name: CPU, usage: 1.3.6.1.4.1.55555.1.0 acmeLoad}]
memory: [{name: RAM, total: 1.3.6.1.4.1.55555.2.0 acmeTotal, free: 1.3.6.1.4.1.55555.3.0 acmeFree}]
sensors: [{name: Fan, class: state, value: 1.3.6.1.4.1.55555.4.0 acmeFan, states: {1: ok turning}, part: fan}]
metrics: [{MIB: ACME-MIB, symbol: {OID: 1.3.6.1.4.1.55555.5.0, name: acmeUsers}}]
`

const triedDevice = `1.3.6.1.2.1.1.1.0|4|Acme Release 4.2
1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.55555.9
1.3.6.1.4.1.55555.1.0|2|12
1.3.6.1.4.1.55555.2.0|66|1000
1.3.6.1.4.1.55555.3.0|66|250
1.3.6.1.4.1.55555.4.0|2|1
1.3.6.1.4.1.55555.5.0|66|7
`

// tried runs profile test against a recording.
func tried(t *testing.T, format string) (code int, stdout, stderr string) {
	t.Helper()
	target := filepath.Join(t.TempDir(), "acme.snmprec")
	if err := os.WriteFile(target, []byte(triedDevice), 0o600); err != nil {
		t.Fatal(err)
	}
	l := profile.NewLibrary()
	problems := l.Add("acme.yaml", []byte(triedProfile))
	if problems = append(problems, l.Check()...); len(problems) > 0 {
		t.Fatal(problems)
	}
	var out, errs bytes.Buffer
	code = TestProfile(t.Context(), Options{Target: target, Output: format}, l, "acme", &out, &errs)
	return code, out.String(), errs.String()
}

func TestTestProfile(t *testing.T) {
	code, stdout, stderr := tried(t, "csv")
	want := `what,name,value,unit,status
identity,vendor,Acme,,
identity,version,4.2,,
processor,CPU,12,percent,
memory,RAM,75,percent,
state,Fan,1,,turning
fan,Fan,,,ok
metric,acmeUsers,7,,
`
	if code != 0 || stderr != "" || stdout != want {
		t.Errorf("exit code %d, stderr %q, got\n%swant\n%s", code, stderr, stdout, want)
	}
	if code, stdout, _ := tried(t, "json"); code != 0 || !strings.Contains(stdout, `"series": 5`) {
		t.Errorf("exit code %d, got %s", code, stdout)
	}
	if code, _, stderr := tried(t, "xml"); code != 2 || !strings.Contains(stderr, "it is one of table, json, csv, yaml") {
		t.Errorf("exit code %d, stderr %q", code, stderr)
	}
}
