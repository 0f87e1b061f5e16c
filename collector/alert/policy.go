package alert

import "time"

// Policy is how incidents are judged in time.
type Policy struct {
	Settle      time.Duration // a root waits so long at most for what lies behind it
	Grace       time.Duration // what lay behind a root that is back has so long to answer
	Explained   time.Duration // the same for what the ledger still explains by the root
	Reopen      time.Duration // an object that fails again so soon re-opens its incident
	FlapWindow  time.Duration
	FlapChanges int           // so many changes within FlapWindow are flapping
	FlapQuiet   time.Duration // without a change for so long, flapping is over
	Skew        time.Duration // how far apart two starts are before their order counts
	Hold        map[string]time.Duration
}

// DefaultPolicy follows ANALYTICS C.4: children are judged within 5 s, W is 60 s.
func DefaultPolicy() Policy {
	return Policy{
		Settle: 5 * time.Second, Grace: 30 * time.Second, Explained: 2 * time.Minute, Reopen: 10 * time.Minute,
		FlapWindow: 30 * time.Minute, FlapChanges: 6, FlapQuiet: 10 * time.Minute, Skew: time.Minute,
		Hold: map[string]time.Duration{ProberFault: time.Minute, CredentialFailure: time.Minute, Latency: time.Minute, PacketLoss: 30 * time.Second, AgentLost: 30 * time.Second},
	}
}
