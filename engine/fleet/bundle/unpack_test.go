package bundle

import (
	"bytes"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"testing"
)

// folderContent returns the files in dir.
func folderContent(t testing.TB, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(p string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(p)
		name, _ := filepath.Rel(dir, p)
		files[filepath.ToSlash(name)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestBundleUnpacksToTheSameFiles(t *testing.T) {
	t.Parallel()
	text := makeBundle(t, manifestOf(shop), shop, "anna")
	b, err := Read(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "unpacked")
	if err := b.Unpack(dir); err == nil {
		t.Fatal("Unpack returned no error before Verify")
	}
	if err := b.Verify(testKeys(t, 1, "anna")); err != nil {
		t.Fatal(err)
	}
	if err := b.Unpack(dir); err != nil {
		t.Fatal(err)
	}
	if got := folderContent(t, dir); !maps.Equal(got, shop) {
		t.Errorf("got %q, want %q", got, shop)
	}
	if err := b.Manifest.CheckFolder(dir); err != nil {
		t.Errorf("CheckFolder: %v", err)
	}
	if err := b.CheckFiles(); err == nil {
		t.Error("the content of a stream was read twice")
	}
}
