// Package http stands in for Google's API client, which ninewatch never uses: see internal/absent/README.md.
package http

import (
	"context"
	"errors"
	"net/http"

	"google.golang.org/api/option"
)

// NewTransport returns an error.
func NewTransport(context.Context, http.RoundTripper, ...option.ClientOption) (http.RoundTripper, error) {
	return nil, errors.New("identities of Google are not part of ninewatch")
}
