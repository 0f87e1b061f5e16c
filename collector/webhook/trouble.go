package webhook

import (
	"context"
	"fmt"
	"time"
)

// Trouble is why a receiver may not have got what was for it. Times are Unix ms.
type Trouble struct {
	Gone    int64 // since it answered 410 Gone, and nothing is sent to it; 0: it did not
	Rests   int64 // it failed again and again: the next delivery to it is tried then; 0: it does not rest
	Waiting int   // deliveries that were tried, and will be again
	Dead    int   // dead letters
}

// Words say what is wrong, each with the mend.
func (t Trouble) Words() []string {
	var out []string
	if t.Gone != 0 {
		out = append(out, fmt.Sprintf("It answered 410 Gone at %s, and nothing is sent to it: change its URL, or send it a test when it is back.", inWords(t.Gone)))
	}
	if t.Rests != 0 {
		out = append(out, fmt.Sprintf("It failed %d times in a row or more and rests; the next delivery is tried at %s: look at what it answered in the delivery log.", breakAfter, inWords(t.Rests)))
	}
	if t.Waiting > 0 {
		out = append(out, fmt.Sprintf("%s did not arrive yet, and will be tried again.", counted(t.Waiting, "delivery", "deliveries")))
	}
	if t.Dead > 0 {
		out = append(out, fmt.Sprintf("%s: send again from the delivery log what it still has to know.", counted(t.Dead, "dead letter", "dead letters")))
	}
	return out
}

func inWords(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02 15:04:05 UTC") }

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// Troubles is what is wrong with receivers now, by name; those with which nothing is are not in it.
func (s *Service) Troubles(ctx context.Context) (map[string]Trouble, error) {
	out := map[string]Trouble{}
	rows, err := s.deps.Read.QueryContext(ctx, `SELECT receiver, sum(status = 'pending' AND attempts > 0), sum(status = 'dead')
		FROM deliveries WHERE status IN ('pending', 'dead') GROUP BY receiver`)
	if err != nil {
		return nil, fmt.Errorf("count what did not arrive: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var t Trouble
		if err := rows.Scan(&name, &t.Waiting, &t.Dead); err != nil {
			return nil, fmt.Errorf("count what did not arrive: %w", err)
		}
		if t != (Trouble{}) {
			out[name] = t
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("count what did not arrive: %w", err)
	}
	gone, err := s.Gone(ctx)
	if err != nil {
		return nil, err
	}
	for _, g := range gone {
		t := out[g.Receiver]
		t.Gone = g.Since
		out[g.Receiver] = t
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, b := range s.rest {
		if s.deps.Now().Before(b.until) {
			t := out[name]
			t.Rests = b.until.UnixMilli()
			out[name] = t
		}
	}
	return out, nil
}
