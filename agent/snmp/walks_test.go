package snmp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ninewatch/internal/oid"
	"ninewatch/internal/snmpwire"
)

var tableRoot = oid.MustParse("1.3.6.1.2.1.2.2.1.2")

func row(index uint32) snmpwire.VarBind {
	return snmpwire.VarBind{OID: tableRoot.Append(index), Type: snmpwire.Gauge32, Uint: uint64(index)}
}

func rows(indexes ...uint32) []snmpwire.VarBind {
	out := make([]snmpwire.VarBind, len(indexes))
	for i, n := range indexes {
		out[i] = row(n)
	}
	return out
}

var beyond = snmpwire.VarBind{OID: oid.MustParse("1.3.6.1.2.1.2.2.1.3.1"), Type: snmpwire.Gauge32, Uint: 1}

// after is the index at which a request stands.
func after(req snmpwire.Message) uint32 {
	name := req.PDU.VarBinds[0].OID
	if len(name) == len(tableRoot) {
		return 0
	}
	return name[len(name)-1]
}

func TestWalkOfMisbehavingDevices(t *testing.T) {
	f := func(what string, answer func(req snmpwire.Message, good *snmpwire.Message), max Limits, want string, is error, kind ErrKind) {
		t.Run(what, func(t *testing.T) {
			addr := device(t, func(req, good snmpwire.Message) [][]byte {
				good.PDU.VarBinds = nil
				answer(req, &good)
				return [][]byte{wire(good)}
			})
			c := dial(t, Device{Addr: addr, Credential: v2c("public"), Timeout: time.Second})
			got, err := c.Walk(t.Context(), tableRoot, max)
			var indexes []string
			for _, vb := range got {
				indexes = append(indexes, fmt.Sprint(vb.OID[len(vb.OID)-1]))
			}
			text := strings.Join(indexes, " ")
			if len(indexes) > 20 {
				text = fmt.Sprint(len(indexes))
			}
			if text != want {
				t.Errorf("rows: got %s, want %s", text, want)
			}
			if !errors.Is(err, is) || KindOf(err) != kind {
				t.Errorf("got %v (%q), want %v (%q)", err, KindOf(err), is, kind)
			}
		})
	}
	sequence := func(table ...uint32) func(req snmpwire.Message, good *snmpwire.Message) {
		return func(req snmpwire.Message, good *snmpwire.Message) {
			for _, n := range table {
				if n > after(req) {
					good.PDU.VarBinds = append(good.PDU.VarBinds, row(n))
				}
			}
			good.PDU.VarBinds = append(good.PDU.VarBinds, beyond)
		}
	}
	endless := func(req snmpwire.Message, good *snmpwire.Message) {
		for i := range uint32(req.PDU.MaxRepetitions) {
			good.PDU.VarBinds = append(good.PDU.VarBinds, row(after(req)+1+i))
		}
	}
	f("good", sequence(1, 2, 5), Limits{}, "1 2 5", nil, "")
	f("endOfMibView", func(req snmpwire.Message, good *snmpwire.Message) {
		good.PDU.VarBinds = append(rows(1, 2), snmpwire.VarBind{OID: tableRoot.Append(2), Type: snmpwire.EndOfMibView})
	}, Limits{}, "1 2", nil, "")
	f("no such table", func(req snmpwire.Message, good *snmpwire.Message) {
		good.PDU.VarBinds = []snmpwire.VarBind{{OID: tableRoot, Type: snmpwire.NoSuchObject}}
	}, Limits{}, "", nil, "")
	f("27 endless, rows", endless, Limits{Rows: 500}, "500", ErrCut, Protocol)
	f("27 endless, bytes", endless, Limits{Bytes: 2000}, "117", ErrCut, Protocol)
	f("28 2,500 rows", func(req snmpwire.Message, good *snmpwire.Message) {
		if after(req) > 0 {
			good.PDU.VarBinds = []snmpwire.VarBind{beyond}
			return
		}
		for i := range uint32(2500) {
			good.PDU.VarBinds = append(good.PDU.VarBinds, row(1+i))
		}
	}, Limits{}, "25", ErrDisorder, "")
	f("29 loop", func(req snmpwire.Message, good *snmpwire.Message) { good.PDU.VarBinds = rows(1, 2, 3) }, Limits{}, "1 2 3", ErrCut, Protocol)
	f("29 the same name again", func(req snmpwire.Message, good *snmpwire.Message) { good.PDU.VarBinds = rows(7) }, Limits{}, "7", ErrCut, Protocol)
	f("30 disorder", func(req snmpwire.Message, good *snmpwire.Message) {
		switch after(req) {
		case 0:
			good.PDU.VarBinds = rows(1, 5, 3)
		case 3:
			good.PDU.VarBinds = append(rows(4, 9), beyond)
		}
	}, Limits{}, "1 5 3 4 9", ErrDisorder, "")
	f("30 duplicates", func(req snmpwire.Message, good *snmpwire.Message) {
		good.PDU.VarBinds = append(rows(1, 1, 2, 2), beyond)
	}, Limits{}, "1 2", ErrDisorder, "")
	f("31 tooBig", func(req snmpwire.Message, good *snmpwire.Message) {
		if req.PDU.MaxRepetitions > 1 && after(req) == 2 {
			good.PDU.ErrorStatus = snmpwire.TooBig
			return
		}
		if after(req) == 0 {
			good.PDU.VarBinds = rows(1, 2)
			return
		}
		sequence(1, 2, 3, 4)(req, good)
		good.PDU.VarBinds = good.PDU.VarBinds[:1]
	}, Limits{}, "1 2 3 4", nil, "")
	f("31 genErr at one row", func(req snmpwire.Message, good *snmpwire.Message) {
		if after(req) == 2 {
			good.PDU.ErrorStatus, good.PDU.ErrorIndex, good.PDU.VarBinds = snmpwire.GenErr, 1, req.PDU.VarBinds
			return
		}
		good.PDU.VarBinds = rows(1, 2)
	}, Limits{}, "1 2", ErrCut, Protocol)
	f("32 no values", func(req snmpwire.Message, good *snmpwire.Message) {
		if after(req) == 0 {
			good.PDU.VarBinds = rows(1, 2)
		}
	}, Limits{}, "1 2", ErrCut, Protocol)
	f("34 noSuchObject within", func(req snmpwire.Message, good *snmpwire.Message) {
		good.PDU.VarBinds = append(rows(1, 2), snmpwire.VarBind{OID: tableRoot.Append(3), Type: snmpwire.NoSuchObject})
	}, Limits{}, "1 2", ErrCut, Protocol)
	f("back before the table", func(req snmpwire.Message, good *snmpwire.Message) {
		good.PDU.VarBinds = append(rows(1, 2), snmpwire.VarBind{OID: nameA, Type: snmpwire.TimeTicks})
	}, Limits{}, "1 2", ErrDisorder, "")
}

