package screen

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/guess"
	"moonlark/engine/permit"
	"moonlark/engine/screen"
	"moonlark/luastd/files"
)

// maxNames is the maximal number of pictures of a document that are read from files.
const maxNames = 64

// images reads the files of the pictures that the tree names, and returns the function that finds the
// pictures. The running task waits meanwhile.
func (m *module) images(L *lua.LState, tree any) func(name string) (*screen.Image, error) {
	names := make(map[string]error)
	collect(tree, names)
	read := make(map[string]*screen.Image)
	if len(names) > 0 {
		type result struct{ images map[string]*screen.Image }
		broker := m.rt.Permit()
		r := m.rt.Await(L, func(done func(any)) func() {
			ctx, cancel := context.WithCancel(context.Background())
			go func() {
				defer cancel()
				images := make(map[string]*screen.Image)
				for name := range names {
					var err error
					if images[name], err = readImage(ctx, broker, name); err != nil {
						names[name] = err
					}
				}
				done(result{images})
			}()
			return cancel
		}).(result)
		read = r.images
	}
	return func(name string) (*screen.Image, error) {
		if screen.IsImage(name) {
			return screen.NewImage([]byte(name))
		}
		if image := read[name]; image != nil {
			return image, nil
		}
		if err := names[name]; err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("there are more than %d pictures", maxNames)
	}
}

// collect adds the names of files that are in the fields image of the tree.
func collect(tree any, names map[string]error) {
	switch v := tree.(type) {
	case []any:
		for _, inner := range v {
			collect(inner, names)
		}
	case map[string]any:
		for key, inner := range v {
			if name, ok := inner.(string); ok && key == "image" && name != "" && !screen.IsImage(name) && len(names) < maxNames {
				names[name] = nil
			}
			collect(inner, names)
		}
	}
}

// readImage reads the picture at a path, which is in the script's folder or, if there is no such file, in its
// data folder. It blocks.
func readImage(ctx context.Context, b *permit.Broker, path string) (*screen.Image, error) {
	if strings.HasPrefix(path, "http://") || strings.HasPrefix(path, "https://") {
		return nil, errors.New("it must be a file or the bytes of a picture, not an address: load it with http.get(url).body")
	}
	place, err := files.Find(b, path)
	if err != nil {
		return nil, err
	}
	f, info, err := files.OpenToRead(ctx, place)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("there is no file %q%s", path, similar(place))
		}
		return nil, errors.New(files.Explain(path, err).Reason)
	}
	defer f.Close()
	if info.Size() > screen.MaxImage {
		return nil, fmt.Errorf("%q has %d bytes; the maximum is %d", path, info.Size(), screen.MaxImage)
	}
	data, err := io.ReadAll(io.LimitReader(f, screen.MaxImage+1))
	if err != nil {
		return nil, errors.New(files.Explain(path, err).Reason)
	}
	image, err := screen.NewImage(data)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", path, err)
	}
	return image, nil
}

// similar returns a guess for the name of a file that does not exist.
func similar(place permit.Place) string {
	folder, err := place.Root.Open(filepath.Dir(place.Name))
	if err != nil {
		return ""
	}
	defer folder.Close()
	entries, _ := folder.ReadDir(1000)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return guess.DidYouMean(filepath.Base(place.Name), names)
}
