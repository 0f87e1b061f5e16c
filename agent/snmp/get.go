package snmp

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"ninewatch/internal/oid"
	"ninewatch/internal/snmpwire"
)

// maxGet is how many names one GetRequest asks for: with names of 14 octets and counters that is about
// 1,300 bytes, which fits an Ethernet frame.
const maxGet = 55

// Errors that VarBind.Err wraps, besides snmpwire.ErrValue.
var (
	errNotInReply = errors.New("the reply leaves this name out")
	errStatus     = errors.New("the device reports an error")
)

// Get reads names, in as many requests as it takes. An error that is told for one name belongs to that
// name alone.
func (c *Client) Get(ctx context.Context, names ...oid.OID) ([]snmpwire.VarBind, error) {
	out := make([]snmpwire.VarBind, 0, len(names))
	for len(names) > 0 {
		n := min(len(names), maxGet)
		part, err := c.get(ctx, names[:n])
		if err != nil {
			return out, err
		}
		out = append(out, part...)
		names = names[n:]
	}
	return out, nil
}

// get is Get in one request, or in smaller ones when the device says that it cannot.
func (c *Client) get(ctx context.Context, names []oid.OID) ([]snmpwire.VarBind, error) {
	if len(names) == 0 {
		return nil, nil
	}
	pdu := &snmpwire.PDU{Type: snmpwire.GetRequest, VarBinds: nulls(names)}
	reply, err := c.exchange(ctx, pdu, func(p *snmpwire.PDU) error { return acceptGet(p, names) })
	if err != nil {
		return nil, err
	}
	if reply.ErrorStatus == snmpwire.NoError {
		return matchNames(reply.VarBinds, names), nil
	}
	if reply.ErrorStatus == authorizationError {
		return nil, c.fail(Credentials, "no access: %s", statusName(reply.ErrorStatus))
	}
	bad := int(reply.ErrorIndex) - 1
	if reply.ErrorStatus == snmpwire.TooBig || bad < 0 || bad >= len(names) {
		bad = -1
	}
	switch {
	case len(names) == 1:
		return []snmpwire.VarBind{failedName(names[0], reply.ErrorStatus)}, nil
	case bad < 0:
		return c.getHalves(ctx, names)
	}
	// The rest goes into one request again.
	rest, err := c.get(ctx, slices.Concat(names[:bad], names[bad+1:]))
	if err != nil {
		return nil, err
	}
	return slices.Insert(rest, bad, failedName(names[bad], reply.ErrorStatus)), nil
}

func (c *Client) getHalves(ctx context.Context, names []oid.OID) ([]snmpwire.VarBind, error) {
	half := len(names) / 2
	first, err := c.get(ctx, names[:half])
	if err != nil {
		return nil, err
	}
	second, err := c.get(ctx, names[half:])
	return append(first, second...), err
}

// failedName is the value of a name that has an error-status. noSuchName is how SNMPv1 says that the
// object is not there (RFC 1157, section 4.1.2).
func failedName(name oid.OID, status int32) snmpwire.VarBind {
	if status == snmpwire.NoSuchName {
		return snmpwire.VarBind{OID: name, Type: snmpwire.NoSuchObject}
	}
	return snmpwire.VarBind{OID: name, Type: snmpwire.Null, Err: fmt.Errorf("%w: %s", errStatus, statusName(status))}
}

func nulls(names []oid.OID) []snmpwire.VarBind {
	out := make([]snmpwire.VarBind, len(names))
	for i, n := range names {
		out[i] = snmpwire.VarBind{OID: n, Type: snmpwire.Null}
	}
	return out
}

// acceptGet takes a reply that is an error or holds at least one of the names.
func acceptGet(p *snmpwire.PDU, names []oid.OID) error {
	if p.ErrorStatus != snmpwire.NoError {
		return nil
	}
	if len(p.VarBinds) == 0 {
		return &Error{Kind: Protocol, Err: errors.New("reply without any value")}
	}
	for i, vb := range p.VarBinds {
		if i < len(names) && vb.OID.Equal(names[i]) {
			return nil
		}
		for _, n := range names {
			if vb.OID.Equal(n) {
				return nil
			}
		}
	}
	return rejected("names")
}

// matchNames finds the value of each name, wherever in the reply it stands.
func matchNames(got []snmpwire.VarBind, names []oid.OID) []snmpwire.VarBind {
	out := make([]snmpwire.VarBind, len(names))
	for i, n := range names {
		out[i] = snmpwire.VarBind{OID: n, Type: snmpwire.Null, Err: errNotInReply}
		if i < len(got) && got[i].OID.Equal(n) {
			out[i] = got[i]
			continue
		}
		for _, vb := range got {
			if vb.OID.Equal(n) {
				out[i] = vb
				break
			}
		}
	}
	return out
}

var statusNames = [...]string{"noError", "tooBig", "noSuchName", "badValue", "readOnly", "genErr", "noAccess",
	"wrongType", "wrongLength", "wrongEncoding", "wrongValue", "noCreation", "inconsistentValue",
	"resourceUnavailable", "commitFailed", "undoFailed", "authorizationError", "notWritable", "inconsistentName"}

func statusName(status int32) string {
	if status >= 0 && int(status) < len(statusNames) {
		return statusNames[status]
	}
	return fmt.Sprintf("error-status %d", status)
}
