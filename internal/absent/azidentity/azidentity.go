// Package azidentity stands in for the Azure SDK, which ninewatch never uses: see internal/absent/README.md.
package azidentity

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

var errAbsent = errors.New("Azure identities are not part of ninewatch")

// credential is one that never gets a token.
type credential struct{}

func (*credential) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{}, errAbsent
}

// ClientID names an identity.
type ClientID string

// The kinds of credentials, none of which there is.
type (
	ManagedIdentityCredential   = credential
	WorkloadIdentityCredential  = credential
	ClientSecretCredential      = credential
	ClientCertificateCredential = credential
	DefaultAzureCredential      = credential
)

// The options of each kind.
type (
	ManagedIdentityCredentialOptions struct {
		azcore.ClientOptions
		ID ClientID
	}
	WorkloadIdentityCredentialOptions struct {
		azcore.ClientOptions
		ClientID, TenantID, TokenFilePath string
	}
	ClientSecretCredentialOptions      struct{ azcore.ClientOptions }
	ClientCertificateCredentialOptions struct {
		azcore.ClientOptions
		SendCertificateChain bool
	}
	DefaultAzureCredentialOptions struct {
		azcore.ClientOptions
		TenantID string
	}
)

// NewManagedIdentityCredential returns an error, as all that follow.
func NewManagedIdentityCredential(*ManagedIdentityCredentialOptions) (*ManagedIdentityCredential, error) {
	return nil, errAbsent
}

func NewWorkloadIdentityCredential(*WorkloadIdentityCredentialOptions) (*WorkloadIdentityCredential, error) {
	return nil, errAbsent
}

func NewClientSecretCredential(_, _, _ string, _ *ClientSecretCredentialOptions) (*ClientSecretCredential, error) {
	return nil, errAbsent
}

func NewDefaultAzureCredential(*DefaultAzureCredentialOptions) (*DefaultAzureCredential, error) {
	return nil, errAbsent
}

func ParseCertificates([]byte, []byte) ([]*x509.Certificate, crypto.PrivateKey, error) {
	return nil, nil, errAbsent
}

func NewClientCertificateCredential(_, _ string, _ []*x509.Certificate, _ crypto.PrivateKey, _ *ClientCertificateCredentialOptions) (*ClientCertificateCredential, error) {
	return nil, errAbsent
}
