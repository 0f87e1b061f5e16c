package inventory

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"ninewatch/internal/telemetry"
)

// The kinds of a Finding.
const (
	FindingAssetDate = "asset_date"          // warranty, end of life, end of support
	FindingSoftware  = "software_off_policy" // a version that no policy allows

	FindingProfileWanted  = "profile_wanted"  // no profile knows the device: it is read by the standard MIBs alone
	FindingProfileUnknown = "profile_unknown" // the agent has no profile of the name that the inventory gives
)

// genericProfile is the name of the agents' profile for what nobody knows.
const genericProfile = "generic"

// dueBefore is how long before a date it is told.
const dueBefore = 90 * 24 * time.Hour

// Finding is something about a device that somebody should know, and that no measurement shows.
type Finding struct {
	Kind     string
	Severity string // minor, warning
	Site     string
	Device   string
	Object   string // which date, or which part or policy
	Summary  string
	Since    time.Time // when it began to be true; zero: not known
}

// Findings judges assets and software as they are known now.
func (s *Store) Findings(ctx context.Context) ([]Finding, error) {
	devices, err := s.Devices(ctx, Filter{})
	if err != nil {
		return nil, err
	}
	identities, err := s.Identities(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := s.Assets(ctx, false)
	if err != nil {
		return nil, err
	}
	policies, err := s.SoftwarePolicies(ctx)
	if err != nil {
		return nil, err
	}
	wanted, err := s.profileFindings(ctx, devices, identities)
	if err != nil {
		return nil, err
	}
	return slices.Concat(AssetFindings(rows, s.now()), SoftwareFindings(devices, identities, policies), wanted), nil
}

// profileFindings tells of devices that are not read by a profile of their own.
func (s *Store) profileFindings(ctx context.Context, devices []Device, identities map[string]telemetry.Identity) ([]Finding, error) {
	var out []Finding
	for _, d := range devices {
		read := identities[d.Name].Profile
		if read == "" || read == d.Profile {
			continue
		}
		f := Finding{Kind: FindingProfileUnknown, Severity: "warning", Site: d.Site, Device: d.Name, Object: d.Profile,
			Summary: fmt.Sprintf("%s is read by the profile %s: its agent has none named %q, correct it or add its file to the folder of profiles there", d.Name, read, d.Profile)}
		if d.Profile == "" {
			if read != genericProfile {
				continue
			}
			facts, err := s.Facts(ctx, d.Name)
			if err != nil && !errors.Is(err, ErrUnknown) {
				return nil, err
			}
			f.Kind, f.Object = FindingProfileWanted, facts.System.SysObjectID
			f.Summary = fmt.Sprintf("no profile knows %s (sysObjectID %s), it is read by the standard MIBs alone; what a profile can be written from: ninewatch-agent inspect %s -o snmprec",
				d.Name, cmp.Or(f.Object, "none"), target(d))
		}
		out = append(out, f)
	}
	return out, nil
}

// target is a device as the agent's commands take it.
func target(d Device) string {
	switch {
	case d.Port == 0:
		return d.Address
	case strings.Contains(d.Address, ":"):
		return fmt.Sprintf("[%s]:%d", d.Address, d.Port)
	}
	return fmt.Sprintf("%s:%d", d.Address, d.Port)
}

// AssetFindings tells of dates that have passed or come within 90 days. A date is over when its day is, UTC.
func AssetFindings(rows []AssetRow, now time.Time) []Finding {
	var out []Finding
	for _, r := range rows {
		what := fmt.Sprintf("%s %s", r.Device, r.Key)
		if r.Key == "" {
			what = r.Device
		}
		for _, d := range []struct{ date, key, coming, passed, severity string }{
			{r.Books.WarrantyUntil, "warranty_until", "warranty of %s ends on %s", "warranty of %s has ended on %s", "warning"},
			{r.Books.EndOfLife, "end_of_life", "%s reaches the end of its life on %s", "%s has been at the end of its life since %s", "minor"},
			{r.EndOfSupport, "end_of_support", "support of %s ends on %s", "support of %s has ended on %s", "minor"},
		} {
			end, err := time.Parse(time.DateOnly, d.date)
			if err != nil || now.Before(end.Add(-dueBefore)) {
				continue
			}
			f := Finding{Kind: FindingAssetDate, Severity: "warning", Site: r.Site, Device: r.Device, Object: d.key, Since: end.Add(-dueBefore)}
			if r.Key != "" {
				f.Object += " " + r.Key
			}
			name := what
			if r.Model != "" {
				name += " (" + r.Model + ")"
			}
			f.Summary = fmt.Sprintf(d.coming, name, d.date)
			if over := end.AddDate(0, 0, 1); !now.Before(over) {
				f.Severity, f.Summary, f.Since = d.severity, fmt.Sprintf(d.passed, name, d.date), over
			}
			out = append(out, f)
		}
	}
	return out
}

// SoftwareFindings tells of devices that run what a policy which is for them does not allow.
func SoftwareFindings(devices []Device, identities map[string]telemetry.Identity, policies []SoftwarePolicy) []Finding {
	var out []Finding
	for _, d := range devices {
		i := identities[d.Name]
		if i.Version == "" {
			continue
		}
		for _, p := range policies {
			if !p.Match.matches(d, i) || p.Allows(i.Version) {
				continue
			}
			out = append(out, Finding{Kind: FindingSoftware, Severity: "minor", Site: d.Site, Device: d.Name, Object: p.Name,
				Summary: fmt.Sprintf("%s runs %s %s, allowed by %q: %s", d.Name, i.OS, i.Version, p.Name, strings.Join(p.Versions, " or "))})
		}
	}
	return out
}

func (m SoftwareMatch) matches(d Device, i telemetry.Identity) bool {
	if !globs(m.Vendor, i.Vendor) || !globs(m.OS, i.OS) || !globs(m.Model, i.Model) || !globs(m.Site, d.Site) || !globs(m.Role, d.Role) {
		return false
	}
	return globsAny(m.Tags, d.Tags)
}

// globsAny tells whether one of texts is like one of the patterns; no patterns take every list.
func globsAny(patterns, texts []string) bool {
	for _, t := range texts {
		if globs(patterns, t) {
			return true
		}
	}
	return len(patterns) == 0
}
