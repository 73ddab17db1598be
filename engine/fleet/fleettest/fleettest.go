// Package fleettest makes bundles for tests.
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

// A Bundle is a bundle of the fleet shop, which the key with the name shop signs.
type Bundle struct {
	Version int64
	// Files are the contents of the files, by path. All Lua files are scripts to run.
	Files map[string]string
	// Change may change the manifest. It may be nil.
	Change func(*bundle.Manifest)
}

// Write writes the bundle into a file in folder, and returns its path. It panics if it cannot.
func (b Bundle) Write(folder string) string {
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
	_, private := Key("shop")
	signature, err := bundle.Sign(private, text, "test", m.Created)
	if err != nil {
		panic(err)
	}
	var out bytes.Buffer
	err = bundle.Write(&out, text, []bundle.Signature{signature}, func(f bundle.File) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(b.Files[f.Path])), nil
	})
	file := filepath.Join(folder, fmt.Sprintf("%d-%x.mlb", b.Version, sha256.Sum256(text)))
	if err = errors.Join(err, os.WriteFile(file, out.Bytes(), 0o600)); err != nil {
		panic(err)
	}
	return file
}
