package record

import (
	"google.golang.org/protobuf/encoding/protowire"

	"ninewatch/internal/telemetry"
)

// Numbers of the fields that may repeat (telemetry.proto).
const (
	batchRuns  = 4
	batchFacts = 5
	batchScan  = 8
	runsRuns   = 1
	scanFound  = 8
)

// factsLists are the fields of DeviceFacts that repeat, and nested the fields that do within their rows.
var (
	factsLists = map[protowire.Number]string{4: "interfaces", 7: "components", 8: "neighbors", 9: "lags", 10: "stack", 11: "bridge_ports",
		12: "vlans", 13: "stp", 14: "addresses", 15: "hosts", 16: "bgp_peers", 17: "ospf_neighbors", 18: "fhrp_groups"}
	nested = map[protowire.Number]bool{8: true, 9: true, 13: true, 18: true}
)

// maxParts is how many rows, and entries of lists within rows, the facts of a device have at most.
const maxParts = 200_000

// checkCounts refuses a record with too many parts before memory is spent on them: a run of two bytes
// takes more than a hundred when it is a message.
func checkCounts(data []byte) error {
	runs, parts, found := 0, 0, 0
	lists := map[protowire.Number]int{}
	countParts := func(protowire.Number, []byte) bool { parts++; return true }
	ok := eachField(data, func(number protowire.Number, value []byte) bool {
		switch number {
		case batchRuns:
			return eachField(value, countInto(runsRuns, &runs))
		case batchScan:
			return eachField(value, countInto(scanFound, &found))
		case batchFacts:
			return eachField(value, func(list protowire.Number, row []byte) bool {
				lists[list]++
				parts++
				return !nested[list] || eachField(row, countParts)
			})
		}
		return true
	})
	switch {
	case !ok:
		return invalid("record", "no protobuf message")
	case runs > maxRuns:
		return invalid("runs", "%d, the limit is %d", runs, maxRuns)
	case found > telemetry.MaxScanFound:
		return invalid("scan found", "%d, the limit is %d", found, telemetry.MaxScanFound)
	case parts > maxParts:
		return invalid("facts", "%d parts, the limit is %d", parts, maxParts)
	}
	for list, n := range lists {
		if limit := telemetry.MaxFacts(factsLists[list]); limit > 0 && n > limit {
			return invalid(factsLists[list], "%d, the limit is %d", n, limit)
		}
	}
	return nil
}

func countInto(number protowire.Number, n *int) func(protowire.Number, []byte) bool {
	return func(got protowire.Number, _ []byte) bool {
		if got == number {
			*n++
		}
		return true
	}
}

// eachField calls do for the length-delimited fields of a message; false means that it is none.
func eachField(data []byte, do func(protowire.Number, []byte) bool) bool {
	for len(data) > 0 {
		number, kind, n := protowire.ConsumeTag(data)
		if n < 0 {
			return false
		}
		data = data[n:]
		if n = protowire.ConsumeFieldValue(number, kind, data); n < 0 {
			return false
		}
		if kind == protowire.BytesType {
			if value, _ := protowire.ConsumeBytes(data); !do(number, value) {
				return false
			}
		}
		data = data[n:]
	}
	return true
}
