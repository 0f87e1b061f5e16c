package record

import "google.golang.org/protobuf/encoding/protowire"

// Numbers of the fields that may repeat (telemetry.proto).
const (
	batchRuns       = 4
	batchFacts      = 5
	runsRuns        = 1
	factsInterfaces = 4
)

// checkCounts refuses a record with too many parts before memory is spent on them: a run of two bytes
// takes more than a hundred when it is a message.
func checkCounts(data []byte) error {
	runs, interfaces := 0, 0
	ok := eachField(data, func(number protowire.Number, value []byte) bool {
		switch number {
		case batchRuns:
			return eachField(value, countInto(runsRuns, &runs))
		case batchFacts:
			return eachField(value, countInto(factsInterfaces, &interfaces))
		}
		return true
	})
	switch {
	case !ok:
		return invalid("record", "no protobuf message")
	case runs > maxRuns:
		return invalid("runs", "%d, the limit is %d", runs, maxRuns)
	case interfaces > maxInterfaces:
		return invalid("interfaces", "%d, the limit is %d", interfaces, maxInterfaces)
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