func TestWalkTimeout(t *testing.T) { // 33
	addr := device(t, func(req, good snmpwire.Message) [][]byte {
		if after(req) == 0 {
			good.PDU.VarBinds = rows(1, 2)
			return [][]byte{wire(good)}
		}
		return nil
	})
	c := dial(t, Device{Addr: addr, Credential: v2c("public"), Timeout: 500 * time.Millisecond, Retries: 1})
	got, err := c.Walk(t.Context(), tableRoot, Limits{})
	if len(got) != 2 || KindOf(err) != Timeout || !strings.HasSuffix(err.Error(), "; 2 rows came, up to 1.3.6.1.2.1.2.2.1.2.2") {
		t.Errorf("got %d rows, %v", len(got), err)
	}
}

func TestWalkLosesLargeReplies(t *testing.T) {
	addr := device(t, func(req, good snmpwire.Message) [][]byte {
		at := after(req)
		if at >= 2 && req.PDU.MaxRepetitions > 5 {
			return nil
		}
		good.PDU.VarBinds = rows(at+1, at+2)
		if at >= 8 {
			good.PDU.VarBinds = []snmpwire.VarBind{beyond}
		}
		return [][]byte{wire(good)}
	})
	got, err := dial(t, Device{Addr: addr, Credential: v2c("public"), Timeout: 500 * time.Millisecond, Retries: 1}).Walk(t.Context(), tableRoot, Limits{})
	if len(got) != 8 || err != nil {
		t.Errorf("got %d rows, %v", len(got), err)
	}
}

func TestSlowWalkEndsWithItsTime(t *testing.T) { // 35
	addr := device(t, func(req, good snmpwire.Message) [][]byte {
		time.Sleep(20 * time.Millisecond)
		good.PDU.VarBinds = rows(after(req) + 1)
		return [][]byte{wire(good)}
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	got, err := dial(t, Device{Addr: addr, Credential: v2c("public")}).Walk(ctx, tableRoot, Limits{})
	if len(got) == 0 || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %d rows, %v", len(got), err)
	}
}

func TestWalkV1(t *testing.T) {
	addr := device(t, func(req, good snmpwire.Message) [][]byte {
		if req.PDU.Type != snmpwire.GetNextRequest {
			t.Errorf("PDU 0x%x in SNMPv1", req.PDU.Type)
		}
		good.PDU.VarBinds = rows(after(req) + 1)
		if after(req) == 3 {
			good.PDU.VarBinds, good.PDU.ErrorStatus, good.PDU.ErrorIndex = req.PDU.VarBinds, snmpwire.NoSuchName, 1
		}
		return [][]byte{wire(good)}
	})
	c := dial(t, Device{Addr: addr, Credential: Credential{Version: "1", Community: "public"}})
	got, err := c.Walk(t.Context(), tableRoot, Limits{})
	if err != nil || !slices.EqualFunc(got, rows(1, 2, 3), func(a, b snmpwire.VarBind) bool { return a.OID.Equal(b.OID) }) {
		t.Errorf("got %v, %v", got, err)
	}
}
