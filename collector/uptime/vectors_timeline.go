package uptime

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"ninewatch/internal/telemetry"
)

type timelineInput struct {
	Period      periodVector              `json:"period"`
	AsOf        *instant                  `json:"as_of"`
	Probe       probeVector               `json:"probe"`
	Policy      policyVector              `json:"policy"`
	Targets     map[string]targetVector   `json:"targets"`
	Services    map[string]exprVector     `json:"services"`
	AgentAway   []windowVector            `json:"agent_away"`
	Maintenance map[string][]windowVector `json:"maintenance"` // by target or service; "*" is all
	Calendar    *calendarVector           `json:"calendar"`
	Target      json.Number               `json:"target_pct"`
	Acks        []struct {
		Alerted instant  `json:"alerted"`
		Acked   *instant `json:"acked"`
	} `json:"acks"`
}

type probeVector struct {
	Interval    float64 `json:"interval_s"`
	Hold        float64 `json:"hold_s"`
	ConfirmDown struct {
		Mode string `json:"mode"`
		N    int    `json:"n"`
		K    int    `json:"k"`
		M    int    `json:"m"`
	} `json:"confirm_down"`
	ConfirmUp    int      `json:"confirm_up"`
	DegradedLoss *float64 `json:"degraded_loss"`
}

type policyVector struct {
	Unreachable   string `json:"unreachable"` // exclude (default) or down
	Skew          *int64 `json:"skew_s"`
	RebootAssumed *int64 `json:"reboot_assumed_s"`
	Retroactive   string `json:"retroactive_maintenance"` // exclude: windows made after their start count too
}

type targetVector struct {
	Samples    []sampleVector `json:"samples"`
	Parents    []string       `json:"parents"`
	ParentMode string         `json:"parent_mode"`
	Created    *instant       `json:"created"`
}

type sampleVector struct {
	From, To, At *instant
	Every        float64 `json:"every"`
	R            string  `json:"r"`
	Uptime       *uint64 `json:"uptime"`
	HostUptime   *int64  `json:"host_uptime"`
	Probe        string  `json:"probe"`
	Agent        string  `json:"agent"`
}

// policy turns the parameters of a vector into a Policy: the same for every probe, to the letter.
func (in timelineInput) policy() (Policy, error) {
	pol := DefaultPolicy()
	pol.Sharpen = false
	p := ProbePolicy{
		Interval: int64(in.Probe.Interval * 1000), Hold: int64(in.Probe.Hold * 1000),
		Down: Confirm{N: in.Probe.ConfirmDown.N}, Up: max(1, in.Probe.ConfirmUp),
	}
	if p.Interval <= 0 {
		return pol, fmt.Errorf("probe interval_s %g: want more than 0", in.Probe.Interval)
	}
	switch in.Probe.ConfirmDown.Mode {
	case "window":
		p.Down = Confirm{K: in.Probe.ConfirmDown.K, M: in.Probe.ConfirmDown.M}
	case "consecutive", "":
		if p.Down.N == 0 {
			p.Down.N = 3
		}
	default:
		return pol, fmt.Errorf("confirm_down mode %q: want consecutive or window", in.Probe.ConfirmDown.Mode)
	}
	pol.ICMP, pol.SNMP = p, p
	pol.Skew = int64(math.Ceil(in.Probe.Interval))
	if in.Policy.Skew != nil {
		pol.Skew = *in.Policy.Skew
	}
	if in.Policy.RebootAssumed != nil {
		pol.RebootAssumed = *in.Policy.RebootAssumed
	}
	if in.Probe.DegradedLoss != nil {
		pol.DegradedPPM = ppm(*in.Probe.DegradedLoss)
	}
	return pol, pol.Validate()
}

func ppm(x float64) uint32 { return uint32(math.Round(min(max(x, 0), 1) * 1e6)) }

// run turns a run of samples of a vector into a run of evidence.
func (s sampleVector) run(interval int64) (telemetry.Run, error) {
	r := telemetry.Run{Every: interval, Probe: telemetry.ProbeICMP}
	if s.Probe == telemetry.ProbeSNMP.String() {
		r.Probe = telemetry.ProbeSNMP
	}
	switch {
	case s.At != nil:
		r.From = int64(*s.At) * 1000
		r.To = r.From
	case s.From != nil && s.To != nil && s.Every > 0 && *s.From < *s.To:
		r.Every = int64(s.Every * 1000)
		r.From = int64(*s.From) * 1000
		r.To = r.From + (int64(*s.To)*1000-r.From-1)/r.Every*r.Every
	default:
		return r, fmt.Errorf("sample run: want at, or from before to and every above 0")
	}
	switch loss, isLoss := strings.CutPrefix(s.R, "loss:"); {
	case isLoss:
		x, err := strconv.ParseFloat(loss, 64)
		if err != nil || x < 0 || x > 1 {
			return r, fmt.Errorf("result %q: want a loss from 0 to 1", s.R)
		}
		r.Result, r.LossPPM = telemetry.Loss, ppm(x)
	case s.R == "ok":
		r.Result = telemetry.OK
	case s.R == "fail":
		r.Result = telemetry.Fail
	default:
		return r, fmt.Errorf("result %q: want ok, fail or loss:x", s.R)
	}
	return r, nil
}

// readings are the first and the last sysUpTime of a run: between them it advances with time.
func (s sampleVector) readings(r telemetry.Run) []Reading {
	if s.Uptime == nil || r.Result == telemetry.Fail || r.LossPPM >= 1_000_000 {
		return nil
	}
	var out []Reading
	for _, t := range []int64{r.From, r.To} {
		x := Reading{Time: t, Ticks: (*s.Uptime + uint64(t-r.From)/10) % tickWrap}
		if s.HostUptime != nil {
			x.Host, x.HasHost = *s.HostUptime+(t-r.From)/1000, true
		}
		out = append(out, x)
	}
	return out
}

// streams collects the samples of a target.
func (t targetVector) streams(interval int64, away [][2]int64) ([]Stream, []Reading, error) {
	type key struct {
		probe telemetry.Probe
		agent string
	}
	at := map[key]int{}
	var out []Stream
	var readings []Reading
	for _, s := range t.Samples {
		r, err := s.run(interval)
		if err != nil {
			return nil, nil, err
		}
		readings = append(readings, s.readings(r)...)
		k := key{r.Probe, s.Agent}
		i, ok := at[k]
		if !ok {
			i = len(out)
			at[k] = i
			out = append(out, Stream{Probe: r.Probe, Agent: s.Agent, Away: away})
		}
		out[i].Runs = append(out[i].Runs, r)
	}
	return out, readings, nil
}
