package plan

import (
	"context"
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
		p := piece{size: x.Capacity, fine: x.Fine}
		for i := range x.Rates {
			p.lines = append(p.lines, line{x.Rates[i], x.Peaks[i]})
		}
		if err := s.lay(ctx, x.Series, w.zone(r.Site), x.From, p); err != nil {
			return fmt.Errorf("import %q: %w", x.Series, err)
		}
	}
	return nil
}
