// Package azcore stands in for the Azure SDK, which ninewatch never uses: see internal/absent/README.md.
package azcore

import (
	"context"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// ClientOptions are those of a client that there is not.
type ClientOptions struct{ Cloud cloud.Configuration }

// AccessToken is what a TokenCredential would return.
type AccessToken struct {
	Token     string
	ExpiresOn time.Time
	RefreshOn time.Time
}

// TokenCredential would get tokens.
type TokenCredential interface {
	GetToken(ctx context.Context, options policy.TokenRequestOptions) (AccessToken, error)
}
