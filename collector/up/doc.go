// Package up runs a collector that needs no configuration: the command "up". It seeds an inventory with this
// host and its gateway, answers SNMP for this host, and runs an agent for each site as a child. With a demo it
// also simulates a network on loopback, with a past, whose data lies in a folder of its own.
//
// Everything that it starts ends with it, and an agent ends when it is killed.
package up
