package plan

import (
	"context"
	"database/sql"
	"fmt"
)

// Import is the past of a series that no sample of the store tells, such as that of a demo: means and peaks of
// 5-minute buckets, one list a direction.
type Import struct {
	Series   string
	Capacity float64
	Fine     bool  // thousandths count
	From     int64 // Unix ms, on a bound of buckets
	Rates    [][]float64
	Peaks    [][]float64
}

// Import stores the past of series of devices that the inventory has.
func (s *Service) Import(ctx context.Context, list []Import) error {
	w, err := s.look(ctx)
	if err != nil {
		return err
	}
	for _, x := range list {
		r, ok := w.resource(x.Series, x.Capacity)
		if !ok {
			return fmt.Errorf("import %q: %w", x.Series, ErrUnknown)
		}
		if x.From%bucketMillis != 0 || len(x.Rates) == 0 || len(x.Rates) > maxLines || len(x.Peaks) != len(x.Rates) {
			return fmt.Errorf("import %q: it needs one or two lines that begin on a bound of 5 minutes", x.Series)
		}
		zone, end := w.zone(r.Site), x.From+int64(len(x.Rates[0]))*bucketMillis
		err := s.deps.Write(ctx, func(tx *sql.Tx) error {
			for date := dateIn(x.From, zone); ; date = plus(date, 1) {
				from, to := dayBounds(date, zone)
				in := span{max(from, x.From), min(to, end)}
				if in.from >= in.to {
					return nil
				}
				p := piece{size: x.Capacity, fine: x.Fine}
				a, b := (in.from-x.From)/bucketMillis, (in.to-x.From)/bucketMillis
				for i := range x.Rates {
					p.lines = append(p.lines, line{x.Rates[i][a:b], x.Peaks[i][a:b]})
				}
				if err := put(ctx, tx, x.Series, date, zone, in, p); err != nil {
					return err
				}
			}
		})
		if err != nil {
			return fmt.Errorf("import %q: %w", x.Series, err)
		}
	}
	return nil
}
