package snmpagent

import (
	"bytes"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"ninewatch/internal/oid"
	"ninewatch/internal/snmpwire"
	"ninewatch/internal/usm"
)

// User is one that an Engine knows, with the level that it has to use.
type User struct {
	Name           string
	AuthProtocol   string // see usm.Auths; empty: no authentication
	AuthPassphrase string
	PrivProtocol   string // see usm.Privs; empty: no privacy
	PrivPassphrase string
}

// Secret is a User with its keys before they belong to an engine: many engines share it.
type Secret struct {
	name           []byte
	level          byte
	auth           usm.Auth
	priv           usm.Priv
	authKu, privKu []byte
}

// NewSecret makes the keys, which takes some milliseconds.
func NewSecret(u User) (*Secret, error) {
	s := &Secret{name: []byte(u.Name)}
	if u.AuthProtocol != "" {
		auth, ok := usm.Auths[strings.ToUpper(u.AuthProtocol)]
		if !ok || len(u.AuthPassphrase) < 8 {
			return nil, fmt.Errorf("user %q: authentication protocol %q is not known, or its passphrase is below 8 bytes", u.Name, u.AuthProtocol)
		}
		s.level, s.auth, s.authKu = usm.Authentic, auth, auth.PasswordToKey([]byte(u.AuthPassphrase))
	}
	if u.PrivProtocol != "" {
		priv, ok := usm.Privs[strings.ToUpper(u.PrivProtocol)]
		if !ok || s.authKu == nil || len(u.PrivPassphrase) < 8 {
			return nil, fmt.Errorf("user %q: privacy protocol %q is not known or without authentication, or its passphrase is below 8 bytes", u.Name, u.PrivProtocol)
		}
		s.level, s.priv, s.privKu = s.level|usm.Encrypted, priv, s.auth.PasswordToKey([]byte(u.PrivPassphrase))
	}
	return s, nil
}

// Engine is an authoritative SNMPv3 engine with one user (RFC 3414, section 3.2). It belongs to one goroutine.
type Engine struct {
	ID     []byte
	Boots  uint32
	Uptime func() time.Duration // snmpEngineTime

	user    *Secret
	keys    *usm.Keys
	salt    uint64
	reports uint32
	scoped  []byte
	in      usm.Message
	pdu     []byte
	context []byte
	about   []byte // contextEngineID, that of the sender in an inform
}

// NewEngine returns an engine with an id of 5 to 32 octets.
func NewEngine(id []byte, boots uint32, uptime func() time.Duration, user *Secret) (*Engine, error) {
	keys, err := usm.NewKeys(user.auth, user.authKu, user.priv, user.privKu, id)
	return &Engine{ID: id, Boots: boots, Uptime: uptime, user: user, keys: keys, salt: engines.Add(1) << 32}, err
}

// engines makes the salts of engines differ.
var engines atomic.Uint64

// The counters of RFC 3414, section 5, whose reports an Engine sends.
const (
	unsupportedLevels = 1
	notInTimeWindows  = 2
	unknownUserNames  = 3
	unknownEngineIDs  = 4
	wrongDigests      = 5
	decryptionErrors  = 6
)

var usmStats = oid.MustParse("1.3.6.1.6.3.15.1.1")

// timeWindow is that of RFC 3414, section 2.2.3, in seconds.
const timeWindow = 150

// Open returns the PDU that is in a datagram, which it decrypts in place, to be answered with Seal. When it is not
// ok, report is what to send instead, appended to dst, or nil.
func (e *Engine) Open(dst, datagram []byte) (pdu, report []byte, ok bool) {
	in, err := usm.Parse(datagram)
	if err != nil {
		return nil, nil, false
	}
	e.in = in
	level := in.Flags & usm.Level
	now := e.now()
	switch {
	case !bytes.Equal(in.EngineID, e.ID):
		return nil, e.report(dst, unknownEngineIDs, 0), false
	case !bytes.Equal(in.User, e.user.name):
		return nil, e.report(dst, unknownUserNames, 0), false
	case level != e.user.level:
		return nil, e.report(dst, unsupportedLevels, 0), false
	case level&usm.Authentic != 0 && !e.keys.Verify(datagram, &in):
		return nil, e.report(dst, wrongDigests, 0), false
	case level&usm.Authentic != 0 && (in.Boots != e.Boots || in.Time+timeWindow < now || in.Time > now+timeWindow):
		return nil, e.report(dst, notInTimeWindows, usm.Authentic), false
	}
	if level&usm.Encrypted != 0 {
		err = e.keys.Decrypt(in.Scoped, in.Boots, in.Time, in.Priv)
	}
	if err == nil {
		e.about, e.context, e.pdu, err = usm.ParseScoped(in.Scoped)
	}
	if err != nil && level&usm.Encrypted != 0 {
		return nil, e.report(dst, decryptionErrors, usm.Authentic), false
	}
	return e.pdu, nil, err == nil
}

// Context is the context name of the message last opened; valid as long as its datagram.
func (e *Engine) Context() []byte { return e.context }

func (e *Engine) now() uint32 { return uint32(e.Uptime() / time.Second) }

// Seal wraps the response to the message last opened, and appends it to dst.
func (e *Engine) Seal(dst, pdu []byte) []byte {
	return e.seal(dst, pdu, e.about, string(e.context), e.user.level)
}

func (e *Engine) report(dst []byte, stat uint32, level byte) []byte {
	e.reports++
	pdu := snmpwire.PDU{Type: snmpwire.Report, VarBinds: []snmpwire.VarBind{
		{OID: usmStats.Append(stat, 0), Type: snmpwire.Counter32, Uint: uint64(e.reports)}}}
	return e.seal(dst, snmpwire.AppendPDU(nil, &pdu), e.ID, "", level)
}

func (e *Engine) seal(dst, pdu, about []byte, context string, level byte) []byte {
	m := usm.Message{ID: e.in.ID, Flags: level, EngineID: e.ID, Boots: e.Boots, Time: e.now(), User: e.in.User}
	e.scoped = usm.AppendScoped(e.scoped[:0], about, context, pdu)
	size := 0
	if level&usm.Encrypted != 0 {
		for range e.keys.Padding(len(e.scoped)) {
			e.scoped = append(e.scoped, 0)
		}
		e.salt++
		m.Priv = e.keys.Salt(m.Boots, e.salt)
	}
	if level&usm.Authentic != 0 {
		size = e.user.auth.Size
	}
	m.Scoped = e.scoped
	start := len(dst)
	dst, code, scoped := m.Append(dst, size)
	if level&usm.Encrypted != 0 {
		e.keys.Encrypt(dst[scoped:], m.Boots, m.Time, m.Priv)
	}
	if level&usm.Authentic != 0 {
		e.keys.Sign(dst[start:], code-start)
	}
	return dst
}
