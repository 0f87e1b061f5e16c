package profile

import (
	"context"
	"fmt"
	"testing"

	"ninewatch/agent/snmp"
	"ninewatch/internal/oid"
	"ninewatch/internal/snmpagent"
	"ninewatch/internal/snmpwire"
	"ninewatch/internal/telemetry"
)

// device plays a recording without a socket, and counts what is asked.
type device struct {
	tree  *snmpagent.Tree
	walks map[string]int
	gets  int
	fail  map[string]error
}

func deviceOf(recording string) *device {
	return &device{tree: snmpagent.ParseRecording([]byte(recording)).Tree, walks: map[string]int{}}
}

func (d *device) Get(_ context.Context, names ...oid.OID) ([]snmpwire.VarBind, error) {
	d.gets++
	out := make([]snmpwire.VarBind, len(names))
	for i, n := range names {
		out[i] = d.tree.Get(n)
	}
	return out, nil
}

func (d *device) Walk(_ context.Context, root oid.OID, limits snmp.Limits) (rows []snmpwire.VarBind, err error) {
	d.walks[root.String()]++
	for _, o := range d.tree.Objects() {
		if o.OID.HasPrefix(root) && !o.OID.Equal(root) {
			if limits.Rows > 0 && len(rows) >= limits.Rows {
				return rows, fmt.Errorf("%w: more than %d rows", snmp.ErrCut, limits.Rows)
			}
			rows = append(rows, o)
		}
	}
	return rows, d.fail[root.String()]
}

func (d *device) Counts() snmp.Counts { return snmp.Counts{} }
func (d *device) Close() error        { return nil }

// library is one of these files beside the bundled ones.
func library(t *testing.T, files map[string]string) *Library {
	t.Helper()
	l := NewLibrary()
	for _, name := range sortedKeys(files) {
		if problems := l.Add(name, []byte(files[name])); len(problems) > 0 {
			t.Fatal(problems)
		}
	}
	if problems := l.Check(); len(problems) > 0 {
		t.Fatal(problems)
	}
	return l
}

// read reads a recording by one profile, whatever the device is.
func read(t *testing.T, profile, recording string) (*Reading, []PartError) {
	t.Helper()
	r, err := library(t, map[string]string{"p.yaml": profile}).Resolve("p")
	if err != nil {
		t.Fatal(err)
	}
	return r.Read(t.Context(), deviceOf(recording), DefaultLimits())
}

func systemOf(objectID, descr string) telemetry.System {
	return telemetry.System{SysObjectID: objectID, SysDescr: descr}
}
