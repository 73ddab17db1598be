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

func TestEachFileGivesTheFilesInTheirOrder(t *testing.T) {
	t.Parallel()
	text := makeBundle(t, manifestOf(shop), shop, "anna")
	b, err := Read(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	if err := b.EachFile(func(f File, content []byte) error { got[f.Path] = string(content); return nil }); err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(got, shop) {
		t.Errorf("got %q, want %q", got, shop)
	}
	text[len(text)-1]++
	if b, err = Read(bytes.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	calls := 0
	if err := b.EachFile(func(File, []byte) error { calls++; return nil }); err == nil || calls != len(shop)-1 {
		t.Errorf("a damaged file: %d calls, %v", calls, err)
	}
}
