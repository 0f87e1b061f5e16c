package snmp

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"time"

	"ninewatch/internal/oid"
	"ninewatch/internal/snmpwire"
	ber "ninewatch/internal/usm"
)

// timeWindow is how far an engine's clock may lag behind what it said before (RFC 3414, section 2.2.3).
const timeWindow = 150

// An engine id that changes more often than this is not followed: each change costs hashing.
const (
	changesAtOnce = 3
	changeEvery   = 30 * time.Second
)

// usm is the User-based Security Model of RFC 3414 seen from the asking side: the device is authoritative.
type usm struct {
	cred     Credential
	user     []byte
	level    byte
	auth     ber.Auth
	priv     ber.Priv
	authKu   []byte // made once, from the passphrases
	privKu   []byte
	keys     *ber.Keys // of this engine
	engineID []byte
	clock    engineClock
	salt     uint64
	answered bool // an authentic reply came from this engine
	changes  int  // of the engine id, lately
	changed  time.Time
}

// rejectedClock: boots or time of the engine went back (RFC 3414, section 3.2, step 7b).
const rejectedClock = rejected("engine_time")

// engineClock is what is known of snmpEngineBoots and snmpEngineTime.
type engineClock struct {
	boots, time uint32
	at          time.Time
	authentic   bool
}

func (c engineClock) now() (boots, t uint32) {
	if c.at.IsZero() {
		return 0, 0
	}
	return c.boots, c.time + uint32(time.Since(c.at)/time.Second)
}

func newUSM(c Credential) *usm {
	u := &usm{cred: c, user: []byte(c.Username), salt: rand.Uint64()}
	if c.AuthProtocol != "" {
		u.level |= ber.Authentic
		u.auth = ber.Auths[strings.ToUpper(c.AuthProtocol)]
	}
	if c.PrivProtocol != "" {
		u.level |= ber.Encrypted
		u.priv = ber.Privs[strings.ToUpper(c.PrivProtocol)]
	}
	return u
}

func (u *usm) known() bool { return u.engineID != nil }

// unproven: the engine is known, but nothing shows that it knows our keys.
func (u *usm) unproven() bool { return u.known() && !u.answered && u.level != 0 }

// adopt takes the engine's id and makes the keys for it.
func (u *usm) adopt(engineID []byte) (err error) {
	if n := len(engineID); n < 5 || n > 32 { // RFC 3411, section 5, SnmpEngineID
		return &Error{Kind: Engine, Err: fmt.Errorf("engine id has %d bytes, 5 to 32 are allowed", n)}
	}
	u.engineID = bytes.Clone(engineID)
	u.clock, u.answered = engineClock{}, false
	if u.authKu == nil && u.level&ber.Authentic != 0 {
		u.authKu = u.auth.PasswordToKey([]byte(u.cred.AuthPassphrase.Reveal()))
	}
	if u.privKu == nil && u.level&ber.Encrypted != 0 {
		u.privKu = u.auth.PasswordToKey([]byte(u.cred.PrivPassphrase.Reveal()))
	}
	u.keys, err = ber.NewKeys(u.auth, u.authKu, u.priv, u.privKu, u.engineID)
	return err
}

// encode wraps the PDU of r into the lane's buffer. Without a known engine it makes the discovery request of RFC 3414, section 4.
func (u *usm) encode(l *lane, r *request) error {
	m := ber.Message{ID: r.id, Flags: ber.Reportable}
	if r.looking = !u.known() || r.proving; r.looking {
		pdu := snmpwire.AppendPDU(nil, &snmpwire.PDU{Type: snmpwire.GetRequest, RequestID: r.id})
		m.Scoped = ber.AppendScoped(nil, nil, "", pdu)
		l.buf, _, _ = m.Append(l.buf[:0], 0)
		return nil
	}
	m.Flags |= u.level
	m.EngineID, m.User = u.engineID, u.user
	m.Boots, m.Time = u.clock.now()
	pdu := l.scoped[:0]
	if r.run != nil {
		pdu = snmpwire.AppendGet(pdu, r.run.kind, r.id, r.list)
	} else {
		pdu = snmpwire.AppendPDU(pdu, r.pdu)
	}
	end := len(pdu)
	l.scoped = ber.AppendScoped(pdu, u.engineID, u.cred.Context, pdu)
	m.Scoped = l.scoped[end:]
	return u.seal(l, &m)
}

