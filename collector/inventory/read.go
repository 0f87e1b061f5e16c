package inventory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"ninewatch/internal/telemetry"
)

// ErrUnknown means that the inventory has no such object.
var ErrUnknown = errors.New("not in the inventory")

// Filter chooses devices; its zero value takes all.
type Filter struct {
	Sites []string // nil: all; empty: none
	Query string   // part of a name, display name, address, role or tag, in any case
}

func (f Filter) matches(d Device) bool {
	if f.Sites != nil && !slices.Contains(f.Sites, d.Site) {
		return false
	}
	q := strings.ToLower(f.Query)
	texts := append([]string{d.Name, d.DisplayName, d.Address, d.Role}, d.Tags...)
	return slices.ContainsFunc(texts, func(t string) bool { return strings.Contains(strings.ToLower(t), q) })
}

// Sites lists all sites by name.
func (s *Store) Sites(ctx context.Context) ([]Site, error) {
	return readAll(ctx, s.db.Read(), KindSite, "", func(v *Site, o object) error { v.Source = o.source; return nil })
}

// Site returns one site, or an error that is ErrUnknown.
func (s *Store) Site(ctx context.Context, name string) (Site, error) {
	return readOne(ctx, s.db.Read(), KindSite, name, func(v *Site, o object) error { v.Source = o.source; return nil })
}

// Devices lists the devices that the filter takes, by name.
func (s *Store) Devices(ctx context.Context, f Filter) ([]Device, error) {
	all, err := readAll(ctx, s.db.Read(), KindDevice, "", finishDevice)
	return slices.DeleteFunc(all, func(d Device) bool { return !f.matches(d) }), err
}

// Device returns one device, or an error that is ErrUnknown.
func (s *Store) Device(ctx context.Context, name string) (Device, error) {
	return readOne(ctx, s.db.Read(), KindDevice, name, finishDevice)
}

func finishDevice(d *Device, o object) error {
	d.Source = o.source
	return nil
}

// Credentials lists all credentials by name, without their secrets.
func (s *Store) Credentials(ctx context.Context) ([]Credential, error) {
	return readAll(ctx, s.db.Read(), KindCredential, "", func(c *Credential, o object) error { c.Source = o.source; return nil })
}

// Credential returns one credential with its secrets, or an error that is ErrUnknown or ErrSealed.
func (s *Store) Credential(ctx context.Context, name string) (telemetry.Credential, error) {
	c, err := readOne(ctx, s.db.Read(), KindCredential, name, s.openCredential)
	return c.telemetry(), err
}

func (s *Store) openCredential(c *Credential, o object) error {
	secrets, err := s.vault.open(o.sealed)
	c.Source = o.source
	c.setSecrets(secrets)
	return err
}

func (c Credential) telemetry() telemetry.Credential {
	if c.SNMP == nil {
		return telemetry.Credential{}
	}
	return telemetry.Credential{
		Version:        c.SNMP.Version,
		Community:      c.SNMP.Community,
		Username:       c.SNMP.Username,
		AuthProtocol:   c.SNMP.AuthProtocol,
		AuthPassphrase: c.SNMP.AuthPassphrase,
		PrivProtocol:   c.SNMP.PrivProtocol,
		PrivPassphrase: c.SNMP.PrivPassphrase,
		Context:        c.SNMP.Context,
	}
}

// Receivers lists all receivers by name, with their secrets.
func (s *Store) Receivers(ctx context.Context) ([]Receiver, error) {
	return readAll(ctx, s.db.Read(), KindReceiver, "", s.openReceiver)
}

// Receiver returns one receiver with its secrets, or an error that is ErrUnknown or ErrSealed.
func (s *Store) Receiver(ctx context.Context, name string) (Receiver, error) {
	return readOne(ctx, s.db.Read(), KindReceiver, name, s.openReceiver)
}

func (s *Store) openReceiver(r *Receiver, o object) error {
	secrets, err := s.vault.open(o.sealed)
	r.Source = o.source
	r.setSecrets(secrets)
	return err
}

// readAll reads the objects of a kind, or the one with the name; finish adds what is not in the spec.
func readAll[T any](ctx context.Context, q querier, kind, name string, finish func(*T, object) error) ([]T, error) {
	objects, err := loadObjects(ctx, q, kind, name)
	if err != nil {
		return nil, err
	}
	out := make([]T, len(objects))
	for i, o := range objects {
		if err := json.Unmarshal([]byte(o.spec), &out[i]); err != nil {
			return nil, fmt.Errorf("read %s %q: %w", o.kind, o.name, err)
		}
		if err := finish(&out[i], o); err != nil {
			return nil, fmt.Errorf("read %s %q: %w", o.kind, o.name, err)
		}
	}
	return out, nil
}

func readOne[T any](ctx context.Context, q querier, kind, name string, finish func(*T, object) error) (T, error) {
	var zero T
	if name == "" {
		return zero, fmt.Errorf("%s without a name: %w", kind, ErrUnknown)
	}
	all, err := readAll(ctx, q, kind, name, finish)
	if err != nil {
		return zero, err
	}
	if len(all) == 0 {
		return zero, fmt.Errorf("%s %q: %w", kind, name, ErrUnknown)
	}
	return all[0], nil
}
