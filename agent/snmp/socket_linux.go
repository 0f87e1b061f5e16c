package snmp

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

// send writes a datagram without waiting. What the network said of earlier ones, to whomever, comes up here
// too, once: it is read, and the datagram sent again. What remains is a fault on our side: no route, not
// permitted, or errFull.
func (l *lane) send(b []byte, c *Client) error {
	for attempt := 0; ; attempt++ {
		err := unix.Sendto(l.fd, b, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, c.socket)
		switch {
		case err == nil:
			return nil
		case err == unix.EINTR:
		case err == unix.EAGAIN, err == unix.ENOBUFS:
			return errFull
		case attempt >= 3:
			return err
		default:
			l.readErrors()
		}
	}
}

// errFull: the socket's buffer is full, mostly of datagrams that wait for an address resolution.
var errFull = errors.New("no room to send")

// sockaddr is a as the kernel wants it.
func sockaddr(a netip.AddrPort, zone uint32) unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16(), ZoneId: zone}
}

// readErrors reads the socket's error queue: each entry holds the datagram that an ICMP message was about, and
// to whom it was sent.
func (l *lane) readErrors() {
	oob := make([]byte, 512)
	part := make([]byte, 64)
	for range 1024 {
		_, n, _, to, err := unix.Recvmsg(l.fd, part, oob, unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT)
		if err != nil {
			return
		}
		addr, ok := addrPort(to)
		if !ok || !fromNetwork(oob[:n]) {
			continue
		}
		for c := l.byAddr[addr]; c != nil; c = c.same {
			l.refused(c)
		}
	}
}

// fromNetwork tells whether a control message holds an error that came with ICMP.
func fromNetwork(oob []byte) bool {
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return false
	}
	for _, m := range messages {
		// struct sock_extended_err: ee_errno of 4 octets, then ee_origin.
		if len(m.Data) >= 5 && (m.Data[4] == unix.SO_EE_ORIGIN_ICMP || m.Data[4] == unix.SO_EE_ORIGIN_ICMP6) {
			return binary.NativeEndian.Uint32(m.Data) != uint32(unix.EMSGSIZE)
		}
	}
	return false
}

func addrPort(s unix.Sockaddr) (netip.AddrPort, bool) {
	switch s := s.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(s.Addr), uint16(s.Port)), true
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(s.Addr), uint16(s.Port)), true
	}
	return netip.AddrPort{}, false
}

// dropped is how many datagrams the kernel had no room for at this socket.
func (l *lane) dropped() uint32 {
	var info [9]uint32 // SK_MEMINFO_VARS
	size := uint32(unsafe.Sizeof(info))
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(l.fd), unix.SOL_SOCKET, unix.SO_MEMINFO,
		uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
	if errno != 0 {
		return l.drops
	}
	return info[8] // SK_MEMINFO_DROPS
}
