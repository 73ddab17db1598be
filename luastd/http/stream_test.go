package http_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"moonlark/engine/permit"
	"moonlark/luastd/luastdtest"
)

// pieces answers with the parts of the path one after the other, each in a packet of its own.
func pieces(w http.ResponseWriter, r *http.Request) {
	for piece := range strings.SplitSeq(strings.TrimPrefix(r.URL.Query().Get("p"), "|"), "|") {
		if piece == "hang" {
			<-r.Context().Done()
			return
		}
		if piece == "cut" {
			panic(http.ErrAbortHandler)
		}
		io.WriteString(w, piece)
		w.(http.Flusher).Flush()
		time.Sleep(2 * time.Millisecond)
	}
}

const streamPrelude = `
	function open(p, options)
		options = options or {}
		options.stream, options.query = true, {p = p}
		return assert(http.get(BASE, options))
	end
	function all(next)
		local list = {}
		for v in next do list[#list + 1] = type(v) == "table" and table.concat({v.event, v.data, tostring(v.id), tostring(v.retry)}, ",") or v end
		return table.concat(list, "|")
	end`

func openStreams(t testing.TB, url string) *luastdtest.Script {
	s := openScript(t)
	s.Run("BASE = '" + url + "'" + streamPrelude)
	return s
}

func TestStreams(t *testing.T) {
	url := serve(t, pieces)
	s := openStreams(t, url)
	check(t, s, url, []row{
		{"the response has no body", `local r = open("ab|cd") return r.status, r.body, r.elapsed < 30`, "200, nil, true"},
		{"read", `local r, got = open("ab|cd"), "" while true do local b, reason = r:read() if not b then return got, reason end got = got .. b end`, "abcd, nil"},
		{"read after the end", `local r = open("ab") r:read() return r:read() == nil, r:read() == nil`, "true, true"},
		{"read some bytes", `local r = open("abcdef") return r:read(2), r:read(1), r:read(100)`, "ab, c, def"},
		{"read a wrong number", `open("ab"):read(0)`, "a.lua:1: bad argument #2 to read (a whole number from 1 to 1048576 expected, got 0)"},
		{"a body that is cut off", `local r = open("ab|cut") r:read() return r:read()`, "nil, closed: HOST has closed the connection before the end of the body, closed"},
		{"the failure stays", `local r = open("ab|cut") r:read() r:read() return select(3, r:read())`, "closed"},
		{"close", `local r = open("ab|hang") r:close() r:close() return r:read()`, "nil, closed: the stream is closed, closed"},
		{"silence", `local r = open("ab|hang", {timeout = 0.1}) r:read() return r:read()`, "nil, timeout: only 2 bytes of the body from HOST in 0.1 s, timeout"},
		{"max_bytes", `local r = open("ab|cd|ef", {max_bytes = 5}) while true do local b, _, code = r:read() if not b then return code end end`, "too_large"},
		{"no json", `open("{}"):json()`, "a.lua:1: response: it is a stream: use read, lines or events"},

		{"lines", `return all(open("a|b\nc\r\n|\nd"):lines())`, "ab|c||d"},
		{"lines with an end", `return all(open("a\nb\n"):lines())`, "a|b"},
		{"lines in two packets", `return all(open("a\r|\nb|\r\n"):lines())`, "a|b"},
		{"a CR within a line", `return #all(open("a\rb\n"):lines())`, "3"},
		{"no lines", `return all(open(""):lines())`, ""},
		{"lines raise", `for l in open("a\nb|cut"):lines() do last = l end`, "a.lua:1: response:lines: closed: HOST has closed the connection before the end of the body"},
		{"lines time out", `for l in open("a\nb|hang", {timeout = 0.1}):lines() do last = l end`, "a.lua:1: response:lines: timeout: only 3 bytes of the body from HOST in 0.1 s"},
		{"lines and then read", `local r = open("a\nbcd") for l in r:lines() do return l, r:read(2), r:read() end`, "a, bc, d"},

		{"events", `return all(open("data: a\n\nevent: x\ndata: b\ndata:c\nid: 7\nretry: 1500\n\n: comment\ndata: d\n\n"):events())`, "message,a,nil,nil|x,b\nc,7,1.5|message,d,7,nil"},
		{"events in pieces", `return all(open("da|ta: a|\n|\n|data: b\r|\n\r|\n"):events())`, "message,a,nil,nil|message,b,nil,nil"},
		{"an event that is cut off", `return all(open("data: a\n\ndata: b\n"):events())`, "message,a,nil,nil"},
		{"an event without data", `return all(open("event: x\n\ndata: a\n\n"):events())`, "message,a,nil,nil"},
		{"comments keep the stream open", `return all(open((": x\n|"):rep(200) .. "data: a\n\n", {timeout = 0.3}):events())`, "message,a,nil,nil"},
		{"events time out", `for e in open("data: a|hang", {timeout = 0.1}):events() do end`, "a.lua:1: response:events: timeout: only 7 bytes of the body from HOST in 0.1 s"},
	})
}

