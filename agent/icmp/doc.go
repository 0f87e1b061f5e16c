// Package icmp asks devices for echoes (RFC 792, RFC 4443) and says for each slot what came of it.
//
// A Prober serves all targets with one socket per address family: raw where CAP_NET_RAW is there, else a
// datagram socket (net.ipv4.ping_group_range). One goroutine per family sends, receives and expires; nothing
// is allocated per probe.
//
// Promises:
//   - each slot in which a probe was due gives exactly one Result, for each target in the order of the slots,
//     except slots that passed while the agent did not run or was stalled (counted as missed), and those in
//     flight at Stop;
//   - a Reply carries the nonce of its probe and came from the address that was asked, within Config.Timeout;
//   - the RTT runs from just before the send on the monotonic clock to the kernel's receive time stamp; a step
//     of the wall clock, a busy agent or a flood of packets do not change it (RFC 2681);
//   - what the agent could not send, or could have lost itself (no route, no permission, interface down, no
//     buffers, receive queue overrun) is a Fault, never a loss;
//   - an ICMP error explains a loss (reason and hop), it does not make one: a reply that still comes in time wins;
//   - a reply counts once; copies are counted as duplicates.
//
// Slots are aligned wall-clock times (package schedule), so that the same target is asked at the same phase
// after a restart.
//
// Ping serves the one-shot command; it is the only user of pro-bing, whose gaps it mends.
package icmp
