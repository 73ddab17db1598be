package httpserve_test

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"moonlark/luastd/luastdtest"
)

// writeFiles writes files with their names as content, below the folder of the script.
func writeFiles(t *testing.T, folder string, names ...string) {
	t.Helper()
	for _, name := range names {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("this is "+name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheFilesOfAFolderAreServed(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Source: `
		s = http.serve{port = 0}
		s:static("/", "./www")
		s:static("/plain", "./www", {index = false})
		s:static("/data", "pages")
		s:get("/api", function() return "api" end)
	`, Permissions: listenGrants()})
	url := urlOf(t, s)
	writeFiles(t, s.Folder, "www/index.html", "www/app.js", "www/sub/index.html", "www/sub/a b.txt", "www/empty/x", "www/a ?ä/x", "www/.hidden", "www/.git/config", "www/secrets.toml", "www/moonlark.toml", "outside.txt", "www/unknown.xyzzy")
	outside := t.TempDir()
	writeFiles(t, outside, "far.txt")
	for link, target := range map[string]string{"up.txt": "../outside.txt", "far.txt": filepath.Join(outside, "far.txt"), "far": outside} {
		if err := os.Symlink(target, filepath.Join(s.Folder, "www", link)); err != nil {
			t.Fatal(err)
		}
	}
	const none = "404 text/plain; charset=utf-8 404 Not Found: there is no such file"
	if got := send(t, url, sending{path: "/data/a.txt"}); got != none {
		t.Errorf("without a data folder: got %s", got)
	}
	writeFiles(t, s.DataFolder, "pages/a.txt")
	for path, want := range map[string]string{
		"/": "200 text/html; charset=utf-8 this is www/index.html", "/app.js": "200 text/javascript; charset=utf-8 this is www/app.js",
		"/sub/": "200 text/html; charset=utf-8 this is www/sub/index.html", "/sub": "301 ",
		"/sub/a%20b.txt": "200 text/plain; charset=utf-8 this is www/sub/a b.txt",
		"/api":           "200 text/plain; charset=utf-8 api",
		"/plain/app.js":  "200 text/javascript; charset=utf-8 this is www/app.js", "/plain/": none, "/plain/sub/": none,
		"/data/a.txt": "200 text/plain; charset=utf-8 this is pages/a.txt",
		"/empty/":     none, "/none": none, "/app.js/": none, "/app.js/x": none,
		"/.hidden": none, "/.git/config": none, "/sub/../.hidden": "307 ", "/%2e%2e/outside.txt": none, "/..%2foutside.txt": none,
		"/sub/%2e%2e%2f%2e%2e%2foutside.txt": none, "/..%5coutside.txt": none, "/x%00": none, "/sub%2findex.html": "200 text/html; charset=utf-8 this is www/sub/index.html",
		"/secrets.toml": none, "/moonlark.toml": none,
		"/up.txt":  "200 text/plain; charset=utf-8 this is outside.txt", // the script's own folder
		"/far.txt": none, "/far/far.txt": none,
	} {
		if got := send(t, url, sending{path: path}); !strings.HasPrefix(got+" ", want) {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
	for path, want := range map[string]string{"/sub": "sub/", "/a%20%3F%C3%A4": "a%20%3F%C3%A4/"} {
		r := request(t, url, sending{path: path})
		r.Body.Close()
		if got := r.Header.Get("Location"); got != want {
			t.Errorf("%s: got the location %q, want %q", path, got, want)
		}
	}
	r := request(t, url, sending{path: "/app.js", headers: []string{"Range: bytes=5-6"}})
	body, _ := io.ReadAll(r.Body)
	r.Body.Close()
	if r.StatusCode != 206 || string(body) != "is" || r.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("a part: got %d %q %v", r.StatusCode, body, r.Header)
	}
	if got := send(t, url, sending{path: "/app.js", headers: []string{"If-Modified-Since: " + r.Header.Get("Last-Modified")}}); !strings.HasPrefix(got, "304") {
		t.Errorf("a file that has not changed: got %s", got)
	}
	if got := send(t, url, sending{method: "POST", path: "/app.js"}); !strings.HasPrefix(got, "405") {
		t.Errorf("POST: got %s", got)
	}
}
