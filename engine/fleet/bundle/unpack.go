package bundle

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"moonlark/engine/durable"
)

// Unpack makes the folder dir, which must not exist, and writes the files of the bundle into it. It
// returns nil once all files have the hashes that the manifest lists and are on the disk; the caller
// must also sync the parent of dir. After an error, dir does not exist. Unpack returns an error if
// [Bundle.Verify] has not returned nil before.
func (b *Bundle) Unpack(dir string) error {
	if !b.verified {
		return errors.New("unpack: the signatures have not been verified")
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	if err := b.unpackInto(dir); err != nil {
		os.RemoveAll(dir)
		return err
	}
	return nil
}

// CheckFiles reads the content and returns an error unless it has the hashes that the manifest lists.
func (b *Bundle) CheckFiles() error {
	return b.copyFiles(func(File) (io.WriteCloser, error) { return discard{}, nil })
}

// EachFile calls f with each file and its content, which has the hash that the manifest lists. It stops at
// the first error, and returns it. It does not check signatures. f must not keep the content.
func (b *Bundle) EachFile(f func(File, []byte) error) error {
	content, err := b.content()
	if err != nil {
		return err
	}
	for _, file := range b.Manifest.Files {
		var text bytes.Buffer
		if err := copyFile(&text, content, file); err != nil {
			return err
		}
		if err := f(file, text.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// discard is a WriteCloser that writes nowhere.
type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) Close() error                { return nil }

func (b *Bundle) unpackInto(dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	folders := map[string]bool{".": true}
	err = b.copyFiles(func(f File) (io.WriteCloser, error) {
		for p := path.Dir(f.Path); p != "."; p = path.Dir(p) {
			folders[p] = true
		}
		if err := root.MkdirAll(path.Dir(f.Path), 0o755); err != nil {
			return nil, err
		}
		file, err := root.OpenFile(f.Path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		return synced{file}, err
	})
	for folder := range folders {
		if err == nil {
			err = durable.SyncFolder(filepath.Join(dir, filepath.FromSlash(folder)))
		}
	}
	return err
}

// synced is a file that is synced before it is closed.
type synced struct{ *os.File }

func (s synced) Close() error { return errors.Join(s.Sync(), s.File.Close()) }

// copyFiles copies the content of each file to the writer that create returns for it, which it closes.
// It returns a Refusal if the content is not what the manifest lists.
func (b *Bundle) copyFiles(create func(File) (io.WriteCloser, error)) error {
	content, err := b.content()
	if err != nil {
		return err
	}
	for _, f := range b.Manifest.Files {
		out, err := create(f)
		if err != nil {
			return err
		}
		err = copyFile(out, content, f)
		if err := errors.Join(err, out.Close()); err != nil {
			return err
		}
	}
	if n, err := io.CopyN(io.Discard, content, 1); n > 0 {
		return refuse(Damaged, "there is more content than the manifest lists")
	} else if !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// copyFile copies the content of f from in to out and checks its hash.
func copyFile(out io.Writer, in io.Reader, f File) error {
	sum := sha256.New()
	if _, err := io.CopyN(io.MultiWriter(out, sum), in, f.Size); errors.Is(err, io.EOF) {
		return refuse(Damaged, "%s: the content is incomplete", f.Path)
	} else if err != nil {
		return err
	}
	if hex.EncodeToString(sum.Sum(nil)) != f.SHA256 {
		return refuse(Damaged, "%s: the content is not what the manifest lists", f.Path)
	}
	return nil
}

// CheckFolder returns a [*Refusal] unless dir contains exactly the files of the manifest, as
// [Bundle.Unpack] has written them.
func (m *Manifest) CheckFolder(dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	listed := make(map[string]File, len(m.Files))
	for _, f := range m.Files {
		listed[f.Path] = f
	}
	err = fs.WalkDir(root.FS(), ".", func(p string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		f, ok := listed[p]
		if !ok || !entry.Type().IsRegular() {
			return refuse(Damaged, "%s: not a file of the manifest", p)
		}
		delete(listed, p)
		return checkFile(root, f)
	})
	if err != nil {
		return err
	}
	for p := range listed {
		return refuse(Damaged, "%s: the file is missing", p)
	}
	return nil
}

// checkFile checks the size and the hash of a file in root.
func checkFile(root *os.Root, f File) error {
	file, err := root.Open(f.Path)
	if err != nil {
		return err
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil {
		return err
	} else if info.Size() != f.Size {
		return refuse(Damaged, "%s: %d bytes instead of %d", f.Path, info.Size(), f.Size)
	}
	return copyFile(io.Discard, file, f)
}
