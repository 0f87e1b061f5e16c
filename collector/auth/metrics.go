package auth

import "github.com/VictoriaMetrics/metrics"

type authMetrics struct {
	enrolments, enrolmentsRefused   *metrics.Counter
	renewals, renewalsExpired       *metrics.Counter
	renewalsRefused                 *metrics.Counter
	logins, loginsWrong, loginsMany *metrics.Counter
}

func newAuthMetrics(set *metrics.Set) authMetrics {
	return authMetrics{
		enrolments:        set.NewCounter(`ninewatch_collector_auth_enrolments_total{result="ok"}`),
		enrolmentsRefused: set.NewCounter(`ninewatch_collector_auth_enrolments_total{result="refused"}`),
		renewals:          set.NewCounter(`ninewatch_collector_auth_renewals_total{result="ok"}`),
		renewalsExpired:   set.NewCounter(`ninewatch_collector_auth_renewals_total{result="ok_after_expiry"}`),
		renewalsRefused:   set.NewCounter(`ninewatch_collector_auth_renewals_total{result="refused"}`),
		logins:            set.NewCounter(`ninewatch_collector_auth_logins_total{result="ok"}`),
		loginsWrong:       set.NewCounter(`ninewatch_collector_auth_logins_total{result="wrong"}`),
		loginsMany:        set.NewCounter(`ninewatch_collector_auth_logins_total{result="too_many"}`),
	}
}
