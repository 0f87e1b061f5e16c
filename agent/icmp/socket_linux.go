package icmp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	batch = 64 // packets read in one call
	// packetSize holds an ICMP error with the headers of the packet that it quotes: 60 + 8 + 60 + 24.
	packetSize = 256
	// controlSize holds a time stamp, a drop counter and an extended error with an address.
	controlSize = 192
	// receiveBuffer holds the replies of 10,000 targets that all come within one stall.
	receiveBuffer = 8 << 20
	// sendBuffer holds what waits for ARP: three packets for each dead neighbour.
	sendBuffer = 32 << 20

	icmpFilter = 1 // linux/icmp.h
)

// ErrNotPermitted means that this process may open neither kind of ICMP socket.
var ErrNotPermitted = errors.New("not permitted")

// packet is one that was received.
type packet struct {
	data      []byte
	whole     bool // data is not cut
	src       netip.Addr
	stamp     int64 // Unix ns at which the kernel received it; 0: none
	drops     uint32
	hasDrops  bool
	extended  bool // from the error queue: src is where it was sent, kind and code what happened, hop who says so
	kind      byte
	code      byte
	hop       netip.Addr
	fromLocal bool // an error of the kernel itself, no ICMP message
}

// socket is an ICMP socket. Its methods allocate nothing.
type socket struct {
	fd  int
	v6  bool
	raw bool
	id  uint16 // identifier of our echoes

	dscp uint8 // of what is sent next, as the kernel knows it
	df   bool

	to4 unix.RawSockaddrInet4
	to6 unix.RawSockaddrInet6

	headers [batch]mmsghdr
	iovecs  [batch]unix.Iovec
	names   [batch]unix.RawSockaddrInet6
	data    [batch][packetSize]byte
	control [batch][controlSize]byte
}

// mmsghdr is that of recvmmsg(2).
type mmsghdr struct {
	hdr unix.Msghdr
	n   uint32
}

// openSocket opens a raw socket, or without the right to it a datagram one. id is the identifier that a raw
// socket uses; a datagram socket gets its own from the kernel.
func openSocket(v6 bool, id uint16) (*socket, error) {
	family, protocol, name := unix.AF_INET, unix.IPPROTO_ICMP, "ICMP"
	if v6 {
		family, protocol, name = unix.AF_INET6, unix.IPPROTO_ICMPV6, "ICMPv6"
	}
	raw := true
	flags := unix.SOCK_CLOEXEC | unix.SOCK_NONBLOCK
	fd, err := unix.Socket(family, unix.SOCK_RAW|flags, protocol)
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) {
		raw = false
		fd, err = unix.Socket(family, unix.SOCK_DGRAM|flags, protocol)
	}
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) {
		return nil, fmt.Errorf("open %s socket: %w: give the agent the capability CAP_NET_RAW, or let net.ipv4.ping_group_range include its group %d",
			name, ErrNotPermitted, os.Getegid())
	}
	if err != nil {
		return nil, fmt.Errorf("open %s socket: %w", name, err)
	}
	s := &socket{fd: fd, v6: v6, raw: raw, id: id}
	s.to4.Family, s.to6.Family = unix.AF_INET, unix.AF_INET6
	if err := s.prepare(); err != nil {
		s.close()
		return nil, fmt.Errorf("prepare %s socket: %w", name, err)
	}
	return s, nil
}

func (s *socket) prepare() error {
	s.setBuffer(unix.SO_RCVBUFFORCE, unix.SO_RCVBUF, receiveBuffer)
	s.setBuffer(unix.SO_SNDBUFFORCE, unix.SO_SNDBUF, sendBuffer)
	err := errors.Join(
		unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1),
		unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_RXQ_OVFL, 1),
	)
	switch {
	case s.raw && s.v6:
		filter := unix.ICMPv6Filter{}
		for i := range filter.Data {
			filter.Data[i] = ^uint32(0)
		}
		for _, kind := range []uint32{type6Unreachable, type6TooBig, type6TimeExceeded, type6EchoReply} {
			filter.Data[kind/32] &^= 1 << (kind % 32)
		}
		err = errors.Join(err, unix.SetsockoptICMPv6Filter(s.fd, unix.SOL_ICMPV6, unix.ICMPV6_FILTER, &filter))
	case s.raw:
		block := ^uint32(1<<typeEchoReply | 1<<typeUnreachable | 1<<typeTimeExceeded)
		err = errors.Join(err, unix.SetsockoptInt(s.fd, unix.SOL_RAW, icmpFilter, int(int32(block))))
	case s.v6:
		err = errors.Join(err, unix.SetsockoptInt(s.fd, unix.SOL_IPV6, unix.IPV6_RECVERR, 1), s.learnID())
	default:
		err = errors.Join(err, unix.SetsockoptInt(s.fd, unix.SOL_IP, unix.IP_RECVERR, 1), s.learnID())
	}
	err = errors.Join(err, s.setDontFragment(false))
	for i := range batch {
		s.iovecs[i].Base = &s.data[i][0]
		s.iovecs[i].SetLen(packetSize)
		h := &s.headers[i].hdr
		h.Name = (*byte)(unsafe.Pointer(&s.names[i]))
		h.Iov = &s.iovecs[i]
		h.SetIovlen(1)
		h.Control = &s.control[i][0]
	}
	return err
}

