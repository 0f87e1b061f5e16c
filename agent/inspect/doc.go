// Package inspect reads one device once, without any collector, and prints what it read: the commands
// inspect and walk of the agent (CONTRACT, section 6).
//
// Its two functions, Inspect and Walk, take options that are already parsed, write to the two writers
// they are given, and return the exit code: 0 all of it, 1 nothing (with one line on the error writer),
// 2 options that cannot be right, before any packet is sent, 3 a part (what is missing is listed).
// They return within half a second of the end of their context.
//
// What a device says is printed as valid UTF-8 without control characters; what it does not say is left
// out, never 0. The fields of Result are those of the contract.
package inspect
