package app

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"ninewatch/collector/alert"
	"ninewatch/internal/telemetry"
)

// statuses is one reading of the interface lan, and a look by SNMP.
func statuses(device string, at time.Time, oper uint64) telemetry.Record {
	label := []telemetry.Label{{Name: "ifName", Value: "lan"}}
	return telemetry.Record{Frame: &telemetry.Frame{
		Device: device, Template: []telemetry.Series{{Name: "ifOperStatus", Labels: label}, {Name: "ifAdminStatus", Labels: label}},
		Polls: []telemetry.Poll{{Time: at.UnixMilli(), Values: []telemetry.Value{telemetry.UintValue(oper), telemetry.UintValue(1)}}},
	}}
}

func polled(device string, at time.Time, result telemetry.Result) telemetry.Record {
	return telemetry.Record{Runs: []telemetry.Run{{Device: device, Probe: telemetry.ProbeSNMP, From: at.UnixMilli(), To: at.UnixMilli(), Every: 60_000, Result: result}}}
}

// kinds is the status of the newest incident of each kind.
func (r *rig) kinds() map[string]string {
	r.t.Helper()
	var list struct {
		Items []struct{ Kind, Status string }
	}
	r.call(http.MethodGet, "/api/v1/incidents?status=all", nil, &list)
	out := map[string]string{}
	for _, i := range list.Items {
		if _, newer := out[i.Kind]; !newer {
			out[i.Kind] = i.Status
		}
	}
	return out
}

// refused are the devices of which the credential is refused now.
func (r *rig) refused() (out []string) {
	r.t.Helper()
	list, err := r.lookFindings(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	for _, f := range list {
		if f.Kind == alert.CredentialFailure && f.State == alert.Down {
			out = append(out, f.Device)
		}
	}
	return out
}

// TestPortsAndCredentials: a port that is down opens an incident, which a restart of the collector does not end; a
// credential that is refused is a finding as long as it is.
func TestPortsAndCredentials(t *testing.T) {
	r := newRig(t)
	password := r.AdminPassword.Reveal()
	r.signIn(password)
	if status := r.call(http.MethodPost, "/api/v1/apply", map[string]any{
		"sites":       []any{map[string]any{"name": "lisbon"}},
		"credentials": []any{map[string]any{"name": "ro", "snmp": map[string]any{"version": "2c", "community": "s3cretly"}}},
		"devices": []any{
			map[string]any{"name": "sw1", "site": "lisbon", "address": "192.0.2.1", "credential": "ro", "interfaces": map[string]any{"monitor": []string{"lan"}}},
			map[string]any{"name": "sw2", "site": "lisbon", "address": "192.0.2.2", "credential": "ro"},
		},
	}, nil); status != http.StatusOK {
		t.Fatalf("apply: got status %d, want 200", status)
	}
	p := r.enrol("lisbon")
	p.connect()
	p.assigned()
	now := time.Now().Truncate(time.Second)
	for _, device := range []string{"sw1", "sw2"} {
		p.tell(echoes(device, now.Add(-2*time.Minute), now.Add(-time.Second), telemetry.OK))
	}
	p.tell(telemetry.Record{Facts: &telemetry.DeviceFacts{
		Device: "sw1", Time: now.Add(-2 * time.Minute).UnixMilli(), Interfaces: []telemetry.Interface{{Key: "lan", IfIndex: 1, IfName: "lan", IfDescr: "lan", IfAdminStatus: 1, IfOperStatus: 1}},
	}})
	p.tell(polled("sw1", now.Add(-70*time.Second), telemetry.OK), statuses("sw1", now.Add(-70*time.Second), 1))
	p.tell(polled("sw1", now.Add(-10*time.Second), telemetry.OK), statuses("sw1", now.Add(-10*time.Second), 2))
	p.tell(polled("sw2", now.Add(-10*time.Second), telemetry.Credentials))
	eventually(t, "an incident of the port", func() bool { return r.kinds()["interface_down"] == "open" })
	eventually(t, "sw2 refuses its credential", func() bool { return slices.Equal(r.refused(), []string{"sw2"}) })
	p.close()
	r.stop()

	r.start()
	r.signIn(password)
	p.connect()
	now = time.Now().Truncate(time.Second)
	p.tell(polled("sw2", now, telemetry.OK))
	eventually(t, "the credential is accepted", func() bool { return len(r.refused()) == 0 })
	if got := r.kinds()["interface_down"]; got != "open" {
		t.Errorf("after a restart the port is %q, want open", got)
	}
	p.tell(echoes("sw1", now.Add(-3*time.Second), now, telemetry.OK), polled("sw1", now, telemetry.OK), statuses("sw1", now, 1))
	eventually(t, "the port is up again", func() bool { return r.kinds()["interface_down"] == "resolved" })
	p.close()
	r.stop()
}
