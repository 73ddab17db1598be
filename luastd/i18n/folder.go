package i18n

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/luastd"
	"moonlark/luastd/files"
)

const (
	readTimeout = 10 * time.Second
	maxFiles    = 1000 // maximal number of entries of a folder with texts
)

// A file has the texts of one language that were read from a file.
type file struct {
	path     string // as the script would name it
	language string
	texts    map[string]any
}

// readFolder returns a table like the one that load accepts, made from the files in a folder:
// de.toml and de.json have the texts of "de". Other files are ignored. It raises an error if a file
// is wrong.
func (m *module) readFolder(L *lua.LState, folder string) *lua.LTable {
	runner := files.NewRunner(m.rt)
	result, err := runner.Run(L, "i18n.load", readTimeout, func(ctx context.Context) (any, error) {
		p, err := runner.Resolve(folder, false)
		if err != nil {
			return nil, err
		}
		return readFiles(ctx, runner, folder, p)
	})
	if err != nil {
		L.RaiseError("i18n.load: %s", files.Explain(folder, err).Reason)
	}
	all, progress := L.CreateTable(0, 8), luastd.NewProgress(m.rt, L)
	for _, f := range result.([]file) {
		if all.RawGetString(f.language) != lua.LNil {
			L.RaiseError("i18n.load: %s: there is another file for this language", f.path)
		}
		all.RawSetString(f.language, toLua(L, progress, f.texts))
	}
	if k, _ := all.Next(lua.LNil); k == lua.LNil {
		L.RaiseError("i18n.load: %s has no file such as de.toml or de.json", folder)
	}
	return all
}

// readFiles reads the files with texts in the folder p, which the script calls folder.
func readFiles(ctx context.Context, runner *files.Runner, folder string, p permit.Place) ([]file, error) {
	var all []file
	entries, size := 0, int64(0)
	err := files.EachEntry(ctx, p, func(name string, child permit.Place, _ fs.DirEntry) error {
		if entries++; entries > maxFiles {
			return files.Fail("too_large", "%s has more than %d files", folder, maxFiles)
		}
		language, extension, _ := strings.Cut(name, ".")
		if _, isLanguage := canonical(language); !isLanguage || extension != "toml" && extension != "json" {
			return nil
		}
		path := strings.TrimSuffix(folder, "/") + "/" + name
		content, err := readFile(ctx, runner, child, maxAllTexts-size)
		if err != nil {
			return files.About(path, err)
		}
		size += int64(len(content))
		f := file{path: path, language: language}
		if extension == "json" {
			err = json.Unmarshal([]byte(content), &f.texts)
		} else {
			err = toml.Unmarshal([]byte(content), &f.texts)
		}
		if err != nil {
			return files.Fail("invalid", "%s: %s", path, err)
		}
		all = append(all, f)
		return nil
	})
	return all, err
}

// readFile returns the content of a file that has at most max bytes.
func readFile(ctx context.Context, runner *files.Runner, p permit.Place, max int64) (string, error) {
	f, info, err := files.OpenToRead(ctx, p)
	if err != nil {
		return "", err
	}
	defer f.Close()
	if info.Size() > max {
		return "", fmt.Errorf("the files of the folder have more than %d bytes, which is the maximum", maxAllTexts)
	}
	return runner.ReadUpTo(ctx, f, info.Size(), max)
}

// bytesPerValue is how many bytes of work a value counts as for luastd.Progress.
const bytesPerValue = 32

// toLua returns a value of a file as a Lua value. A value that cannot be a text becomes true or a
// number, about which load complains.
func toLua(L *lua.LState, progress *luastd.Progress, v any) lua.LValue {
	progress.Add(bytesPerValue)
	switch v := v.(type) {
	case string:
		return lua.LString(v)
	case map[string]any:
		t := L.CreateTable(0, len(v))
		for key, member := range v {
			t.RawSetString(key, toLua(L, progress, member))
		}
		return t
	case []any:
		list := L.CreateTable(len(v), 0)
		for _, element := range v {
			list.Append(toLua(L, progress, element))
		}
		return list
	case int64:
		return lua.LNumber(v)
	case float64:
		return lua.LNumber(v)
	}
	return lua.LTrue
}
