// Package sigv4 stands in for the signatures of AWS, which ninewatch never makes: see internal/absent/README.md.
package sigv4

import (
	"errors"
	"net/http"

	"github.com/prometheus/common/config"
)

// SigV4Config is the section of a configuration that ninewatch does not read.
type SigV4Config struct {
	Region             string            `yaml:"region,omitempty"`
	AccessKey          string            `yaml:"access_key,omitempty"`
	SecretKey          config.Secret     `yaml:"secret_key,omitempty"`
	Profile            string            `yaml:"profile,omitempty"`
	RoleARN            string            `yaml:"role_arn,omitempty"`
	ExternalID         string            `yaml:"external_id,omitempty"`
	SessionName        string            `yaml:"session_name,omitempty"`
	Tags               map[string]string `yaml:"tags,omitempty"`
	UseFIPSSTSEndpoint bool              `yaml:"use_fips_sts_endpoint,omitempty"`
	ServiceName        string            `yaml:"service_name,omitempty"`
}

// Option would change a round tripper.
type Option func()

// NewSigV4RoundTripper returns an error.
func NewSigV4RoundTripper(*SigV4Config, http.RoundTripper, ...Option) (http.RoundTripper, error) {
	return nil, errors.New("signatures of AWS are not part of ninewatch")
}
