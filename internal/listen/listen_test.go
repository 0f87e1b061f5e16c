package listen

import "testing"

func TestTCP(t *testing.T) {
	l, err := TCP("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	f := func(address, want string) {
		t.Helper()
		if _, err := TCP(address); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", address, err, want)
		}
	}
	busy := l.Addr().String()
	f(busy, busy+" is in use by another program: stop that one or choose another port")
	f("192.0.2.1:7443", "192.0.2.1:7443 is no address of this host: choose one that is, or leave the host out to listen on all")
	f("127.0.0.1:99999", "listen on 127.0.0.1:99999: listen tcp: address 99999: invalid port")
}
