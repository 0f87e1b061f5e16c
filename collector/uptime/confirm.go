package uptime

// judged is samples of one series with the state that they vouch for.
type judged struct {
	series
	state State
}

// confirmer applies the rules of confirmation to the samples of one stream in order of time. It looks at
// the first samples of each series one by one; once as many equal samples as the rules look back on have
// passed, the rest of the series cannot change anything.
type confirmer struct {
	p     ProbePolicy
	out   []judged
	state State // the confirmed state: "" before the first
	last  int   // index in out of the newest evidence, or -1
	bads  []int // indices of bad samples in a row
	goods []int // indices of good samples in a row
	win   []int // indices of the last M samples
}

// confirm judges the merged series of a stream.
func confirm(in []series, p ProbePolicy) []judged {
	c := &confirmer{p: p, last: -1}
	for _, s := range in {
		c.add(s)
	}
	return c.out
}

func (c *confirmer) add(s series) {
	if !s.class.evidence() {
		if s.every > c.p.hold(s.every, s.every) {
			c.singles(s, s.n)
			return
		}
		c.out = append(c.out, judged{s, Unknown})
		return
	}
	if s.every > c.p.hold(s.every, s.every) {
		c.singles(s, s.n) // each sample stands alone
		return
	}
	head := min(s.n, c.p.depth())
	c.singles(s, head)
	if rest := s.n - head; rest > 0 {
		s.t, s.n = s.t+head*s.every, rest
		c.step(s)
	}
}

func (c *confirmer) singles(s series, n int64) {
	one := s
	one.n = 1
	for i := range n {
		one.t = s.t + i*s.every
		if s.class.evidence() {
			c.step(one)
		} else {
			c.out = append(c.out, judged{one, Unknown})
		}
	}
}

func (c *confirmer) step(s series) {
	i := len(c.out)
	c.out = append(c.out, judged{series: s})
	if c.last >= 0 {
		if prev := c.out[c.last]; s.t-prev.last() > c.p.hold(prev.every, s.every) {
			c.bads, c.goods, c.win = nil, nil, nil
		}
	}
	c.last = i
	if m := c.p.Down.M; m > 0 {
		for range min(s.n, int64(m)) {
			c.win = append(c.win, i)
		}
		c.win = c.win[max(0, len(c.win)-m):]
	}
	if s.class == bad {
		c.goods = nil
		c.bads = limited(c.bads, i, c.p.Down.N)
		c.failed(i)
	} else {
		c.bads = nil
		c.goods = limited(c.goods, i, c.p.Up)
		c.answered(i)
	}
}

// limited appends i unless list already holds as many as decide.
func limited(list []int, i, enough int) []int {
	if len(list) >= enough {
		return list
	}
	return append(list, i)
}

func (c *confirmer) failed(i int) {
	first := -1
	if c.state != Down {
		first = c.outageStart()
	}
	if first >= 0 {
		c.state = Down
		for j := first; j < i; j++ {
			if c.out[j].class.evidence() {
				c.out[j].state = Down
			}
		}
	}
	switch c.state {
	case "":
		c.out[i].state = Unknown
	default:
		c.out[i].state = c.state // a failure that is not confirmed stays up
	}
}

// outageStart is the index of the sample from which the target is down, or -1.
func (c *confirmer) outageStart() int {
	d := c.p.Down
	if d.M <= 0 {
		if len(c.bads) < d.N {
			return -1
		}
		return c.bads[0]
	}
	first, n := -1, 0
	for k := len(c.win) - 1; k >= 0; k-- {
		if c.out[c.win[k]].class == bad {
			n++
			first = c.win[k]
		}
	}
	if n < d.K {
		return -1
	}
	return first
}

func (c *confirmer) answered(i int) {
	switch {
	case c.state == "":
		c.state = Up
	case c.state == Down && len(c.goods) >= c.p.Up:
		c.state = Up
		for _, j := range c.goods {
			c.out[j].state = answeredState(c.out[j].class)
		}
	}
	if c.state == Up {
		c.out[i].state = answeredState(c.out[i].class)
	} else {
		c.out[i].state = Down
	}
}

func answeredState(c class) State {
	if c == lossy {
		return Degraded
	}
	return Up
}
