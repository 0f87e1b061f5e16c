package snmpagent

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ninewatch/internal/oid"
	"ninewatch/internal/snmpwire"
)

const small = `1.3.6.1.2.1.1.1.0|4|box
1.3.6.1.2.1.1.3.0|67|100
1.3.6.1.2.1.2.2.1.10.1|65|11
1.3.6.1.2.1.2.2.1.10.2|65|12
1.3.6.1.2.1.31.1.1.1.6.1|70|21
1.3.6.1.2.1.31.1.1.1.6.2|70|22
1.3.6.1.2.1.31.1.1.1.15.1|66|1000
`

func request(v snmpwire.Version, pdu snmpwire.PDU, names ...string) *snmpwire.Message {
	m := &snmpwire.Message{Version: v, Community: []byte("public"), PDU: pdu}
	m.PDU.RequestID = 42
	for _, n := range names {
		m.PDU.VarBinds = append(m.PDU.VarBinds, snmpwire.VarBind{OID: oid.MustParse(n), Type: snmpwire.Null})
	}
	return m
}

// show prints a response as "status/index name=value ...".
func show(m snmpwire.Message) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d/%d", m.PDU.ErrorStatus, m.PDU.ErrorIndex)
	for _, vb := range m.PDU.VarBinds {
		value := fmt.Sprint(vb.Uint)
		switch vb.Type {
		case snmpwire.OctetString:
			value = string(vb.Bytes)
		case snmpwire.Null:
			value = "null"
		case snmpwire.NoSuchObject:
			value = "noSuchObject"
		case snmpwire.NoSuchInstance:
			value = "noSuchInstance"
		case snmpwire.EndOfMibView:
			value = "end"
		}
		fmt.Fprintf(&b, " %s=%s", strings.TrimPrefix(vb.OID.String(), "1.3.6.1.2.1."), value)
	}
	return b.String()
}

