// Package cloud stands in for the Azure SDK: see internal/absent/README.md.
package cloud

// Configuration names a cloud.
type Configuration struct{ ActiveDirectoryAuthorityHost string }

// The clouds that a configuration can name.
var AzureChina, AzureGovernment, AzurePublic Configuration
