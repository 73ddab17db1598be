package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"moonlark/engine/fleet/fleettest"
	"moonlark/engine/fleet/identity"
)

// newFleetFolder makes the folder of the fleet shop, which has keys, and returns its path.
func newFleetFolder(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "shop")
	folder, err := identity.Init(dir, "shop")
	if err != nil {
		t.Fatal(err)
	}
	text, err := fleettest.KeySet("shop", 1, "shop").Encode()
	if err == nil {
		err = folder.AddKeySet(text, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// newCA writes a certificate in PEM form, and returns the path and the SHA-256 of the certificate.
func newCA(t *testing.T) (path, sum string) {
	t.Helper()
	server := httptest.NewTLSServer(nil)
	server.Close()
	path = filepath.Join(t.TempDir(), "authority.pem")
	raw := server.Certificate().Raw
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	hash := sha256.Sum256(raw)
	return path, hex.EncodeToString(hash[:])
}

// invited returns the content of the invitation that a command prints.
func invited(o *operatorTest, args ...string) identity.Token {
	o.Helper()
	words := strings.Fields(o.ok(append([]string{"fleet", "invite"}, args...)...))
	token, err := identity.ParseToken(words[len(words)-1])
	if err != nil {
		o.Fatal(err)
	}
	return token
}

// The authority of another NATS server is kept for invitations and operators, and is forgotten with it.
func TestTheAuthorityOfAnotherServerIsKeptInTheFolder(t *testing.T) {
	t.Parallel()
	o := newOperatorTest(t, 0)
	o.folder = newFleetFolder(t)
	authority, sum := newCA(t)
	o.file(hubURLFile, "tls://hub.example:4222\n")
	c := fleetServeCommand{fleetFolderFlag: fleetFolderFlag{o.folder}, Hub: "tls://hub.example:4222", HubCA: authority}
	if options, err := c.connection(); err != nil || options.RootCAs == nil {
		t.Fatal(options, err)
	}
	if token := invited(o); token.CA != sum {
		t.Errorf("the invitation has the authority %q, want %q", token.CA, sum)
	}
	// another address of the same hub
	if token := invited(o, "--hub", "tls://192.168.1.20:4222"); token.CA != sum || token.Hub != "tls://192.168.1.20:4222" {
		t.Errorf("the invitation has the hub %s with the authority %q, want %q", token.Hub, token.CA, sum)
	}
	c.HubCA = ""
	if _, err := c.connection(); err != nil {
		t.Fatal(err)
	}
	if token := invited(o); token.CA != "" {
		t.Errorf("the invitation has the authority %q of the server before", token.CA)
	}
}

func TestFlagsOfFleetServeThatHaveNoEffectAreRefused(t *testing.T) {
	t.Parallel()
	o := newOperatorTest(t, 0)
	o.folder = newFleetFolder(t)
	o.fails("--listen and --host", "fleet", "serve", "--hub", "tls://hub.example", "--listen", "127.0.0.1:4222")
	o.fails("--listen and --host", "fleet", "serve", "--hub", "tls://hub.example", "--host", "hub.example")
	o.fails("--host: no other machine reaches 127.0.0.1:4222", "fleet", "serve", "--listen", "127.0.0.1:4222", "--host", "hub.example")
	o.fails("--hub-ca", "fleet", "serve", "--hub-ca", hubCAFile)
}

// With a path that cannot be written, the name stays free.
func TestAWrongPathOfCredentialsDoesNotTakeTheName(t *testing.T) {
	t.Parallel()
	o := newOperatorTest(t, 0)
	o.folder = newFleetFolder(t)
	good := filepath.Join(o.folder, "anna.creds")
	o.fails("no such file", "fleet", "credentials", "operator", "anna", "-o", filepath.Join(o.folder, "none", "anna.creds"))
	o.ok("fleet", "credentials", "operator", "anna", "-o", good)
	o.fails("is there already", "fleet", "credentials", "operator", "bert", "-o", good)
	other := filepath.Join(o.folder, "other.creds")
	o.fails("revoke it first", "fleet", "credentials", "operator", "anna", "-o", other)
	if exists(other) {
		t.Error("a file without credentials is left")
	}
	o.fails("--text changes no keys", "fleet", "keys", "change", "--trust", "new.pub", "--text", "x", "--key", "shop.key")
}

func TestJSONHasNoCharactersThatATerminalActsOn(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	if err := writeJSONLine(&out, "a\u009b2J"); err != nil || out.String() != `"a\u009b2J"`+"\n" {
		t.Errorf("got %s, %v", out.String(), err)
	}
}