func TestAnswer(t *testing.T) {
	rec := ParseRecording([]byte(small))
	f := func(req *snmpwire.Message, want string) {
		t.Helper()
		resp, ok := Answer(rec, req, MaxMessage)
		if !ok {
			t.Errorf("no answer, want %q", want)
			return
		}
		if resp.PDU.RequestID != 42 || resp.PDU.Type != snmpwire.Response || resp.Version != req.Version || string(resp.Community) != "public" {
			t.Errorf("header of the answer: %+v", resp)
		}
		if got := show(resp); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	const v1, v2c = snmpwire.V1, snmpwire.V2c
	get, next := snmpwire.PDU{Type: snmpwire.GetRequest}, snmpwire.PDU{Type: snmpwire.GetNextRequest}
	sys := "1.3.6.1.2.1.1"
	hc := "1.3.6.1.2.1.31.1.1.1.6"

	f(request(v2c, get, sys+".1.0", hc+".2", sys+".3.0"), "0/0 1.1.0=box 31.1.1.1.6.2=22 1.3.0=100")
	f(request(v2c, get, hc+".3", sys+".9.0", "1.3"), "0/0 31.1.1.1.6.3=noSuchInstance 1.9.0=noSuchObject 1.3=noSuchObject")
	f(request(v2c, get), "0/0")
	f(request(v1, get, sys+".1.0", sys+".9.0", sys+".3.0"), "2/2 1.1.0=null 1.9.0=null 1.3.0=null")
	f(request(v1, get, hc+".1"), "2/1 31.1.1.1.6.1=null")
	f(request(v2c, next, "1.3", sys+".1", sys+".1.0", hc+".2"), "0/0 1.1.0=box 1.1.0=box 1.3.0=100 31.1.1.1.15.1=1000")
	f(request(v2c, next, "1.3.6.1.2.1.31.1.1.1.15.1"), "0/0 31.1.1.1.15.1=end")
	f(request(v1, next, "1.3.6.1.2.1.2.2.1.10.2"), "0/0 31.1.1.1.15.1=1000") // passes over Counter64
	f(request(v1, next, "1.3.6.1.2.1.31.1.1.1.15.1"), "2/1 31.1.1.1.15.1=null")
	f(request(v2c, snmpwire.PDU{Type: snmpwire.SetRequest}, sys+".1.0"), "17/1 1.1.0=null")
	f(request(v1, snmpwire.PDU{Type: snmpwire.SetRequest}, sys+".1.0"), "2/1 1.1.0=null")

	bulk := func(non, max int32) snmpwire.PDU {
		return snmpwire.PDU{Type: snmpwire.GetBulkRequest, NonRepeaters: non, MaxRepetitions: max}
	}
	f(request(v2c, bulk(1, 2), "1.3", "1.3.6.1.2.1.2", hc), "0/0 1.1.0=box 2.2.1.10.1=11 31.1.1.1.6.1=21 2.2.1.10.2=12 31.1.1.1.6.2=22")
	f(request(v2c, bulk(0, 9), hc+".2"), "0/0 31.1.1.1.15.1=1000 31.1.1.1.15.1=end")
	f(request(v2c, bulk(5, 9), hc), "0/0 31.1.1.1.6.1=21")
	f(request(v2c, bulk(0, 0), hc), "0/0")

	for _, pdu := range []snmpwire.PDUType{snmpwire.Response, snmpwire.TrapV2, snmpwire.InformRequest, snmpwire.Report} {
		if _, ok := Answer(rec, request(v2c, snmpwire.PDU{Type: pdu}, hc), MaxMessage); ok {
			t.Errorf("a PDU with tag 0x%02x got an answer", byte(pdu))
		}
	}
	if _, ok := Answer(rec, request(v1, bulk(0, 1), hc), MaxMessage); ok {
		t.Error("GETBULK of SNMPv1 got an answer")
	}
}

func TestAnswerKeepsTheLimit(t *testing.T) {
	var objects []snmpwire.VarBind
	for i := range uint32(200) {
		objects = append(objects, snmpwire.VarBind{OID: oid.OID{1, 3, 6, 1, i}, Type: snmpwire.OctetString, Bytes: make([]byte, 100)})
	}
	tree := NewTree(objects)
	names := make([]string, 20)
	for i := range names {
		names[i] = fmt.Sprintf("1.3.6.1.%d", i)
	}
	resp, _ := Answer(tree, request(snmpwire.V2c, snmpwire.PDU{Type: snmpwire.GetRequest}, names...), 500)
	if got := show(resp); got != "1/0" {
		t.Errorf("GET that does not fit: got %s, want tooBig without bindings", got)
	}
	resp, _ = Answer(tree, request(snmpwire.V1, snmpwire.PDU{Type: snmpwire.GetRequest}, names...), 500)
	if resp.PDU.ErrorStatus != snmpwire.TooBig || len(resp.PDU.VarBinds) != 20 {
		t.Errorf("GET of SNMPv1 that does not fit: got %s, want tooBig with the bindings", show(resp))
	}
	resp, _ = Answer(tree, request(snmpwire.V2c, snmpwire.PDU{Type: snmpwire.GetBulkRequest, MaxRepetitions: 50}, "1.3"), 500)
	if got := len(resp.PDU.VarBinds); got != 4 {
		t.Errorf("GETBULK within 500 bytes: got %d bindings, want 4", got)
	}
	if got := len(snmpwire.Append(nil, &resp)); got > 500 {
		t.Errorf("GETBULK within 500 bytes: got %d bytes", got)
	}
}

// TestTreeIsAMap compares a Tree with a map and a scan over its keys.
func TestTreeIsAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SliceOfN(rapid.Uint32Range(0, 2), 2, 4)
		model := map[string]uint64{}
		var objects []snmpwire.VarBind
		for i := range rapid.IntRange(0, 30).Draw(t, "objects") {
			o := oid.OID(name.Draw(t, "name"))
			model[o.String()] = uint64(i)
			objects = append(objects, snmpwire.VarBind{OID: o, Type: snmpwire.Gauge32, Uint: uint64(i)})
		}
		tree := NewTree(objects)
		if tree.Len() != len(model) {
			t.Fatalf("got %d objects, want %d", tree.Len(), len(model))
		}
		ask := oid.OID(name.Draw(t, "asked"))
		got := tree.Get(ask)
		if want, ok := model[ask.String()]; ok != (got.Type == snmpwire.Gauge32) || got.Uint != want {
			t.Fatalf("get %s: got %+v, want %d, %t", ask, got, want, ok)
		}
		var behind []oid.OID
		for k := range model {
			if o := oid.MustParse(k); o.Compare(ask) > 0 {
				behind = append(behind, o)
			}
		}
		next := tree.Next(ask)
		if len(behind) == 0 {
			if next.Type != snmpwire.EndOfMibView || !next.OID.Equal(ask) {
				t.Fatalf("behind %s: got %+v, want the end", ask, next)
			}
			return
		}
		if want := slices.MinFunc(behind, oid.OID.Compare); !next.OID.Equal(want) || next.Uint != model[want.String()] {
			t.Fatalf("behind %s: got %+v, want %s", ask, next, want)
		}
	})
}

func TestMoving(t *testing.T) {
	rec := ParseRecording([]byte("1.3.1|65|4294967290\n1.3.2|70|5\n1.3.3|67|100\n1.3.4|66|9"))
	m := Moving{View: rec, PerSecond: 4, Elapsed: func() time.Duration { return 2500 * time.Millisecond }}
	resp, _ := Answer(m, request(snmpwire.V2c, snmpwire.PDU{Type: snmpwire.GetBulkRequest, MaxRepetitions: 4}, "1.3"), MaxMessage)
	if got, want := show(resp), "0/0 1.3.1=4 1.3.2=15 1.3.3=350 1.3.4=9"; got != want {
		t.Errorf("after 2.5 s: got %s, want %s", got, want)
	}
}
