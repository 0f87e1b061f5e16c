package plan

import "time"

// Config sets how a Service works; a file has no section for it, limits and lead times are inventory.
type Config struct {
	Every       time.Duration // between two looks for hours to compute
	Settle      time.Duration // from the end of an hour until it is computed
	Horizon     int           // days that are forecast
	History     int           // days that a forecast looks back at most
	BucketDays  int           // days for which buckets are kept
	CircuitDays int           // the same for circuits, for bills
}

// DefaultConfig is what runs.
func DefaultConfig() Config {
	return Config{Every: 10 * time.Second, Settle: 2 * time.Minute, Horizon: 365, History: 400, BucketDays: 62, CircuitDays: 400}
}

// Defaults where no rule of the inventory says otherwise: a limit in percent, and days until what is ordered is in
// place. Memory and disks serve up to a higher share than lines, on which queues begin to build.
const lineLimit = 80

var (
	defaultLimit = map[string]float64{KindStorage: 90, KindMemory: 90}
	defaultLead  = map[string]float64{
		KindInterface: 30, KindCircuit: 60, KindProcessor: 30, KindMemory: 30, KindStorage: 45, KindPower: 90, KindSensor: 30, KindExpr: 30,
	}
)
