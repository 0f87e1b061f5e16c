package live

import (
	"context"
	"slices"
	"strings"
	"time"

	"ninewatch/collector/inventory"
	"ninewatch/collector/topology"
)

// Backup is a reason not to rely on a member that stands by.
type Backup struct {
	Group, Title, Member string
	Sites                []string
	topology.BackupFlaw
}

// Backups lists what speaks against relying on members that stand by, by group: a backup that is up is not one that
// works.
func (s *Service) Backups() []Backup { return *s.backups.Load() }

// readBackups looks at the members that stand by: those of groups of mode active_backup behind the first, and the
// routers of first hop redundancy groups that are not active.
func (s *Service) readBackups(ctx context.Context) {
	now := s.deps.Now()
	next := []Backup{}
	for _, g := range s.view.Load().Groups {
		for _, x := range s.standings(ctx, g) {
			for _, f := range x.Flaws(now, s.cfg.Exercise) {
				next = append(next, Backup{Group: g.Name, Title: g.Title, Member: x.Member, Sites: g.Sites, BackupFlaw: f})
			}
		}
	}
	if ctx.Err() != nil {
		return
	}
	old := s.backups.Swap(&next)
	if !slices.EqualFunc(*old, next, func(a, b Backup) bool { return a.Group == b.Group && a.BackupFlaw == b.BackupFlaw }) {
		s.deps.Changed()
	}
}

// standings are the members of a group that stand by.
func (s *Service) standings(ctx context.Context, g *Group) []topology.Standing {
	if g.roles {
		return s.routersBy(g)
	}
	if g.Kind != inventory.ModeActiveBackup || s.deps.Traffic == nil || s.deps.Days == nil {
		return nil
	}
	first := 0
	for i, m := range g.Members {
		if m.Priority < g.Members[first].Priority {
			first = i
		}
	}
	if len(g.of[first].ports) == 0 {
		return nil
	}
	load, _, _, err := s.deps.Traffic.Together(ctx, g.of[first].ports[:1], s.cfg.LoadWindow)
	if err != nil {
		s.unread(ctx, g, err)
		return nil
	}
	var out []topology.Standing
	for i, m := range g.Members {
		if i == first || len(g.of[i].ports) == 0 {
			continue
		}
		days, err := s.deps.Days(ctx, g.of[i].ports[0])
		if err != nil {
			s.unread(ctx, g, err)
		}
		out = append(out, topology.Standing{Member: m.ID, Primary: g.Members[first].ID, Capacity: m.Capacity, Load: load, Days: days})
	}
	return out
}

func (s *Service) unread(ctx context.Context, g *Group, err error) {
	if ctx.Err() == nil {
		s.log.Warn("what a backup carried is not read, it is tried again", "group", g.Name, "err", err)
	}
}

// routersBy are the routers of a group that were not active when they were asked last.
func (s *Service) routersBy(g *Group) []topology.Standing {
	s.working.Lock()
	defer s.working.Unlock()
	var out []topology.Standing
	for i, m := range g.of {
		known := s.memory[m.device]
		if known == nil || m.role == topology.Active {
			continue
		}
		x := topology.Standing{Member: g.Members[i].ID, Router: true}
		if t, ok := known.Turns[g.Name]; ok {
			x.Watched = time.UnixMilli(t.Since)
			if t.Active > 0 {
				x.Active = time.UnixMilli(t.Active)
			}
		}
		out = append(out, x)
	}
	slices.SortFunc(out, func(a, b topology.Standing) int { return strings.Compare(a.Member, b.Member) })
	return out
}
