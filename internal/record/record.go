// Package record turns telemetry.Record into the bytes of a protobuf Batch and back.
package record

import (
	"errors"

	"ninewatch/internal/telemetry"
	telemetryv1 "ninewatch/proto/telemetry/v1"
)

// ErrInvalid means that a record breaks a limit or is no record.
var ErrInvalid = errors.New("invalid record")

// Encode returns r as bytes.
func Encode(r *telemetry.Record) ([]byte, error) { return nil, ErrInvalid }

// Decode reads what Encode wrote.
func Decode(b []byte) (*telemetry.Record, error) { return nil, ErrInvalid }

// ToWire returns the message of an encoded record.
func ToWire(r []byte) (*telemetryv1.Batch, error) { return nil, ErrInvalid }

// FromWire returns the encoded record of a message.
func FromWire(b *telemetryv1.Batch) ([]byte, error) { return nil, ErrInvalid }

// InterfacesToWire returns interfaces as messages.
func InterfacesToWire(in []telemetry.Interface) []*telemetryv1.Interface { return nil }

// InterfacesFromWire checks and returns the interfaces of messages.
func InterfacesFromWire(in []*telemetryv1.Interface) ([]telemetry.Interface, error) {
	return nil, ErrInvalid
}
