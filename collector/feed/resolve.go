package feed

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"ninewatch/collector/inventory"
	"ninewatch/collector/state"
	"ninewatch/internal/telemetry"
)

// resolver gives entries the present names of sites and devices, and takes out what an agent says of
// devices that are not its own: the site comes from its certificate, the device only from its payload.
type resolver struct {
	q       state.Querier
	renames inventory.Renames
	sites   map[string]string // by device; "" for one that is not in the inventory
}

func newResolver(ctx context.Context, q state.Querier) (*resolver, error) {
	renames, err := inventory.ReadRenames(ctx, q)
	return &resolver{q: q, renames: renames, sites: map[string]string{}}, err
}

// resolve returns e as it may be applied. foreign counts what was taken out.
func (r *resolver) resolve(ctx context.Context, e telemetry.Entry) (_ telemetry.Entry, foreign int, err error) {
	r.renames.Entry(&e)
	rec := &e.Record
	own := func(device string, mustBeKnown bool) bool {
		if err != nil {
			return true
		}
		var site string
		site, err = r.site(ctx, device)
		return site == e.Site || site == "" && !mustBeKnown
	}
	// Samples carry the site of their sender, so that those of an unknown device cannot mislead anybody.
	if rec.Frame != nil && !own(rec.Frame.Device, false) {
		rec.Frame = nil
		foreign++
	}
	if rec.Facts != nil && !own(rec.Facts.Device, true) {
		rec.Facts = nil
		foreign++
	}
	if rec.Boot != nil && !own(rec.Boot.Device, true) {
		rec.Boot = nil
		foreign++
	}
	strange := func(run telemetry.Run) bool { return !own(run.Device, true) }
	if slices.ContainsFunc(rec.Runs, strange) {
		before := len(rec.Runs)
		rec.Runs = slices.DeleteFunc(slices.Clone(rec.Runs), strange)
		foreign += before - len(rec.Runs)
	}
	return e, foreign, err
}

func (r *resolver) site(ctx context.Context, device string) (string, error) {
	site, known := r.sites[device]
	if known {
		return site, nil
	}
	var err error
	switch kind, name, far := strings.Cut(device, ":"); {
	case !far:
		err = r.q.QueryRowContext(ctx, `SELECT site FROM objects WHERE kind = ? AND name = ?`, inventory.KindDevice, device).Scan(&site)
	case kind == telemetry.TargetCircuit:
		site, err = r.circuitSite(ctx, name)
	} // a reference is in nobody's inventory: only its samples are kept
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("look up device %q: %w", device, err)
	}
	r.sites[device] = site
	return site, nil
}

// circuitSite is where the agents that ask for the far end of a circuit stand.
func (r *resolver) circuitSite(ctx context.Context, name string) (site string, err error) {
	var spec []byte
	err = r.q.QueryRowContext(ctx, `SELECT site, spec FROM objects WHERE kind = ? AND name = ?`, inventory.KindCircuit, name).Scan(&site, &spec)
	if err != nil || site != "" {
		return site, err
	}
	var c inventory.Circuit
	if err := json.Unmarshal(spec, &c); err != nil || c.Device == "" {
		return "", err
	}
	return r.site(ctx, c.Device)
}

// resolved is a sink behind a resolver.
type resolved struct {
	Sink
	db *state.DB
}

// Resolved returns sink with entries that have present names and hold nothing of another site's devices.
// The state sink does this itself, within its transaction.
func Resolved(db *state.DB, sink Sink) Sink { return resolved{sink, db} }

func (s resolved) Apply(ctx context.Context, entries []telemetry.Entry) error {
	r, err := newResolver(ctx, s.db.Read())
	if err != nil {
		return err
	}
	out := make([]telemetry.Entry, len(entries))
	for i, e := range entries {
		if out[i], _, err = r.resolve(ctx, e); err != nil {
			return err
		}
	}
	return s.Sink.Apply(ctx, out)
}
