// Package rest stands in for the client of Kubernetes, which ninewatch never uses: see internal/absent/README.md.
package rest

import "context"

// WarningHandlerWithContext would hear the warnings of an API server.
type WarningHandlerWithContext interface {
	HandleWarningHeaderWithContext(ctx context.Context, code int, agent, text string)
}

// WarningLogger hears nothing.
type WarningLogger struct{}

// HandleWarningHeaderWithContext does nothing.
func (WarningLogger) HandleWarningHeaderWithContext(context.Context, int, string, string) {}