// seal encodes m into the lane's buffer, encrypted and signed as the user's level asks.
func (u *usm) seal(l *lane, m *ber.Message) error {
	if u.level&ber.Encrypted != 0 {
		for range u.keys.Padding(len(m.Scoped)) {
			m.Scoped = append(m.Scoped, 0)
		}
		u.salt++
		m.Priv = u.keys.Salt(m.Boots, u.salt)
	}
	var code, scoped int
	l.buf, code, scoped = m.Append(l.buf[:0], u.auth.Size)
	if u.level&ber.Encrypted != 0 {
		u.keys.Encrypt(l.buf[scoped:], m.Boots, m.Time, m.Priv)
	}
	if u.level&ber.Authentic != 0 {
		u.keys.Sign(l.buf, code)
	}
	return nil
}

// secured takes a message of SNMPv3.
func (l *lane) secured(b []byte, m *ber.Message, from netip.AddrPort) {
	r := l.find(m.ID, from)
	if r == nil || r.client.usm == nil {
		if c := l.asked(from); c != nil && c.usm != nil {
			c.reject("message_id")
		} else if c != nil {
			c.reject("version")
		}
		return
	}
	c := r.client
	before := c.usm.engineID
	pdu, err := c.usm.open(b, m, r.looking)
	if err == nil {
		err = l.secret(r, m, pdu)
	}
	if !bytes.Equal(before, c.usm.engineID) {
		l.e.claim(c, string(c.usm.engineID))
		if before != nil {
			c.counts.Engines++
			c.dev.Meter.engine()
		}
	}
	switch reason, ok := err.(rejected); {
	case err == nil:
	case ok:
		c.reject(reason)
		r.replayed = r.replayed || reason == rejectedClock
	case err == errAgain:
		l.renew(r)
	default:
		l.finish(r, nil, err)
	}
}

// secret takes the PDU of a message that passed all checks of its security.
func (l *lane) secret(r *request, m *ber.Message, pdu []byte) error {
	u := r.client.usm
	if h, ok := snmpwire.QuickPDU(pdu); ok && r.run != nil && m.Flags&ber.Level == u.level && h.RequestID == r.id && l.quick(r, &h) {
		return nil
	}
	err := snmpwire.DecodePDU(&l.msg, pdu)
	switch {
	case err == nil, errors.Is(err, snmpwire.ErrValue), errors.Is(err, snmpwire.ErrStatus):
	case m.Flags&ber.Encrypted != 0 && !u.answered:
		return u.wrongPrivacy()
	default:
		return rejected("malformed")
	}
	switch {
	case l.msg.PDU.Type == snmpwire.Report:
		return u.report(m, &l.msg.PDU, r.looking)
	case m.Flags&ber.Level != u.level, r.looking:
		return rejected("security_level")
	case l.msg.PDU.Type != snmpwire.Response:
		return rejected("pdu_type")
	case l.msg.PDU.RequestID != r.id:
		return rejected("request_id")
	}
	l.accept(r, err)
	return nil
}

// open checks a message as RFC 3414, section 3.2, says, and more strictly: only the level that was asked for,
// only the engine that was asked, and no more than reports without authentication. It decrypts the message in
// place, and returns its PDU.
func (u *usm) open(datagram []byte, m *ber.Message, looking bool) (pdu []byte, err error) {
	level := m.Flags & ber.Level
	plain := looking || level == 0 && u.level != 0 // nothing but a Report is allowed to be
	switch {
	case plain && level != 0:
		return nil, rejected("malformed")
	case plain:
		return u.openReport(m)
	case !bytes.Equal(m.EngineID, u.engineID):
		return nil, rejected("engine_id")
	case !bytes.Equal(m.User, u.user):
		return nil, rejected("user")
	case u.level&ber.Authentic != 0 && !u.keys.Verify(datagram, m):
		return nil, rejected("digest")
	case level != u.level && level != ber.Authentic:
		return nil, rejected("security_level")
	}
	if u.level&ber.Authentic != 0 {
		if err := u.learnClock(m); err != nil {
			return nil, err
		}
	}
	scoped := m.Scoped
	if level&ber.Encrypted != 0 {
		err = u.keys.Decrypt(scoped, m.Boots, m.Time, m.Priv)
	}
	if err == nil {
		_, _, pdu, err = ber.ParseScoped(scoped)
	}
	if err != nil && level&ber.Encrypted != 0 && !u.answered {
		return nil, u.wrongPrivacy()
	}
	if err != nil {
		return nil, rejected("malformed")
	}
	return pdu, nil
}

