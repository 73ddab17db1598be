package bundle

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"aead.dev/minisign"
)

// created is when the bundles of the tests were made.
var created = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

// testKey returns a key that is always the same for the same name.
func testKey(t testing.TB, name string) (PublicKey, PrivateKey) {
	t.Helper()
	seed := sha256.Sum256([]byte(name))
	public, private, err := minisign.GenerateKey(bytes.NewReader(seed[:]))
	if err != nil {
		t.Fatal(err)
	}
	return public, private
}

// testKeys returns the keys with these names.
func testKeys(t testing.TB, threshold int, names ...string) Keys {
	t.Helper()
	var public []PublicKey
	for _, name := range names {
		key, _ := testKey(t, name)
		public = append(public, key)
	}
	keys, err := NewKeys(threshold, public...)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// signed returns signatures of text by the keys with these names.
func signed(t testing.TB, text []byte, names ...string) []Signature {
	t.Helper()
	var signatures []Signature
	for _, name := range names {
		_, private := testKey(t, name)
		s, err := Sign(private, text, "test", created)
		if err != nil {
			t.Fatal(err)
		}
		signatures = append(signatures, s)
	}
	return signatures
}

// shop is the content of the bundle that most tests use.
var shop = map[string]string{
	"main.lua":         "print('hello')\n",
	"sounds/gong.wav":  "RIFF",
	"lib/price.lua":    "return 12\n",
	"lib/empty.txt":    "",
	"größe/ärger.json": "{}",
}

// manifestOf returns a manifest with these files, and main.lua as its script.
func manifestOf(content map[string]string) *Manifest {
	m := &Manifest{Format: Format, Fleet: "shop", Version: 17, Created: created, Scripts: []string{"main.lua"}}
	for _, p := range slices.Sorted(maps.Keys(content)) {
		sum := sha256.Sum256([]byte(content[p]))
		m.Files = append(m.Files, File{p, int64(len(content[p])), hex.EncodeToString(sum[:])})
	}
	return m
}

// makeBundle returns the bytes of a bundle with this manifest and content, signed by the keys with these
// names.
func makeBundle(t testing.TB, m *Manifest, content map[string]string, names ...string) []byte {
	t.Helper()
	text, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err = Write(&out, text, signed(t, text, names...), func(f File) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(content[f.Path])), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
