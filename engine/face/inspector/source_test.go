package inspector

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"moonlark/engine/face/control"
	"moonlark/engine/testkit"
)

// send sends one request to the server: see testkit.Request.
func (f *fixture) send(method, path, body string, header ...string) (status int, received http.Header, text string) {
	f.t.Helper()
	return testkit.Request(f.t, method, f.url+path, body, header...)
}

// editBody returns the body of POST /source.
func editBody(file, text, version string, check bool) string {
	body, _ := json.Marshal(map[string]any{"script": "lights.lua", "file": file, "text": text, "version": version, "check": check})
	return string(body)
}

// version returns the version of the file that the page gets.
func (f *fixture) version() string {
	f.t.Helper()
	_, text := f.request("GET", "/source?script=lights.lua", "")
	var view struct{ Version string }
	if err := json.Unmarshal([]byte(text), &view); err != nil || view.Version == "" {
		f.t.Fatalf("%s: %v", text, err)
	}
	return view.Version
}

// Only the page of this server, or a program, with the token for everything, reads and saves sources.
func TestGuardOfTheSources(t *testing.T) {
	f := start(t, "-- a script\n", control.Options{Token: "everything", ScreenToken: "hall"})
	f.page.Edit = true
	f.restart(f.stream)
	cookie := func(token string) string {
		_, header, _ := f.send("POST", "/login", `{"token": "`+token+`"}`)
		session, _, _ := strings.Cut(header.Get("Set-Cookie"), ";")
		return session
	}
	tokens := []struct {
		why, header, value string
		status             int
	}{
		{"no token", "Authorization", "", 401}, {"a wrong token", "Authorization", "Bearer everythin", 401}, {"a wrong scheme", "Authorization", "Basic everything", 401},
		{"the token", "Authorization", "Bearer everything", 200}, {"the token of the screen", "Authorization", "Bearer hall", 403},
		{"a session", "Cookie", cookie("everything"), 200}, {"a session of the screen", "Cookie", cookie("hall"), 403},
		{"a session that was raised", "Cookie", strings.Replace(cookie("hall"), "=screen.", "=full.", 1), 401},
	}
	requests := []struct{ method, path, body string }{
		{"GET", "/source?script=lights.lua", ""}, {"POST", "/source", editBody("", "-- b", "", true)}, {"POST", "/source?script=lights.lua", editBody("lights.lua", "-- b", "", true)},
	}
	sites := map[string]bool{"": true, "same-origin": true, "none": true, "same-site": false, "cross-site": false, "other": false}
	_, port, _ := strings.Cut(strings.TrimPrefix(f.url, "http://"), ":")
	for host, hostOK := range map[string]bool{"": true, "localhost:" + port: true, "evil.example": false, "127.0.0.1.evil.example": false} {
		own := "http://" + strings.TrimPrefix(f.url, "http://")
		if host != "" {
			own = "http://" + host
		}
		for origin, originOK := range map[string]bool{"": true, own: true, "http://evil.example:80": false, "null": false, strings.Replace(own, "http", "https", 1): false} {
			for site, siteOK := range sites {
				for _, token := range tokens {
					for _, r := range requests {
						want := token.status
						if !hostOK || !originOK || !siteOK || site == "none" && r.method == "POST" {
							want = 403
						}
						got, _, text := f.send(r.method, r.path, r.body, "Host", host, "Origin", origin, "Sec-Fetch-Site", site, token.header, token.value)
						if got != want {
							t.Errorf("%s %s, host %q, origin %q, site %q, %s: got %d %s, want %d", r.method, r.path, host, origin, site, token.why, got, text, want)
						}
					}
				}
			}
		}
	}
}

