package inventory

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"ninewatch/collector/state"
	"ninewatch/internal/telemetry"
)

// revision is kept in meta under "assignment.<agent>".
type revision struct {
	Term   uint64 `json:"term"`
	N      uint64 `json:"n"`
	Digest string `json:"digest"` // keyed: it covers secrets
}

// Assignment is what the agent of a site is to poll: all devices of the site, by ICMP alone when snmp is false,
// because another agent holds the lease. N rises whenever its content changes, and starts anew with each term.
func (s *Store) Assignment(ctx context.Context, agent, site string, snmp bool) (telemetry.Assignment, error) {
	s.assigning.Lock() // content that was read earlier must not get the higher number
	defer s.assigning.Unlock()
	a, err := s.content(ctx, site)
	if err != nil {
		return a, fmt.Errorf("assignment of agent %q: %w", agent, err)
	}
	if !snmp {
		a = withoutSNMP(a)
	}
	digest, err := s.digest(a)
	if err != nil {
		return a, fmt.Errorf("assignment of agent %q: %w", agent, err)
	}
	r, err := readRevision(ctx, s.db.Read(), agent)
	if err == nil && r.Digest != digest {
		r, err = s.raise(ctx, agent, digest)
	}
	if err != nil {
		return a, fmt.Errorf("assignment of agent %q: %w", agent, err)
	}
	a.Term, a.N = r.Term, r.N
	return a, nil
}

// content reads one consistent state of the inventory.
func (s *Store) content(ctx context.Context, site string) (telemetry.Assignment, error) {
	a := telemetry.Assignment{Credentials: map[string]telemetry.Credential{}}
	tx, err := s.db.Read().BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return a, err
	}
	defer tx.Rollback() //nolint:errcheck // it only reads
	renames, err := ReadRenames(ctx, tx)
	if err != nil {
		return a, err
	}
	site = renames.Site(site)
	devices, err := readAll(ctx, tx, KindDevice, "", finishDevice)
	if err != nil {
		return a, err
	}
	parents, err := ReadParents(ctx, tx)
	if err != nil {
		return a, err
	}
	for _, d := range devices {
		if d.Site != site {
			continue
		}
		d.Parents = parents.Now(d.Name)
		if _, known := a.Credentials[d.Credential]; d.Credential != "" && !known {
			c, err := readOne(ctx, tx, KindCredential, d.Credential, s.openCredential)
			if err != nil {
				return a, err
			}
			a.Credentials[d.Credential] = c.telemetry()
		}
		interfaces, err := loadInterfaces(ctx, tx, d.Name)
		if err != nil {
			return a, err
		}
		a.Devices = append(a.Devices, d.assigned(interfaces))
	}
	circuits, err := readAll(ctx, tx, KindCircuit, "", func(*Circuit, object) error { return nil })
	if err != nil {
		return a, err
	}
	for _, c := range circuits {
		ours := c.Site == site || c.Site == "" && slices.ContainsFunc(a.Devices, func(d telemetry.AssignedDevice) bool { return d.Name == c.Device })
		if c.Target != "" && ours {
			a.Targets = append(a.Targets, c.assigned())
		}
	}
	sites, err := readAll(ctx, tx, KindSite, "", func(*Site, object) error { return nil })
	if err != nil {
		return a, err
	}
	for _, at := range sites {
		if at.Name == site {
			a.Targets = append(a.Targets, at.assigned()...)
		}
	}
	return a, s.assignScans(ctx, tx, site, &a)
}

func (s Site) assigned() (out []telemetry.Target) {
	for _, r := range s.References {
		out = append(out, telemetry.Target{Name: r.Name, Kind: telemetry.TargetReference, Address: r.Address, Interval: time.Duration(r.Interval)})
	}
	return out
}

func (c Circuit) assigned() telemetry.Target {
	return telemetry.Target{
		Name: c.Name, Kind: telemetry.TargetCircuit, Device: c.Device, Address: c.Target, Interval: time.Duration(c.Probe.Interval),
		Payload: c.Probe.Payload, DSCP: c.Probe.DSCP, DontFragment: c.Probe.DontFragment,
	}
}

// withoutSNMP is a without credentials and what they are for.
func withoutSNMP(a telemetry.Assignment) telemetry.Assignment {
	clear(a.Credentials)
	a.Scans = nil
	for i := range a.Devices {
		d := &a.Devices[i]
		d.Credential, d.Port, d.SNMPInterval, d.Interfaces = "", 0, 0, nil
	}
	return a
}

func (d Device) assigned(interfaces []Interface) telemetry.AssignedDevice {
	out := telemetry.AssignedDevice{
		Name:         d.Name,
		Address:      d.Address,
		Port:         d.Port,
		Credential:   d.Credential,
		Profile:      d.Profile,
		SNMPInterval: d.SNMPInterval(),
		ICMPInterval: d.ICMPInterval(),
		Parents:      d.Parents,
		Ignored:      d.Interfaces.Ignore,
	}
	for _, i := range interfaces {
		out.Interfaces = append(out.Interfaces, telemetry.Interface{
			IfIndex: i.Facts.IfIndex, Key: i.Facts.Key, IfName: i.Facts.IfName, IfDescr: i.Facts.IfDescr,
			IfType: i.Facts.IfType, IfPhysAddress: i.Facts.IfPhysAddress,
		})
	}
	return out
}

func (s *Store) digest(a telemetry.Assignment) (string, error) {
	devices, err := json.Marshal(a.Devices)
	if err != nil {
		return "", err
	}
	targets, err := json.Marshal(a.Targets)
	if err != nil {
		return "", err
	}
	parts := []string{string(devices), string(targets)}
	var names []string // in their order, so that the map has one too
	for _, d := range a.Devices {
		names = append(names, d.Credential)
	}
	for _, scan := range a.Scans {
		parts = append(parts, mustJSON(scan))
		names = append(names, scan.Credentials...)
	}
	for _, name := range names {
		c := a.Credentials[name]
		parts = append(parts, c.Version, c.Community.Reveal(), c.Username, c.AuthProtocol, c.AuthPassphrase.Reveal(),
			c.PrivProtocol, c.PrivPassphrase.Reveal(), c.Context)
	}
	return s.vault.hash(parts...), nil
}

// readRevision is the zero revision of the present term when the agent has none in it.
func readRevision(ctx context.Context, q state.Querier, agent string) (revision, error) {
	text, err := state.Meta(ctx, q, state.MetaTerm)
	if err != nil {
		return revision{}, err
	}
	term, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return revision{}, fmt.Errorf("term of assignments %q is no number", text)
	}
	var r revision
	text, err = state.Meta(ctx, q, "assignment."+agent)
	if err != nil {
		return r, err
	}
	if text != "" {
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			return r, fmt.Errorf("read revision: %w", err)
		}
	}
	if r.Term != term {
		r = revision{Term: term}
	}
	return r, nil
}

func (s *Store) raise(ctx context.Context, agent, digest string) (r revision, err error) {
	err = s.db.Write(ctx, func(tx *sql.Tx) error {
		if r, err = readRevision(ctx, tx, agent); err != nil {
			return err
		}
		if r.Digest == digest {
			return nil
		}
		r.N, r.Digest = r.N+1, digest
		data, err := json.Marshal(r)
		if err != nil {
			return err
		}
		return state.SetMeta(tx, "assignment."+agent, string(data))
	})
	return r, err
}
