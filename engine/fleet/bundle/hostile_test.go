package bundle

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// unpackBytes reads a bundle, verifies it with anna's key and unpacks it. It returns what was unpacked,
// nil if there is no folder, and the first error.
func unpackBytes(t testing.TB, text []byte) (map[string]string, error) {
	t.Helper()
	b, err := Read(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	if err := b.Verify(testKeys(t, 1, "anna")); err != nil {
		return nil, err
	}
	dir := filepath.Join(t.TempDir(), "unpacked")
	if err := b.Unpack(dir); err != nil {
		if _, stat := os.Stat(dir); !os.IsNotExist(stat) {
			t.Errorf("after %v, the folder exists", err)
		}
		return nil, err
	}
	return folderContent(t, dir), nil
}

// isReason reports whether err is a Refusal for this reason.
func isReason(err error, reason Reason) bool {
	var refusal *Refusal
	return errors.As(err, &refusal) && refusal.Reason == reason
}

var small = map[string]string{"main.lua": "print('hello')\n", "sounds/gong.wav": "RIFF"}

func TestATruncatedBundleIsRefusedAtEveryByte(t *testing.T) {
	t.Parallel()
	text := makeBundle(t, manifestOf(small), small, "anna")
	file := filepath.Join(t.TempDir(), "cut.mlb")
	for n := range text {
		_, err := unpackBytes(t, text[:n])
		if err == nil {
			t.Fatalf("the first %d bytes were unpacked", n)
		}
		if !isReason(err, Damaged) && !isReason(err, BadSignature) {
			t.Fatalf("the first %d bytes: %v", n, err)
		}
		if err := os.WriteFile(file, text[:n], 0o644); err != nil {
			t.Fatal(err)
		}
		if b, err := Open(file); err == nil {
			b.Close()
			t.Fatalf("a file with the first %d bytes was opened", n)
		}
	}
	if got, err := unpackBytes(t, text); err != nil || !maps.Equal(got, small) {
		t.Fatalf("all bytes: %q, %v", got, err)
	}
}

func TestABundleWithOneOtherByteIsRefused(t *testing.T) {
	t.Parallel()
	text := makeBundle(t, manifestOf(small), small, "anna")
	comment := bytes.Index(text, []byte("untrusted comment: ")) + len("untrusted comment: ")
	end := comment + bytes.IndexByte(text[comment:], '\n')
	for i := range text {
		changed := bytes.Clone(text)
		changed[i] ^= 1
		_, err := unpackBytes(t, changed)
		if isUnsigned := i >= comment && i < end; (err == nil) != isUnsigned {
			t.Errorf("byte %d, %q: %v", i, text[max(0, i-10):i+1], err)
		}
	}
}

func TestContentThatTheManifestDoesNotListIsRefused(t *testing.T) {
	t.Parallel()
	text := makeBundle(t, manifestOf(small), small, "anna")
	if _, err := unpackBytes(t, append(bytes.Clone(text), '.')); !isReason(err, Damaged) {
		t.Errorf("more content: %v", err)
	}
	swapped := append(bytes.Clone(text[:len(text)-19]), "RIFFprint('hello')\n"...)
	if _, err := unpackBytes(t, swapped); !isReason(err, Damaged) {
		t.Errorf("files in another order: %v", err)
	}
}

// What a bundle claims about its size costs no memory and no disk.
func TestHugeClaimsCostNothing(t *testing.T) { // not parallel, because others allocate too
	huge := manifestOf(small)
	for i := range huge.Files {
		huge.Files[i].Size = MaxSize / 2
	}
	text, err := huge.Encode()
	if err != nil {
		t.Fatal(err)
	}
	var head bytes.Buffer
	if err := writeHead(&head, text, signed(t, text, "anna")); err != nil {
		t.Fatal(err)
	}
	length := func(n uint32) []byte { return binary.BigEndian.AppendUint32([]byte(magic), n) }
	for _, row := range []struct {
		name string
		text []byte
	}{
		{"a manifest of 4 GB", length(1<<32 - 1)},
		{"a manifest above the limit", length(MaxManifest + 1)},
		{"a manifest of 64 KB that is not there", length(MaxManifest)},
		{"signatures of 4 GB", append(append(length(uint32(len(text))), text...), 0xff, 0xff, 0xff, 0xff)},
		{"64 MB of files that are not there", head.Bytes()},
	} {
		if _, err := unpackBytes(t, row.text); !isReason(err, Damaged) {
			t.Errorf("%s: %v", row.name, err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if b, err := Read(bytes.NewReader(row.text)); err == nil {
			b.CheckFiles()
		}
		runtime.ReadMemStats(&after)
		allocated := after.TotalAlloc - before.TotalAlloc
		if allocated > 200<<10 {
			t.Errorf("%s: %d bytes were allocated", row.name, allocated)
		}
	}
}

func TestUnpackNeverWritesIntoAFolderThatExists(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b, err := Read(bytes.NewReader(makeBundle(t, manifestOf(small), small, "anna")))
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Verify(testKeys(t, 1, "anna")); err != nil {
		t.Fatal(err)
	}
	if err := b.Unpack(dir); !errors.Is(err, os.ErrExist) {
		t.Errorf("got %v", err)
	}
	if got := folderContent(t, dir); len(got) > 0 {
		t.Errorf("the folder has %q", got)
	}
}

// After a failed Verify, an earlier success does not count.
func TestUnpackNeedsTheLastVerifyToSucceed(t *testing.T) {
	t.Parallel()
	b, err := Read(bytes.NewReader(makeBundle(t, manifestOf(small), small, "anna")))
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Verify(testKeys(t, 1, "anna")); err != nil {
		t.Fatal(err)
	}
	if err := b.Verify(testKeys(t, 1, "bert")); !isReason(err, BadSignature) {
		t.Fatalf("got %v", err)
	}
	if err := b.Unpack(filepath.Join(t.TempDir(), "unpacked")); err == nil {
		t.Error("the bundle was unpacked")
	}
}

func TestAReaderThatFailsIsNotADamagedBundle(t *testing.T) {
	t.Parallel()
	text := makeBundle(t, manifestOf(small), small, "anna")
	broken := errors.New("the disk is broken")
	for _, n := range []int{0, 20, len(text) - 5} {
		b, err := Read(io.MultiReader(bytes.NewReader(text[:n]), failing{broken}))
		if err == nil {
			err = b.CheckFiles()
		}
		if !errors.Is(err, broken) {
			t.Errorf("after %d bytes: %v", n, err)
		}
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestAFolderThatWasChangedIsNoticed(t *testing.T) {
	t.Parallel()
	m := manifestOf(small)
	for _, row := range []struct {
		name   string
		change func(dir string) error
		want   string
	}{
		{"nothing", func(string) error { return nil }, ""},
		{"other content", func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "main.lua"), []byte("print('hallo')\n"), 0o644)
		}, "not what the manifest lists"},
		{"more content", func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "main.lua"), []byte("longer than before"), 0o644)
		}, "18 bytes instead of 15"},
		{"one file more", func(dir string) error { return os.WriteFile(filepath.Join(dir, "more.lua"), nil, 0o644) }, "more.lua: not a file of the manifest"},
		{"one file less", func(dir string) error { return os.Remove(filepath.Join(dir, "main.lua")) }, "main.lua: the file is missing"},
		{"a link in place of a file", func(dir string) error {
			return errors.Join(os.Remove(filepath.Join(dir, "main.lua")), os.Symlink("sounds/gong.wav", filepath.Join(dir, "main.lua")))
		}, "main.lua: not a file of the manifest"},
		{"a link in place of a folder", func(dir string) error {
			return errors.Join(os.Rename(filepath.Join(dir, "sounds"), filepath.Join(dir, ".s")), os.Symlink(".s", filepath.Join(dir, "sounds")))
		}, "not a file of the manifest"},
	} {
		b, err := Read(bytes.NewReader(makeBundle(t, m, small, "anna")))
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Verify(testKeys(t, 1, "anna")); err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(t.TempDir(), "unpacked")
		if err := b.Unpack(dir); err != nil {
			t.Fatal(err)
		}
		if err := row.change(dir); err != nil {
			t.Logf("%s: %v", row.name, err) // Windows makes links only for some users
			continue
		}
		err = m.CheckFolder(dir)
		if row.want == "" {
			if err != nil {
				t.Errorf("%s: %v", row.name, err)
			}
		} else if !isReason(err, Damaged) || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: got %v, want %q", row.name, err, row.want)
		}
	}
}
