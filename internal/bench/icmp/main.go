// Command icmp measures goal P5: the ICMP prober against fping and pro-bing, in one interleaved run.
//
// Each prober runs as a process of its own on one core, so that the CPU time of the kernel's side of its packets
// counts too; the figures are medians over the rounds. It prints a table, and where the environment variable
// BENCH_JSON names a file, adds its rows there. It needs root (raw sockets), fping and taskset.
package main

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"text/tabwriter"
	"time"
)

// row is one comparison. It is written to the file that BENCH_JSON names.
type row struct {
	Goal     string  `json:"goal"`
	Name     string  `json:"name"`
	Ours     float64 `json:"ours"`
	Peer     float64 `json:"peer"`
	PeerName string  `json:"peer_name"`
	Ratio    float64 `json:"ratio"`
	Unit     string  `json:"unit"`
}

// figures are what one run of one prober shows.
type figures struct {
	PerCPUSecond float64       // echoes asked for by a second of CPU time
	CPU          float64       // share of a core
	P50, P99     float64       // s
	BytesPer     float64       // resident memory for each target
	Lost         int           // echoes
	Took         time.Duration `json:"-"`
}

func main() {
	rounds := flag.Int("rounds", 3, "rounds; the figures are medians")
	seconds := flag.Int("seconds", 10, "how long each prober runs in a round")
	role := flag.String("role", "", "run as one prober: ours, slow or pro-bing; for the program itself")
	flag.Parse()
	if *role != "" {
		exit(runRole(*role, *seconds))
	}
	exit(compare(*rounds, *seconds))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

const (
	many = 10_000 // targets at one echo a second
	few  = 1_000  // targets of pro-bing, whose sockets all hear each other; and ours every ten seconds
)

// loopback returns n addresses of 127/8.
func loopback(n int) []netip.Addr {
	out := make([]netip.Addr, n)
	for i := range out {
		out[i] = netip.AddrFrom4([4]byte{127, byte(1 + i/62_500), byte(i / 250 % 250), byte(1 + i%250)})
	}
	return out
}

func compare(rounds, seconds int) error {
	runs := map[string][]figures{}
	for range rounds {
		for _, p := range probers() {
			f, err := p.run(seconds)
			if err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
			runs[p.name] = append(runs[p.name], f)
		}
	}
	middle := func(name string, of func(figures) float64) float64 {
		values := make([]float64, 0, rounds)
		for _, f := range runs[name] {
			values = append(values, of(f))
		}
		slices.Sort(values)
		return values[len(values)/2]
	}
	rate := func(f figures) float64 { return f.PerCPUSecond }
	p50, p99 := func(f figures) float64 { return f.P50 * 1e6 }, func(f figures) float64 { return f.P99 * 1e6 }
	lost := func(f figures) float64 { return float64(f.Lost) }
	var rows []row
	add := func(name, unit, peer string, of func(figures) float64, better func(ours, peer float64) float64) {
		r := row{Goal: "P5", Name: name, Unit: unit, Ours: middle("ours", of), PeerName: peer}
		if peer != "" {
			r.Peer = middle(peer, of)
			r.Ratio = better(r.Ours, r.Peer)
		}
		rows = append(rows, r)
	}
	higher := func(ours, peer float64) float64 { return ours / cmp.Or(peer, 1) }
	lower := func(ours, peer float64) float64 { return peer / cmp.Or(ours, 1) }
	for _, peer := range []string{"fping -i 0.1", "fping -i 0", "pro-bing"} {
		add("echoes per CPU-second", "1/s", peer, rate, higher)
		add("RTT, median", "µs", peer, p50, lower)
		add("RTT, 99th percentile", "µs", peer, p99, lower)
		add("lost on loopback", "echoes", peer, lost, lower)
	}
	add("memory for each target", "octets", "", func(f figures) float64 { return f.BytesPer }, nil)
	rows = append(rows, row{Goal: "P5", Name: "1,000 targets every 10 s", Unit: "share of a core",
		Ours: middle("slow", func(f figures) float64 { return f.CPU })})
	return publish(rows)
}

// publish prints rows, and adds them to the file for machines.
func publish(rows []row) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "GOAL\tWHAT\tOURS\tPEER\t\tRATIO\tUNIT")
	for _, r := range rows {
		if r.PeerName == "" {
			fmt.Fprintf(w, "%s\t%s\t%.4g\t\t\t\t%s\n", r.Goal, r.Name, r.Ours, r.Unit)
			continue
		}
		fmt.Fprintf(w, "%s\t%s\t%.4g\t%.4g\t%s\t%.2f\t%s\n", r.Goal, r.Name, r.Ours, r.Peer, r.PeerName, r.Ratio, r.Unit)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	path := os.Getenv("BENCH_JSON")
	if path == "" {
		return nil
	}
	var all []row
	if b, err := os.ReadFile(path); err == nil && len(b) > 0 {
		if err := json.Unmarshal(b, &all); err != nil {
			return fmt.Errorf("read %q: %w", path, err)
		}
	}
	b, err := json.MarshalIndent(append(all, rows...), "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(b, '\n'), 0o644)
}
