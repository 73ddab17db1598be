package permit_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"moonlark/engine/permit"
)

// secretsIn returns the Broker of a script beside which there is a secrets.toml with this content
// and mode.
func secretsIn(t *testing.T, content string, mode os.FileMode) *permit.Broker {
	t.Helper()
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	dir := t.TempDir()
	path := filepath.Join(dir, "secrets.toml")
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // the umask does not count
		t.Fatal(err)
	}
	b, err := permit.New(permit.Options{Script: "a.lua", Folder: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

func TestSecretsComeFromThreePlaces(t *testing.T) {
	b := secretsIn(t, `
		first = "from the file"
		second = "from the file"
		door = { value = "1234", reveal = true }`, 0o600)
	credentials := t.TempDir()
	if err := os.WriteFile(filepath.Join(credentials, "first"), []byte("from systemd\n"), 0o400); err != nil {
		t.Fatal(err)
	}
	t.Setenv("CREDENTIALS_DIRECTORY", credentials)
	t.Setenv("MOONLARK_SECRET_SECOND", "from the environment")
	t.Setenv("MOONLARK_SECRET_API_KEY", "from the environment")
	for name, want := range map[string]string{
		"first": "from systemd", "second": "from the file", "api-key": "from the environment", "door": "1234",
	} {
		s, err := b.Secret(name)
		if err != nil || s.Text != want || s.Revealable != (name == "door") {
			t.Errorf("%s: got %+v, %v; want %q", name, s, err, want)
		}
	}
	if _, err := b.Secret("none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v for a secret that does not exist", err)
	}
	if _, err := b.Secret("../first"); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v for a path", err)
	}
	names, err := b.SecretNames()
	if want := []string{"api_key", "door", "first", "second"}; err != nil || !slices.Equal(names, want) {
		t.Errorf("got %q, %v; want %q", names, err, want)
	}
}

func TestAWrongSecretsFileIsAnError(t *testing.T) {
	for _, row := range []struct {
		why, content string
		mode         os.FileMode
		want         string
	}{
		{"other users can read it", `a = "x"`, 0o644, "chmod 600"},
		{"no TOML", "a = \"x\"\nb = hidden-text", 0o600, "secrets.toml:2: "},
		{"a number", "a = 5", 0o600, "a secret is a text"},
		{"an unknown field", `a = { value = "x", host = "a.example" }`, 0o600, `no field "host"`},
		{"hosts that are no list", `a = { value = "x", hosts = "a.example" }`, 0o600, "the field hosts of a secret is wrong"},
		{"a wrong host", `a = { value = "x", hosts = ["https://a.example"] }`, 0o600, "https://a.example is not a host"},
		{"no value", `a = { hosts = ["a.example"] }`, 0o600, "a secret has 1 to"},
		{"a wrong name", `"a b" = "x"`, 0o600, `"a b" is not the name of a secret`},
	} {
		if row.mode != 0o600 && runtime.GOOS == "windows" {
			continue
		}
		_, err := secretsIn(t, row.content, row.mode).Secret("a")
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: got %v, want %q", row.why, err, row.want)
		}
		if err != nil && strings.Contains(err.Error(), "hidden-text") {
			t.Errorf("%s: the error shows the file: %v", row.why, err)
		}
	}
}

