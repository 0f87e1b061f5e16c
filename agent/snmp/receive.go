package snmp

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"ninewatch/internal/oid"
	"ninewatch/internal/snmpwire"
	ber "ninewatch/internal/usm"
)

// receive takes a datagram. What a well-behaved device sends goes the quick way, everything else the thorough one,
// which finds the reason why it is not taken.
func (l *lane) receive(b []byte, from netip.AddrPort) {
	h, ok := snmpwire.QuickHead(b)
	if !ok {
		l.thorough(b, from)
		return
	}
	r := l.find(h.RequestID, from)
	if r == nil || r.run == nil || r.client.usm != nil || h.Version != r.client.version ||
		!bytes.Equal(h.Community, r.client.community) || !l.quick(r, &h) {
		l.thorough(b, from)
	}
}

// quick takes the reply to a part of a run when it is as expected: all names, in order, with sound values.
func (l *lane) quick(r *request, h *snmpwire.Head) bool {
	run, s := r.run, r.span
	if run.kind != snmpwire.GetRequest || h.Type != snmpwire.Response || h.Status != snmpwire.NoError || r.client.dev.Observe != nil {
		return false
	}
	l.heard(run, r)
	values := run.values[s.from : s.from+s.count]
	ok, outside := snmpwire.QuickValues(h.List, r.list, values)
	if !ok {
		clear(values)
		return false
	}
	if outside {
		run.keep(values, h.List)
	}
	l.taken(r)
	l.finish(r, nil, nil)
	return true
}

// keep copies octets that lie in a datagram.
func (r *run) keep(values []snmpwire.Value, datagram []byte) {
	for i := range values {
		if v := &values[i]; !v.Inline() {
			r.put(v, v.Octets(datagram))
		}
	}
}

func (r *run) put(v *snmpwire.Value, octets []byte) {
	v.Bits = uint64(len(r.store))<<32 | uint64(len(octets))
	r.store = append(r.store, octets...)
}

// taken learns from a reply that was taken.
func (l *lane) taken(r *request) {
	c := r.client
	c.silent = false
	if c.usm != nil {
		c.usm.answered = true
	}
	c.pace.answered(r.span.count, time.Duration(l.e.now()-r.sent), r.attempt > 0)
}

// thorough decodes a datagram as a whole, and tells why it is not taken.
func (l *lane) thorough(b []byte, from netip.AddrPort) {
	if m, err := ber.Parse(b); err == nil {
		l.secured(b, &m, from)
		return
	}
	err := snmpwire.DecodeInto(&l.msg, b)
	readable := err == nil || errors.Is(err, snmpwire.ErrValue) || errors.Is(err, snmpwire.ErrStatus)
	var r *request
	if readable {
		r = l.find(l.msg.PDU.RequestID, from)
	}
	c := l.asked(from)
	if r != nil {
		c = r.client
	}
	if c == nil {
		return
	}
	switch {
	case c.usm != nil, errors.Is(err, snmpwire.ErrVersion):
		c.reject("version")
	case !readable:
		c.reject("malformed")
	case l.msg.Version != c.version:
		c.reject("version")
	case !bytes.Equal(l.msg.Community, c.community):
		c.reject("community")
	case l.msg.PDU.Type != snmpwire.Response:
		c.reject("pdu_type")
	case r == nil:
		c.reject("request_id")
	default:
		l.accept(r, err)
	}
}

// asked is a client that is waiting for a reply from an address, or one that may have been.
func (l *lane) asked(from netip.AddrPort) *Client {
	first := l.byAddr[from]
	for c := first; c != nil; c = c.same {
		if c.flying > 0 {
			return c
		}
	}
	return first
}

// accept takes the reply in l.msg, which belongs to r. Its status may be one that SNMP does not know.
func (l *lane) accept(r *request, decodeErr error) {
	p := &l.msg.PDU
	if errors.Is(decodeErr, snmpwire.ErrStatus) {
		l.finish(r, nil, &Error{Kind: Protocol, Err: fmt.Errorf("reply cannot be read: %w", decodeErr)})
		return
	}
	var err error
	if r.run != nil {
		err = r.check(p)
	} else {
		err = r.accept(p)
	}
	if reason, ok := err.(rejected); ok {
		r.client.reject(reason)
		return
	}
	l.taken(r)
	var reply *snmpwire.PDU
	if r.run == nil || r.client.dev.Observe != nil {
		reply = clonePDU(p)
	}
	if r.client.dev.Observe != nil && err == nil {
		r.client.dev.Observe(reply.VarBinds)
	}
	if r.run != nil && err == nil {
		l.heard(r.run, r)
		err = l.fill(r, p)
	}
	l.finish(r, reply, err)
}

