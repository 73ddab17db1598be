package identity

import (
	"strings"
	"testing"
)

func TestATokenSurvivesATerminalButNoOtherChange(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	text, err := f.Invite(Invitation{Hub: testHub, CA: strings.Repeat("0a", 32), Groups: []string{"kiosk"}})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(text, "mlj1_") || strings.ContainsAny(text, " \n") {
		t.Errorf("the text is %q", text)
	}
	wrapped := "  " + text[:80] + "\r\n" + text[80:200] + "\n  " + text[200:] + "\n"
	token, err := ParseToken(wrapped)
	if err != nil || token.CA != strings.Repeat("0a", 32) {
		t.Errorf("%+v, %v", token, err)
	}
	for name, row := range map[string]struct{ text, want string }{
		"empty":           {"", "must begin with mlj1_"},
		"something else":  {"hello", "must begin with mlj1_"},
		"a newer version": {"mlj2_" + text[5:], "version 2"},
		"the end missing": {text[:len(text)-20], "missing"},
		"only the prefix": {"mlj1_", "missing"},
		"a part missing":  {text[:100] + text[104:], "missing"},
		"far too long":    {strings.Repeat("x", 3*maxToken), "too long"},
	} {
		_, err := ParseToken(row.text)
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want %q", name, err, row.want)
		}
	}
}

func TestATokenHasWhatTheDeviceNeeds(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	good := invited(t, f, Invitation{}).token
	for name, change := range map[string]func(*Token){
		"no secret":    func(t *Token) { t.Secret = "" },
		"no JWT":       func(t *Token) { t.JWT = "" },
		"no keys":      func(t *Token) { t.Keys = "" },
		"a wildcard":   func(t *Token) { t.Name = "*" },
		"a bad group":  func(t *Token) { t.Groups = []string{">"} },
		"no hub":       func(t *Token) { t.Hub = "" },
		"an open hub":  func(t *Token) { t.Hub = "nats://hub.example:4222" },
		"a certifcate": func(t *Token) { t.CA = "x" },
	} {
		token := good
		change(&token)
		text, err := token.encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseToken(text); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

func TestAHubWithoutTLSMustBeOnThisMachine(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		hub, ca string
		ok      bool
	}{
		{"tls://hub.example:4222", "", true},
		{"tls://hub.example:4222", strings.Repeat("0f", 32), true},
		{"tls://hub.example/", "", true},
		{"tls://hub.example/fleet", "", false},
		{"tls://hub.example?a=b", "", false},
		{"wss://hub.example", "", false},
		{"nats://127.0.0.1:4222", "", true},
		{"nats://[::1]:4222", "", true},
		{"nats://hub.example:4222", "", false},
		{"nats://10.0.0.1:4222", "", false},
		{"nats://localhost.example:4222", "", false},
		{"ws://127.0.0.1", "", false},
		{"http://127.0.0.1", "", false},
		{"tls://user:password@hub.example", "", false},
		{"hub.example:4222", "", false},
		{"tls://", "", false},
		{"tls://hub.example", strings.Repeat("0F", 32), false},
		{"tls://hub.example", "0f", false},
	} {
		if err := checkHub(row.hub, row.ca); (err == nil) != row.ok {
			t.Errorf("%s %s: %v", row.hub, row.ca, err)
		}
	}
}

func FuzzParseToken(f *testing.F) {
	f.Add("mlj1_")
	f.Add("mlj1_e30")
	f.Fuzz(func(t *testing.T, text string) {
		if token, err := ParseToken(text); err == nil && (token.check() != nil || !strings.HasPrefix(strings.TrimSpace(text), "m")) {
			t.Errorf("%q is accepted: %+v", text, token)
		}
	})
}
