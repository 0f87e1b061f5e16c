// Package topology answers what no single measurement can: which failure takes whom down, whether the rest
// carries the load, and which redundancy has already gone without anybody noticing.
//
// It is pure: no clock, socket or database, no logging. The same facts give the same answer in any order.
// What runs it from stored facts, serves it and raises incidents stands elsewhere and uses these entries:
//
//   - Store keeps the facts of devices, manual links and corrections; Build (also Store.Network) turns them
//     into a Network: nodes merged from all their identities, one link for the two ends that were heard,
//     each with its sources, its confidence and its age, and findings in words where facts do not agree.
//     Record is what to keep of a device over a restart; Changes tells what differs between two networks.
//   - Network.Impact is the structure of package graph over those links: who loses the core with a node, a
//     link or a risk group, what each site hangs on, and which of the single points are certain.
//   - Group and its methods: the class of a set of members that stand in for each other (Classify,
//     ClassifyFHRP), its load after each failure (Survive), its class over time (Timeline) and the time
//     without redundancy (Redundancy). GroupsOf makes the groups that facts alone tell: LAGs, power supplies,
//     fans, stacks, FHRP.
//   - RootCauses turns confirmed states into one incident for each cause; Narrow says which of several
//     candidates it was, and why.
//   - Planner judges a maintenance window against groups, sites and what is planned already, and proposes
//     quiet ones.
//
// Package graph below holds the arithmetic, package draw the map.
//
// Vectors runs the published cases of kinds group, fhrp and rootcause.
//
// A value of this package may be read from any goroutine; a Store belongs to one.
package topology
