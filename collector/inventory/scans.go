package inventory

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"ninewatch/internal/telemetry"
)

// States of a Scan beyond those that an agent reports.
const (
	ScanWaiting = "waiting"
	ScanStopped = "stopped"
)

// Limits of scans.
const (
	maxScanRanges      = 64
	maxScanCredentials = 16
	maxScanAddresses   = 1 << 20 // as many as an agent takes
	maxScansAtWork     = 10      // of a site
	keepScans          = 100     // of a site
	maxReplies         = 20_000  // of a scan, that wait for becoming proposals
)

// Scan is what an agent of a site is asked for, and how far it is.
type Scan struct {
	telemetry.Scan
	Number    int64
	Site      string
	By        string
	Asked     int64 // Unix ms
	State     string
	Problem   string
	Agent     string // that reported last
	Done, All int64  // tries: an address with one credential
	Answering int64
	Told      int64 // Unix ms of the last report; 0: there was none
}

// AtWork tells whether an agent has something to do for it.
func (s Scan) AtWork() bool { return s.State == ScanWaiting || s.State == telemetry.ScanRunning }

func checkScan(s telemetry.Scan) error {
	if n := len(s.Ranges); n == 0 || n > maxScanRanges {
		return fmt.Errorf("%w: %d ranges are not between 1 and %d", ErrInvalid, n, maxScanRanges)
	}
	if n := len(s.Credentials); n > maxScanCredentials {
		return fmt.Errorf("%w: %d credentials at one address are too many, at most %d", ErrInvalid, n, maxScanCredentials)
	}
	if s.Rate < 0 || s.Rate > 10_000 {
		return fmt.Errorf("%w: rate %d is not between 1 and 10000 addresses a second", ErrInvalid, s.Rate)
	}
	addresses := 0
	for _, text := range s.Ranges {
		bits := 0
		if r, err := netip.ParsePrefix(text); err == nil {
			bits = r.Addr().BitLen() - r.Bits()
		} else if a, err := netip.ParseAddr(text); err != nil || a.Zone() != "" {
			return fmt.Errorf("%w: %q is no range of addresses, write for example 192.0.2.0/24", ErrInvalid, text)
		}
		if bits <= 20 {
			addresses += 1 << bits
		}
		if bits > 20 || addresses > maxScanAddresses {
			return fmt.Errorf("%w: with %s it is more than %d addresses, name smaller ranges", ErrInvalid, text, maxScanAddresses)
		}
	}
	return nil
}

// StartScan asks the agents of a site for what answers. The error is ErrInvalid or ErrUnknown.
func (s *Store) StartScan(ctx context.Context, site string, ask telemetry.Scan, who string) (Scan, error) {
	if err := checkScan(ask); err != nil {
		return Scan{}, err
	}
	if _, err := s.Site(ctx, site); err != nil {
		return Scan{}, err
	}
	for _, name := range ask.Credentials {
		if _, err := s.Object(ctx, KindCredential, name); err != nil {
			return Scan{}, err
		}
	}
	out := Scan{Scan: ask, Site: site, By: who, Asked: s.now().UnixMilli(), State: ScanWaiting}
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		var n int
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM scans WHERE site = ? AND state IN ('waiting', 'running')`, site).Scan(&n); err != nil {
			return err
		}
		if n >= maxScansAtWork {
			return fmt.Errorf("%w: %d scans of site %q have not ended, wait for one or stop it", ErrInvalid, n, site)
		}
		if err := tx.QueryRowContext(ctx, `SELECT coalesce(max(id), 0) + 1 FROM scans`).Scan(&out.Number); err != nil {
			return err
		}
		out.ID = strconv.FormatInt(out.Number, 10)
		if err := exec(ctx, tx, `INSERT INTO scans (id, site, ranges, credentials, port, rate, asked_by, asked_ms, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			out.Number, site, mustJSON(ask.Ranges), mustJSON(ask.Credentials), ask.Port, ask.Rate, who, out.Asked, out.State); err != nil {
			return err
		}
		return exec(ctx, tx, `DELETE FROM scans WHERE site = ?1 AND state NOT IN ('waiting', 'running') AND id NOT IN
			(SELECT id FROM scans WHERE site = ?1 ORDER BY id DESC LIMIT ?2)`, site, keepScans)
	})
	if err == nil {
		s.Notify()
	}
	return out, err
}

