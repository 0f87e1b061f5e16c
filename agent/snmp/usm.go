package snmp

import (
	"bytes"
	"crypto/hmac"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"time"

	"ninewatch/internal/oid"
	"ninewatch/internal/snmpwire"
)

// timeWindow is how far an engine's clock may lag behind what it said before (RFC 3414, section 2.2.3).
const timeWindow = 150

// usm is the User-based Security Model of RFC 3414 seen from the asking side: the device is authoritative.
type usm struct {
	cred     Credential
	level    byte // flagAuth, flagPriv
	auth     authProtocol
	priv     privProtocol
	authKu   []byte // made once, from the passphrases
	privKu   []byte
	authKey  []byte // of this engine
	privKey  []byte
	engineID []byte
	changes  atomic.Uint64 // of the engine id
	clock    engineClock
	salt     uint64
	msgID    int32
	asked    snmpwire.PDU
	answered bool // an authentic reply came from this engine
	looking  bool // the request in flight looks for the engine
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
	u := &usm{cred: c, salt: rand.Uint64(), msgID: int32(firstID())}
	if c.AuthProtocol != "" {
		u.level |= flagAuth
		u.auth = authProtocols[strings.ToUpper(c.AuthProtocol)]
	}
	if c.PrivProtocol != "" {
		u.level |= flagPriv
		u.priv = privProtocols[strings.ToUpper(c.PrivProtocol)]
	}
	return u
}

func (u *usm) version() snmpwire.Version { return snmpwire.V2c }

// adopt takes the engine's id and makes the keys for it.
func (u *usm) adopt(engineID []byte) error {
	if n := len(engineID); n < 5 || n > 32 { // RFC 3411, section 5, SnmpEngineID
		return &Error{Kind: Engine, Err: fmt.Errorf("engine id has %d bytes, 5 to 32 are allowed", n)}
	}
	if u.engineID != nil {
		u.changes.Add(1)
	}
	u.engineID = bytes.Clone(engineID)
	u.clock, u.answered = engineClock{}, false
	if u.level&flagAuth != 0 {
		if u.authKu == nil {
			u.authKu = u.auth.passwordToKey([]byte(u.cred.AuthPassphrase.Reveal()))
		}
		u.authKey = u.auth.localize(u.authKu, u.engineID)
	}
	if u.level&flagPriv != 0 {
		if u.privKu == nil {
			u.privKu = u.auth.passwordToKey([]byte(u.cred.PrivPassphrase.Reveal()))
		}
		u.privKey = u.priv.localize(u.auth, u.privKu, u.engineID)
	}
	return nil
}

// encode wraps pdu for the engine. Without a known engine it makes the discovery request of RFC 3414, section 4.
func (u *usm) encode(pdu *snmpwire.PDU) ([]byte, error) {
	u.asked = *pdu
	if u.msgID++; u.msgID <= 0 {
		u.msgID = 1
	}
	m := v3Message{msgID: u.msgID, flags: flagReportable}
	if u.looking = u.engineID == nil; u.looking {
		m.scoped = scopedPDU(nil, "", &snmpwire.PDU{Type: snmpwire.GetRequest, RequestID: pdu.RequestID})
		out, _ := m.append(nil)
		return out, nil
	}
	m.flags |= u.level
	m.engineID, m.user = u.engineID, []byte(u.cred.Username)
	m.boots, m.time = u.clock.now()
	m.scoped = scopedPDU(u.engineID, u.cred.Context, pdu)
	if u.level&flagPriv != 0 {
		u.salt++
		plain := appendElement(nil, tagSequence, m.scoped)
		text, params, err := u.priv.encrypt(u.privKey, plain, m.boots, m.time, u.salt)
		if err != nil {
			return nil, fmt.Errorf("encrypt a request: %w", err)
		}
		m.scoped, m.priv = text, params
	}
	if u.level&flagAuth == 0 {
		out, _ := m.append(nil)
		return out, nil
	}
	m.auth = make([]byte, u.auth.mac)
	out, at := m.append(nil)
	copy(out[at:], u.auth.sum(u.authKey, out))
	return out, nil
}

