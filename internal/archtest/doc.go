// Package archtest holds the house rules that can be tested: who may import whom, that every package says
// what it is for, and that nothing committed names a place that only one machine has.
package archtest
