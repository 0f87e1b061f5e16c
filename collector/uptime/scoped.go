package uptime

import "context"

// Line is the states over [from, to) in Unix seconds of anything that has a timeline: a device, an interface,
// a circuit, a service, a site or a path; as far as evidence has come. An error that is ErrUnknownScope says
// that there is no such thing.
func (e *Engine) Line(ctx context.Context, scope string, from, to int64) ([]Interval, error) {
	w, err := e.ask(ctx).line(scope, from)
	if err != nil {
		return nil, err
	}
	if to = min(to, w.asOf); to <= from {
		return nil, nil
	}
	return clip(w.line, from, to), nil
}
