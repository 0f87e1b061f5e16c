package snmpagent

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"ninewatch/internal/oid"
	"ninewatch/internal/snmpwire"
)

func TestParseRecording(t *testing.T) {
	rec := ParseRecording([]byte("# a comment\r\n" +
		"\n" +
		"1.3.6.1.2.1.2.2.1.2.10|4|ge|0\r\n" +
		"1.3.6.1.2.1.2.2.1.2.9|4|first\n" +
		"1.3.6.1.2.1.2.2.1.2.9|4|last counts \n" +
		".1.3.6.1.2.1.1.2.0|6|.1.3.6.1.4.1.9.\n" +
		"1.3.6.1.2.1.1.3.0|67|12345\n" +
		"1.3.6.1.2.1.1.5.0|4x|00fF\n" +
		"1.3.6.1.2.1.1.6.0|4e|\\x04\\x88_\\\\\\n\\101\n" +
		"1.3.6.1.2.1.1.7.0|2|-5 \n" +
		"1.3.6.1.2.1.4.1.0|64|192.0.2.1\n" +
		"1.3.6.1.2.1.4.2.0|64x|C0000201\n" +
		"1.3.6.1.2.1.4.3.0|70|18446744073709551615\n" +
		"1.3.6.1.2.1.4.4.0|5|ignored\n" +
		"1.3.6.1.2.1.4.5.0|65|\n" + // from here: not SNMP values
		"1.3.6.1.2.1.4.6.0|67|<private>\n" +
		"1.3.6.1.2.1.4.7.0|40|1.5\n" +
		"1.3.6.1.2.1.4.8.0|4x|0g\n" +
		"1.3.6.1.2.1.4.9.0|64|fe80::1\n" +
		"1.3.6.1.2.1.4.10.0|65|4294967296\n" +
		"sysDescr.0|4|text\n" +
		"9.3|2|1\n" +
		"1.3.6.1.2.1.4.11.0\n" +
		"1.3.6.1.2.1.31.1.1.1.6.1|70|7")) // the last line lacks its end
	if rec.Lines != 22 || rec.Malformed != 9 {
		t.Errorf("got %d lines, %d malformed, want 22 and 9", rec.Lines, rec.Malformed)
	}
	name := oid.MustParse
	want := []snmpwire.VarBind{
		{OID: name("1.3.6.1.2.1.1.2.0"), Type: snmpwire.ObjectIdentifier, Object: name("1.3.6.1.4.1.9")},
		{OID: name("1.3.6.1.2.1.1.3.0"), Type: snmpwire.TimeTicks, Uint: 12345},
		{OID: name("1.3.6.1.2.1.1.5.0"), Type: snmpwire.OctetString, Bytes: []byte{0, 0xff}},
		{OID: name("1.3.6.1.2.1.1.6.0"), Type: snmpwire.OctetString, Bytes: []byte("\x04\x88_\\\nA")},
		{OID: name("1.3.6.1.2.1.1.7.0"), Type: snmpwire.Integer, Int: -5},
		{OID: name("1.3.6.1.2.1.2.2.1.2.9"), Type: snmpwire.OctetString, Bytes: []byte("last counts ")},
		{OID: name("1.3.6.1.2.1.2.2.1.2.10"), Type: snmpwire.OctetString, Bytes: []byte("ge|0")},
		{OID: name("1.3.6.1.2.1.4.1.0"), Type: snmpwire.IPAddress, Bytes: []byte{192, 0, 2, 1}},
		{OID: name("1.3.6.1.2.1.4.2.0"), Type: snmpwire.IPAddress, Bytes: []byte{192, 0, 2, 1}},
		{OID: name("1.3.6.1.2.1.4.3.0"), Type: snmpwire.Counter64, Uint: 18446744073709551615},
		{OID: name("1.3.6.1.2.1.4.4.0"), Type: snmpwire.Null},
		{OID: name("1.3.6.1.2.1.31.1.1.1.6.1"), Type: snmpwire.Counter64, Uint: 7},
	}
	if diff := cmp.Diff(want, rec.Objects()); diff != "" {
		t.Error(diff)
	}
}

// FuzzParseRecording: whatever the file, what comes out is sorted and can be sent.
func FuzzParseRecording(f *testing.F) {
	f.Add([]byte("1.3.6.1|4|x\n1.3.6|6|.1.3\n1.3|4e|\\x0\n2.999|64|1.2.3.4\n0.39|68x|ff"))
	f.Add([]byte("1.3|4e|\\"))
	f.Add([]byte("1.3|4e|\\777"))
	f.Fuzz(func(t *testing.T, data []byte) {
		rec := ParseRecording(data)
		objects := rec.Objects()
		for i, vb := range objects {
			if i > 0 && objects[i-1].OID.Compare(vb.OID) >= 0 {
				t.Fatalf("%s stands before %s", objects[i-1].OID, vb.OID)
			}
			m := snmpwire.Message{Version: snmpwire.V2c, PDU: snmpwire.PDU{Type: snmpwire.Response, VarBinds: []snmpwire.VarBind{vb}}}
			got, err := snmpwire.Decode(snmpwire.Append(nil, &m))
			if err != nil || !got.PDU.VarBinds[0].OID.Equal(vb.OID) || got.PDU.VarBinds[0].Type != vb.Type {
				t.Fatalf("%s cannot be sent: %v", vb.OID, err)
			}
		}
	})
}
