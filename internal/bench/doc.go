// Command bench measures ninewatch against the goals of its design and against other programs, in one
// interleaved run on the machine it runs on: `make bench`, or `go run ./internal/bench P1 P6` for some goals.
//
// What it promises:
//   - figures are ratios of programs that ran in turn, round by round, and are the medians of the rounds;
//   - work is measured by CPU time (getrusage) of a process of its own, which does nothing else, pinned to one
//     core; what it talks to is pinned to another;
//   - a peer is run as its authors would: a bench that handicaps it shows in the ratio between two peers, which
//     is printed too;
//   - what a peer needs and this machine lacks is said, and its row left out.
//
// It prints one table and, where the environment's BENCH_JSON names a file, writes the rows there as JSON.
//
// A goal is a file that has its function in the list of main.go. A part that runs in a process of its own is a
// child: see child.go.
package main
