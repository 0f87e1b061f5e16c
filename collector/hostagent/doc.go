// Package hostagent answers SNMPv2c for the host that it runs on, on loopback alone, so that `up` can watch
// this host without an snmpd and without guessing the community of one.
//
// What it answers, as far as the host tells it:
//   - system group (RFC 3418): sysDescr from uname, sysName, and as sysUpTime the uptime of the host, which is
//     what its counters count from;
//   - ifTable and ifXTable (RFC 2863) under the interfaces' real indexes and names;
//   - hrSystemUptime, hrMemorySize, hrStorageTable and hrProcessorTable (RFC 2790), numbered as net-snmp
//     numbers them, but file systems: their index is made from the mount point and stays after a restart.
//
// Promises:
//   - the socket is bound to a loopback address, and datagrams from elsewhere get no answer;
//   - a wrong community gets no answer, nor does another version than SNMPv2c; SET is refused;
//   - the answers of one second come from one reading of the host: sysUpTime belongs to the counters;
//   - a disk that hangs does not make the agent hang: the rows of file systems go away after half a minute;
//   - what cannot be read is left out, not guessed; it is counted, and logged at most once an hour;
//   - everything is counted: requests = answered + ignored + send errors.
//
// Values that say less or other than their names:
//   - Linux counts what it received, and the multicasts among it: broadcasts are in ifInUcastPkts, and
//     ifOutUcastPkts is all that was sent;
//   - ifSpeed is 0 where the driver knows none, and for tun and tap interfaces, whose driver makes one up;
//   - ifLastChange, ifTableLastChange and ifCounterDiscontinuityTime are when the agent noticed, at a request;
//   - physical memory in use is what cannot be had for the asking (MemTotal - MemAvailable): the page cache
//     is free memory here, while net-snmp counts it as used;
//   - a processor that waits for a disk is idle; in the first minute hrProcessorLoad is the mean since Start,
//     and before the second sample the mean since the host's boot;
//   - file systems on block devices are shown once, however often they are mounted, and the root whatever
//     it is on. Images that are always full (squashfs, ISO 9660, …) are left out.
//
// It reads /proc and /sys. Where there are none it says what Go's package net knows of the interfaces, and
// sysUpTime counts from Start. It writes nothing, and needs no privilege. Config and Deps do not change
// after New; Start, Stop and Addr may be called from any goroutine, Stop again and without Start.
package hostagent
