package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
)

//go:embed lib/*.js fonts/*.woff2 shared
var shared embed.FS

// SharedFiles returns the files that all pages use, below the path /web/: /web/stream.js,
// /web/html.js, /web/tokens.css, /web/moon.svg, /web/lib/preact.js, /web/fonts/next.woff2 and more.
// It also has /favicon.ico.
func SharedFiles() *Files {
	f := NewFiles("/web/", shared)
	for at, one := range f.byPath { // the files of the folder shared are directly below /web/
		if rest, ok := strings.CutPrefix(at, "/web/shared/"); ok {
			delete(f.byPath, at)
			f.byPath["/web/"+rest] = one
		}
	}
	f.byPath["/favicon.ico"] = f.byPath["/web/moon.svg"]
	return f
}

// Files serves a set of files from memory. A browser may keep them, but asks each time whether they
// have changed, so that a page is never older than the program. Any goroutine may call the methods.
type Files struct {
	byPath map[string]*file // does not change after NewFiles
}

// A file is one file of Files.
type file struct {
	contentType   string
	etag          string // the hash of the content, in quotes
	plain, zipped []byte // zipped is nil if it would not be smaller
}

// NewFiles returns the files of a tree, each below the path prefix, which ends in a slash. The name
// of an HTML file is its path without the extension: page.html in the tree has the path prefix +
// "page". NewFiles panics if the tree cannot be read, which an embedded tree always can.
func NewFiles(prefix string, tree fs.FS) *Files {
	f := &Files{byPath: map[string]*file{}}
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		f.byPath[prefix+strings.TrimSuffix(name, ".html")] = newFile(name, content)
		return nil
	})
	if err != nil {
		panic(err)
	}
	return f
}

// contentTypes are the types of the files that pages use. The table of package mime depends on the
// machine.
var contentTypes = map[string]string{
	".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
	".svg": "image/svg+xml", ".woff2": "font/woff2", ".json": "application/json", ".txt": "text/plain; charset=utf-8",
}

func newFile(name string, content []byte) *file {
	hash := sha256.Sum256(content)
	f := &file{
		contentType: contentTypes[path.Ext(name)],
		etag:        `"` + hex.EncodeToString(hash[:12]) + `"`, plain: content,
	}
	if f.contentType == "" {
		f.contentType = mime.TypeByExtension(path.Ext(name))
	}
	var zipped bytes.Buffer
	w, _ := gzip.NewWriterLevel(&zipped, gzip.BestCompression) // the level is valid
	w.Write(content)                                           // writing to a Buffer cannot fail
	w.Close()
	if zipped.Len() < len(content)*9/10 {
		f.zipped = zipped.Bytes()
	}
	return f
}

// Paths returns the paths of all files, in no order.
func (f *Files) Paths() []string {
	var paths []string
	for at := range f.byPath {
		paths = append(paths, at)
	}
	return paths
}

// Size returns the size of all files as a browser gets them, in bytes.
func (f *Files) Size() int {
	size := 0
	for _, one := range f.byPath {
		size += len(one.plain)
		if one.zipped != nil {
			size += len(one.zipped) - len(one.plain)
		}
	}
	return size
}

// ServeHTTP serves GET and HEAD requests for the files.
func (f *Files) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	one := f.byPath[r.URL.Path]
	switch {
	case one == nil:
		http.NotFound(w, r)
		return
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "a file needs the method GET", http.StatusMethodNotAllowed)
		return
	}
	h := w.Header()
	SetPageHeaders(h)
	h.Set("Content-Type", one.contentType)
	h.Set("Cache-Control", "no-cache") // ask each time whether the file has changed
	h.Set("Vary", "Accept-Encoding")
	content, etag := one.plain, one.etag
	if one.zipped != nil && acceptsGzip(r.Header) {
		content, etag = one.zipped, strings.TrimSuffix(etag, `"`)+`-gz"`
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("ETag", etag)
	for known := range strings.SplitSeq(r.Header.Get("If-None-Match"), ",") {
		if strings.TrimPrefix(strings.TrimSpace(known), "W/") == etag {
			h.Del("Content-Encoding")
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	if r.Method == http.MethodGet {
		w.Write(content) // an error means that the client has gone away
	}
}

// acceptsGzip reports whether the client can read a gzip response.
func acceptsGzip(h http.Header) bool {
	for encoding := range strings.SplitSeq(h.Get("Accept-Encoding"), ",") {
		name, parameters, _ := strings.Cut(strings.TrimSpace(encoding), ";")
		if strings.TrimSpace(name) == "gzip" {
			return strings.ReplaceAll(parameters, " ", "") != "q=0"
		}
	}
	return false
}

// SetPageHeaders sets the headers that isolate a page: it may load only files of this server, run only
// the code in these files, make no HTML from text, and not be shown inside another page.
func SetPageHeaders(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "+
		"font-src 'self'; connect-src 'self'; media-src 'self' blob:; base-uri 'none'; form-action 'none'; "+
		"frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Embedder-Policy", "require-corp")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Permissions-Policy", "microphone=(self), autoplay=(self), screen-wake-lock=(self), camera=(), geolocation=()")
}
