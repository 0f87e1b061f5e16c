package snmpagent

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math"
	"net/netip"
	"os"
	"strconv"

	"ninewatch/internal/oid"
	"ninewatch/internal/snmpwire"
)

// Recording is what a file in the snmprec format holds.
type Recording struct {
	*Tree
	Lines     int // that are neither blank nor comments
	Malformed int // lines left out: not a name, or a value that its tag does not allow
}

// LoadRecording reads the file path.
func LoadRecording(path string) (Recording, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Recording{}, fmt.Errorf("read recording: %w", err)
	}
	rec := ParseRecording(data)
	if rec.Len() == 0 {
		return rec, fmt.Errorf("recording %q holds no SNMP value in %d lines", path, rec.Lines)
	}
	return rec, nil
}

// ParseRecording reads lines of OID|TAG|VALUE. A bad line costs itself alone.
func ParseRecording(data []byte) Recording {
	var rec Recording
	var objects []snmpwire.VarBind
	for line := range bytes.SplitSeq(data, []byte("\n")) {
		line = bytes.TrimSuffix(line, []byte("\r"))
		if len(bytes.TrimSpace(line)) == 0 || line[0] == '#' {
			continue
		}
		rec.Lines++
		vb, err := parseLine(line)
		if err != nil {
			rec.Malformed++
			continue
		}
		objects = append(objects, vb)
	}
	rec.Tree = NewTree(objects)
	return rec
}

func parseLine(line []byte) (snmpwire.VarBind, error) {
	parts := bytes.SplitN(line, []byte("|"), 3) // values hold | too
	if len(parts) != 3 {
		return snmpwire.VarBind{}, fmt.Errorf("line without two |")
	}
	name, err := parseName(parts[0])
	if err != nil {
		return snmpwire.VarBind{}, err
	}
	vb := snmpwire.VarBind{OID: name}
	return vb, parseValue(&vb, string(parts[1]), parts[2])
}

func parseName(text []byte) (oid.OID, error) {
	o, err := oid.Parse(string(bytes.Trim(text, ". \t")))
	if err == nil && (len(o) < 2 || o[0] > 2 || o[0] < 2 && o[1] > 39) {
		err = fmt.Errorf("object identifier %s cannot be encoded", o)
	}
	return o, err
}

func parseValue(vb *snmpwire.VarBind, tag string, text []byte) (err error) {
	number := string(bytes.TrimSpace(text))
	switch tag {
	case "2":
		vb.Type = snmpwire.Integer
		vb.Int, err = strconv.ParseInt(number, 10, 32)
	case "4", "4x", "4e":
		vb.Type = snmpwire.OctetString
		vb.Bytes, err = parseText(tag[1:], text)
	case "5":
		vb.Type = snmpwire.Null
	case "6":
		vb.Type = snmpwire.ObjectIdentifier
		vb.Object, err = parseName(text)
	case "64", "64x":
		vb.Type = snmpwire.IPAddress
		vb.Bytes, err = parseIPAddress(tag, number)
	case "65":
		vb.Type = snmpwire.Counter32
		vb.Uint, err = strconv.ParseUint(number, 10, 32)
	case "66":
		vb.Type = snmpwire.Gauge32
		vb.Uint, err = strconv.ParseUint(number, 10, 32)
	case "67":
		vb.Type = snmpwire.TimeTicks
		vb.Uint, err = strconv.ParseUint(number, 10, 32)
	case "68", "68x":
		vb.Type = snmpwire.Opaque
		vb.Bytes, err = parseText(tag[2:], text)
	case "70":
		vb.Type = snmpwire.Counter64
		vb.Uint, err = strconv.ParseUint(number, 10, 64)
	default:
		err = fmt.Errorf("tag %q", tag)
	}
	return err
}

func parseText(form string, text []byte) ([]byte, error) {
	switch form {
	case "x":
		text = bytes.TrimSpace(text)
		out := make([]byte, hex.DecodedLen(len(text)))
		_, err := hex.Decode(out, text)
		return out, err
	case "e":
		return unescape(text)
	}
	return bytes.Clone(text), nil
}

func parseIPAddress(tag, text string) ([]byte, error) {
	if tag == "64x" {
		b, err := hex.DecodeString(text)
		if err == nil && len(b) != 4 {
			err = fmt.Errorf("IpAddress of %d octets", len(b))
		}
		return b, err
	}
	a, err := netip.ParseAddr(text)
	if err != nil || !a.Is4() {
		return nil, fmt.Errorf("IpAddress %q", text)
	}
	return a.AsSlice(), nil
}

// unescape reads the backslash escapes of a Python string literal.
func unescape(text []byte) ([]byte, error) {
	simple := map[byte]byte{'\\': '\\', '\'': '\'', '"': '"', 'a': 7, 'b': 8, 'f': 12, 'n': 10, 'r': 13, 't': 9, 'v': 11}
	var out []byte
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) {
			out = append(out, text[i])
			continue
		}
		i++
		c, known := simple[text[i]]
		switch {
		case known:
			out = append(out, c)
		case text[i] == 'x':
			if i+2 >= len(text) {
				return nil, fmt.Errorf("escape \\x without two digits")
			}
			n, err := strconv.ParseUint(string(text[i+1:i+3]), 16, 8)
			if err != nil {
				return nil, fmt.Errorf("escape \\x%s", text[i+1:i+3])
			}
			out = append(out, byte(n))
			i += 2
		case text[i] >= '0' && text[i] <= '7':
			end := i
			for end < len(text) && end < i+3 && text[end] >= '0' && text[end] <= '7' {
				end++
			}
			n, err := strconv.ParseUint(string(text[i:end]), 8, 16)
			if err != nil || n > math.MaxUint8 {
				return nil, fmt.Errorf("escape \\%s", text[i:end])
			}
			out = append(out, byte(n))
			i = end - 1
		default: // an unknown escape stands for itself
			out = append(out, '\\', text[i])
		}
	}
	return out, nil
}
