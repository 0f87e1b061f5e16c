package profile

import (
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"ninewatch/agent/snmp"
	"ninewatch/internal/snmpwire"
)

// value is what a source has: a text, and a number where the text is one. The zero value is nothing.
type value struct {
	ok     bool
	text   string
	number float64
	isNum  bool
	octets []byte
}

// ofText is a text that may be a number.
func ofText(text string) value {
	v := value{ok: text != "", text: text}
	if f, err := strconv.ParseFloat(text, 64); err == nil && !math.IsNaN(f) && !math.IsInf(f, 0) && !strings.ContainsAny(text, "xXpP_") {
		v.number, v.isNum = f, true
	}
	return v
}

func ofNumber(f float64) value {
	return value{ok: true, text: strconv.FormatFloat(f, 'f', -1, 64), number: f, isNum: true}
}

// ofBind is a value as it was read.
func ofBind(vb snmpwire.VarBind) value {
	switch vb.Type {
	case snmpwire.Integer:
		return value{ok: true, text: strconv.FormatInt(vb.Int, 10), number: float64(vb.Int), isNum: true}
	case snmpwire.Counter32, snmpwire.Gauge32, snmpwire.TimeTicks, snmpwire.Counter64:
		return value{ok: true, text: strconv.FormatUint(vb.Uint, 10), number: float64(vb.Uint), isNum: true}
	case snmpwire.OctetString:
		v := ofText(snmp.Text(vb.Bytes))
		v.octets, v.ok = append([]byte{}, vb.Bytes...), true
		return v
	case snmpwire.ObjectIdentifier:
		return value{ok: true, text: vb.Object.String()}
	case snmpwire.IPAddress:
		addr, ok := netip.AddrFromSlice(vb.Bytes)
		return value{ok: ok, text: addr.String(), octets: vb.Bytes}
	case snmpwire.Opaque:
		if f, err := opaqueFloat(vb.Bytes); err == nil {
			return ofNumber(f)
		}
	}
	return value{}
}

// refine applies what a source says of the value itself: all but the factors, which need other values.
func (s *Source) refine(v value, states States) value {
	if !v.ok {
		return v
	}
	if s.Unsigned && v.isNum && v.number < 0 && v.number >= math.MinInt32 {
		v = ofNumber(v.number + 1<<32)
	}
	if s.isAbsent(v) {
		return value{}
	}
	if convert := conversions[s.Convert]; convert != nil {
		octets := v.octets
		if octets == nil {
			octets = []byte(v.text)
		}
		text, ok := convert(octets)
		if !ok {
			return value{}
		}
		v = ofText(text)
	}
	if v.text == "" && v.octets != nil && s.Convert == "" && s.Map == nil {
		return value{} // an empty text says nothing
	}
	if s.expression != nil {
		if v = s.extract(v.text); !v.ok {
			return v
		}
	}
	if s.Map != nil {
		text, ok := states[v.text]
		if !ok {
			text, ok = states["*"]
		}
		if !ok {
			return value{}
		}
		v = ofText(text)
	}
	return v
}

func (s *Source) isAbsent(v value) bool {
	return slices.ContainsFunc(s.Absent, func(a string) bool {
		if strings.EqualFold(a, v.text) {
			return true
		}
		f, err := strconv.ParseFloat(a, 64)
		return err == nil && v.isNum && f == v.number
	})
}

// extract is what the expression finds in a text.
func (s *Source) extract(text string) value {
	m := s.expression.FindStringSubmatchIndex(text)
	switch {
	case m == nil:
		return value{}
	case s.Replace != "":
		return ofText(strings.TrimSpace(string(s.expression.ExpandString(nil, s.Replace, text, m))))
	case len(m) < 4:
		return ofText(strings.TrimSpace(text[m[0]:m[1]]))
	}
	for i := 2; i+1 < len(m); i += 2 { // the first group that took part
		if m[i] >= 0 {
			return ofText(strings.TrimSpace(text[m[i]:m[i+1]]))
		}
	}
	return value{}
}

// scaled is a number in its unit.
func (s *Source) scaled(f, factor float64) (float64, bool) {
	f = f*factor + s.Plus
	if convert := numberConversions[s.Convert]; convert != nil {
		var ok bool
		if f, ok = convert(f); !ok {
			return 0, false
		}
	}
	if math.IsNaN(f) || math.IsInf(f, 0) || s.Min != nil && f < *s.Min || s.Max != nil && f > *s.Max {
		return 0, false
	}
	return rounded(f), true
}

// rounded takes away what binary fractions add to decimal ones.
func rounded(f float64) float64 {
	r, err := strconv.ParseFloat(strconv.FormatFloat(f, 'g', 15, 64), 64)
	if err != nil {
		return f
	}
	return r
}
