// Package policy stands in for the Azure SDK: see internal/absent/README.md.
package policy

// TokenRequestOptions say what a token is for.
type TokenRequestOptions struct{ Scopes []string }
