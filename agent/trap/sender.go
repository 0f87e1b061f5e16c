package trap

import (
	"bytes"
	"crypto/subtle"
	"errors"
	"time"

	"ninewatch/internal/snmpagent"
	"ninewatch/internal/snmpwire"
	"ninewatch/internal/telemetry"
	"ninewatch/internal/usm"
)

// Sender is a device that may send, and what it has to show: as long as Credential points to the same, it is the same.
type Sender struct {
	Device     string
	Credential *telemetry.Credential
}

var (
	errCredential = errors.New("it does not come with the credential of the device")
	errReplay     = errors.New("its engine time is one of the past")
	errForm       = errors.New("it is not a trap")
)

// timeWindow is that of RFC 3414, section 2.2.3, in seconds.
const timeWindow = 150

// user is what is known of the SNMPv3 side of a Sender.
type user struct {
	credential *telemetry.Credential
	secret     *snmpagent.Secret
	own        *snmpagent.Engine // of this agent: informs
	theirs     *snmpagent.Engine // of the device: traps
	boots      uint32
	time       uint32
	at         time.Time
}

func (r *Receiver) newUser(c *telemetry.Credential) (*user, error) {
	secret, err := snmpagent.NewSecret(snmpagent.User{
		Name: c.Username, AuthProtocol: c.AuthProtocol, AuthPassphrase: c.AuthPassphrase.Reveal(),
		PrivProtocol: c.PrivProtocol, PrivPassphrase: c.PrivPassphrase.Reveal(),
	})
	if err != nil {
		return nil, err
	}
	own, err := snmpagent.NewEngine(r.engineID, r.boots, func() time.Duration { return time.Since(r.began) }, secret)
	return &user{credential: c, secret: secret, own: own}, err
}

// open decodes a message from a source into r.msg and checks it against the credential of a sender. r.engine is the one
// of its security, nil of a community. When it did not pass, report is what to send instead, or nil.
func (r *Receiver) open(b []byte, s *source, from *Sender) (report []byte, err error) {
	if r.engine = nil; snmpwire.IsV3(b) {
		if from.Credential.Version != "3" {
			return nil, errCredential
		}
		return r.openUser(b, s, from)
	}
	err = snmpwire.DecodeInto(&r.msg, b)
	if errors.Is(err, snmpwire.ErrSyntax) {
		err = snmpwire.DecodeTrapV1(&r.msg, b)
	}
	if err != nil && !errors.Is(err, snmpwire.ErrValue) {
		return nil, errForm
	}
	if from.Credential.Version == "3" || subtle.ConstantTimeCompare(r.msg.Community, []byte(from.Credential.Community.Reveal())) != 1 {
		return nil, errCredential
	}
	return nil, nil
}

func (r *Receiver) openUser(b []byte, s *source, from *Sender) (report []byte, err error) {
	m, err := usm.Parse(b)
	if err != nil {
		return nil, errForm
	}
	u := s.users[from.Device]
	if u == nil || u.credential != from.Credential {
		if u, err = r.newUser(from.Credential); err != nil {
			return nil, err
		}
		if s.users == nil || len(s.users) > maxUsers {
			s.users = map[string]*user{}
		}
		s.users[from.Device] = u
	}
	var pdu []byte
	want := snmpwire.TrapV2 // each has its own authoritative engine (RFC 3414, section 1.5.1)
	if r.engine = u.own; m.Flags&usm.Reportable != 0 || bytes.Equal(m.EngineID, r.engineID) {
		var ok bool
		if pdu, report, ok = u.own.Open(nil, b); !ok {
			return report, errCredential
		}
		want = snmpwire.InformRequest
	} else if pdu, err = u.openTrap(b, &m); err != nil {
		return nil, err
	}
	if err := snmpwire.DecodePDU(&r.msg, pdu); err != nil && !errors.Is(err, snmpwire.ErrValue) || r.msg.PDU.Type != want {
		return nil, errForm
	}
	return nil, nil
}

// openTrap opens a message of which the device is the authority: the clock is the device's, and never goes back.
func (u *user) openTrap(b []byte, m *usm.Message) (pdu []byte, err error) {
	if n := len(m.EngineID); n < 5 || n > 32 { // RFC 3411, section 5, SnmpEngineID
		return nil, errForm
	}
	engine := u.theirs
	if engine == nil || !bytes.Equal(engine.ID, m.EngineID) {
		if engine, err = snmpagent.NewEngine(bytes.Clone(m.EngineID), 0, nil, u.secret); err != nil {
			return nil, err
		}
	} else if now := uint64(u.time) + uint64(time.Since(u.at)/time.Second); m.Boots < u.boots || m.Boots == u.boots && uint64(m.Time)+timeWindow < now {
		return nil, errReplay
	}
	claimed := time.Duration(m.Time) * time.Second
	engine.Boots, engine.Uptime = m.Boots, func() time.Duration { return claimed }
	pdu, _, ok := engine.Open(nil, b)
	if !ok {
		return nil, errCredential
	}
	if engine != u.theirs || m.Boots > u.boots || uint64(m.Time) > uint64(u.time) {
		u.boots, u.time, u.at = m.Boots, m.Time, time.Now()
	}
	u.theirs = engine
	return pdu, nil
}