// setBuffer sets a buffer beyond the limit of the system where it may, else up to it.
func (s *socket) setBuffer(force, normal, size int) {
	if unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, force, size) != nil {
		unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, normal, size) //nolint:errcheck // never fails, it clamps
	}
}

// learnID binds a datagram socket and asks for the identifier that the kernel chose.
func (s *socket) learnID() error {
	var any unix.Sockaddr = &unix.SockaddrInet4{}
	if s.v6 {
		any = &unix.SockaddrInet6{}
	}
	if err := unix.Bind(s.fd, any); err != nil {
		return fmt.Errorf("bind: %w", err)
	}
	name, err := unix.Getsockname(s.fd)
	if err != nil {
		return fmt.Errorf("getsockname: %w", err)
	}
	switch name := name.(type) {
	case *unix.SockaddrInet4:
		s.id = uint16(name.Port)
	case *unix.SockaddrInet6:
		s.id = uint16(name.Port)
	}
	return nil
}

func (s *socket) close() { unix.Close(s.fd) } //nolint:errcheck // nothing is buffered

// setDSCP marks what is sent from now on.
func (s *socket) setDSCP(dscp uint8) (err error) {
	if s.v6 {
		err = unix.SetsockoptInt(s.fd, unix.SOL_IPV6, unix.IPV6_TCLASS, int(dscp)<<2)
	} else {
		err = unix.SetsockoptInt(s.fd, unix.SOL_IP, unix.IP_TOS, int(dscp)<<2)
	}
	if err == nil {
		s.dscp = dscp
	}
	return err
}

// setDontFragment says what becomes of packets that are too long for a link. With df they are sent whatever is
// known of the way (RFC 4821 calls it a probe), so that the way itself answers.
func (s *socket) setDontFragment(df bool) (err error) {
	switch {
	case s.v6 && df:
		err = errors.Join(unix.SetsockoptInt(s.fd, unix.SOL_IPV6, unix.IPV6_MTU_DISCOVER, unix.IPV6_PMTUDISC_PROBE),
			unix.SetsockoptInt(s.fd, unix.SOL_IPV6, unix.IPV6_DONTFRAG, 1))
	case s.v6:
		err = errors.Join(unix.SetsockoptInt(s.fd, unix.SOL_IPV6, unix.IPV6_MTU_DISCOVER, unix.IPV6_PMTUDISC_WANT),
			unix.SetsockoptInt(s.fd, unix.SOL_IPV6, unix.IPV6_DONTFRAG, 0))
	case df:
		err = unix.SetsockoptInt(s.fd, unix.SOL_IP, unix.IP_MTU_DISCOVER, unix.IP_PMTUDISC_PROBE)
	default:
		err = unix.SetsockoptInt(s.fd, unix.SOL_IP, unix.IP_MTU_DISCOVER, unix.IP_PMTUDISC_DONT)
	}
	if err == nil {
		s.df = df
	}
	return err
}

// send sends b to g. Most targets want the same marks, so that setting them costs next to nothing.
func (s *socket) send(b []byte, g *target) error {
	if g.DSCP != s.dscp {
		if err := s.setDSCP(g.DSCP); err != nil {
			return err
		}
	}
	if g.DontFragment != s.df {
		if err := s.setDontFragment(g.DontFragment); err != nil {
			return err
		}
	}
	to, size := unsafe.Pointer(&s.to4), unsafe.Sizeof(s.to4)
	if s.v6 {
		s.to6.Addr, s.to6.Scope_id = g.addr.As16(), g.scope
		to, size = unsafe.Pointer(&s.to6), unsafe.Sizeof(s.to6)
	} else {
		s.to4.Addr = g.addr.As4()
	}
	// Raw, as it never waits: the scheduler need not know.
	_, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(s.fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)),
		unix.MSG_DONTWAIT, uintptr(to), size)
	if errno != 0 {
		return errno
	}
	return nil
}

