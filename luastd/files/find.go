package files

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"

	"moonlark/engine/permit"
)

// Find returns the place of a file that belongs to a script, such as a sound or a picture. A relative
// path is that of a file in the script's folder, or, if there is none, of a file in its data folder.
// It is no error if the file does not exist. Find blocks.
func Find(b *permit.Broker, path string) (permit.Place, error) {
	slashed := filepath.ToSlash(path)
	if filepath.IsAbs(path) || strings.HasPrefix(slashed, "./") || strings.HasPrefix(slashed, "../") {
		return b.Resolve(path, false)
	}
	place, err := b.Resolve("./"+path, false)
	if err != nil {
		return place, err
	}
	if _, err := place.Root.Stat(place.Name); errors.Is(err, fs.ErrNotExist) {
		if data, err := b.Resolve(path, false); err == nil {
			if _, err := data.Root.Stat(data.Name); err == nil {
				return data, nil
			}
		}
	}
	return place, nil
}
