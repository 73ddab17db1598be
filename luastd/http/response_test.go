package http_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"moonlark/engine/testkit"
)

func TestResponses(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Test", "1")
		w.Header().Add("X-List", "a")
		w.Header().Add("X-List", "b, c")
		switch r.URL.Path {
		case "/404":
			w.WriteHeader(404)
		case "/204":
			w.WriteHeader(204)
		case "/json":
			w.Write([]byte(`{"a": [1, null], "id": 12345678901234567890}`))
		case "/latin1":
			w.Header().Set("Content-Type", "text/plain; charset=iso-8859-1")
			w.Write([]byte("gr\xf6\xdfer"))
		case "/meta":
			w.Header().Set("Content-Type", "text/html")
			w.Write([]byte("<html><meta charset=windows-1251><p>\xcf\xf0\xe8"))
		case "/utf16":
			w.Header().Set("Content-Type", "text/plain")
			w.Write([]byte("\xff\xfeh\x00i\x00"))
		case "/bom":
			w.Write([]byte("\ufeffhi"))
		case "/undeclared":
			w.Header().Set("Content-Type", "application/octet-stream")
			w.Write([]byte(strings.Repeat("a", 2000) + "größer"))
		case "/broken":
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			w.Write([]byte("a\xffb"))
		case "/guess":
			w.Header().Set("Content-Type", "text/plain")
			w.Write([]byte("caf\xe9"))
		default:
			w.Write([]byte("hello\x00\xff"))
		}
	})
	s := openScript(t)
	check(t, s, url, []row{
		{"the fields", `local r = http.get("URL/x") return r.status, r.ok, #r.body, r.url == "URL/x", r.elapsed >= 0 and r.elapsed < 30`, "200, true, 7, true, true"},
		{"an error of the server is a response", `local r = http.get("URL/404") return r.status, r.ok, r.body`, "404, false, "},
		{"an empty body", `local r = http.get("URL/204") return r.status, r.ok, r.body`, "204, true, "},
		{"headers in any case", `local h = http.get("URL").headers return h["x-test"], h["X-Test"], h["X-TEST"], h["missing"], h[1]`, "1, 1, 1, nil, nil"},
		{"keys of headers", `local keys = {} for k in pairs(http.get("URL").headers) do keys[#keys + 1] = k end table.sort(keys) return table.concat(keys, " ")`, "content-length content-type date x-list x-test"},
		{"several values", `local r = http.get("URL") return r.headers["x-list"], #r:header("X-LIST"), r:header("x-list")[2], #r:header("none")`, "a, b, c, 2, b, c, 0"},
		{"tostring", `return (tostring(http.get(("URL/x?secret=1"):gsub("//", "//ann:pass@"), {})))`, "response 200 from http://HOST/x"},
		{"the URL has no password", `return http.get(("URL/x"):gsub("://", "://ann:pass@"), {}).url == "URL/x"`, "true"},
		{"the metatable is hidden", `return getmetatable(http.get("URL")), pcall(setmetatable, http.get("URL"), {})`, "response, false, cannot change a protected metatable"},
		{"json", `local v = http.get("URL/json"):json() return v.a[1], v.a[2]`, "1, null"},
		{"not json", `return http.get("URL/x"):json()`, "nil, invalid: the body is not JSON: line 1, column 1: expected a value, not 'h', invalid"},
		{"text in Latin-1", `return http.get("URL/latin1"):text()`, "größer"},
		{"text in the encoding of meta", `return http.get("URL/meta"):text():sub(-6)`, "При"},
		{"text in UTF-16", `return http.get("URL/utf16"):text()`, "hi"},
		{"a byte order mark", `return http.get("URL/bom"):text()`, "hi"},
		{"UTF-8 that does not say so", `return http.get("URL/undeclared"):text():sub(2001)`, "größer"},
		{"wrong UTF-8", `return http.get("URL/broken"):text()`, "a\uFFFDb"},
		{"neither UTF-8 nor declared", `return http.get("URL/guess"):text()`, "café"},
		{"not a stream", `local r = http.get("URL") r:read()`, "a.lua:1: response: it is not a stream: use the option stream = true"},
		{"a body that is replaced", `local r = http.get("URL") r.body = nil return r:json()`, "a.lua:1: response: the script has replaced the body"},
	})
}

func TestALongJSONBodyIsTooLarge(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, "%q", strings.Repeat("a", 8<<20)) })
	got := openScript(t).Run(`return http.get("` + url + `", {max_bytes = 9e6}):json()`)
	if got != "nil, too_large: the body has 8388610 bytes; the maximum for JSON is 8388608, too_large" {
		t.Errorf("got %s", got)
	}
}

// A decoder makes up to three bytes of one.
func TestALongTextIsTooLarge(t *testing.T) {
	if testing.Short() {
		t.Skip("needs 200 MB")
	}
	if testkit.Race {
		t.Skip("takes too long with the race detector")
	}
	chunk := strings.Repeat("\x80", 1<<20)
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=windows-1252")
		for range 32 {
			w.Write([]byte(chunk))
		}
	})
	got := openScript(t).Run(`return http.get("` + url + `", {max_bytes = 67108864}):text()`)
	if got != "nil, too_large: the text has more than 67108864 bytes, too_large" {
		t.Errorf("got %.200s", got)
	}
}
