package fleet

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"moonlark/engine/durable"
	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/message"
)

// partSuffix is the end of the names of the blobs that are not complete.
const partSuffix = ".part"

// A Download collects the files of a bundle. Those that the store has not are written into the folder
// blobs, under their SHA-256, where they stay when the process is killed. Use it from one goroutine at a
// time.
type Download struct {
	Missing []Part // what is to be fetched, each content once

	store  Store
	bundle *bundle.Bundle
	found  map[string]string // the paths of files that other bundles of the store have, by SHA-256
}

// A Part is a file of which the store has a part, or nothing.
type Part struct {
	bundle.File
	First int // number of the first chunk to fetch; it can be the number after the last one
}

// Chunks returns how many chunks the file has.
func (p Part) Chunks() int { return int((p.Size + message.ChunkSize - 1) / message.ChunkSize) }

// Download begins to collect the files of b, and deletes the blobs of other bundles.
func (s Store) Download(b *bundle.Bundle) (*Download, error) {
	d := &Download{store: s, bundle: b, found: make(map[string]string)}
	wanted := make(map[string]bool)
	for _, f := range b.Manifest.Files {
		wanted[f.SHA256] = f.Size > 0
	}
	if err := s.disk.keepBlobs(wanted); err != nil {
		return nil, err
	}
	for _, digest := range s.disk.stored() {
		d.find(digest, wanted)
	}
	for _, f := range b.Manifest.Files {
		if !wanted[f.SHA256] || d.found[f.SHA256] != "" {
			continue
		}
		wanted[f.SHA256] = false
		size, err := s.disk.blobSize(f.SHA256)
		if err == nil && size != f.Size {
			size, err = s.disk.blobSize(f.SHA256 + partSuffix)
			d.Missing = append(d.Missing, Part{f, int(min(size, f.Size) / message.ChunkSize)})
		}
		if err != nil {
			return nil, err
		}
	}
	return d, nil
}

// blobSize returns the size of a file in the folder of the blobs; 0 if there is none.
func (d disk) blobSize(name string) (int64, error) {
	info, err := os.Stat(d.path(blobsFolder, name))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	} else if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// find looks for undamaged files in a stored bundle.
func (d *Download) find(digest string, wanted map[string]bool) {
	m, err := d.store.disk.manifest(digest)
	if err != nil {
		return
	}
	for _, f := range m.Files {
		path := d.store.disk.bundlePath(digest, filesFolder, filepath.FromSlash(f.Path))
		if wanted[f.SHA256] && d.found[f.SHA256] == "" && checkSum(path, f) == nil {
			d.found[f.SHA256] = path
		}
	}
}

// Install puts the bundle into the store, and asks the Device to switch to it. The error is a
// *bundle.Refusal if the device may not use the bundle, or if a file is damaged; then call DropBlobs
// before the next Download.
func (d *Download) Install(order Order) error {
	b, err := bundle.NewFrom(d.bundle.ManifestBytes, bundle.EncodeSignatures(d.bundle.Signatures), d.open)
	if err != nil {
		return err
	}
	defer b.Close()
	_, err = d.store.disk.install(b, Installation{Moonlark: d.store.device.opts.Moonlark}, order)
	if err != nil {
		return err
	}
	return d.store.DropBlobs()
}

// open opens a file of the bundle.
func (d *Download) open(f bundle.File) (io.ReadCloser, error) {
	if path := d.found[f.SHA256]; path != "" {
		return os.Open(path)
	}
	return os.Open(d.store.disk.path(blobsFolder, f.SHA256))
}

// DropBlobs deletes all blobs.
func (s Store) DropBlobs() error {
	if _, err := os.Lstat(s.disk.path(blobsFolder)); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	s.disk.beforeStep("delete the blobs")
	return os.RemoveAll(s.disk.path(blobsFolder))
}

// keepBlobs makes the folder of the blobs, if it does not exist, and deletes the blobs that are not
// wanted.
func (d disk) keepBlobs(wanted map[string]bool) error {
	if err := os.MkdirAll(d.path(blobsFolder), 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(d.path(blobsFolder))
	all := []error{err}
	for _, e := range entries {
		if !wanted[strings.TrimSuffix(e.Name(), partSuffix)] {
			all = append(all, os.RemoveAll(d.path(blobsFolder, e.Name())))
		}
	}
	return errors.Join(all...)
}

// A Blob is a file of a bundle while it is fetched.
type Blob struct {
	disk disk
	part Part
	file *os.File // the chunks so far
	next int      // number of the next chunk
}

// Open goes on with one of Missing. The caller must call Close, also after Finish.
func (d *Download) Open(p Part) (*Blob, error) {
	disk := d.store.disk
	disk.beforeStep("open a blob")
	file, err := os.OpenFile(disk.path(blobsFolder, p.SHA256+partSuffix), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	if err := file.Truncate(int64(p.First) * message.ChunkSize); err != nil {
		file.Close()
		return nil, err
	}
	return &Blob{disk: disk, part: p, file: file, next: p.First}, nil
}

// Write adds the next chunk. It returns an error if the chunk does not have the length that the manifest
// demands.
func (b *Blob) Write(chunk []byte) error {
	length := min(b.part.Size-int64(b.next)*message.ChunkSize, message.ChunkSize)
	if int64(len(chunk)) != length {
		return fmt.Errorf("%s: chunk %d has %d bytes instead of %d", b.part.Path, b.next, len(chunk), length)
	}
	b.disk.beforeStep("write a chunk")
	if _, err := b.file.Write(chunk); err != nil {
		return err
	}
	b.next++
	return nil
}

// Finish returns nil once the file is complete and on the disk. If it is not what the manifest lists,
// Finish deletes it.
func (b *Blob) Finish() error {
	part := b.file.Name()
	if err := checkSum(part, b.part.File); err != nil {
		return errors.Join(err, os.Remove(part))
	}
	b.disk.beforeStep("sync a blob")
	if err := errors.Join(b.file.Sync(), b.file.Close()); err != nil { // some systems rename no open files
		return err
	}
	b.disk.beforeStep("rename a blob")
	if err := os.Rename(part, b.disk.path(blobsFolder, b.part.SHA256)); err != nil {
		return err
	}
	b.disk.beforeStep("sync the folder of the blobs")
	return durable.SyncFolder(b.disk.path(blobsFolder))
}

// Close closes the file, which Open can go on with.
func (b *Blob) Close() { b.file.Close() }

// checkSum returns an error unless the file at path is what the manifest lists as f.
func checkSum(path string, f bundle.File) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, io.LimitReader(file, f.Size+1))
	if err == nil && (n != f.Size || hex.EncodeToString(sum.Sum(nil)) != f.SHA256) {
		err = fmt.Errorf("%s: the content is not what the manifest lists", f.Path)
	}
	return err
}
