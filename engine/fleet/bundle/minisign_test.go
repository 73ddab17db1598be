package bundle

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"moonlark/engine/testkit"
)

// minisignProgram runs the program minisign in dir and returns its error.
func minisignProgram(t *testing.T, dir string, args ...string) error {
	t.Helper()
	c := exec.Command("minisign", args...)
	c.Dir = dir
	out, err := c.CombinedOutput()
	if err != nil {
		t.Logf("minisign %q: %s", args, out)
	}
	return err
}

func TestMinisignVerifiesOurSignatures(t *testing.T) {
	t.Parallel()
	testkit.NeedPrograms(t, "minisign")
	dir := t.TempDir()
	_, secretFile, publicFile, err := GenerateKey("")
	if err != nil {
		t.Fatal(err)
	}
	secretPath := filepath.Join(dir, "our.key")
	for path, text := range map[string][]byte{secretPath: secretFile, filepath.Join(dir, "our.pub"): publicFile, filepath.Join(dir, "m.json"): message} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	private, err := ReadPrivateKey(secretPath, nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Sign(private, message, "bundle shop 17", created)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "m.json.minisig"), EncodeSignatures([]Signature{s}), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := minisignProgram(t, dir, "-V", "-p", "our.pub", "-m", "m.json"); err != nil {
		t.Error(err)
	}
	if err := minisignProgram(t, dir, "-S", "-s", "our.key", "-m", "m.json", "-x", "again.minisig"); err != nil {
		t.Errorf("signing with our key: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "m.json"), append(bytes.Clone(message), ' '), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := minisignProgram(t, dir, "-V", "-p", "our.pub", "-m", "m.json"); err == nil {
		t.Error("minisign accepts the signature for other bytes")
	}
}

func TestWeVerifyTheSignaturesOfMinisign(t *testing.T) {
	t.Parallel()
	testkit.NeedPrograms(t, "minisign")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "m.json"), message, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := minisignProgram(t, dir, "-G", "-W", "-p", "their.pub", "-s", "their.key"); err != nil {
		t.Fatal(err)
	}
	public, err := ReadPublicKey(filepath.Join(dir, "their.pub"))
	if err != nil {
		t.Fatal(err)
	}
	keys, err := NewKeys(1, public)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name string
		args []string
	}{
		{"usual", nil},
		{"not hashed before", []string{"-l"}},
		{"with comments", []string{"-c", "untrusted", "-t", "trusted ü"}},
	} {
		if err := minisignProgram(t, dir, append([]string{"-S", "-s", "their.key", "-m", "m.json"}, row.args...)...); err != nil {
			t.Fatal(err)
		}
		s, err := ReadSignature(filepath.Join(dir, "m.json.minisig"))
		if err != nil {
			t.Fatal(err)
		}
		if err := keys.Verify(message, []Signature{s}); err != nil {
			t.Errorf("%s: %v", row.name, err)
		}
		if err := keys.Verify(append(bytes.Clone(message), ' '), []Signature{s}); !isReason(err, BadSignature) {
			t.Errorf("%s, for other bytes: %v", row.name, err)
		}
	}
	private, err := ReadPrivateKey(filepath.Join(dir, "their.key"), nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Sign(private, message, "test", created)
	if err != nil {
		t.Fatal(err)
	}
	if err := keys.Verify(message, []Signature{s}); err != nil {
		t.Errorf("signed by us with their key: %v", err)
	}
}
