package jointoken

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"
)

// example has the CA pin 00 01 … 1f and the secret 20 21 … 3f.
func example() Token {
	t := Token{Addresses: []string{"collector.example.net:7443", "[2001:db8::1]:7443"}}
	for i := range 32 {
		t.CAPin[i], t.Secret[i] = byte(i), byte(32+i)
	}
	return t
}

const exampleText = "nw1.AQIaY29sbGVjdG9yLmV4YW1wbGUubmV0Ojc0NDMSWzIwMDE6ZGI4OjoxXTo3NDQzAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0-P"

func TestEncodeAndParse(t *testing.T) {
	text, err := example().Encode()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(text, exampleText) {
		t.Errorf("got %s\nwant %s and a sum", text, exampleText)
	}
	for _, in := range []string{text, "  " + text + "\n", text[:40] + "\r\n  " + text[40:]} {
		got, err := Parse(in)
		if err != nil || !reflect.DeepEqual(got, example()) {
			t.Errorf("got %#v, %v", got.Addresses, err)
		}
	}
}

func TestParseSaysWhatIsWrong(t *testing.T) {
	text, err := example().Encode()
	if err != nil {
		t.Fatal(err)
	}
	f := func(in, want string) {
		t.Helper()
		_, err := Parse(in)
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		if err != nil && len(in) > 20 && strings.Contains(err.Error(), in[8:20]) {
			t.Errorf("the error repeats the token: %v", err)
		}
	}
	f("", "join token is empty")
	f(" \n", "join token is empty")
	f("nwt_abcdef", `join token does not begin with "nw1.": copy the whole line that the collector printed`)
	f("nw1.", "join token is cut off or mistyped: copy it again from the collector")
	f(text[:len(text)-4], "join token is cut off or mistyped: copy it again from the collector")
	f(text[:50]+"A"+text[51:], "join token is cut off or mistyped: copy it again from the collector")
	f(text[:50]+"%"+text[51:], "join token is cut off or mistyped: copy it again from the collector")
	f(strings.Repeat("a", 9000), "join token is 9000 characters long: this is not a join token")
}

func TestEncodeChecksAddresses(t *testing.T) {
	f := func(want string, addresses ...string) {
		t.Helper()
		_, err := Token{Addresses: addresses}.Encode()
		if err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", addresses, err, want)
		}
	}
	f("join token with 0 addresses: it takes 1 to 16")
	f(`address "collector.example.net" in a join token is not host:port`, "collector.example.net")
	f(`address ":7443" in a join token is not host:port`, ":7443")
	f(`address "a:0" in a join token has no port of 1 to 65535`, "a:0")
	f(`address "a:70000" in a join token has no port of 1 to 65535`, "a:70000")
	f(`address "é:1" in a join token is not plain ASCII`, "é:1")
	f("address of 257 bytes in a join token: at most 255", strings.Repeat("a", 255)+":1")
	if _, err := (Token{Addresses: []string{strings.Repeat("a", 253) + ":1"}}).Encode(); err != nil {
		t.Errorf("address of 255 bytes: %v", err)
	}
}

func TestTokenNeverPrints(t *testing.T) {
	token := example()
	raw, err := json.Marshal(map[string]Token{"token": token})
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "token", token)
	shown := []string{string(raw), log.String()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		shown = append(shown, fmt.Sprintf(verb, token), fmt.Sprintf(verb, &token), fmt.Sprintf(verb, []Token{token}))
	}
	for _, s := range shown {
		if !strings.Contains(s, "secret") || strings.Contains(s, "33") || strings.Contains(s, "7443") || strings.Contains(s, token.SecretText()) {
			t.Errorf("shows %s", s)
		}
	}
}

func FuzzParse(f *testing.F) {
	text, err := example().Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add("nw1.")
	f.Add(text[:60])
	f.Fuzz(func(t *testing.T, s string) {
		token, err := Parse(s)
		if err != nil {
			return
		}
		text, err := token.Encode()
		if err != nil {
			t.Fatalf("what was parsed does not encode: %v", err)
		}
		if again, err := Parse(text); err != nil || !reflect.DeepEqual(again, token) {
			t.Fatalf("parsed anew: %v", err)
		}
	})
}
