package auth

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"ninewatch/internal/conf"
)

func TestCan(t *testing.T) {
	roles := func(r ...Role) Principal { return Principal{Name: "ana", Roles: r} }
	f := func(p Principal, a Action, site string, want bool) {
		t.Helper()
		if got := p.Can(a, site); got != want {
			t.Errorf("%v may do %d at %q: got %t", p.Roles, a, site, got)
		}
	}
	viewer := roles(Role{"viewer", []string{"lisbon"}})
	f(viewer, View, "lisbon", true)
	f(viewer, Operate, "lisbon", false)
	f(viewer, View, "porto", false)
	f(viewer, View, AnySite, false)
	f(viewer, View, "", false)
	mixed := roles(Role{"viewer", []string{"*"}}, Role{"operator", []string{"lisbon", "porto"}})
	f(mixed, View, "madrid", true)
	f(mixed, Operate, "porto", true)
	f(mixed, Operate, "madrid", false)
	f(mixed, Admin, "porto", false)
	f(mixed, View, AnySite, true)
	f(mixed, Operate, AnySite, false)
	admin := roles(Role{"admin", []string{"*"}})
	f(admin, Admin, "lisbon", true)
	f(admin, Admin, AnySite, true)
	f(admin, 0, "lisbon", false)
	f(roles(Role{"root", []string{"*"}}), View, "lisbon", false)
	f(roles(), View, "lisbon", false)

	if got := mixed.Highest(); got != "operator" {
		t.Errorf("highest: got %q", got)
	}
	if sites, all := mixed.Sites(View); !all || sites != nil {
		t.Errorf("view: got %v, %t", sites, all)
	}
	if sites, all := mixed.Sites(Operate); all || !reflect.DeepEqual(sites, []string{"lisbon", "porto"}) {
		t.Errorf("operate: got %v, %t", sites, all)
	}
	if sites, all := mixed.Sites(Admin); all || len(sites) != 0 {
		t.Errorf("admin: got %v, %t", sites, all)
	}
}

func TestEnsureAdminOnce(t *testing.T) {
	f := newFixture(t)
	password, created, err := f.EnsureAdmin(t.Context())
	if err != nil || !created || len(password.Reveal()) != 20 {
		t.Fatalf("got %d characters, %t, %v", len(password.Reveal()), created, err)
	}
	if _, created, err := f.EnsureAdmin(t.Context()); err != nil || created {
		t.Errorf("again: got %t, %v", created, err)
	}
	_, p, err := f.Login(t.Context(), "admin", password, "192.0.2.7")
	if err != nil || !p.Can(Admin, AnySite) {
		t.Errorf("got %+v, %v", p, err)
	}
}

