package permit

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// newBroker returns the Broker of a script lights.lua in a temporary folder.
func newBroker(t *testing.T, opts Options) *Broker {
	t.Helper()
	b, err := tryBroker(t, opts)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func tryBroker(t *testing.T, opts Options) (*Broker, error) {
	t.Helper()
	opts.Script = "lights.lua"
	if opts.Folder == "" {
		opts.Folder = t.TempDir()
	}
	b, err := New(opts)
	if err == nil {
		t.Cleanup(b.Close)
	}
	return b, err
}

func TestAGrantBelongsToItsScript(t *testing.T) {
	t.Setenv("CITY", "Bremen")
	for script, want := range map[string]bool{"": true, "lights": true, "kiosk": false} {
		b := newBroker(t, Options{Grants: []Grant{{Kind: Env, Value: "CITY", Script: script}}})
		if _, ok := b.Getenv("CITY"); ok != want {
			t.Errorf("a grant for the script %q: the script lights.lua may read the variable: %v, want %v", script, ok, want)
		}
	}
}

func TestVariablesWithSecretsCannotBeRead(t *testing.T) {
	b := newBroker(t, Options{Grants: All("a test")})
	for name, want := range map[string]bool{
		"MOONLARK_PLACE": true, "LC_ALL": true, "MOONLARK_SECRET_WEATHER": false, "MOONLARK_HTTP_TOKEN": false, "SOMETHING": true,
	} {
		t.Setenv(name, "x")
		if _, ok := b.Getenv(name); ok != want {
			t.Errorf("%s can be read: got %v, want %v", name, ok, want)
		}
	}
}

func TestAWrongGrantIsAnError(t *testing.T) {
	for _, row := range []struct {
		grant Grant
		want  string
	}{
		{Grant{Kind: "usb", Value: "17"}, "--allow-usb=17: there is no permission of this kind"},
		{Grant{Kind: Env, Value: "A=B"}, `--allow-env=A=B: "A=B" is not the name of a variable`},
		{Grant{Kind: Net, Value: "http://x"}, "--allow-net=http://x: a host is expected"},
		{Grant{Kind: Read, Value: "/no/such/folder"}, "--allow-read=/no/such/folder: /no/such/folder: no such file"},
	} {
		if _, err := tryBroker(t, Options{Grants: []Grant{row.grant}}); err == nil || !strings.HasPrefix(err.Error(), row.want) {
			t.Errorf("got %v, want %s", err, row.want)
		}
	}
}

func TestARefusalIsLoggedOnce(t *testing.T) {
	var logged []string
	b := newBroker(t, Options{Log: func(text string) { logged = append(logged, text) }})
	for range 3 {
		for _, host := range []string{"a.example.com", "b.example.com"} {
			if err := b.CheckHost(host, 443, 443); err == nil || !b.IsRefusal("tool x: "+err.Error()) {
				t.Errorf("%s: got %v, want a refusal", host, err)
			}
		}
	}
	want := []string{
		"lights.lua may not connect to a.example.com:443. Start with --allow-net=a.example.com",
		"lights.lua may not connect to b.example.com:443. Start with --allow-net=b.example.com",
	}
	if !slices.Equal(logged, want) {
		t.Errorf("logged %q, want %q", logged, want)
	}
	if b.IsRefusal("the lamp is broken") {
		t.Error("another error is taken for a refusal")
	}
	for i := range 2 * maxLogged {
		b.CheckHost("example.com", uint16(i+1), 0)
	}
	if len(logged) != maxLogged {
		t.Errorf("%d refusals are logged, want %d", len(logged), maxLogged)
	}
}

func TestControlCharactersInARefusalAreShownAsEscapes(t *testing.T) {
	b := newBroker(t, Options{})
	_, err := b.Resolve("/tmp/\x1b[2Kgranted", false)
	if err == nil || strings.ContainsRune(err.Error(), '\x1b') || !strings.Contains(err.Error(), `\x1b`) {
		t.Errorf("got %q, want an escape in place of the control character", err)
	}
}

func TestTwoScriptsWithTheSameNameHaveDifferentDataFolders(t *testing.T) {
	s := Settings{Data: "/data"}
	one, other := s.DataFolder("/a/lights.lua"), s.DataFolder("/b/lights.lua")
	if one == other || filepath.Dir(one) != "/data" || !strings.HasPrefix(filepath.Base(one), "lights-") {
		t.Errorf("the folders are %s and %s", one, other)
	}
	if got := (Settings{}).DataFolder("/a/lights.lua"); got != "" {
		t.Errorf("without a folder for data, the data folder is %s", got)
	}
}

// The home of a script is the same for a relative path and an absolute one.
func TestAScriptHasOneHome(t *testing.T) {
	t.Parallel()
	full, err := filepath.Abs("kiosk.lua")
	if err != nil {
		t.Fatal(err)
	}
	bundled := filepath.Join(t.TempDir(), "kiosk.lua")
	home := func(path string) string {
		if path == bundled {
			return "kiosk.lua"
		}
		return path
	}
	s := Settings{Data: t.TempDir(), Home: home}
	want := s.DataFolder(full)
	for _, path := range []string{bundled, "kiosk.lua", full} {
		if got := s.HomeOf(path); got != full {
			t.Errorf("the home of %s is %s", path, got)
		}
		if got := s.DataFolder(path); got != want {
			t.Errorf("the data folder of %s is %s, want %s", path, got, want)
		}
		if got := s.IsHome(path); got == (path == bundled) {
			t.Errorf("%s is at home: %v", path, got)
		}
	}
	if !(Settings{}).IsHome("kiosk.lua") {
		t.Error("without Home, a script is elsewhere")
	}
}

func TestTheDataFolderIsCreatedByTheFirstWrite(t *testing.T) {
	data := filepath.Join(t.TempDir(), "deep", "lights")
	b := newBroker(t, Options{Data: data})
	if _, err := b.Resolve("notes.txt", false); !os.IsNotExist(err) {
		t.Errorf("a read before the first write: got %v, want that there is no such file", err)
	}
	if _, err := os.Stat(data); err == nil {
		t.Error("a read has created the data folder")
	}
	if _, err := b.Resolve("notes.txt", true); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(data); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("got %v, %v, want a folder that only its owner can read", info, err)
	}
}