func TestSourcesAreReadAndSavedByRequests(t *testing.T) {
	f := start(t, "-- one\n", control.Options{})
	f.page.Edit = true
	f.restart(f.stream)
	read := f.version()
	outside := filepath.Join(t.TempDir(), "outside.lua")
	if err := os.WriteFile(outside, []byte("-- outside"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(filepath.Dir(f.path), "other.lua"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"../lights.lua", "./lights.lua", "x/../lights.lua", outside, f.path, "other.lua", "lights.lua\x00", "lights.lua~", "/etc/passwd", `..\lights.lua`} {
		if status, text := f.request("POST", "/source", editBody(file, "-- changed", read, false)); status != 404 {
			t.Errorf("%q: got %d %s", file, status, text)
		}
		if status, text := f.request("GET", "/source?script=lights.lua&file="+strings.NewReplacer("\x00", "%00", `\`, "%5C").Replace(file), ""); status != 404 {
			t.Errorf("%q: got %d %s", file, status, text)
		}
	}
	for _, row := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", "/source?script=lights.lua", "", 200, `"text":"-- one\n"`},
		{"GET", "/source?at=" + f.path, "", 200, `"file":"lights.lua"`},
		{"GET", "/source?at=nothing.lua", "", 404, "no script was loaded from such a file"},
		{"GET", "/source?script=nobody.lua", "", 409, "no script is called nobody.lua"},
		{"GET", "/source/lights.lua", "", 404, ""},
		{"PUT", "/source", "", 405, "needs the method GET"},
		{"POST", "/source", `{"script": "lights.lua", "version": "` + read + `"}`, 400, "text: want"},
		{"POST", "/source", `{"script": "lights.lua", "text": null, "version": "` + read + `"}`, 400, "text: want"},
		{"POST", "/source", `{"script": "lights.lua", "txt": ""}`, 400, "unknown field"},
		{"POST", "/source", "{\"script\": \"lights.lua\", \"text\": \"-- \xfc\", \"version\": \"" + read + "\"}", 400, "not UTF-8"},
		{"POST", "/source", `{"script": "lights.lua", "text": "` + strings.Repeat("x", maxSourceBody) + `"}`, 413, "longer than"},
		{"POST", "/source", editBody("", strings.Repeat("x", 1<<20+1), read, false), 409, "longer than 1048576 bytes"},
		{"POST", "/source", editBody("", "x = = 1", "", true), 200, `{"errors":[{"file":"lights.lua","line":1,"text":"`},
		{"POST", "/source", editBody("", "-- two\n", "another", false), 409, "lights.lua: changed on disk since it was read"},
		{"POST", "/source", editBody("", "-- two\n", "", false), 409, "changed on disk"},
		{"POST", "/source", editBody("", "-- two\n", read, false), 200, `"loaded":true,"errors":[]`},
		{"POST", "/source", editBody("", "-- three\n", read, false), 409, "changed on disk"}, // the other page was faster
	} {
		if status, text := f.request(row.method, row.path, row.body); status != row.status || !strings.Contains(text, row.want) {
			t.Errorf("%s %s %.100s: got %d %.300s, want %d %s", row.method, row.path, row.body, status, text, row.status, row.want)
		}
	}
	if f.onDisk() != "-- two\n" {
		t.Errorf("on the disk: %q", f.onDisk())
	}
	status, text := f.request("POST", "/source", editBody("", "\nx = = 1\n", f.version(), false))
	if status != 200 || !strings.Contains(text, `"loaded":false,"errors":[{"file":"lights.lua","line":2,`) || f.onDisk() != "\nx = = 1\n" {
		t.Errorf("a text with a mistake: %d %s", status, text)
	}
	if status, text := f.request("POST", "/reload", `{"script": "lights.lua"}`); status != 409 || !strings.Contains(text, "lights.lua:2: ") {
		t.Errorf("a reload: %d %s", status, text)
	}
}

func TestWithoutEditNothingIsSaved(t *testing.T) {
	f := start(t, "-- one\n", control.Options{})
	for _, check := range []bool{true, false} {
		if status, text := f.request("POST", "/source", editBody("", "-- two\n", f.version(), check)); status != 405 || f.onDisk() != "-- one\n" {
			t.Errorf("got %d %s", status, text)
		}
	}
	if _, text := f.request("GET", "/source?script=lights.lua", ""); !strings.Contains(text, `"editable":false`) {
		t.Errorf("got %s", text)
	}
}

// The files of the page can come from a folder, for work on the page.
func TestThePageCanComeFromAFolder(t *testing.T) {
	f := start(t, "", control.Options{})
	f.page.Folder = t.TempDir()
	f.restart(f.stream)
	for i := range 2 {
		if err := os.WriteFile(filepath.Join(f.page.Folder, "inspect.html"), fmt.Appendf(nil, "<p>%d", i), 0o600); err != nil {
			t.Fatal(err)
		}
		if status, text := f.request("GET", "/inspect", ""); status != 200 || text != fmt.Sprintf("<p>%d", i) {
			t.Errorf("got %d %s", status, text)
		}
	}
	if err := os.RemoveAll(f.page.Folder); err != nil {
		t.Fatal(err)
	}
	if status, text := f.request("GET", "/inspect", ""); status != 500 || !strings.Contains(text, "--inspect-dir") {
		t.Errorf("got %d %s", status, text)
	}
}
