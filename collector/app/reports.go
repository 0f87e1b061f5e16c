package app

import (
	"path/filepath"
	"time"

	"ninewatch/collector/api"
	"ninewatch/collector/report/schedule"
	"ninewatch/internal/lifecycle"
)

// scheduled is the part that makes reports when their periods end.
func (a *App) scheduled(served *api.API) lifecycle.Part {
	s := schedule.New(schedule.Deps{
		Log: a.log, Read: a.db.Read(), Write: a.db.Write, Schedules: a.inventory.Schedules, Make: served.MakeReport,
		Queue: a.webhook.Queue, Wake: a.webhook.Wake, Dir: filepath.Join(a.cfg.DataDir, "reports"), Link: a.externalURL(), Now: time.Now,
	})
	return lifecycle.Part{Name: "scheduled reports", Start: s.Start, Stop: s.Stop}
}
