package snmpagent

import (
	"ninewatch/internal/oid"
	"ninewatch/internal/snmpwire"
)

// View is what an agent can see: objects in lexicographical order.
type View interface {
	// Get returns the object called name, or an exception (NoSuchObject, NoSuchInstance) in its place.
	Get(name oid.OID) snmpwire.VarBind
	// Next returns the first object behind name, or name with EndOfMibView.
	Next(name oid.OID) snmpwire.VarBind
}

// MaxMessage is a usual limit for answers: what goes through an Ethernet without fragments.
const MaxMessage = 1472

// Answer returns the response to req. It is not ok when an agent stays silent: req is no request.
// Limit is the size of the longest message allowed with more than one binding.
func Answer(v View, req *snmpwire.Message, limit int) (resp snmpwire.Message, ok bool) {
	resp = snmpwire.Message{Version: req.Version, Community: req.Community}
	resp.PDU.Type = snmpwire.Response
	resp.PDU.RequestID = req.PDU.RequestID
	room := limit - snmpwire.Overhead(req.Community)
	switch req.PDU.Type {
	case snmpwire.GetRequest:
		each(v.Get, req, &resp)
	case snmpwire.GetNextRequest:
		each(nextOf(v, req.Version), req, &resp)
	case snmpwire.GetBulkRequest:
		if req.Version == snmpwire.V1 {
			return resp, false
		}
		bulk(v, &req.PDU, &resp.PDU, room)
		return resp, true
	case snmpwire.SetRequest:
		refuseSet(req, &resp)
	default:
		return resp, false
	}
	size := 0
	for i := range resp.PDU.VarBinds {
		size += resp.PDU.VarBinds[i].Size()
	}
	if size > room && len(resp.PDU.VarBinds) > 1 {
		fail(req, &resp, snmpwire.TooBig, 0)
		if req.Version != snmpwire.V1 {
			resp.PDU.VarBinds = nil // RFC 3416, section 4.2.1
		}
	}
	return resp, true
}

// each answers one object for each name asked.
func each(read func(oid.OID) snmpwire.VarBind, req, resp *snmpwire.Message) {
	resp.PDU.VarBinds = make([]snmpwire.VarBind, 0, len(req.PDU.VarBinds))
	for i, asked := range req.PDU.VarBinds {
		vb := read(asked.OID)
		if req.Version == snmpwire.V1 && !inV1(vb.Type) {
			fail(req, resp, snmpwire.NoSuchName, i+1)
			return
		}
		resp.PDU.VarBinds = append(resp.PDU.VarBinds, vb)
	}
}

// inV1 tells whether SNMPv1 can carry a value of type t (RFC 2576, section 3).
func inV1(t snmpwire.Type) bool {
	switch t {
	case snmpwire.Counter64, snmpwire.NoSuchObject, snmpwire.NoSuchInstance, snmpwire.EndOfMibView:
		return false
	}
	return true
}

// nextOf is v.Next, which for SNMPv1 passes over every Counter64.
func nextOf(v View, version snmpwire.Version) func(oid.OID) snmpwire.VarBind {
	if version != snmpwire.V1 {
		return v.Next
	}
	return func(name oid.OID) snmpwire.VarBind {
		vb := v.Next(name)
		for vb.Type == snmpwire.Counter64 {
			vb = v.Next(vb.OID)
		}
		return vb
	}
}

// bulk is RFC 3416, section 4.2.3.
func bulk(v View, req, resp *snmpwire.PDU, room int) {
	add := func(vb snmpwire.VarBind) bool {
		if room -= vb.Size(); room < 0 && len(resp.VarBinds) > 0 {
			return false
		}
		resp.VarBinds = append(resp.VarBinds, vb)
		return true
	}
	once := min(int(req.NonRepeaters), len(req.VarBinds))
	for _, asked := range req.VarBinds[:once] {
		if !add(v.Next(asked.OID)) {
			return
		}
	}
	last := make([]oid.OID, 0, len(req.VarBinds)-once)
	for _, asked := range req.VarBinds[once:] {
		last = append(last, asked.OID)
	}
	for range req.MaxRepetitions {
		ended := true
		for i, name := range last {
			vb := v.Next(name)
			if !add(vb) {
				return
			}
			ended = ended && vb.Type == snmpwire.EndOfMibView
			last[i] = vb.OID
		}
		if ended {
			return
		}
	}
}

func refuseSet(req, resp *snmpwire.Message) {
	status := int32(snmpwire.NotWritable)
	if req.Version == snmpwire.V1 {
		status = snmpwire.NoSuchName
	}
	fail(req, resp, status, min(1, len(req.PDU.VarBinds)))
}

// fail turns resp into an error response: the bindings of the request come back as they are.
func fail(req, resp *snmpwire.Message, status int32, index int) {
	resp.PDU.ErrorStatus = status
	resp.PDU.ErrorIndex = int32(index)
	resp.PDU.VarBinds = req.PDU.VarBinds
}
