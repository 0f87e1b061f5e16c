package snmpwire

import (
	"errors"

	"ninewatch/internal/oid"
)

// Version is the version number on the wire.
type Version int32

// The versions that this package reads.
const (
	V1  Version = 0
	V2c Version = 1
)

// PDUType is the tag of a PDU.
type PDUType byte

// The PDUs of RFC 3416. TrapV1 has another layout: DecodeTrapV1.
const (
	GetRequest     PDUType = 0xa0
	GetNextRequest PDUType = 0xa1
	Response       PDUType = 0xa2
	SetRequest     PDUType = 0xa3
	TrapV1         PDUType = 0xa4
	GetBulkRequest PDUType = 0xa5
	InformRequest  PDUType = 0xa6
	TrapV2         PDUType = 0xa7
	Report         PDUType = 0xa8
)

// Type is the tag of a value.
type Type byte

// The types of RFC 2578, and the exceptions of RFC 3416 section 3.
const (
	Integer          Type = 0x02 // VarBind.Int
	OctetString      Type = 0x04 // VarBind.Bytes
	Null             Type = 0x05
	ObjectIdentifier Type = 0x06 // VarBind.Object
	IPAddress        Type = 0x40 // VarBind.Bytes, 4 octets
	Counter32        Type = 0x41 // VarBind.Uint
	Gauge32          Type = 0x42 // VarBind.Uint
	TimeTicks        Type = 0x43 // VarBind.Uint
	Opaque           Type = 0x44 // VarBind.Bytes
	Counter64        Type = 0x46 // VarBind.Uint
	NoSuchObject     Type = 0x80
	NoSuchInstance   Type = 0x81
	EndOfMibView     Type = 0x82
)

// Error-status values of RFC 3416 that the programs use by name.
const (
	NoError             = 0
	TooBig              = 1
	NoSuchName          = 2
	ReadOnly            = 4
	GenErr              = 5
	NotWritable         = 17
	InconsistentName    = 18 // the highest that exists
	maxErrorStatusOfV1  = GenErr
	maxErrorStatusOfV2c = InconsistentName
)

// Message is a community message. Community aliases the datagram after Decode.
type Message struct {
	Version   Version
	Community []byte
	PDU       PDU

	names oid.OID // backing store of all names and of values that are names
}

// PDU is any PDU but the Trap-PDU of SNMPv1.
type PDU struct {
	Type           PDUType
	RequestID      int32
	ErrorStatus    int32 // in all but GetBulkRequest
	ErrorIndex     int32
	NonRepeaters   int32 // in GetBulkRequest alone
	MaxRepetitions int32
	VarBinds       []VarBind
}

// VarBind is a name and its value; Type says which of the fields holds the value.
type VarBind struct {
	OID    oid.OID
	Type   Type
	Int    int64
	Uint   uint64
	Bytes  []byte
	Object oid.OID
	Err    error // set by Decode for a value that Type does not allow; wraps ErrValue
}

// Errors of Decode, to tell kinds of damage apart. The error returned says more.
var (
	ErrTruncated = errors.New("message is cut short")
	ErrTrailing  = errors.New("bytes are left over")
	ErrVersion   = errors.New("version is neither SNMPv1 nor SNMPv2c")
	ErrSyntax    = errors.New("not a message of RFC 3416")
	ErrStatus    = errors.New("error-status is not one of RFC 3416")

	// ErrValue: the message is sound and complete, but one or more of its values are not; these have
	// VarBind.Err, the others may be used.
	ErrValue = errors.New("value is not one of its type")
)