// Scans lists those of all sites, the newest first.
func (s *Store) Scans(ctx context.Context) ([]Scan, error) {
	return scans(ctx, s.db.Read(), `1 = 1 ORDER BY id DESC`)
}

// Scan returns one, or an error that is ErrUnknown.
func (s *Store) Scan(ctx context.Context, number int64) (Scan, error) {
	found, err := scans(ctx, s.db.Read(), `id = ?`, number)
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("scan %d: %w", number, ErrUnknown)
	}
	if err != nil {
		return Scan{}, err
	}
	return found[0], nil
}

// StopScan calls a scan off. What it found so far stays. The error is ErrUnknown, or ErrDecided when it has ended.
func (s *Store) StopScan(ctx context.Context, number int64, who string) error {
	scan, err := s.Scan(ctx, number)
	if err != nil {
		return err
	}
	if !scan.AtWork() {
		return fmt.Errorf("scan %d is %s: %w", number, scan.State, ErrDecided)
	}
	err = s.db.Write(ctx, func(tx *sql.Tx) error {
		return exec(ctx, tx, `UPDATE scans SET state = ?, problem = ? WHERE id = ? AND state IN ('waiting', 'running')`, ScanStopped, "stopped by "+who, number)
	})
	s.Notify()
	return err
}

func scans(ctx context.Context, q querier, where string, args ...any) ([]Scan, error) {
	rows, err := q.QueryContext(ctx, `SELECT id, site, ranges, credentials, port, rate, asked_by, asked_ms, state, problem, agent, done, tries, answering, told_ms
		FROM scans WHERE `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read scans: %w", err)
	}
	defer rows.Close()
	var out []Scan
	for rows.Next() {
		var s Scan
		var ranges, credentials []byte
		if err := rows.Scan(&s.Number, &s.Site, &ranges, &credentials, &s.Port, &s.Rate, &s.By, &s.Asked, &s.State, &s.Problem, &s.Agent, &s.Done, &s.All, &s.Answering, &s.Told); err != nil {
			return nil, fmt.Errorf("read scans: %w", err)
		}
		if err := errors.Join(json.Unmarshal(ranges, &s.Ranges), json.Unmarshal(credentials, &s.Credentials)); err != nil {
			return nil, fmt.Errorf("read scan %d: %w", s.Number, err)
		}
		s.ID = strconv.FormatInt(s.Number, 10)
		out = append(out, s)
	}
	return out, rows.Err()
}

// assignScans adds to a what its agent is to scan, with the credentials for it. A credential that is gone is not
// asked with.
func (s *Store) assignScans(ctx context.Context, tx querier, site string, a *telemetry.Assignment) error {
	found, err := scans(ctx, tx, `site = ? AND state IN ('waiting', 'running') ORDER BY id`, site)
	if err != nil {
		return err
	}
	for _, scan := range found {
		names := scan.Credentials
		scan.Credentials = nil
		for _, name := range names {
			if _, known := a.Credentials[name]; !known {
				c, err := readOne(ctx, tx, KindCredential, name, s.openCredential)
				if errors.Is(err, ErrUnknown) {
					continue
				}
				if err != nil {
					return err
				}
				a.Credentials[name] = c.telemetry()
			}
			scan.Credentials = append(scan.Credentials, name)
		}
		a.Scans = append(a.Scans, scan.Scan)
	}
	return nil
}

// missingCredentials says which of those that a scan was to try are not in the inventory any more.
func missingCredentials(ctx context.Context, q querier, names []string) (problem string, err error) {
	var gone []string
	for _, name := range names {
		var n int
		if err := q.QueryRowContext(ctx, `SELECT count(*) FROM objects WHERE kind = ? AND name = ?`, KindCredential, name).Scan(&n); err != nil {
			return "", err
		}
		if n == 0 {
			gone = append(gone, strconv.Quote(name))
		}
	}
	if len(gone) == 0 {
		return "", nil
	}
	return fmt.Sprintf("credential %s was deleted while the scan was at work, and is not tried any more: scan again with what replaces it", strings.Join(gone, ", ")), nil
}

