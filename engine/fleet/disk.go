package fleet

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"moonlark/engine/durable"
	"moonlark/engine/filelock"
	"moonlark/engine/fleet/bundle"
)

// The names in the folder of a store.
const (
	stateFile     = "state.json"
	seenFile      = "seen.json"
	nextFile      = "next.json"
	keysFile      = "keys.json"
	deviceFile    = "device.json"
	doneFile      = "done.json"
	bundlesFolder = "bundles"
	blobsFolder   = "blobs"
	runLock       = "run.lock"
	installLock   = "install.lock"

	// The names in the folder of a bundle. goodFile is an empty file: the bundle has passed its trial.
	manifestFile   = "manifest"
	signaturesFile = "signatures"
	filesFolder    = "files"
	goodFile       = "good"
)

// maxFile is how long a file of the store can be, in bytes. A longer one is damaged.
const maxFile = 1 << 20

// A disk reads and writes the folder of a store. What a method has written is on the disk when it
// returns, and survives a power failure. If the power fails before that, the old content is there.
type disk struct {
	dir  string
	step func(name string) // called before each step that changes the disk; only tests set it
}

func (d disk) path(elements ...string) string {
	return filepath.Join(append([]string{d.dir}, elements...)...)
}

// bundlePath returns the path of something in the folder of a bundle.
func (d disk) bundlePath(digest string, elements ...string) string {
	return d.path(append([]string{bundlesFolder, digest}, elements...)...)
}

// beforeStep calls step, if a test has set it.
func (d disk) beforeStep(name string) {
	if d.step != nil {
		d.step(name)
	}
}

// makeFolders makes the folder of the store and that of the bundles.
func (d disk) makeFolders() error {
	if _, err := os.Stat(d.path(bundlesFolder)); err == nil {
		return nil
	}
	if err := os.MkdirAll(d.path(bundlesFolder), 0o700); err != nil {
		return err
	}
	return errors.Join(durable.SyncFolder(d.dir), durable.SyncFolder(filepath.Dir(d.dir)))
}

// replace writes a file of the store in the place of the old one.
func (d disk) replace(name string, content []byte) error {
	err := d.replaceFile(name, content)
	var path *fs.PathError
	if errors.As(err, &path) { // its path is that of the temporary file
		return fmt.Errorf("%s: %w", d.path(name), path.Err)
	}
	return err
}

func (d disk) replaceFile(name string, content []byte) error {
	temp := d.path(durable.TemporaryPrefix + rand.Text())
	d.beforeStep("write " + name)
	if err := durable.Create(temp, content); err != nil {
		os.Remove(temp)
		return err
	}
	d.beforeStep("rename " + name)
	if err := os.Rename(temp, d.path(name)); err != nil {
		os.Remove(temp)
		return err
	}
	d.beforeStep("sync " + name)
	return durable.SyncFolder(d.dir)
}

// replaceJSON is replace with the JSON of v.
func (d disk) replaceJSON(name string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return d.replace(name, append(text, '\n'))
}

// readJSON reads a file of the store into v. The error wraps fs.ErrNotExist if there is no such file.
func (d disk) readJSON(name string, v any) error {
	text, err := d.read(name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, v); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// read returns the content of a file of the store.
func (d disk) read(elements ...string) ([]byte, error) {
	f, err := os.Open(d.path(elements...))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = fmt.Errorf("%s: more than %d bytes", filepath.Join(elements...), maxFile)
	}
	return text, err
}

// remove deletes a file of the store. It returns nil if there is none.
func (d disk) remove(name string) error {
	d.beforeStep("remove " + name)
	if err := os.Remove(d.path(name)); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	return durable.SyncFolder(d.dir)
}

// removeRequest deletes the request with this ID, or one that cannot be decoded. It leaves a newer request.
// It waits up to timeout for the end of an installation; the error is errLocked if it goes on.
func (d disk) removeRequest(id string, timeout time.Duration) error {
	unlock, err := d.lockWithin(installLock, timeout)
	if err != nil {
		return err
	}
	defer unlock()
	var r request
	if err := d.readJSON(nextFile, &r); isTransient(err) || err == nil && r.ID != id {
		return err
	}
	return d.remove(nextFile)
}

