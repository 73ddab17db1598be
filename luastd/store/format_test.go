package store_test

import (
	"os"
	"path/filepath"
	"testing"

	"moonlark/luastd/luastdtest"
)

// TestTheFirstFormatCanBeRead reads a store that an early version has written. docs/compatibility.md
// promises that each version can read the data of all earlier versions.
func TestTheFirstFormatCanBeRead(t *testing.T) {
	content, err := os.ReadFile(filepath.Join("testdata", "first.db"))
	if err != nil {
		t.Fatal(err)
	}
	s := luastdtest.Open(t, luastdtest.Options{})
	if err := os.MkdirAll(s.DataFolder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.DataFolder, "store.db"), content, 0o600); err != nil {
		t.Fatal(err)
	}
	s.Want(`return store.get("volume"), store.get("greeting"), json.encode(store.get("alarm:1"))`,
		`7, good morning, {"at":"07:00","days":[1,2,3],"on":true}`)
	s.Want(`return store.get("kept") == json.null, store.ttl("kept") > 0, store.incr("volume")`, "true, true, 8")
}
