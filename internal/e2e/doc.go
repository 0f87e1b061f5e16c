// Package e2e holds the scenario tests: the two programs as processes, Debian's snmpd, a receiver of webhooks,
// network namespaces joined by a veth, a small tmpfs that runs full. It has no code but tests.
//
// Each scenario lives in namespaces of its own, so that all run side by side on the usual ports. In one
// namespace, "site", live collector, agent and receiver; in the other, "far", the devices. The tests break
// things at moments that lie between two probes, and so know to the second what the ledger has to say.
//
// At every scrape of the agent's /metrics, five a second in all scenarios, produced = acknowledged + queued +
// dropped has to hold.
//
// They need root, iproute2 and snmpd, and take real time: outages of 20 s, of 60 s with NINEWATCH_E2E_FULL set.
// TestSoak kills both ends at random for the duration in NINEWATCH_SOAK. TestCutIsTold measures as many cuts as
// NINEWATCH_CUTS says.
package e2e
