package facts

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

// session plays a recording without a socket.
type session struct {
	snmpagent.Recording
	fail   map[string]error // by the root of a walk, or the first name of a request
	walked int
}

func (s *session) Get(_ context.Context, names ...oid.OID) ([]snmpwire.VarBind, error) {
	if err := s.fail[names[0].String()]; err != nil {
		return nil, err
	}
	out := make([]snmpwire.VarBind, len(names))
	for i, n := range names {
		out[i] = s.Tree.Get(n)
	}
	return out, nil
}

func (s *session) Walk(_ context.Context, root oid.OID, max snmp.Limits) (rows []snmpwire.VarBind, err error) {
	s.walked++
	for _, o := range s.Objects() {
		if o.OID.HasPrefix(root) && !o.OID.Equal(root) {
			if len(rows) == max.Rows {
				return rows, fmt.Errorf("%w: more than %d rows", snmp.ErrCut, max.Rows)
			}
			rows = append(rows, o)
		}
	}
	return rows, s.fail[root.String()]
}

func (s *session) Next(_ context.Context, b snmp.Batch) ([]snmpwire.VarBind, error) {
	out := make([]snmpwire.VarBind, b.Len())
	for i := range out {
		if out[i] = s.Tree.Next(b.Name(i)); out[i].Type == snmpwire.EndOfMibView {
			out[i].OID = nil
		}
	}
	return out, nil
}

func (s *session) Counts() snmp.Counts { return snmp.Counts{} }
func (s *session) Close() error        { return nil }

// play returns the facts that a recording in the snmprec format gives.
func play(t testing.TB, text string) (telemetry.DeviceFacts, []snmp.PartError) {
	t.Helper()
	return playSession(t, &session{Recording: snmpagent.ParseRecording([]byte(text))}, Options{})
}

func playSession(t testing.TB, s *session, o Options) (telemetry.DeviceFacts, []snmp.PartError) {
	t.Helper()
	f, plan, errs := snmp.Discover(t.Context(), s, "sw1", nil, nil)
	if err := snmp.Unreadable(plan, errs); err != nil {
		t.Fatal(err)
	}
	_, errs = Read(t.Context(), s, &f, o)
	return f, errs
}