// A server that sends a line byte by byte does not get more time for it.
func TestASlowLineEndsWithTheTimeout(t *testing.T) {
	url := serveRaw(t, func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n"); slowly(c, "x") })
	s := openStreams(t, url)
	for _, name := range []string{"lines", "events"} {
		begun := time.Now()
		got := s.Run(`for l in open("", {timeout = 0.2}):` + name + `() do end`)
		if took := time.Since(begun); !strings.Contains(got, "timeout: ") || took > 5*time.Second {
			t.Errorf("%s: got %s after %v", name, got, took)
		}
	}
}

func TestLongLinesAndEventsAreTooLarge(t *testing.T) {
	url := serveRaw(t, func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n"); endless(c, strings.Repeat("x", 1000)) })
	events := serveRaw(t, func(c net.Conn) {
		io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
		endless(c, "data: "+strings.Repeat("x", 1000)+"\n")
	})
	s := openStreams(t, url)
	host := strings.TrimPrefix(url, "http://")
	check(t, s, url, []row{
		{"lines", `for l in open(""):lines() do end`, "a.lua:1: response:lines: too_large: a line from " + host + " has more than 1048576 bytes"},
		{"a line of events", `for l in open(""):events() do end`, "a.lua:1: response:events: too_large: a line from " + host + " has more than 1048576 bytes"},
	})
	s.Run("BASE = '" + events + "'")
	check(t, s, events, []row{{"an event", `for l in open(""):events() do end`, "a.lua:1: response:events: too_large: an event from HOST has more than 1048576 bytes"}})
}

func TestTwoTasksCannotReadAStreamAtTheSameTime(t *testing.T) {
	url := serve(t, pieces)
	got := openStreams(t, url).Run(`local r = open("a|hang") r:read()
		spawn(function() r:read() end) sleep(0.05)
		return pcall(r.read, r)`)
	if !strings.HasPrefix(got, "false, ") || !strings.HasSuffix(got, "response: another task is reading from the stream") {
		t.Errorf("got %s", got)
	}
}

// hanging returns a server whose handler hangs after the first byte, and the number of requests
// that it is serving.
func hanging(t testing.TB) (url string, serving *atomic.Int64) {
	serving = new(atomic.Int64)
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		serving.Add(1)
		defer serving.Add(-1)
		if r.URL.Path != "/silent" {
			io.WriteString(w, "a\n")
			w.(http.Flusher).Flush()
		}
		<-r.Context().Done()
	}), serving
}

func TestAForgottenStreamIsClosed(t *testing.T) {
	url, serving := hanging(t)
	s := openScript(t)
	s.Run(`for i = 1, 8 do assert(http.get("` + url + `", {stream = true})) end`)
	if n := serving.Load(); n != 8 {
		t.Fatalf("%d streams are open, want 8", n)
	}
	luastdtest.WaitFor(t, "the streams are closed", func() bool {
		s.Run(`collectgarbage()`)
		return serving.Load() == 0
	})
	s.Run(`kept = http.get("` + url + `", {stream = true}) iterator = http.get("` + url + `", {stream = true}):lines()`)
	for range 5 {
		s.Run(`collectgarbage()`)
		time.Sleep(5 * time.Millisecond)
	}
	if n := serving.Load(); n != 2 {
		t.Errorf("%d streams are open, want 2: the script still has them", n)
	}
	if got := s.Run(`return kept:read(), iterator()`); got != "a\n, a" {
		t.Errorf("got %q", got)
	}
}