// receive reads up to batch packets, or with fromErrors what lies in the error queue, and returns how many.
// packet(i) is valid until the next call.
func (s *socket) receive(fromErrors bool) (int, error) {
	for i := range s.headers {
		h := &s.headers[i].hdr
		h.Namelen = uint32(unsafe.Sizeof(s.names[i]))
		h.SetControllen(controlSize)
		h.Flags = 0
	}
	flags := uintptr(unix.MSG_DONTWAIT)
	if fromErrors {
		flags |= unix.MSG_ERRQUEUE
	}
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, uintptr(s.fd), uintptr(unsafe.Pointer(&s.headers[0])), batch, flags, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

func (s *socket) packet(i int) packet {
	m := &s.headers[i]
	p := packet{
		data:  s.data[i][:min(m.n, packetSize)],
		whole: m.hdr.Flags&unix.MSG_TRUNC == 0,
		src:   address((*[28]byte)(unsafe.Pointer(&s.names[i]))[:m.hdr.Namelen]),
	}
	p.readControl(s.control[i][:min(int(m.hdr.Controllen), controlSize)])
	return p
}

// readControl reads the control messages (cmsg(3)) of a packet.
func (p *packet) readControl(b []byte) {
	const headerLen = int(unsafe.Sizeof(unix.Cmsghdr{}))
	for len(b) >= headerLen {
		h := (*unix.Cmsghdr)(unsafe.Pointer(&b[0]))
		n := int(h.Len)
		if n < headerLen || n > len(b) {
			return
		}
		p.readOne(h.Level, h.Type, b[headerLen:n])
		next := (n + int(unsafe.Sizeof(uintptr(0))) - 1) &^ (int(unsafe.Sizeof(uintptr(0))) - 1)
		b = b[min(next, len(b)):]
	}
}

func (p *packet) readOne(level, kind int32, b []byte) {
	switch {
	case level == unix.SOL_SOCKET && kind == unix.SCM_TIMESTAMPNS && len(b) == 16:
		p.stamp = int64(binary.NativeEndian.Uint64(b))*1e9 + int64(binary.NativeEndian.Uint64(b[8:]))
	case level == unix.SOL_SOCKET && kind == unix.SCM_TIMESTAMPNS && len(b) == 8: // 32-bit systems
		p.stamp = int64(int32(binary.NativeEndian.Uint32(b)))*1e9 + int64(binary.NativeEndian.Uint32(b[4:]))
	case level == unix.SOL_SOCKET && kind == unix.SO_RXQ_OVFL && len(b) >= 4:
		p.drops, p.hasDrops = binary.NativeEndian.Uint32(b), true
	case level == unix.SOL_IP && kind == unix.IP_RECVERR, level == unix.SOL_IPV6 && kind == unix.IPV6_RECVERR:
		if len(b) < 16 { // struct sock_extended_err, then the address of who sent the error
			return
		}
		p.extended, p.kind, p.code = true, b[5], b[6]
		p.fromLocal = b[4] != unix.SO_EE_ORIGIN_ICMP && b[4] != unix.SO_EE_ORIGIN_ICMP6
		p.hop = address(b[16:])
	}
}

// address reads a struct sockaddr, of any family but IP as no address.
func address(b []byte) netip.Addr {
	if len(b) < 2 {
		return netip.Addr{}
	}
	switch family := binary.NativeEndian.Uint16(b); {
	case family == unix.AF_INET && len(b) >= 8:
		return netip.AddrFrom4([4]byte(b[4:8]))
	case family == unix.AF_INET6 && len(b) >= 24:
		return netip.AddrFrom16([16]byte(b[8:24])).Unmap()
	}
	return netip.Addr{}
}

// faultOf says why a probe could not be sent.
func faultOf(err error) faultCode {
	errno, _ := err.(unix.Errno)
	switch errno {
	case unix.ENETUNREACH, unix.EHOSTUNREACH:
		return faultNoRoute
	case unix.EPERM, unix.EACCES:
		return faultNotPermitted
	case unix.ENOBUFS, unix.EAGAIN, unix.ENOMEM:
		return faultNoBuffers
	case unix.ENETDOWN, unix.ENODEV, unix.ENXIO:
		return faultInterfaceDown
	case unix.EADDRNOTAVAIL:
		return faultNoSource
	case unix.EMSGSIZE:
		return faultTooLong
	}
	return faultSendFailed
}
