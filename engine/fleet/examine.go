package fleet

import (
	"errors"
	"io/fs"
	"os"

	"moonlark/engine/fleet/bundle"
)

// Contents describe the files of a store, for engine/doctor.
type Contents struct {
	Keys    *bundle.KeySet // the keys that the device trusts; nil if KeysErr says why there are none
	KeysErr error          // wraps fs.ErrNotExist if the device trusts none yet

	Damage  error    // why state.json cannot be read; nil if it can, or if there is none
	Trial   bool     // the first one of Bundles is on trial
	Bundles []Stored // the bundles that can run, the first one first; none if the factory scripts run
}

// Stored is a bundle in a store.
type Stored struct {
	Digest   string
	Manifest *bundle.Manifest // nil if it cannot be read
	Folder   string           // the folder with the files
	Err      error            // why the bundle cannot be used; nil if it is complete and undamaged
}

// Name returns the name and the version of the bundle, or its digest if they cannot be read.
func (s Stored) Name() string {
	if s.Manifest == nil {
		return s.Digest
	}
	return s.Manifest.Name()
}

// Examine reads a store, and changes nothing, so that a Device can use the store at the same time. The error
// says that there is no store.
func Examine(store string) (Contents, error) {
	d := disk{dir: store}
	if info, err := os.Stat(store); err != nil {
		return Contents{}, err
	} else if !info.IsDir() {
		return Contents{}, &fs.PathError{Op: "open", Path: store, Err: errors.New("it is not a folder")}
	}
	var c Contents
	c.Keys, c.KeysErr = d.keys()
	var s state
	var err error
	if s, c.Damage, err = d.readState(); err != nil {
		c.Damage = err
	}
	c.Trial = s.Trial != nil
	seen := map[string]bool{"": true}
	for _, digest := range []string{s.Current, s.Good, s.Spare} {
		if s.Current == "" {
			break
		}
		if !seen[digest] {
			seen[digest] = true
			c.Bundles = append(c.Bundles, d.examine(digest))
		}
	}
	return c, nil
}

// examine checks a stored bundle.
func (d disk) examine(digest string) Stored {
	s := Stored{Digest: digest, Folder: d.bundlePath(digest, filesFolder)}
	if s.Manifest, s.Err = d.manifest(digest); s.Err == nil {
		s.Err = s.Manifest.CheckFolder(s.Folder)
	}
	return s
}
