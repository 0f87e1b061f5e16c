package snmp

import (
	"testing"

	"ninewatch/internal/conf"
)

func v2c(community string) Credential {
	return Credential{Version: "2c", Community: conf.Secret(community)}
}

func dial(t testing.TB, d Device) *Client {
	t.Helper()
	c, err := Dial(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}