// add puts a bundle into the store, whose signatures have been verified. It replaces a damaged copy.
func (d disk) add(b *bundle.Bundle) error {
	if m, err := d.manifest(b.Digest); err == nil && m.CheckFolder(d.bundlePath(b.Digest, filesFolder)) == nil {
		return nil
	}
	temp := d.path(bundlesFolder, durable.TemporaryPrefix+rand.Text())
	defer os.RemoveAll(temp) // does nothing after the rename
	d.beforeStep("make the folder of the bundle")
	if err := os.Mkdir(temp, 0o700); err != nil {
		return err
	}
	d.beforeStep("unpack")
	if err := b.Unpack(filepath.Join(temp, filesFolder)); err != nil {
		return err
	}
	d.beforeStep("write the manifest")
	err := errors.Join(
		durable.Create(filepath.Join(temp, manifestFile), b.ManifestBytes),
		durable.Create(filepath.Join(temp, signaturesFile), bundle.EncodeSignatures(b.Signatures)))
	if err == nil {
		err = durable.SyncFolder(temp)
	}
	if err != nil {
		return err
	}
	if err := os.RemoveAll(d.bundlePath(b.Digest)); err != nil {
		return err
	}
	d.beforeStep("rename the folder of the bundle")
	if err := os.Rename(temp, d.bundlePath(b.Digest)); err != nil {
		return err
	}
	d.beforeStep("sync the folder of the bundles")
	return durable.SyncFolder(d.path(bundlesFolder))
}

// load returns the manifest and the signatures of a stored bundle.
func (d disk) load(digest string) (*bundle.Bundle, error) {
	manifest, err := d.read(bundlesFolder, digest, manifestFile)
	if err != nil {
		return nil, err
	}
	signatures, err := d.read(bundlesFolder, digest, signaturesFile)
	if err != nil {
		return nil, err
	}
	b, err := bundle.New(manifest, signatures)
	if err == nil && b.Digest != digest {
		err = errors.New("the manifest is damaged")
	}
	return b, err
}

// manifest returns the manifest of a stored bundle.
func (d disk) manifest(digest string) (*bundle.Manifest, error) {
	b, err := d.load(digest)
	if err != nil {
		return nil, err
	}
	return b.Manifest, nil
}

// check returns the manifest of a stored bundle if the bundle is complete and undamaged.
func (d disk) check(digest string) (*bundle.Manifest, error) {
	m, err := d.manifest(digest)
	if err != nil {
		return nil, err
	}
	return m, m.CheckFolder(d.bundlePath(digest, filesFolder))
}

// markGood records that a bundle has passed its trial.
func (d disk) markGood(digest string) error {
	d.beforeStep("mark as good")
	err := durable.Create(d.bundlePath(digest, goodFile), nil)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return durable.SyncFolder(d.bundlePath(digest))
}

// unmarkGood undoes markGood.
func (d disk) unmarkGood(digest string) error {
	d.beforeStep("remove the mark as good")
	if err := os.Remove(d.bundlePath(digest, goodFile)); errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	return durable.SyncFolder(d.bundlePath(digest))
}

// stored returns the digests of the stored bundles.
func (d disk) stored() (digests []string) {
	entries, _ := os.ReadDir(d.path(bundlesFolder)) // without a folder, there are none
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			digests = append(digests, e.Name())
		}
	}
	return digests
}

// clean deletes all bundles except those to keep, and what an interrupted installation has left. It does
// nothing while an installation is going on.
func (d disk) clean(keep map[string]bool) error {
	unlock, err := d.lock(installLock)
	if errors.Is(err, errLocked) {
		return nil
	} else if err != nil {
		return err
	}
	defer unlock()
	var next request
	if d.readJSON(nextFile, &next) == nil {
		keep[next.Digest] = true
	}
	d.beforeStep("clean")
	var all []error
	for _, folder := range []string{d.dir, d.path(bundlesFolder)} {
		entries, err := os.ReadDir(folder)
		all = append(all, err)
		for _, e := range entries {
			unused := folder != d.dir && !keep[e.Name()]
			if unused || strings.HasPrefix(e.Name(), durable.TemporaryPrefix) {
				all = append(all, os.RemoveAll(filepath.Join(folder, e.Name())))
			}
		}
	}
	return errors.Join(all...)
}

// lock locks the store for this process. The error is errLocked if another process has locked it.
func (d disk) lock(name string) (unlock func(), err error) { return d.lockWithin(name, 0) }

// lockWithin is lock, but waits up to timeout until the other process gives up the lock.
func (d disk) lockWithin(name string, timeout time.Duration) (unlock func(), err error) {
	unlock, err = filelock.LockWithin(d.path(name), timeout)
	if errors.Is(err, filelock.ErrLocked) {
		err = errLocked
	}
	return unlock, err
}

// isTransient reports whether err is a fault of the disk or of the process, such as too many open files: the
// same may work later.
func isTransient(err error) bool {
	var path *fs.PathError
	if !errors.As(err, &path) {
		return false
	}
	for _, lasting := range []error{fs.ErrNotExist, fs.ErrPermission, syscall.ENOTDIR, syscall.EISDIR} {
		if errors.Is(err, lasting) {
			return false
		}
	}
	return true
}

// errLocked is the error of lock when another process has locked the store.
var errLocked = errors.New("another moonlark uses the store")
