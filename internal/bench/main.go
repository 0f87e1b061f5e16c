package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"slices"
	"text/tabwriter"
)

// Row is one line of the table.
type Row struct {
	Goal     string  `json:"goal"` // P1
	Name     string  `json:"name"` // what is compared
	Ours     float64 `json:"ours"`
	Peer     float64 `json:"peer"`
	PeerName string  `json:"peer_name"` // who, or what the limit is
	Ratio    float64 `json:"ratio"`     // ours by peer
	Unit     string  `json:"unit"`
	Want     string  `json:"want"` // the goal, in words
}

// against is a row with its ratio.
func against(goal, name string, ours, peer float64, peerName, unit, want string) Row {
	return Row{goal, name, ours, peer, peerName, ours / peer, unit, want}
}

// goals in the order of the table. Each measures, and returns its rows.
var goals = []struct {
	name    string
	measure func() ([]Row, error)
}{
	{"P1", pollV2c},
	{"P3", memory},
	{"P4", deadTargets},
	{"P5", echoes},
	{"P6", pollV3},
}

// rounds of every comparison.
const rounds = 3

func main() {
	log.SetFlags(0)
	if len(os.Args) > 2 && os.Args[1] == childFlag {
		child(os.Args[2], os.Args[3:])
		return
	}
	var rows []Row
	for _, g := range goals {
		if len(os.Args) > 1 && !slices.Contains(os.Args[1:], g.name) {
			continue
		}
		log.Printf("%s …", g.name)
		more, err := g.measure()
		if err != nil {
			log.Printf("%s: %v", g.name, err)
		}
		rows = append(rows, more...)
	}
	printTable(rows)
	if err := writeJSON(os.Getenv("BENCH_JSON"), rows); err != nil {
		log.Fatal(err)
	}
	if len(rows) == 0 {
		os.Exit(1)
	}
}

func printTable(rows []Row) {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "goal\twhat\tours\tpeer\twho\tratio\tunit\twanted")
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%.2f\t%s\t%s\n", r.Goal, r.Name, figure(r.Ours), figure(r.Peer), r.PeerName, r.Ratio, r.Unit, r.Want)
	}
	w.Flush() //nolint:errcheck // to the terminal
}

func figure(x float64) string {
	switch {
	case x >= 1e6:
		return fmt.Sprintf("%.2f M", x/1e6)
	case x >= 1e4:
		return fmt.Sprintf("%.0f k", x/1e3)
	case x >= 100:
		return fmt.Sprintf("%.0f", x)
	}
	return fmt.Sprintf("%.3g", x)
}

func writeJSON(path string, rows []Row) error {
	if path == "" {
		return nil
	}
	if rows == nil {
		rows = []Row{}
	}
	b, err := json.MarshalIndent(rows, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(b, '\n'), 0o644)
}

// median of what f gives of each.
func median[T any](all []T, f func(T) float64) float64 {
	x := make([]float64, len(all))
	for i := range all {
		x[i] = f(all[i])
	}
	slices.Sort(x)
	if len(x) == 0 {
		return 0
	}
	return x[len(x)/2]
}
