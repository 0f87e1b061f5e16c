// Package profile knows what to read of a device beyond its interfaces, and what the numbers mean: a
// profile is a YAML file that says for the sysObjectIDs it names which objects are processors, memory,
// storage, sensors, power supplies and fans, what the device is, and which metrics to collect.
//
// The files have the shape of the Datadog and Kentik SNMP profiles, so that a folder of these loads as it
// is, with keys of our own for the meaning; FORMAT.md, beside this file, is the reference. Bundled
// profiles are in bundled/, and in the program as one compressed archive of which only what a device
// needs is parsed.
//
// Promises:
//   - an unknown key, an OID that is none, a loop in extends, two profiles for one sysObjectID are
//     mistakes with file, line, column and mend, all in one run;
//   - the most specific sysObjectID wins, and a device that nobody knows is read by the generic profile;
//   - each column is walked once, scalars are read together, and a table that the device does not have
//     costs one request;
//   - what the device does not say is absent, never 0: no row, no value, a sentinel, a text that does not
//     fit are all nothing;
//   - a Group polls what a Reading found by GETs of known objects, and works the series that are the same for all
//     makers out of them as the Reading did; a series whose object has gone ends once;
//   - the quirks of makers are in profiles, not in code.
//
// A Library may be used from any goroutine once it is loaded. A Read belongs to one caller.
package profile
