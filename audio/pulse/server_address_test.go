package pulse

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestAddressesBeginWithTheServerOfTheUser(t *testing.T) {
	home := t.TempDir()
	socket := filepath.Join(home, ".config/pulse/0123-runtime/native")
	if err := os.MkdirAll(filepath.Dir(socket), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(socket, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		env  map[string]string
		uid  int
		// addresses in the order in which they must occur; other addresses may occur between them
		want []string
	}{
		{"PULSE_SERVER is set", map[string]string{"PULSE_SERVER": "tcp:box"}, 1000, []string{"tcp:box:4713"}},
		{"desktop session", map[string]string{"XDG_RUNTIME_DIR": "/run/user/1000"}, 1000, []string{
			"/run/user/1000/pulse/native", "/run/pulse/native", "/var/run/pulse/native"}},
		{"service without XDG_RUNTIME_DIR", nil, 1000, []string{"/run/user/1000/pulse/native", "/run/pulse/native"}},
		{"no session, socket in the home directory", map[string]string{"HOME": home}, 0, []string{
			"/run/user/0/pulse/native", socket, "/run/pulse/native"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, a := range addresses(func(name string) string { return test.env[name] }, test.uid) {
				got = append(got, a.String())
			}
			from := 0
			for _, want := range test.want {
				i := slices.Index(got[from:], want)
				if i < 0 {
					t.Fatalf("got %q, want %q in this order", got, test.want)
				}
				from += i
			}
			if len(slices.Compact(slices.Sorted(slices.Values(got)))) != len(got) {
				t.Errorf("duplicate address in %q", got)
			}
		})
	}
}

func TestParseServerReadsEveryKindOfAddress(t *testing.T) {
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ s, want string }{
		{"/tmp/native", "/tmp/native"},
		{"unix:/tmp/native", "/tmp/native"},
		{"box", "tcp:box:4713"},
		{"box:99", "tcp:box:99"},
		{"tcp4:box:99", "tcp4:box:99"},
		{"tcp:box", "tcp:box:4713"},
		{"[::1]", "tcp:[::1]:4713"},
		{"{" + host + "}/a {not-" + host + "}/b box", "/a tcp:box:4713"},
		{"{" + host, ""},
		{" ", ""},
	} {
		var got []string
		for _, a := range parseServer(test.s) {
			got = append(got, a.String())
		}
		if got := strings.Join(got, " "); got != test.want {
			t.Errorf("%q: got %q, want %q", test.s, got, test.want)
		}
	}
}

func TestDialErrorListsTheAddresses(t *testing.T) {
	_, _, err := dial(t.Context(), "/nowhere/a unix:/nowhere/b")
	want := "no sound server; tried /nowhere/a (not found), /nowhere/b (not found)"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestLongDeviceNameIsRefused(t *testing.T) {
	name, err := Options{Device: strings.Repeat("x", 2000)}.device(t.Context())
	if err == nil {
		t.Errorf("got %q, want an error", name)
	}
}

func TestErrorOfFindIsReturned(t *testing.T) {
	want := errors.New("no device")
	_, err := Options{Find: func(context.Context) (string, error) { return "", want }}.device(t.Context())
	if !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}
