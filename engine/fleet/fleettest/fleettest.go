// Package fleettest makes bundles for tests, and has an agent that runs them. It needs no goroutines.
package fleettest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"aead.dev/minisign"

	"moonlark/engine/fleet/bundle"
)

// Key returns a key that is always the same for the same name.
func Key(name string) (bundle.PublicKey, bundle.PrivateKey) {
	seed := sha256.Sum256([]byte(name))
	public, private, err := minisign.GenerateKey(bytes.NewReader(seed[:]))
	if err != nil {
		panic(err)
	}
	return public, private
}

// KeySet returns the key set of a fleet with this number, and the keys with these names. All of them must
// sign.
func KeySet(fleet string, number int64, names ...string) *bundle.KeySet {
	keys := &bundle.KeySet{Format: bundle.KeysFormat, Fleet: fleet, Number: number, Threshold: len(names)}
	for _, name := range names {
		public, _ := Key(name)
		keys.Keys = append(keys.Keys, public.String())
	}
	return keys
}

// Sign returns the signatures of a text by the keys with these names, in the form of
// bundle.EncodeSignatures. It panics if it cannot.
func Sign(text []byte, names ...string) []byte {
	var all []bundle.Signature
	for _, name := range names {
		_, private := Key(name)
		s, err := bundle.Sign(private, text, "test", time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC))
		if err != nil {
			panic(err)
		}
		all = append(all, s)
	}
	return bundle.EncodeSignatures(all)
}

// A Bundle is a bundle of the fleet shop.
type Bundle struct {
	Version int64
	// Files are the contents of the files, by path. All Lua files are scripts to run.
	Files map[string]string
	// Change may change the manifest. It may be nil.
	Change func(*bundle.Manifest)
	// Keys are the names of the keys that sign the bundle; nil for the key shop.
	Keys []string
}

// Manifest returns the bytes of the manifest and the signatures. It panics if the manifest breaks a rule.
func (b Bundle) Manifest() (text, signatures []byte) {
	m := &bundle.Manifest{Format: bundle.Format, Fleet: "shop", Version: b.Version, Created: time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)}
	for _, name := range slices.Sorted(maps.Keys(b.Files)) {
		sum := sha256.Sum256([]byte(b.Files[name]))
		m.Files = append(m.Files, bundle.File{Path: name, Size: int64(len(b.Files[name])), SHA256: hex.EncodeToString(sum[:])})
		if path.Ext(name) == ".lua" {
			m.Scripts = append(m.Scripts, name)
		}
	}
	if b.Change != nil {
		b.Change(m)
	}
	text, err := m.Encode()
	if err != nil {
		panic(err)
	}
	keys := b.Keys
	if keys == nil {
		keys = []string{"shop"}
	}
	return text, Sign(text, keys...)
}

// Write writes the bundle into a file in folder, and returns its path. It panics if it cannot.
func (b Bundle) Write(folder string) string {
	text, signatures := b.Manifest()
	made, err := bundle.NewFrom(text, signatures, func(f bundle.File) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(b.Files[f.Path])), nil
	})
	if err != nil {
		panic(err)
	}
	var out bytes.Buffer
	err = made.Write(&out)
	file := filepath.Join(folder, fmt.Sprintf("%d-%x.mlb", b.Version, sha256.Sum256(text)))
	if err = errors.Join(err, made.Close(), os.WriteFile(file, out.Bytes(), 0o600)); err != nil {
		panic(err)
	}
	return file
}
