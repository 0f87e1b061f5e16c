package snmp

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ninewatch/internal/oid"
	"ninewatch/internal/snmpagent"
	"ninewatch/internal/snmptest"
	"ninewatch/internal/snmpwire"
)

var tableEntry = oid.MustParse("1.3.6.1.4.1.32473.7.1")

// walked is the names that columns give, in text.
func walked(t *testing.T, s Session, columns []oid.OID) []string {
	var out []string
	next := WalkColumns(t.Context(), s, Limits{}, columns...)
	for range columns {
		rows, err := next()
		text := fmt.Sprint(err, ":")
		for _, vb := range rows {
			text += fmt.Sprintf(" %s=%d", vb.OID[len(tableEntry):], vb.Uint)
		}
		out = append(out, text)
	}
	return out
}

// TestColumnsAreRead: columns that are read together give what each of them gives alone, with holes and columns that
// are not there, and in fewer requests.
func TestColumnsAreRead(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var objects []snmpwire.VarBind
		var columns []oid.OID
		for c := range uint32(rapid.IntRange(1, 15).Draw(rt, "columns")) {
			columns = append(columns, tableEntry.Append(c+1))
			for _, index := range rapid.SliceOfNDistinct(rapid.Uint32Range(0, 60), 0, 40, rapid.ID).Draw(rt, "rows") {
				objects = append(objects, snmpwire.VarBind{OID: tableEntry.Append(c+1, index), Type: snmpwire.Counter32, Uint: uint64(c)<<16 | uint64(index)})
			}
		}
		tree := snmpagent.NewTree(objects)
		dev := snmptest.Serve(t, snmptest.Recording{Tree: tree}, snmptest.Options{MaxMessage: rapid.IntRange(200, 1472).Draw(rt, "limit")})
		c := dial(t, Device{Addr: dev.Addr, Credential: v2c("public"), Timeout: 2 * time.Second})
		got, want := walked(t, c, columns), walked(t, &fakeSession{tree: tree}, columns)
		for i := range want {
			if got[i] != want[i] {
				rt.Fatalf("column %d:\ngot  %s\nwant %s", i+1, got[i], want[i])
			}
		}
	})
}

func TestColumnsTakeFewRequests(t *testing.T) {
	var objects []snmpwire.VarBind
	var columns []oid.OID
	for c := range uint32(10) {
		columns = append(columns, tableEntry.Append(c+1))
		for i := range uint32(8) {
			objects = append(objects, snmpwire.VarBind{OID: tableEntry.Append(c+1, i), Type: snmpwire.Counter32, Uint: 1})
		}
	}
	dev := snmptest.Serve(t, snmptest.Recording{Tree: snmpagent.NewTree(objects)}, snmptest.Options{})
	c := dial(t, Device{Addr: dev.Addr, Credential: v2c("public"), Timeout: 2 * time.Second})
	walked(t, c, columns)
	if got := c.Counts().Requests; got > 5 {
		t.Errorf("%d requests for 10 columns of 8 rows", got)
	}
}

// TestColumnsOfMisbehavingDevices: what is odd about a table that is read together is told as of one that is read
// column by column.
func TestColumnsOfMisbehavingDevices(t *testing.T) {
	two := []oid.OID{tableEntry.Append(1), tableEntry.Append(2)}
	f := func(what string, answer func(req snmpwire.Message, good *snmpwire.Message), want ...string) {
		t.Run(what, func(t *testing.T) {
			addr := device(t, func(req, good snmpwire.Message) [][]byte {
				good.PDU.VarBinds = nil
				answer(req, &good)
				return [][]byte{wire(good)}
			})
			c := dial(t, Device{Addr: addr, Credential: v2c("public"), Timeout: time.Second})
			next := WalkColumns(t.Context(), c, Limits{Rows: 50}, two...)
			for i := range two {
				rows, err := next()
				if got := fmt.Sprint(len(rows), " ", KindOf(err)); got != want[i] {
					t.Errorf("column %d: got %s (%v), want %s", i+1, got, err, want[i])
				}
			}
		})
	}
	cell := func(column, index uint32) snmpwire.VarBind {
		return snmpwire.VarBind{OID: tableEntry.Append(column, index), Type: snmpwire.Gauge32, Uint: 1}
	}
	// rows answers with up to n rows behind each name asked for, in a table of so many rows.
	rows := func(req snmpwire.Message, good *snmpwire.Message, table uint32) {
		for i := range uint32(req.PDU.MaxRepetitions) {
			for _, asked := range req.PDU.VarBinds {
				at := uint32(0)
				if len(asked.OID) > len(tableEntry)+1 {
					at = asked.OID[len(tableEntry)+1]
				}
				vb := cell(asked.OID[len(tableEntry)], at+i+1)
				if at+i+1 > table {
					vb = cell(9, 1)
				}
				good.PDU.VarBinds = append(good.PDU.VarBinds, vb)
			}
		}
	}
	f("27 endless", func(req snmpwire.Message, good *snmpwire.Message) { rows(req, good, 1<<30) }, "50 protocol", "50 protocol")
	f("28 too many", func(req snmpwire.Message, good *snmpwire.Message) {
		if rows(req, good, 6); len(req.PDU.VarBinds) > 1 {
			good.PDU.VarBinds = append(good.PDU.VarBinds, good.PDU.VarBinds...)
		}
	}, "6 ", "6 ")
	f("29 loop", func(req snmpwire.Message, good *snmpwire.Message) {
		for _, asked := range req.PDU.VarBinds {
			good.PDU.VarBinds = append(good.PDU.VarBinds, cell(asked.OID[len(tableEntry)], 3))
		}
	}, "1 protocol", "1 protocol")
	f("30 by column, not by row", func(req snmpwire.Message, good *snmpwire.Message) {
		if rows(req, good, 4); len(req.PDU.VarBinds) > 1 {
			b := good.PDU.VarBinds
			b[1], b[2] = b[2], b[1]
		}
	}, "4 ", "4 ")
	f("31 genErr to several columns", func(req snmpwire.Message, good *snmpwire.Message) {
		if rows(req, good, 4); len(req.PDU.VarBinds) > 1 {
			good.PDU.ErrorStatus, good.PDU.VarBinds = snmpwire.GenErr, req.PDU.VarBinds
		}
	}, "4 ", "4 ")
	f("32 no values", func(req snmpwire.Message, good *snmpwire.Message) {
		if len(req.PDU.VarBinds[0].OID) == len(tableEntry)+1 {
			good.PDU.VarBinds = []snmpwire.VarBind{cell(1, 1), cell(2, 1)}[:len(req.PDU.VarBinds)]
		}
	}, "1 protocol", "1 protocol")
	f("34 noSuchObject within", func(req snmpwire.Message, good *snmpwire.Message) {
		rows(req, good, 4)
		for i := range good.PDU.VarBinds {
			if good.PDU.VarBinds[i].OID.Equal(tableEntry.Append(2, 3)) {
				good.PDU.VarBinds[i].Type = snmpwire.NoSuchObject
			}
		}
	}, "4 ", "2 protocol")
}
