package httpserve

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/luastd/value"
)

// A static serves the files of a folder. It does not change. Its methods run on the goroutines of
// requests, without the executor.
type static struct {
	broker *permit.Broker
	prefix string // the beginning of the paths of URLs; it ends in a slash
	folder string // the folder, as the script calls it
	index  string // the file for the folder itself; "" if there is none
}

// static is the Lua function server:static.
func (m *module) static(L *lua.LState) int {
	s := checkOpen(L, "static")
	prefix, folder := checkPath(L, 2), L.CheckString(3)
	if strings.ContainsAny(prefix, "{}") {
		L.ArgError(2, "the prefix cannot have parameters")
	}
	o := value.CheckOptions(L, 4, "index")
	f := &static{broker: m.rt.Permit(), prefix: strings.TrimSuffix(prefix, "/") + "/", folder: strings.TrimSuffix(folder, "/")}
	if o.Get("index") != lua.LFalse {
		f.index = o.String("index", "index.html")
	}
	if _, err := f.broker.Resolve(folder, false); err != nil && !errors.Is(err, fs.ErrNotExist) {
		value.Raise(L, fmt.Errorf("server:static: %w", err))
	}
	s.addHandler(L, "static", "GET "+f.prefix, f)
	return 0
}

// ServeHTTP sends a file. Whatever the reason is that there is none to send, the answer is 404.
func (f *static) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, isFolder := strings.CutSuffix(strings.TrimPrefix(r.URL.Path, f.prefix), "/")
	isFolder = isFolder || name == ""
	file, info := f.open(name)
	if file != nil && info.IsDir() {
		file.Close()
		if !isFolder {
			w.Header().Set("Location", (&url.URL{Path: path.Base(name) + "/"}).String())
			refusal(http.StatusMovedPermanently, "it is a folder").write(w, r)
			return
		}
		if file, info = nil, nil; f.index != "" {
			file, info = f.open(path.Join(name, f.index))
		}
	} else if file != nil && isFolder {
		file.Close()
		file = nil
	}
	if file == nil || info.IsDir() {
		refusal(http.StatusNotFound, "there is no such file").write(w, r)
		return
	}
	defer file.Close()
	w.Header().Set("X-Content-Type-Options", "nosniff")
	http.ServeContent(&timeoutWriter{w, http.NewResponseController(w)}, r, info.Name(), info.ModTime(), file)
}

// open opens the file with a path relative to the folder. It returns nil if there is no such file,
// if it is hidden, or if the script may not read it.
func (f *static) open(name string) (*os.File, fs.FileInfo) {
	for part := range strings.SplitSeq(name, "/") {
		if strings.HasPrefix(part, ".") || strings.ContainsAny(part, "\\:\x00") || part == "" && name != "" {
			return nil, nil
		}
	}
	if name != "" && !filepath.IsLocal(filepath.FromSlash(name)) {
		return nil, nil
	}
	place, err := f.broker.Resolve(strings.TrimSuffix(f.folder+"/"+name, "/"), false)
	if err != nil {
		return nil, nil
	}
	file, err := place.OpenFile(os.O_RDONLY, 0)
	if err != nil {
		return nil, nil
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, nil
	}
	return file, info
}

// A timeoutWriter ends an answer only if the client receives nothing for sendTime, however long the
// answer is.
type timeoutWriter struct {
	http.ResponseWriter
	control *http.ResponseController
}

func (t *timeoutWriter) Write(b []byte) (int, error) {
	t.control.SetWriteDeadline(time.Now().Add(sendTime))
	return t.ResponseWriter.Write(b)
}