func TestSession(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	roles := []Role{{"operator", []string{"lisbon"}}}
	if err := f.SetUser(ctx, "ana", "correct horse", roles); err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []struct{ name, password string }{{"ana", "correct hors"}, {"ana", ""}, {"eve", "correct horse"}, {"ana", strings.Repeat("x", 2000)}} {
		if _, _, err := f.Login(ctx, wrong.name, conf.Secret(wrong.password), "192.0.2.7"); !errors.Is(err, ErrCredentials) {
			t.Errorf("%s: got %v", wrong.name, err)
		}
	}
	login := func() Session {
		t.Helper()
		s, _, err := f.Login(ctx, "ana", "correct horse", "192.0.2.7")
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	f.pass(time.Hour)
	s := login()
	if p, err := f.Session(ctx, s.Token); err != nil || !reflect.DeepEqual(p, Principal{"ana", roles}) {
		t.Errorf("got %+v, %v", p, err)
	}
	gone := func(why string, s Session) {
		t.Helper()
		if _, err := f.Session(ctx, s.Token); !errors.Is(err, ErrNoSession) {
			t.Errorf("%s: got %v", why, err)
		}
	}
	gone("made up", Session{Token: "x"})
	gone("empty", Session{})
	if err := f.Logout(ctx, s.Token); err != nil {
		t.Fatal(err)
	}
	gone("logged out", s)
	s = login()
	f.pass(7 * 24 * time.Hour)
	gone("expired", s)
	s = login()
	if err := f.SetUser(ctx, "ana", "new password", roles); err != nil {
		t.Fatal(err)
	}
	gone("password changed", s)
	s, _, err := f.Login(ctx, "ana", "new password", "192.0.2.7")
	if err != nil {
		t.Fatal(err)
	}
	if err := f.DeleteUser(ctx, "ana"); err != nil {
		t.Fatal(err)
	}
	gone("user deleted", s)
}

func TestLoginsAreLimited(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	if err := f.SetUser(ctx, "ana", "correct horse", []Role{{"viewer", []string{"*"}}}); err != nil {
		t.Fatal(err)
	}
	for range limitPerAccount {
		if _, _, err := f.Login(ctx, "ana", "wrong", "192.0.2.7"); !errors.Is(err, ErrCredentials) {
			t.Fatal(err)
		}
	}
	if _, _, err := f.Login(ctx, "ana", "correct horse", "192.0.2.8"); !errors.Is(err, ErrTooMany) {
		t.Errorf("eleventh of an account: got %v", err)
	}
	f.pass(15 * time.Minute)
	if _, _, err := f.Login(ctx, "ana", "correct horse", "192.0.2.8"); err != nil {
		t.Errorf("after the window: got %v", err)
	}
}

func TestLimiter(t *testing.T) {
	now := time.Unix(0, 0)
	l := newLimiter(func() time.Time { return now })
	for i := range 3 {
		if !l.take("a", 3) {
			t.Fatalf("attempt %d refused", i)
		}
	}
	if l.take("a", 3) {
		t.Error("fourth attempt allowed")
	}
	l.giveBack("a")
	if !l.take("a", 3) {
		t.Error("attempt after a success refused")
	}
	for i := range 3 * limitKeys {
		l.take(fmt.Sprint(i), 3)
		if i%1000 == 0 {
			now = now.Add(time.Second)
		}
	}
	if len(l.keys) > limitKeys {
		t.Errorf("%d keys", len(l.keys))
	}
}

func TestSetUserChecks(t *testing.T) {
	f := newFixture(t)
	viewer := []Role{{"viewer", []string{"*"}}}
	check := func(want, name string, password conf.Secret, roles []Role) {
		t.Helper()
		err := f.SetUser(t.Context(), name, password, roles)
		if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	check("has to be 1 to 100 bytes of plain text", "", "long enough", viewer)
	check("has to be 1 to 100 bytes of plain text", "a\x00", "long enough", viewer)
	check("has no roles", "ana", "long enough", nil)
	check(`role "root" is not one of viewer, operator, admin`, "ana", "long enough", []Role{{"root", []string{"*"}}})
	check(`role "viewer" names no sites`, "ana", "long enough", []Role{{"viewer", nil}})
	check("a password has 8 to 1024 bytes", "ana", "short", viewer)
	check("is new and needs a password", "ana", "", viewer)
	if err := f.SetUser(t.Context(), "ana", "long enough", viewer); err != nil {
		t.Fatal(err)
	}
	operator := []Role{{"operator", []string{"lisbon"}}}
	if err := f.SetUser(t.Context(), "ana", "", operator); err != nil {
		t.Fatal(err)
	}
	if _, p, err := f.Login(t.Context(), "ana", "long enough", ""); err != nil || !reflect.DeepEqual(p.Roles, operator) {
		t.Errorf("got %+v, %v", p, err)
	}
	users, err := f.Users(t.Context())
	if want := []User{{"ana", operator, f.Now().UnixMilli()}}; err != nil || !reflect.DeepEqual(users, want) {
		t.Errorf("got %+v, %v", users, err)
	}
}

func TestAPIToken(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	roles := []Role{{"viewer", []string{"lisbon"}}}
	token, err := f.CreateAPIToken(ctx, "grafana", roles, time.Hour)
	if err != nil || !strings.HasPrefix(token, "nwt_") || len(token) != 47 {
		t.Fatalf("got %d characters, %v", len(token), err)
	}
	if p, err := f.APIToken(ctx, token); err != nil || !reflect.DeepEqual(p, Principal{"token grafana", roles}) {
		t.Errorf("got %+v, %v", p, err)
	}
	for _, wrong := range []string{"", "nwt_", token[:46], token + "x", strings.TrimPrefix(token, "nwt_")} {
		if _, err := f.APIToken(ctx, wrong); !errors.Is(err, ErrNoSession) {
			t.Errorf("got %v", err)
		}
	}
	f.pass(time.Hour)
	if _, err := f.APIToken(ctx, token); !errors.Is(err, ErrNoSession) {
		t.Errorf("expired: got %v", err)
	}
	forever, err := f.CreateAPIToken(ctx, "grafana", roles, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.pass(1000 * time.Hour)
	if _, err := f.APIToken(ctx, forever); err != nil {
		t.Errorf("without an end: got %v", err)
	}
	if n, err := f.DeleteAPITokens(ctx, "grafana"); err != nil || n != 2 {
		t.Errorf("deleted %d, %v", n, err)
	}
	if _, err := f.APIToken(ctx, forever); !errors.Is(err, ErrNoSession) {
		t.Errorf("deleted: got %v", err)
	}
}

func TestPasswordHash(t *testing.T) {
	hash := hashPassword("correct horse", argonMemory)
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=24576,t=3,p=1$") {
		t.Errorf("got %s", hash)
	}
	if hash == hashPassword("correct horse", argonMemory) {
		t.Error("no salt")
	}
	f := func(hash, password string, want bool) {
		t.Helper()
		if got := checkPassword(hash, password); got != want {
			t.Errorf("%.40s: got %t", hash, got)
		}
	}
	f(hash, "correct horse", true)
	f(hash, "correct hors", false)
	f("", "", false)
	f("$argon2id$v=19$m=24576,t=3,p=1$$", "", false)
	f("$argon2id$v=19$m=24576,t=0,p=1$c2FsdHNhbHQ$c2FsdA", "x", false)
	f("$argon2id$v=19$m=4294967295,t=1,p=1$c2FsdHNhbHQ$c2FsdA", "x", false)
	f("$2b$10$abcdefghijklmnopqrstuv", "x", false)
}