// scopedPDU is the contents of a ScopedPDU (RFC 3412, section 6).
func scopedPDU(engineID []byte, context string, pdu *snmpwire.PDU) []byte {
	message := snmpwire.Append(nil, &snmpwire.Message{Version: snmpwire.V2c, PDU: *pdu})
	body, _, _ := element(message, tagSequence)
	_, body, _ = element(body, tagInteger)
	_, body, _ = element(body, tagOctets)
	out := appendElement(nil, tagOctets, engineID)
	out = appendElement(out, tagOctets, []byte(context))
	return append(out, body...)
}

// decodeScoped decodes the PDU in a scoped PDU by the rules of SNMPv2c.
func decodeScoped(b []byte, m *snmpwire.Message) error {
	_, b, err := element(b, tagOctets)
	if err != nil {
		return err
	}
	if _, b, err = element(b, tagOctets); err != nil {
		return err
	}
	wrapped := appendNumber(nil, uint32(snmpwire.V2c))
	wrapped = appendElement(wrapped, tagOctets, nil)
	wrapped = append(wrapped, b...)
	return snmpwire.DecodeInto(m, appendElement(nil, tagSequence, wrapped))
}

// open checks a datagram as RFC 3414, section 3.2, says, and more strictly: only the level that was asked
// for, only the engine that was asked, and reports without authentication only where nothing else is possible.
func (u *usm) open(datagram []byte, m *snmpwire.Message) error {
	in, err := parseV3(datagram)
	if err != nil {
		return rejected("malformed")
	}
	if in.msgID != u.msgID {
		return rejected("message_id")
	}
	level := in.flags & (flagAuth | flagPriv)
	if u.looking || level == 0 && u.level != 0 {
		return u.openReport(&in, m)
	}
	if !bytes.Equal(in.engineID, u.engineID) {
		return rejected("engine_id")
	}
	if string(in.user) != u.cred.Username {
		return rejected("user")
	}
	if u.level&flagAuth != 0 && !u.authentic(datagram, &in) {
		return rejected("digest")
	}
	if level != u.level && level != flagAuth {
		return rejected("security_level")
	}
	if u.level&flagAuth != 0 {
		if err := u.learnClock(&in); err != nil {
			return err
		}
	}
	if level&flagPriv != 0 {
		plain, err := u.priv.decrypt(u.privKey, in.scoped, in.boots, in.time, in.priv)
		if err == nil {
			in.scoped, _, err = element(plain, tagSequence) // DES leaves padding behind it
		}
		if err != nil && u.answered {
			return rejected("malformed")
		}
		if err != nil {
			return wrongPrivacy(u.cred.Username)
		}
	}
	err = decodeScoped(in.scoped, m)
	switch {
	case err == nil, errors.Is(err, snmpwire.ErrValue), errors.Is(err, snmpwire.ErrStatus):
	case level&flagPriv != 0 && !u.answered:
		return wrongPrivacy(u.cred.Username)
	default:
		return rejected("malformed")
	}
	if m.PDU.Type == snmpwire.Report {
		return u.report(&in, &m.PDU)
	}
	if level != u.level {
		return rejected("security_level")
	}
	if pduErr := checkPDU(&m.PDU, &u.asked, err); pduErr != nil {
		return pduErr
	}
	u.answered = true
	return nil
}

func wrongPrivacy(user string) error {
	return &Error{Kind: Credentials, Err: fmt.Errorf("the reply to user %q cannot be decrypted: wrong privacy passphrase or protocol", user)}
}

