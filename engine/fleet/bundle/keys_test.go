package bundle

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"aead.dev/minisign"
)

var message = []byte(prefix + `"version":1}`)

func TestTheThresholdCountsKeysAndNotSignatures(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name      string
		threshold int
		trusted   []string
		signers   []string
		want      string
	}{
		{"one of one", 1, []string{"anna"}, []string{"anna"}, ""},
		{"one of two", 1, []string{"anna", "bert"}, []string{"bert"}, ""},
		{"two of two, in another order", 2, []string{"anna", "bert"}, []string{"bert", "anna"}, ""},
		{"two of three, and a stranger", 2, []string{"anna", "bert", "carl"}, []string{"mallory", "carl", "anna"}, ""},
		{"one key twice", 2, []string{"anna", "bert"}, []string{"anna", "anna"}, "signed by 1 of the 2"},
		{"a stranger", 1, []string{"anna"}, []string{"mallory"}, "not signed by a trusted key"},
		{"one and a stranger", 2, []string{"anna", "bert"}, []string{"anna", "mallory"}, "signed by 1 of the 2"},
		{"nobody", 1, []string{"anna"}, nil, "not signed"},
	} {
		err := testKeys(t, row.threshold, row.trusted...).Verify(message, signed(t, message, row.signers...))
		if row.want == "" && err != nil || row.want != "" && (!isReason(err, BadSignature) || !strings.Contains(err.Error(), row.want)) {
			t.Errorf("%s: got %v, want %q", row.name, err, row.want)
		}
	}
	if err := (Keys{}).Verify(message, signed(t, message, "anna")); !isReason(err, BadSignature) {
		t.Errorf("no keys: %v", err)
	}
}

func TestASignatureCountsForItsBytesAndItsCommentOnly(t *testing.T) {
	t.Parallel()
	keys := testKeys(t, 1, "anna")
	good := signed(t, message, "anna")[0]
	if err := keys.Verify(append(slices.Clone(message), ' '), []Signature{good}); !isReason(err, BadSignature) {
		t.Errorf("other bytes: %v", err)
	}
	for _, row := range []struct {
		name   string
		change func(s *Signature)
		ok     bool
	}{
		{"nothing", func(*Signature) {}, true},
		{"the untrusted comment", func(s *Signature) { s.UntrustedComment = "another" }, true},
		{"the trusted comment", func(s *Signature) { s.TrustedComment += "!" }, false},
		{"the signature", func(s *Signature) { s.Signature[0] ^= 1 }, false},
		{"the signature of the comment", func(s *Signature) { s.CommentSignature[0] ^= 1 }, false},
		{"the ID of the key", func(s *Signature) { s.KeyID ^= 1 }, false},
		{"the algorithm", func(s *Signature) { s.Algorithm = minisign.EdDSA }, false},
		{"an unknown algorithm", func(s *Signature) { s.Algorithm = 7 }, false},
	} {
		s := good
		row.change(&s)
		if err := keys.Verify(message, []Signature{s}); (err == nil) != row.ok {
			t.Errorf("%s: %v", row.name, err)
		}
	}
}

func TestAKeySignsForAnotherIDOnlyOnce(t *testing.T) {
	t.Parallel()
	anna, _ := testKey(t, "anna")
	b, err := base64.StdEncoding.DecodeString(anna.String())
	if err != nil {
		t.Fatal(err)
	}
	b[5] ^= 1 // a byte of the ID
	renamed, err := ParsePublicKey(base64.StdEncoding.EncodeToString(b))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewKeys(2, anna, renamed); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("got %v", err)
	}
	if _, err := NewKeys(1, anna, anna); err == nil {
		t.Error("a key was taken twice")
	}
}

func TestThresholdsMustFitTheKeys(t *testing.T) {
	t.Parallel()
	anna, _ := testKey(t, "anna")
	for _, threshold := range []int{-1, 0, 2} {
		if _, err := NewKeys(threshold, anna); err == nil {
			t.Errorf("a threshold of %d was taken for one key", threshold)
		}
	}
	if _, err := NewKeys(1); err == nil {
		t.Error("no keys were taken")
	}
}

func TestTextsThatAreNoSignaturesAreRefused(t *testing.T) {
	t.Parallel()
	one := string(EncodeSignatures(signed(t, message, "anna")))
	for _, row := range []struct{ name, text string }{
		{"no signature", "hello\n"},
		{"three lines", one[:strings.LastIndexByte(one[:len(one)-1], '\n')+1]},
		{"no newline at the end", one[:len(one)-1]},
		{"text after a signature", one + "hello\n"},
		{"a long comment", strings.Replace(one, "test", strings.Repeat("t", 2000), 1)},
		{"seventeen signatures", strings.Repeat(one, 17)},
		{"no base64", strings.Replace(one, "RU", "!!", 1)},
		{"a short signature", strings.Replace(one, "RU", "", 1)},
	} {
		if _, err := ParseSignatures([]byte(row.text)); err == nil {
			t.Errorf("%s was accepted", row.name)
		}
	}
	for n := range 17 {
		if s, err := ParseSignatures([]byte(strings.Repeat(one, n))); err != nil || len(s) != n {
			t.Errorf("%d signatures: got %d, %v", n, len(s), err)
		}
	}
}

func TestGeneratedKeysAreReadAgain(t *testing.T) {
	t.Parallel()
	passwords := []string{""}
	if !testing.Short() { // encrypting takes a second and 1 GB
		passwords = append(passwords, "secret")
	}
	for _, password := range passwords {
		public, secretFile, publicFile, err := GenerateKey(password)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		secretPath, publicPath := filepath.Join(dir, "k.key"), filepath.Join(dir, "k.pub")
		for path, text := range map[string][]byte{secretPath: secretFile, publicPath: []byte(strings.ReplaceAll(string(publicFile), "\n", "\r\n"))} {
			if err := os.WriteFile(path, text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := ReadPublicKey(publicPath); err != nil || !got.Equal(public) {
			t.Errorf("the public key is read as %v, %v", got, err)
		}
		if _, err := ReadPublicKey(secretPath); err == nil || !strings.Contains(err.Error(), "secret key") {
			t.Errorf("the secret key was read as a public one: %v", err)
		}
		asked := 0
		ask := func(answer string) func() (string, error) {
			return func() (string, error) { asked++; return answer, nil }
		}
		private, err := ReadPrivateKey(secretPath, ask(password))
		if err != nil || !public.Equal(private.Public()) {
			t.Fatalf("the secret key is read with %v", err)
		}
		if password == "" {
			if asked > 0 {
				t.Error("a password was asked for")
			}
			continue
		}
		if _, err := ReadPrivateKey(secretPath, ask("guess")); err == nil || !strings.Contains(err.Error(), "password is wrong") {
			t.Errorf("with another password: %v", err)
		}
	}
}
