package ingest

// An agent's clock: what has to be added to its times to get ours. It is measured once per boot of the
// agent's host and step of its clock, and constant within, so that a record sent twice, or fed anew,
// gets the same time.

const (
	clockStep     = 1000 // ms: less than this is the latency of the network, and no step
	maxClockSteps = 16   // remembered per agent, the oldest goes first
)

type clockSegment struct {
	boot   string
	from   int64 // the agent's time of the measurement
	offset int64
}

// clock is a list of segments, the newest last.
type clock struct{ segments []clockSegment }

// measure takes the agent's time and ours at the same moment.
func (c *clock) measure(boot string, agentTime, now int64) {
	offset := now - agentTime
	if offset > -clockStep && offset < clockStep {
		offset = 0
	}
	if n := len(c.segments); n > 0 {
		last := c.segments[n-1]
		if d := offset - last.offset; last.boot == boot && d > -clockStep && d < clockStep {
			return
		}
	}
	c.segments = append(c.segments, clockSegment{boot: boot, from: agentTime, offset: offset})
	if len(c.segments) > maxClockSteps {
		c.segments = c.segments[1:]
	}
}

// offset is that of the newest segment that had begun at the agent's time t. Times before the first
// measurement were taken on the clock of the first.
func (c *clock) offset(t int64) int64 {
	for i := len(c.segments) - 1; i >= 0; i-- {
		if s := c.segments[i]; s.from <= t {
			return s.offset
		}
	}
	if len(c.segments) > 0 {
		return c.segments[0].offset
	}
	return 0
}

// newest is the offset of the clock as it goes now.
func (c *clock) newest() int64 {
	if n := len(c.segments); n > 0 {
		return c.segments[n-1].offset
	}
	return 0
}