// ApplyScan stores what an agent reports of a scan of its site. ended tells that it has nothing left to do for it.
func ApplyScan(ctx context.Context, tx *sql.Tx, e telemetry.Entry, r telemetry.ScanReport) (ended bool, err error) {
	number, err := strconv.ParseInt(r.ID, 10, 64)
	if err != nil {
		return false, nil // not one of ours
	}
	found, err := scans(ctx, tx, `id = ? AND site = ?`, number, e.Site)
	if err != nil || len(found) == 0 {
		return false, err
	}
	at := r.Time + e.Offset
	gone, err := missingCredentials(ctx, tx, found[0].Credentials)
	if err != nil {
		return false, err
	}
	if r.Problem != "" && gone != "" {
		gone = "; " + gone
	}
	r.Problem += gone
	if known := found[0]; known.AtWork() && at >= known.Told {
		ended = r.State != telemetry.ScanRunning
		if err := exec(ctx, tx, `UPDATE scans SET state = ?, problem = ?, agent = ?, done = ?, tries = ?, answering = ?, told_ms = ? WHERE id = ?`,
			r.State, r.Problem, e.Agent, int64(r.Done), int64(r.All), int64(r.Answering), at, number); err != nil {
			return false, err
		}
	}
	for _, f := range r.Found {
		reply := Reply{Address: f.Address, ICMP: f.ICMP, SNMP: f.SNMP, Credential: f.Credential, Name: f.Name, SysObjectID: f.SysObjectID,
			SysDescr: f.SysDescr, Vendor: f.Vendor, Model: f.Model, Profile: f.Profile}
		if f.SNMP {
			reply.Port = found[0].Port
		}
		if err := exec(ctx, tx, `INSERT INTO scan_replies (scan, address, reply) SELECT ?1, ?2, ?3 WHERE (SELECT count(*) FROM scan_replies WHERE scan = ?1) < ?4
			ON CONFLICT (scan, address) DO UPDATE SET reply = excluded.reply`, number, f.Address, mustJSON(reply), maxReplies); err != nil {
			return false, err
		}
	}
	return ended, nil
}

// takeReplies makes proposals of what scans of agents found.
func (s *Store) takeReplies(ctx context.Context) error {
	rows, err := s.db.Read().QueryContext(ctx, `SELECT s.site, r.scan, r.address, r.reply FROM scan_replies r JOIN scans s ON s.id = r.scan ORDER BY r.scan, r.address`)
	if err != nil {
		return fmt.Errorf("read what scans found: %w", err)
	}
	defer rows.Close()
	type taken struct {
		scan           int64
		address, reply string
	}
	bySite := map[string][]Reply{}
	var all []taken
	for rows.Next() {
		var site string
		var t taken
		var reply Reply
		if err := rows.Scan(&site, &t.scan, &t.address, &t.reply); err != nil {
			return fmt.Errorf("read what scans found: %w", err)
		}
		if err := json.Unmarshal([]byte(t.reply), &reply); err != nil {
			return fmt.Errorf("read what scan %d found: %w", t.scan, err)
		}
		bySite[site] = append(bySite[site], reply)
		all = append(all, t)
	}
	if err := rows.Err(); err != nil || len(all) == 0 {
		return err
	}
	for _, site := range sortedKeys(bySite) {
		if err := s.Scanned(ctx, site, bySite[site]); err != nil && !errors.Is(err, ErrUnknown) { // a site that is gone wants no devices
			return err
		}
	}
	return s.db.Write(ctx, func(tx *sql.Tx) error {
		for _, t := range all { // what has come in since stays
			if err := exec(ctx, tx, `DELETE FROM scan_replies WHERE scan = ? AND address = ? AND reply = ?`, t.scan, t.address, t.reply); err != nil {
				return err
			}
		}
		return nil
	})
}
