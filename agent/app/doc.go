// Package app builds the agent from its parts and runs it.
//
// Data flows one way: the schedule and the prober ask devices, watch makes records of what they show, the
// spool keeps them, the uplink sends them. What flows back is the assignment, from the uplink to watch.
package app
