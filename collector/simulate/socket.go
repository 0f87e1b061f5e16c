package simulate

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"unsafe"

	"golang.org/x/net/ipv4"
	"golang.org/x/sys/unix"
)

// listen opens the one socket of a fleet. It takes datagrams for every loopback address, tells which
// one was asked, and is bound to the loopback interface: from other hosts there is no way in.
func listen(port uint16) (*net.UDPConn, *ipv4.PacketConn, error) {
	lc := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		var bindErr error
		err := c.Control(func(fd uintptr) { bindErr = unix.BindToDevice(int(fd), "lo") })
		return errors.Join(err, bindErr)
	}}
	pc, err := lc.ListenPacket(context.Background(), "udp4", fmt.Sprintf("0.0.0.0:%d", port))
	if err != nil {
		return nil, nil, fmt.Errorf("listen on UDP port %d of loopback: %w", port, err)
	}
	conn := pc.(*net.UDPConn)
	// Every device shares this socket: bursts of a whole fleet need room. The kernel may grant less.
	conn.SetReadBuffer(8 << 20)  //nolint:errcheck // see above
	conn.SetWriteBuffer(8 << 20) //nolint:errcheck // see above
	batch := ipv4.NewPacketConn(conn)
	if err := batch.SetControlMessage(ipv4.FlagDst, true); err != nil {
		conn.Close() //nolint:errcheck // the first error counts
		return nil, nil, fmt.Errorf("ask for destination addresses on UDP port %d: %w", port, err)
	}
	return conn, batch, nil
}

// destination is the address that a datagram was sent to, and the control message that makes an answer come
// from there: the same one, which the kernel takes as the source (ip(7), IP_PKTINFO).
func destination(oob []byte) (dst netip.Addr, reply []byte, ok bool) {
	const header, info = unix.SizeofCmsghdr, unix.SizeofInet4Pktinfo
	if len(oob) < header+info || !isPktinfo(oob) {
		return dst, nil, false
	}
	// struct in_pktinfo: ipi_ifindex, ipi_spec_dst, ipi_addr.
	var a [4]byte
	copy(a[:], oob[header+8:])
	clear(oob[header : header+4])
	copy(oob[header+4:], a[:])
	return netip.AddrFrom4(a), oob[:unix.CmsgSpace(info)], true
}

func isPktinfo(oob []byte) bool {
	h := (*unix.Cmsghdr)(unsafe.Pointer(&oob[0]))
	return h.Level == unix.SOL_IP && h.Type == unix.IP_PKTINFO
}