func TestSaveAndDownload(t *testing.T) {
	content := strings.Repeat("0123456789", 100_000)
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/404":
			w.WriteHeader(404)
		case "/500":
			w.WriteHeader(500)
		case "/cut":
			io.WriteString(w, content[:1000])
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		case "/hang":
			io.WriteString(w, content[:1000])
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		default:
			io.WriteString(w, content)
		}
	})
	s := openScript(t)
	sum := fmt.Sprintf("%x", sha256.Sum256([]byte(content)))
	check(t, s, url, []row{
		{"download", `local r = http.download("URL", "a.bin") return r.status, r.bytes, r.sha256`, "200, 1000000, " + sum},
		{"download again", `return http.download("URL", "a.bin").bytes`, "1000000"},
		{"not found", `return http.download("URL/404", "b.bin")`, "nil, not_found: HOST has answered with the status 404, not_found"},
		{"an error of the server", `return http.download("URL/500", "b.bin")`, "nil, failed: HOST has answered with the status 500, failed"},
		{"cut off", `return http.download("URL/cut", "b.bin")`, "nil, closed: HOST has closed the connection before the end of the body, closed"},
		{"too slow", `return http.download("URL/hang", "b.bin", {timeout = 0.1})`, "nil, timeout: only 1000 bytes of the body from HOST in 0.1 s, timeout"},
		{"too large", `return http.download("URL", "b.bin", {max_bytes = 999999})`, "nil, too_large: the body from HOST has more than 999999 bytes: set max_bytes, too_large"},
		{"an old file stays", `return select(3, http.download("URL/cut", "a.bin"))`, "closed"},
		{"no stream", `http.download("URL", "a.bin", {stream = true})`, "a.lua:1: bad argument #3 to download (there is no field 'stream'; its fields are query, headers, timeout, connect_timeout, auth, bearer, redirects, max_bytes, retries, retry_all, tls, cookies, proxy, unix)"},
		{"a file without a grant", `http.download("URL", "/tmp/x/y")`, "a.lua:1: http.download: test.lua may not change /tmp/x/y. Start with --allow-write=/tmp/x"},
		{"out of the data folder", `http.download("URL", "a/../../x")`, "a.lua:1: http.download: test.lua may not leave its data folder with the path a/../../x"},
		{"no path", `http.download("URL", "")`, "a.lua:1: bad argument #2 to download (the path is empty)"},
		{"a folder", `fs.mkdir("dir") return http.download("URL", "dir")`, "nil, not_a_file: dir is not a regular file, not_a_file"},
		{"missing folders are created", `return http.download("URL", "new/folder/x").bytes, fs.remove("new", {recursive = true}), fs.remove("dir")`, "1000000, true, true"},
		{"by a client", `return http.client{base = "URL"}:download("/x", "c.bin").bytes`, "1000000"},

		{"save", `local r = http.get("URL", {stream = true}) return r:save("d.bin"), r:read()`, "1000000, nil"},
		{"save the rest", `local r = http.get("URL", {stream = true}) r:read(1) return r:save("e.bin")`, "999999"},
		{"save what is cut off", `return http.get("URL/cut", {stream = true}):save("f.bin")`, "nil, closed: HOST has closed the connection before the end of the body, closed"},
		{"save too slowly", `return select(3, http.get("URL/hang", {stream = true, timeout = 0.1}):save("f.bin"))`, "timeout"},
		{"save a closed stream", `local r = http.get("URL", {stream = true}) r:close() return r:save("f.bin")`, "nil, closed: the stream is closed, closed"},
		{"save without a grant", `http.get("URL", {stream = true}):save("/tmp/x/y")`, "a.lua:1: response:save: test.lua may not change /tmp/x/y. Start with --allow-write=/tmp/x"},
		{"save elsewhere after that", `local r = http.get("URL", {stream = true}) pcall(r.save, r, "/tmp/x/y") return r:save("d.bin")`, "1000000"},
	})
	files, _ := os.ReadDir(s.DataFolder)
	var names []string
	for _, f := range files {
		names = append(names, f.Name())
	}
	if got := strings.Join(names, " "); got != "a.bin c.bin d.bin e.bin" {
		t.Errorf("the files are %s", got)
	}
	for name, want := range map[string]string{"a.bin": content, "e.bin": content[1:]} {
		if got, _ := os.ReadFile(filepath.Join(s.DataFolder, name)); string(got) != want {
			t.Errorf("%s has %d bytes, want %d", name, len(got), len(want))
		}
	}
}