// openReport takes a message without authentication.
func (u *usm) openReport(m *ber.Message) ([]byte, error) {
	_, _, pdu, err := ber.ParseScoped(m.Scoped)
	if err != nil || len(pdu) == 0 {
		return nil, rejected("malformed")
	}
	if snmpwire.PDUType(pdu[0]) != snmpwire.Report {
		return nil, rejected("security_level")
	}
	return pdu, nil
}

func (u *usm) wrongPrivacy() error {
	return &Error{Kind: Credentials, Err: fmt.Errorf("the reply to user %q cannot be decrypted: wrong privacy passphrase or protocol", u.cred.Username)}
}

// learnClock takes the engine's clock from an authentic message; what goes back is a replay.
func (u *usm) learnClock(m *ber.Message) error {
	if u.clock.authentic {
		boots, now := u.clock.now()
		if m.Boots < boots || m.Boots == boots && m.Time+timeWindow < now {
			return rejectedClock
		}
	}
	u.clock = engineClock{m.Boots, m.Time, time.Now(), true}
	return nil
}

// The counters of RFC 3414, section 5, and RFC 3412, section 5, that a Report may hold.
var (
	usmStats     = oid.MustParse("1.3.6.1.6.3.15.1.1")
	snmpMPDStats = oid.MustParse("1.3.6.1.6.3.11.2.1")
)

// report turns a Report into what to do: learn and ask again, or give up with a word.
func (u *usm) report(m *ber.Message, pdu *snmpwire.PDU, looking bool) error {
	if len(pdu.VarBinds) == 0 {
		return rejected("report")
	}
	name := pdu.VarBinds[0].OID
	if name.HasPrefix(snmpMPDStats) {
		return &Error{Kind: Engine, Err: errors.New("the engine does not take the message: its security model or context is another")}
	}
	if !name.HasPrefix(usmStats) || len(name) <= len(usmStats) {
		return rejected("report")
	}
	authentic := m.Flags&ber.Authentic != 0
	credentials := func(what string) error {
		return &Error{Kind: Credentials, Err: fmt.Errorf("user %q: %s", u.cred.Username, what)}
	}
	if looking { // whatever it complains of, it tells the engine's id
		return u.discovered(m, looking)
	}
	switch name[len(usmStats)] {
	case 1:
		return credentials("the security level is not one that this user has: compare the protocols")
	case 2:
		if !authentic && u.level&ber.Authentic != 0 && u.clock.authentic {
			return rejected("report")
		}
		u.clock = engineClock{m.Boots, m.Time, time.Now(), authentic}
		return errAgain
	case 3:
		return credentials("unknown to the device")
	case 4:
		return u.discovered(m, looking)
	case 5:
		return credentials("wrong authentication passphrase or protocol")
	case 6:
		return credentials("wrong privacy passphrase or protocol")
	}
	return rejected("report")
}

// discovered learns the engine's id and, until an authentic message tells better, its clock.
func (u *usm) discovered(m *ber.Message, looking bool) error {
	if bytes.Equal(m.EngineID, u.engineID) {
		if looking {
			return errAgain
		}
		return &Error{Kind: Engine, Err: errors.New("the engine does not know its own id")}
	}
	if u.known() {
		if time.Since(u.changed) > changeEvery {
			u.changes = 0
		}
		if u.changes++; u.changes > changesAtOnce {
			return &Error{Kind: Engine, Err: fmt.Errorf("the engine id changed %d times within %s: it is not followed for a while", u.changes, changeEvery)}
		}
		u.changed = time.Now()
	}
	if err := u.adopt(m.EngineID); err != nil {
		return err
	}
	u.clock = engineClock{m.Boots, m.Time, time.Now(), false}
	return errAgain
}
