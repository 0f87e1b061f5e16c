package profile

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"math/bits"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// conversions make a text of octets.
var conversions = map[string]func([]byte) (string, bool){
	"octets":        func(b []byte) (string, bool) { return whole(b, false) },
	"octets_little": func(b []byte) (string, bool) { return whole(b, true) },
	"bits":          firstBit,
	"hex":           hexNumber,
	"hex_float":     hexFloat,
	"mac":           mac,
	"ip":            address,
	"hex_text":      func(b []byte) (string, bool) { return hex.EncodeToString(b), len(b) > 0 },
}

// numberConversions make a number of a number, after multiply and divide.
var numberConversions = map[string]func(float64) (float64, bool){
	"watt_to_dbm":       func(v float64) (float64, bool) { return 10*math.Log10(v) + 30, v > 0 },
	"dbm_to_watt":       func(v float64) (float64, bool) { return math.Pow(10, v/10) / 1000, true },
	"fahrenheit":        func(v float64) (float64, bool) { return (v - 32) / 1.8, true },
	"hundred_minus":     func(v float64) (float64, bool) { return 100 - v, true },
	"seconds_to_minute": func(v float64) (float64, bool) { return v / 60, true },
}

// whole is octets as one number.
func whole(b []byte, little bool) (string, bool) {
	if len(b) == 0 || len(b) > 8 {
		return "", false
	}
	var n uint64
	for i := range b {
		if little {
			n = n<<8 | uint64(b[len(b)-1-i])
		} else {
			n = n<<8 | uint64(b[i])
		}
	}
	return strconv.FormatUint(n, 10), true
}

// firstBit is the first bit that is set, counted from 1, of a BITS (RFC 2578, section 7.1.4); 0: none.
func firstBit(b []byte) (string, bool) {
	for i := range b {
		if b[i] != 0 {
			return strconv.Itoa(8*i + bits.LeadingZeros8(b[i]) + 1), true
		}
	}
	return "0", true
}

// hexNumber is a number written in hexadecimal digits.
func hexNumber(b []byte) (string, bool) {
	digits := strings.TrimPrefix(strings.ToLower(strings.TrimSpace(string(b))), "0x")
	n, err := strconv.ParseUint(digits, 16, 64)
	return strconv.FormatUint(n, 10), err == nil
}

// hexFloat is an IEEE 754 number, as 4 or 8 octets or as the hexadecimal digits of them.
func hexFloat(b []byte) (string, bool) {
	if len(b) != 4 && len(b) != 8 || len(b) == 8 && isHex(b) {
		decoded, err := hex.DecodeString(strings.TrimPrefix(strings.TrimSpace(string(b)), "0x"))
		if err != nil {
			return "", false
		}
		b = decoded
	}
	var f float64
	switch len(b) {
	case 4:
		f = float64(math.Float32frombits(binary.BigEndian.Uint32(b)))
	case 8:
		f = math.Float64frombits(binary.BigEndian.Uint64(b))
	default:
		return "", false
	}
	return strconv.FormatFloat(f, 'g', -1, 64), !math.IsNaN(f) && !math.IsInf(f, 0)
}

func isHex(b []byte) bool { return strings.Trim(string(b), "0123456789abcdefABCDEF") == "" }

func mac(b []byte) (string, bool) {
	if len(b) != 6 && len(b) != 8 {
		return "", false
	}
	return net.HardwareAddr(b).String(), true
}

func address(b []byte) (string, bool) {
	if addr, err := netip.ParseAddr(strings.TrimSpace(string(b))); err == nil {
		return addr.String(), true
	}
	addr, ok := netip.AddrFromSlice(b)
	return addr.String(), ok
}

// opaqueFloat is a number that net-snmp wraps into an Opaque: tags 9f 78 (float) and 9f 79 (double).
func opaqueFloat(b []byte) (float64, error) {
	if len(b) >= 3 && b[0] == 0x9f && int(b[2]) == len(b)-3 {
		switch {
		case b[1] == 0x78 && b[2] == 4:
			return finite(float64(math.Float32frombits(binary.BigEndian.Uint32(b[3:]))))
		case b[1] == 0x79 && b[2] == 8:
			return finite(math.Float64frombits(binary.BigEndian.Uint64(b[3:])))
		}
	}
	return 0, fmt.Errorf("value of %d octets in an Opaque is no number", len(b))
}

func finite(f float64) (float64, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0, fmt.Errorf("%v is no number that can be used", f)
	}
	return f, nil
}
