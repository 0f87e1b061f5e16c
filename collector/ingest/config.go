package ingest

import (
	"errors"
	"net"
	"time"
)

// Config is what the service listens on and how long it is patient.
type Config struct {
	Listen        string        // host:port
	HelloTimeout  time.Duration // between the start of a stream and its Hello
	ConnectionAge time.Duration // then an agent connects anew, and is checked anew
}

// DefaultConfig is port 7443, 10 s and 15 min.
func DefaultConfig() Config {
	return Config{Listen: ":7443", HelloTimeout: 10 * time.Second, ConnectionAge: 15 * time.Minute}
}

// Validate reports every mistake in c.
func (c Config) Validate() error {
	var errs []error
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		errs = append(errs, err)
	}
	if c.HelloTimeout <= 0 || c.ConnectionAge <= 0 {
		errs = append(errs, errors.New("HelloTimeout and ConnectionAge have to be positive"))
	}
	return errors.Join(errs...)
}

// Limits on what one agent can make the collector hold. Each has a counter or ends the stream in words.
const (
	maxMessage      = 4 << 20          // bytes; the wire's limit for both directions
	maxInbox        = 4 << 20          // bytes of batches received and not yet journaled, per stream
	maxGroup        = 256              // batches journaled with one append
	maxHelloEpochs  = 10_000           // epochs that an agent may still hold
	maxEpochs       = 20_000           // epochs remembered per agent
	maxRanges       = 10_000           // holes in the sequence of one epoch
	maxDurable      = 50_000           // ranges in a Welcome; what is left out is sent again, and acknowledged
	maxProblems     = 100              // problems logged of one Applied
	chunkSize       = 1 << 20          // bytes of an assignment's chunk, well below maxMessage
	futureTolerance = 5 * time.Minute  // ARCHITECTURE, section 6
	liveAge         = 2 * time.Minute  // or two intervals: ARCHITECTURE, section 5
	pausePoll       = time.Second      // between two looks at Deps.Pause
	revocationPoll  = 3 * time.Second  // for revocations by another process
	keepaliveMin    = 10 * time.Second // pings of an agent more often than this end its connection
	keepaliveIdle   = 30 * time.Second // then the collector pings an agent
	connectionGrace = 30 * time.Second // for streams when ConnectionAge is over
	auditEvery      = time.Hour        // for a claim that repeats
)