// check takes a reply that is an error or holds at least one of the names.
func (r *request) check(p *snmpwire.PDU) error {
	if p.ErrorStatus != snmpwire.NoError {
		return nil
	}
	if len(p.VarBinds) == 0 {
		return &Error{Kind: Protocol, Err: errors.New("reply without any value")}
	}
	if r.run.kind == snmpwire.GetNextRequest {
		return nil
	}
	for list := r.list; len(list) > 0; list = list[snmpwire.NameEnd(list):] {
		name := snmpwire.Name(list)
		if slices.ContainsFunc(p.VarBinds, func(vb snmpwire.VarBind) bool { return vb.OID.Equal(name) }) {
			return nil
		}
	}
	return rejected("names")
}

// fill takes values from a decoded reply, or deals with its error-status.
func (l *lane) fill(r *request, p *snmpwire.PDU) error {
	run, s, c := r.run, r.span, r.client
	if p.ErrorStatus == snmpwire.NoError {
		run.match(p.VarBinds, s, r.list)
		return nil
	}
	if p.ErrorStatus == authorizationError {
		return c.fail(Credentials, "no access: %s", statusName(p.ErrorStatus))
	}
	bad := p.ErrorIndex - 1
	if p.ErrorStatus == snmpwire.TooBig || bad < 0 || bad >= s.count {
		bad = -1
	}
	switch {
	case s.count == 1:
		run.failed(s.from, p.ErrorStatus)
	case p.ErrorStatus == snmpwire.TooBig:
		c.pace.tooBig(s.count)
		run.todo = append(run.todo, s)
	case bad < 0:
		first, rest := s.split(s.count / 2)
		run.todo = append(run.todo, rest, first)
	default:
		run.failed(s.from+bad, p.ErrorStatus)
		before, rest := s.split(bad)
		_, rest = rest.split(1)
		for _, part := range [...]span{rest, before} {
			if part.count > 0 {
				run.todo = append(run.todo, part)
			}
		}
	}
	return nil
}

// match finds the value of each name, wherever in the reply it stands.
func (r *run) match(got []snmpwire.VarBind, s span, list []byte) {
	for i := range s.count {
		name := snmpwire.Name(list)
		list = list[snmpwire.NameEnd(list):]
		at := int(i)
		if r.names != nil && at < len(got) {
			name = got[at].OID.Clone()
			r.names[s.from+i] = name
		}
		if at >= len(got) || !got[at].OID.Equal(name) {
			at = slices.IndexFunc(got, func(vb snmpwire.VarBind) bool { return vb.OID.Equal(name) })
		}
		if at < 0 {
			r.problem(s.from+i, errNotInReply)
			continue
		}
		r.set(s.from+i, &got[at])
	}
}

func (r *run) set(i int32, vb *snmpwire.VarBind) {
	v := &r.values[i]
	*v = snmpwire.Value{Type: vb.Type, Bits: vb.Uint}
	switch {
	case vb.Err != nil:
		*v = snmpwire.Value{}
		r.problem(i, fmt.Errorf("%w", vb.Err))
	case vb.Type == snmpwire.Integer:
		v.Bits = uint64(vb.Int)
	case vb.Type == snmpwire.ObjectIdentifier:
		r.put(v, snmpwire.AppendOID(nil, vb.Object))
	case !v.Inline():
		r.put(v, vb.Bytes)
	}
}

func (r *run) problem(i int32, err error) {
	if r.problems == nil {
		r.problems = map[int32]error{}
	}
	r.problems[i] = err
}

// failed notes the error-status of a name. noSuchName is how SNMPv1 says that the object is not there (RFC
// 1157, section 4.1.2).
func (r *run) failed(i int32, status int32) {
	if status == snmpwire.NoSuchName {
		r.values[i] = snmpwire.Value{Type: snmpwire.NoSuchObject}
		return
	}
	r.problem(i, fmt.Errorf("%w: %s", errStatus, statusName(status)))
}

// clonePDU copies p out of the datagram: names and octets of one reply share one allocation each.
func clonePDU(p *snmpwire.PDU) *snmpwire.PDU {
	numbers, octets := 0, 0
	for i := range p.VarBinds {
		vb := &p.VarBinds[i]
		numbers += len(vb.OID) + len(vb.Object)
		octets += len(vb.Bytes)
	}
	names, bytes := make(oid.OID, 0, numbers), make([]byte, 0, octets)
	copyName := func(o oid.OID) oid.OID {
		if o == nil {
			return nil
		}
		start := len(names)
		names = append(names, o...)
		return names[start:len(names):len(names)]
	}
	out := *p
	out.VarBinds = make([]snmpwire.VarBind, len(p.VarBinds))
	for i, vb := range p.VarBinds {
		vb.OID, vb.Object = copyName(vb.OID), copyName(vb.Object)
		if vb.Bytes != nil {
			start := len(bytes)
			bytes = append(bytes, vb.Bytes...)
			vb.Bytes = bytes[start:len(bytes):len(bytes)]
		}
		out.VarBinds[i] = vb
	}
	return &out
}
