package web

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func get(f *Files, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	return w
}

func TestSharedFilesAreServedWithTheHeadersOfAPage(t *testing.T) {
	f := SharedFiles()
	for path, kind := range map[string]string{
		"/web/stream.js": "text/javascript; charset=utf-8", "/web/html.js": "text/javascript; charset=utf-8",
		"/web/tokens.css": "text/css; charset=utf-8", "/web/lib/preact.js": "text/javascript; charset=utf-8",
		"/web/fonts/next.woff2": "font/woff2", "/favicon.ico": "image/svg+xml",
	} {
		w := get(f, path)
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != kind {
			t.Errorf("%s: %d %s", path, w.Code, w.Header().Get("Content-Type"))
		}
		if !strings.Contains(w.Header().Get("Content-Security-Policy"), "require-trusted-types-for 'script'") {
			t.Errorf("%s has no content security policy", path)
		}
	}
	if w := get(f, "/web/lib/LIB.txt"); w.Code != http.StatusNotFound {
		t.Errorf("LIB.txt: %d", w.Code)
	}
}

func TestAFileIsSentAgainOnlyIfItHasChanged(t *testing.T) {
	f := SharedFiles()
	first := get(f, "/web/stream.js", "Accept-Encoding", "br, gzip")
	if first.Header().Get("Content-Encoding") != "gzip" || first.Header().Get("Cache-Control") != "no-cache" {
		t.Fatalf("headers %v", first.Header())
	}
	unzipped, err := gzip.NewReader(first.Body)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(unzipped)
	if plain := get(f, "/web/stream.js"); err != nil || plain.Body.String() != string(text) || plain.Header().Get("Content-Encoding") != "" {
		t.Errorf("the two forms of the file differ (%v)", err)
	}
	again := get(f, "/web/stream.js", "Accept-Encoding", "gzip", "If-None-Match", `"x", W/`+first.Header().Get("ETag"))
	if again.Code != http.StatusNotModified || again.Body.Len() > 0 {
		t.Errorf("the second request: %d with %d bytes", again.Code, again.Body.Len())
	}
	if refused := get(f, "/web/stream.js", "Accept-Encoding", "gzip;q=0"); refused.Header().Get("Content-Encoding") != "" {
		t.Error("a client that does not want gzip has got it")
	}
}

func TestTheFilesAreSmall(t *testing.T) {
	if size := SharedFiles().Size(); size > 130<<10 {
		t.Errorf("%d bytes", size)
	}
}
