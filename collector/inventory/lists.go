package inventory

import "context"

// The kinds without secrets are read alike: whole, by name.

func readPlain[T any](ctx context.Context, s *Store, kind string) ([]T, error) {
	return readAll(ctx, s.db.Read(), kind, "", func(*T, object) error { return nil })
}

// Calendars lists the calendars, by name.
func (s *Store) Calendars(ctx context.Context) ([]Calendar, error) {
	return readPlain[Calendar](ctx, s, KindCalendar)
}

// Circuits lists the circuits, by name.
func (s *Store) Circuits(ctx context.Context) ([]Circuit, error) {
	return readPlain[Circuit](ctx, s, KindCircuit)
}

// Links lists the links that people wrote, by name.
func (s *Store) Links(ctx context.Context) ([]Link, error) {
	return readPlain[Link](ctx, s, KindLink)
}

// Services lists the services, by name.
func (s *Store) Services(ctx context.Context) ([]Service, error) {
	return readPlain[Service](ctx, s, KindService)
}

// RedundancyGroups lists the redundancy groups that people wrote, by name.
func (s *Store) RedundancyGroups(ctx context.Context) ([]RedundancyGroup, error) {
	return readPlain[RedundancyGroup](ctx, s, KindRedundancyGroup)
}

// RiskGroups lists what fails together, by name.
func (s *Store) RiskGroups(ctx context.Context) ([]RiskGroup, error) {
	return readPlain[RiskGroup](ctx, s, KindRiskGroup)
}

// Maintenance lists the planned work, by name.
func (s *Store) Maintenance(ctx context.Context) ([]Maintenance, error) {
	return readPlain[Maintenance](ctx, s, KindMaintenance)
}

// Routes lists the routes, by name.
func (s *Store) Routes(ctx context.Context) ([]Route, error) {
	return readPlain[Route](ctx, s, KindRoute)
}

// Rules lists the rules, by name.
func (s *Store) Rules(ctx context.Context) ([]Rule, error) {
	return readPlain[Rule](ctx, s, KindRule)
}

// Capacity lists the limits and lead times, by name.
func (s *Store) Capacity(ctx context.Context) ([]Capacity, error) {
	return readPlain[Capacity](ctx, s, KindCapacity)
}

// Lifecycle lists what makers say of models, by name.
func (s *Store) Lifecycle(ctx context.Context) ([]Lifecycle, error) {
	return readPlain[Lifecycle](ctx, s, KindLifecycle)
}

// SoftwarePolicies lists the software policies, by name.
func (s *Store) SoftwarePolicies(ctx context.Context) ([]SoftwarePolicy, error) {
	return readPlain[SoftwarePolicy](ctx, s, KindSoftwarePolicy)
}

// Schedules lists the scheduled reports, by name.
func (s *Store) Schedules(ctx context.Context) ([]Schedule, error) {
	return readPlain[Schedule](ctx, s, KindSchedule)
}

// Users lists the accounts, without passwords, by name.
func (s *Store) Users(ctx context.Context) ([]User, error) {
	return readPlain[User](ctx, s, KindUser)
}