// openReport takes a message without authentication: nothing but a Report is allowed to be one.
func (u *usm) openReport(in *v3Message, m *snmpwire.Message) error {
	if in.flags&(flagAuth|flagPriv) != 0 || decodeScoped(in.scoped, m) != nil {
		return rejected("malformed")
	}
	if m.PDU.Type != snmpwire.Report {
		return rejected("security_level")
	}
	return u.report(in, &m.PDU)
}

// authentic compares the message's code with the one that it should have. It leaves the datagram as it was.
func (u *usm) authentic(datagram []byte, in *v3Message) bool {
	if len(in.auth) != u.auth.mac {
		return false
	}
	got := bytes.Clone(in.auth)
	clear(in.auth) // aliases the datagram
	want := u.auth.sum(u.authKey, datagram)
	copy(in.auth, got)
	return hmac.Equal(got, want)
}

// learnClock takes the engine's clock from an authentic message; what goes back is a replay.
func (u *usm) learnClock(in *v3Message) error {
	if u.clock.authentic {
		boots, now := u.clock.now()
		if in.boots < boots || in.boots == boots && in.time+timeWindow < now {
			return rejectedClock
		}
	}
	u.clock = engineClock{in.boots, in.time, time.Now(), true}
	return nil
}

// The counters of RFC 3414, section 5, and RFC 3412, section 5, that a Report may hold.
var (
	usmStats     = oid.MustParse("1.3.6.1.6.3.15.1.1")
	snmpMPDStats = oid.MustParse("1.3.6.1.6.3.11.2.1")
)

// report turns a Report into what to do: learn and ask again, or give up with a word.
func (u *usm) report(in *v3Message, pdu *snmpwire.PDU) error {
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
	authentic := in.flags&flagAuth != 0
	credentials := func(what string) error {
		return &Error{Kind: Credentials, Err: fmt.Errorf("user %q: %s", u.cred.Username, what)}
	}
	if u.looking { // whatever it complains of, it tells the engine's id
		return u.discovered(in)
	}
	switch name[len(usmStats)] {
	case 1:
		return credentials("the security level is not one that this user has: compare the protocols")
	case 2:
		if !authentic && u.level&flagAuth != 0 && u.clock.authentic {
			return rejected("report")
		}
		u.clock = engineClock{in.boots, in.time, time.Now(), authentic}
		return errAgain
	case 3:
		return credentials("unknown to the device")
	case 4:
		return u.discovered(in)
	case 5:
		return credentials("wrong authentication passphrase or protocol")
	case 6:
		return credentials("wrong privacy passphrase or protocol")
	}
	return rejected("report")
}

// discovered learns the engine's id and, until an authentic message tells better, its clock.
func (u *usm) discovered(in *v3Message) error {
	if bytes.Equal(in.engineID, u.engineID) && !u.looking {
		return &Error{Kind: Engine, Err: errors.New("the engine does not know its own id")}
	}
	if err := u.adopt(in.engineID); err != nil {
		return err
	}
	u.clock = engineClock{in.boots, in.time, time.Now(), false}
	return errAgain
}

// exchangeUSM is an exchange that tells wrong keys from silence: an engine that drops what it cannot
// decrypt still answers a discovery request.
func (c *Client) exchangeUSM(w *wait, u *usm, pdu *snmpwire.PDU) (*snmpwire.PDU, error) {
	reply, err := w.run(pdu)
	if KindOf(err) != Timeout || u.engineID == nil || u.answered || u.level == 0 {
		return reply, err
	}
	old := u.engineID
	u.engineID = nil
	datagram, encodeErr := u.encode(pdu)
	if encodeErr != nil {
		return nil, encodeErr
	}
	_, attemptErr := w.attempt(datagram, false)
	if u.engineID == nil {
		u.engineID = old
	}
	if errors.Is(attemptErr, errAgain) {
		return nil, c.fail(Credentials, "user %q: the engine answers, but not to this user's requests: "+
			"wrong privacy passphrase or protocol, most likely", u.cred.Username)
	}
	return nil, err
}
