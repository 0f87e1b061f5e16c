// Package option stands in for Google's API client, which ninewatch never uses: see internal/absent/README.md.
package option

import "golang.org/x/oauth2/google"

// ClientOption is an option of a client that there is not.
type ClientOption interface{ none() }

type option struct{}

func (option) none() {}

// CredentialsType names a kind of credentials.
type CredentialsType string

// ServiceAccount is one.
const ServiceAccount CredentialsType = "service_account"

// WithScopes, WithCredentials and WithAuthCredentialsFile are options that say nothing.
func WithScopes(...string) ClientOption                            { return option{} }
func WithCredentials(*google.Credentials) ClientOption             { return option{} }
func WithAuthCredentialsFile(CredentialsType, string) ClientOption { return option{} }