// A saved body replaces a file as fs.write does: it keeps the mode, and the link to the file.
func TestASavedBodyReplacesTheFileOfALink(t *testing.T) {
	url := serve(t, show)
	s := openScript(t)
	target, link := filepath.Join(s.DataFolder, "target"), filepath.Join(s.DataFolder, "link")
	err := errors.Join(os.MkdirAll(s.DataFolder, 0o755), os.WriteFile(target, []byte("old"), 0o600), os.Symlink("target", link))
	if err != nil {
		t.Fatal(err)
	}
	check(t, s, url, []row{{"a download", `return http.download("URL/new", "link").bytes`, "9"}})
	content, err := os.ReadFile(target)
	info, err2 := os.Stat(target)
	if string(content) != "GET /new " || info.Mode().Perm() != 0o600 {
		t.Errorf("the target has %q and the mode %v (%v, %v)", content, info.Mode(), err, err2)
	}
	if to, err := os.Readlink(link); to != "target" {
		t.Errorf("the link leads to %q (%v)", to, err)
	}
}

// A wait in a tool call ends early enough for the script to return something.
func TestASaveInAToolCallEndsBeforeTheCall(t *testing.T) {
	hung, _ := hanging(t)
	slow := serveRaw(t, func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n"); slowly(c, "x") })
	for _, url := range []string{hung, slow} {
		got := openScript(t).RunWithin(time.Second, `local r = assert(http.get("`+url+`", {stream = true, timeout = 600})) return select(3, r:save("x"))`)
		if got != "timeout" {
			t.Errorf("got %s", got)
		}
	}
}

func TestDownloadsFollowNoLinkOutOfTheFolder(t *testing.T) {
	url := serve(t, show)
	outside, folder := t.TempDir(), t.TempDir()
	os.Symlink(outside, filepath.Join(folder, "link"))
	s := luastdtest.Open(t, luastdtest.Options{Permissions: permit.Settings{Grants: append(luastdtest.NetGrants("127.0.0.1"), permit.Grant{Kind: permit.Write, Value: folder})}})
	got := s.Run(fmt.Sprintf(`return select(3, http.download("%s", "%s/link/x"))`, url, folder))
	if files, _ := os.ReadDir(outside); got != "denied" || len(files) > 0 {
		t.Errorf("got %s, and %d files", got, len(files))
	}
}

func TestSavedBodiesCountForTheDataFolder(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) { w.Write(make([]byte, 6<<20)) })
	s := openScript(t)
	old := filepath.Join(s.DataFolder, "old")
	err := errors.Join(os.MkdirAll(s.DataFolder, 0o755), os.WriteFile(old, nil, 0o644), os.Truncate(old, 250<<20)) // it takes no space
	if err != nil {
		t.Fatal(err)
	}
	full := "nil, full: the data folder of the script is full (the maximum is 256 MiB), full"
	check(t, s, url, []row{
		{"a download", `return http.download("URL", "a")`, full},
		{"a stream", `return assert(http.get("URL", {stream = true})):save("b")`, full},
		{"no file is left", `return #fs.list("")`, "1"},
		{"after the old file was removed", `fs.remove("old") return http.download("URL", "c").bytes`, "6291456"},
	})
}
