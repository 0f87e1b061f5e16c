package snmp

import (
	"context"
	"errors"
	"fmt"
)

// ErrKind is the one word for why a device could not be read.
type ErrKind string

// The words of CONTRACT, section 6.
const (
	Timeout     ErrKind = "timeout"     // nothing that counts came back
	Refused     ErrKind = "refused"     // the host answers that nobody listens at the port
	Credentials ErrKind = "credentials" // the device answers, but not to these credentials
	Engine      ErrKind = "engine"      // the SNMPv3 engine cannot be spoken to: identity or clock
	Protocol    ErrKind = "protocol"    // the device answers what SNMP does not allow
)

// Error is why an exchange with a device came to nothing. Timeout and Refused may be tried again.
type Error struct {
	Addr string
	Kind ErrKind
	Err  error
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %s: %v", e.Addr, e.Kind, e.Err) }

func (e *Error) Unwrap() error { return e.Err }

// KindOf is the kind of err, or "" when it says nothing of the device: a cancelled context, a closed
// client, a socket that cannot send (no route, not permitted), which is a fault of the prober.
func KindOf(err error) ErrKind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return ""
}

// ErrCut marks a walk whose rows are good, but not all of the table.
var ErrCut = errors.New("table was cut short")

// ErrDisorder marks a walk whose rows are all there, but came out of order or more than once.
var ErrDisorder = errors.New("table is out of order")

// PartError is a table or value that was not read, or not wholly.
type PartError struct {
	Part string // ifTable.ifDescr, hrStorageTable, ...
	Err  error
}

func (e PartError) Error() string { return fmt.Sprintf("%s: %v", e.Part, e.Err) }

func (e PartError) Unwrap() error { return e.Err }

// ended tells whether err is the end of the caller's context, after which nothing more can be read.
func ended(ctx context.Context, err error) bool { return err != nil && ctx.Err() != nil }