func TestASecretMayBeSentOnlyToItsHosts(t *testing.T) {
	b := secretsIn(t, `
		free = "x"
		bound = { value = "x", hosts = ["api.example.com:443", "*.example.org", "192.168.1.5"] }
		other = { value = "x", hosts = ["api.example.com"] }
		home = { value = "x", hosts = ["lan:8080"] }`, 0o600)
	get := func(name string) *permit.Secret {
		s, err := b.Secret(name)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for _, row := range []struct {
		secret *permit.Secret
		host   string
		port   uint16
		ok     bool
	}{
		{get("free"), "evil.example", 443, true},
		{get("bound"), "api.example.com", 443, true},
		{get("bound"), "API.example.com.", 443, true},
		{get("bound"), "api.example.com", 80, false},
		{get("bound"), "api.example.com.evil.example", 443, false},
		{get("bound"), "a.example.org", 1, true},
		{get("bound"), "192.168.1.5", 1, true},
		{get("bound"), "::ffff:192.168.1.5", 1, true},
		{get("bound"), "192.168.1.6", 1, false},
		{get("home"), "nas.lan", 8080, true},
		{get("home"), "192.168.1.6", 8080, true},
		{get("home"), "nas.lan", 80, false},
		{get("home"), "api.example.com", 8080, false},
		{get("home"), "127.0.0.1", 8080, false},
		{get("bound").Join("Token ", ""), "evil.example", 443, false},
		{get("free").JoinSecret(get("bound")), "evil.example", 443, false},
		{get("other").JoinSecret(get("bound")), "a.example.org", 443, false},
		{get("other").JoinSecret(get("bound")), "api.example.com", 443, true},
	} {
		if err := row.secret.CheckHost(row.host, row.port); (err == nil) != row.ok {
			t.Errorf("%s to %s:%d: got %v", row.secret.Name, row.host, row.port, err)
		}
	}
}

func TestMaskHidesSecretsInAllForms(t *testing.T) {
	const text = `pa"ss/wörd+1`
	b := secretsIn(t, `key = 'pa"ss/wörd+1'
		longer = 'pa"ss/wörd+1-and-more'
		short = "1234567"`, 0o600)
	if got := b.Mask(text); got != text {
		t.Errorf("a secret that nobody has asked for became %q", got)
	}
	for _, name := range []string{"key", "longer", "short"} {
		if _, err := b.Secret(name); err != nil {
			t.Fatal(err)
		}
	}
	quoted, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, hidden := range []string{
		text, url.QueryEscape(text), url.PathEscape(text), hex.EncodeToString([]byte(text)), string(quoted),
		base64.StdEncoding.EncodeToString([]byte("user:" + text)), base64.StdEncoding.EncodeToString([]byte("bob:" + text + "!")),
		base64.RawURLEncoding.EncodeToString([]byte("me:" + text)), base64.StdEncoding.EncodeToString([]byte(text)),
	} {
		if got := b.Mask("<" + hidden + ">"); !strings.Contains(got, "[secret key]") || len(got) > len("<xxxxxx[secret key]xxxxxx>") {
			t.Errorf("%s became %s", hidden, got)
		}
	}
	if got, want := b.Mask(text+"-and-more 1234567"), "[secret longer] 1234567"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestMaskPrefixLeavesNoBeginningOfASecret(t *testing.T) {
	long := ""
	for i := range 2000 {
		long += fmt.Sprintf("%04d.", i)
	}
	b := secretsIn(t, "key = 'swordfish-'\nother = 'fish-and-chips'\nlong = '"+long+"'", 0o600)
	for _, name := range []string{"key", "other", "long"} {
		if _, err := b.Secret(name); err != nil {
			t.Fatal(err)
		}
	}
	for text, want := range map[string]string{
		"":                               "",
		"a swordfish":                    "a ",
		"a swordfish-":                   "a ", // it may be the beginning of a swordfish-and-chips
		"a swordfish-!":                  "a [secret key]!",
		"a sword":                        "a ",
		"a sword!":                       "a sword!",
		"<" + long[:4000]:                "<",
		"<" + long + long[:5000]:         "<[secret long]",
		"<" + url.QueryEscape("fish-an"): "<",
	} {
		if got := b.MaskPrefix(text); got != want {
			t.Errorf("%.50q became %.50q, want %q", text, got, want)
		}
	}
}

// Moonlark itself writes JSON and URLs in these forms.
func TestMaskHidesSecretsInTheFormsOfTheModules(t *testing.T) {
	b := secretsIn(t, `key = 'a b@c"d&e/f'`, 0o600)
	if _, err := b.Secret("key"); err != nil {
		t.Fatal(err)
	}
	for _, hidden := range []string{`a b@c\"d&e/f`, `a%20b%40c%22d%26e%2Ff`, `a+b%40c%22d%26e%2Ff`, `a b@c\"d\u0026e/f`} {
		if got := b.Mask(hidden); got != "[secret key]" {
			t.Errorf("%s became %s", hidden, got)
		}
	}
}
