package http_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"moonlark/engine/permit"
	"moonlark/luastd/luastdtest"
)

func TestRequestsAreSentAsTheScriptSays(t *testing.T) {
	url := serve(t, show)
	s := openScript(t)
	check(t, s, url, []row{
		{"get", `return http.get("URL/a").body`, "GET /a "},
		{"delete", `return http.delete("URL/a").body`, "DELETE /a "},
		{"options", `return http.options("URL/a").body`, "OPTIONS /a "},
		{"head has no body", `local r = http.head("URL/a") return r.status, r.body, r.headers["content-length"]`, "200, , 8"},
		{"post", `return http.post("URL/a", "x").body`, "POST /a x [Content-Length: 1]"},
		{"post without a body", `return http.post("URL/a").body`, "POST /a  [Content-Length: 0]"},
		{"put", `return http.put("URL/a", "x", {headers = {["X-Test"] = "1"}}).body`, "PUT /a x [X-Test: 1] [Content-Length: 1]"},
		{"patch", `return http.patch("URL/a", {body = "x"}).body`, "PATCH /a x [Content-Length: 1]"},
		{"request", `return http.request("propfind", "URL/a").body`, "PROPFIND /a "},
		{"request with a table", `return http.request{method = "PUT", url = "URL/a", body = "x"}.body`, "PUT /a x [Content-Length: 1]"},
		{"request with a table, without a method", `return http.request{url = "URL/a"}.body`, "GET /a "},
		{"json.null stands for nil", `return http.post("URL/a", json.null, {timeout = json.null, headers = json.null}).body`, "POST /a  [Content-Length: 0]"},
		{"get may have a body", `return http.get("URL/a", {json = {}}).body`, "GET /a {} [Content-Type: application/json] [Content-Length: 2]"},

		{"query", `return http.get("URL/a?z=0", {query = {b = "x y&", a = {1, 2.5, true}, c = json.null}}).body`, "GET /a?z=0&a=1&a=2.5&a=true&b=x%20y%26 "},
		{"large numbers", `return http.get("URL/a", {query = {n = 9007199254740992}}).body`, "GET /a?n=9007199254740992 "},
		{"characters that a URL cannot have", `return http.get("URL/a b?c d\"<é>").body`, "GET /a%20b?c%20d%22%3C%C3%A9%3E "},
		{"the fragment is not sent", `return http.get("URL/a#b").body`, "GET /a "},

		{"headers in any case", `return http.get("URL/", {headers = {["x-TEST"] = {1, "b"}, accept = "a/b"}}).body`, "GET /  [X-Test: 1] [X-Test: b] [Accept: a/b]"},
		{"another user agent", `return http.get("URL/", {headers = {["user-agent"] = "me"}}).body`, "GET /  [User-Agent: me]"},
		{"auth", `return http.get("URL/", {auth = {"ann", "pa:ss"}}).body`, "GET /  [Authorization: Basic YW5uOnBhOnNz]"},
		{"auth in the URL", `return http.get(("URL/"):gsub("://", "://ann:pass@"), {}).body`, "GET /  [Authorization: Basic YW5uOnBhc3M=]"},
		{"bearer", `return http.get("URL/", {bearer = "t0ken"}).body`, "GET /  [Authorization: Bearer t0ken]"},

		{"json", `return http.post("URL/", {json = {a = {1, "x"}}}).body`, `POST / {"a":[1,"x"]} [Content-Type: application/json] [Content-Length: 13]`},
		{"json false", `return http.post("URL/", {json = false}).body`, `POST / false [Content-Type: application/json] [Content-Length: 5]`},
		{"another type", `return http.post("URL/", {json = 1, headers = {["content-type"] = "a/b"}}).body`, `POST / 1 [Content-Type: a/b] [Content-Length: 1]`},
		{"form", `return http.post("URL/", {form = {b = "x y&", a = {1, true}}}).body`, "POST / a=1&a=true&b=x+y%26 [Content-Type: application/x-www-form-urlencoded] [Content-Length: 19]"},
		{"a function", `local n = 0 return http.post("URL/", function() n = n + 1 if n < 4 then return ({"ab", "", "cd"})[n] end end).body`, "POST / abcd chunked"},
		{"a function that waits", `local n = 0 return http.post("URL/", {body = function() sleep(0.01) n = n + 1 if n < 3 then return "x" end end}).body`, "POST / xx chunked"},
		{"a function without a body", `return http.post("URL/", function() end).body`, "POST /  chunked"},
	})
}

func TestTheUserAgentIsMoonlark(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) { w.Write([]byte(r.UserAgent())) })
	if got := openScript(t).Run(`return http.get("` + url + `").body`); !strings.HasPrefix(got, "Moonlark/") || strings.ContainsAny(got, "() ") {
		t.Errorf("the user agent is %q", got)
	}
}

func TestMultipart(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseMultipartForm(1 << 20); err != nil {
			t.Error(err)
			return
		}
		for _, name := range []string{"a", "b"} {
			w.Write([]byte(name + "=" + r.FormValue(name) + " "))
		}
		for _, name := range []string{"f", "g", "h"} {
			for _, f := range r.MultipartForm.File[name] {
				opened, _ := f.Open()
				content := make([]byte, f.Size)
				opened.Read(content)
				w.Write([]byte(name + "=" + f.Filename + " " + f.Header.Get("Content-Type") + " " + string(content) + "; "))
			}
		}
		if r.ContentLength <= 0 {
			t.Error("the request has no Content-Length")
		}
	})
	folder := t.TempDir()
	os.WriteFile(filepath.Join(folder, "photo.jpg"), []byte("JPEG"), 0o600)
	s := luastdtest.Open(t, luastdtest.Options{Permissions: permit.Settings{Grants: append(luastdtest.NetGrants("127.0.0.1"), permit.Grant{Kind: permit.Read, Value: folder})}})
	source := strings.ReplaceAll(`return http.post("URL", {multipart = {{name = "a", value = 1}, {name = "b", value = "x\r\n--y"},
		{name = "f", file = "FOLDER/photo.jpg"}, {name = "g", data = "{}", filename = "a\"b.json", type = "application/json"}, {name = "h", data = ""}}}).body`, "FOLDER", folder)
	check(t, s, url, []row{{"parts", source, "a=1 b=x\r\n--y f=photo.jpg application/octet-stream JPEG; g=a%22b.json application/json {}; h=file application/octet-stream ; "}})
	missing := strings.ReplaceAll(`return http.post("URL", {multipart = {{name = "f", file = "FOLDER/none"}}})`, "FOLDER", folder)
	check(t, s, url, []row{
		{"no such file", missing, "nil, not_found: " + folder + "/none does not exist, not_found"},
		{"a folder", strings.ReplaceAll(missing, "/none", ""), "nil, not_a_file: " + folder + " is a folder, not_a_file"},
	})
	denied := s.Run(`return http.post("` + url + `", {multipart = {{name = "f", file = "/etc/hostname"}}})`)
	if !strings.Contains(denied, "a.lua:1: http.post: multipart[1]: test.lua may not read /etc/hostname. Start with --allow-read=/etc") {
		t.Errorf("got %s", denied)
	}
}

// A body has as many files as parts, but only one of them is open.
func TestTheFilesOfABodyAreOpenedOneByOne(t *testing.T) {
	var open int
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		open = luastdtest.Descriptors(t)
		n, _ := io.Copy(io.Discard, r.Body)
		fmt.Fprint(w, n == r.ContentLength)
	})
	s := openScript(t)
	before := luastdtest.Descriptors(t)
	got := s.Run(`fs.write("a", ("x"):rep(10000))
		local parts = {}
		for i = 1, 1000 do parts[i] = {name = "a", file = "a"} end
		return http.post("` + url + `", {multipart = parts}).body`)
	if got != "true" || open > before+100 {
		t.Errorf("got %s, and %d more files were open", got, open-before)
	}
}

func TestABodyOfFilesCanBeSentAgain(t *testing.T) {
	f := new(failing)
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprint(w, strings.Count(string(body), "content"), " ")
		f.ServeHTTP(w, r)
	})
	check(t, openScript(t), url, []row{{"twice", `fs.write("a", "content")
		return http.post("URL", {query = {status = 0, times = 1}, retries = 1, retry_all = true, multipart = {{name = "a", file = "a"}, {name = "b", file = "a"}}}).body`, "2 try 2"}})
}

func TestMistakesRaise(t *testing.T) {
	url := serve(t, show)
	s := openScript(t)
	check(t, s, url, []row{
		{"no URL", `http.get()`, "a.lua:1: bad argument #1 to get (string expected, got nil)"},
		{"a table", `http.get{url = "URL"}`, "a.lua:1: bad argument #1 to get (a URL expected, got a table: use http.request{...})"},
		{"no scheme", `http.get("api.example.com/x")`, `a.lua:1: http.get: "api.example.com/x" has no scheme: write https://api.example.com`},
		{"another scheme", `http.get("file:///etc/passwd")`, `a.lua:1: http.get: the URL must begin with http:// or https://, and not with "file"`},
		{"no host", `http.get("http:///x")`, `a.lua:1: http.get: "http:///x" has no host`},
		{"not a URL", `http.get("http://ann:secret@%zz/")`, `a.lua:1: http.get: "...@%zz/" is not a URL: invalid URL escape`},
		{"a wrong port", `http.get("http://127.0.0.1:99999/")`, `a.lua:1: http.get: the port must be from 1 to 65535, not "99999"`},
		{"port 0", `http.get("http://127.0.0.1:0/")`, `a.lua:1: http.get: the port must be from 1 to 65535, not "0"`},
		{"a line end in the URL", `http.get("URL/\r\nX: y")`, `a.lua:1: http.get: "URL/\r\nX: y" is not a URL: invalid control character in URL`},
		{"a URL that is too long", `http.get("URL/" .. ("x"):rep(8192))`, `a.lua:1: http.get: the URL has ` + sizeOf(url) + ` bytes; the maximum is 8192`},
		{"a query that is too long", `http.get("URL/", {query = {a = ("x"):rep(8192)}})`, `a.lua:1: http.get: the URL with the query has more than 8192 bytes`},
		{"an address in an odd form", `http.get("http://2130706433/")`, `a.lua:1: http.get: "2130706433" is not the name of a host: an address has the form 192.168.1.5`},
		{"a host without a grant", `http.get("https://api.example.com/")`, `a.lua:1: http.get: test.lua may not connect to api.example.com:443. Start with --allow-net=api.example.com`},
		{"another port without a grant", `http.get("http://[::1]:81/")`, `a.lua:1: http.get: test.lua may not connect to [::1]:81. Start with --allow-net=[::1]:81`},

		{"an unknown option", `http.get("URL", {timeuot = 1})`, "a.lua:1: bad argument #2 to get (there is no field 'timeuot' (did you mean 'timeout'?); its fields are body, json, form, multipart, stream, query, headers, timeout, connect_timeout, auth, bearer, redirects, max_bytes, retries, retry_all, tls, cookies, proxy, unix)"},
		{"an option of another library", `http.get("URL", {params = {a = 1}})`, "a.lua:1: bad argument #2 to get (there is no field 'params': use query)"},
		{"an option that another library has for bodies", `http.post("URL", {data = "x"})`, "a.lua:1: bad argument #2 to post (there is no field 'data': use body, json or form)"},
		{"an option that is not needed", `http.get("URL", {keepalive = true})`, "a.lua:1: bad argument #2 to get (there is no field 'keepalive': connections are always kept)"},
		{"milliseconds", `http.get("URL", {timeout = 5000})`, "a.lua:1: bad argument #2 to get (timeout must be at most 600, not 5000: seconds are meant, not milliseconds)"},
		{"no time", `http.get("URL", {timeout = 0})`, "a.lua:1: bad argument #2 to get (timeout must be at least 0.01 seconds, not 0)"},
		{"not a number", `http.get("URL", {timeout = 0/0})`, "a.lua:1: bad argument #2 to get (timeout must be at least 0.01 seconds, not NaN)"},
		{"too many redirects", `http.get("URL", {redirects = 21})`, "a.lua:1: bad argument #2 to get (redirects must be a whole number from 0 to 20, not 21)"},
		{"too many retries", `http.get("URL", {retries = 6})`, "a.lua:1: bad argument #2 to get (retries must be a whole number from 0 to 5, not 6)"},
		{"too many bytes", `http.get("URL", {max_bytes = 67108865})`, "a.lua:1: bad argument #2 to get (max_bytes must be a whole number from 1 to 67108864, not 67108865)"},

		{"a line end in a header", `http.get("URL", {headers = {A = "x\r\nB: y"}})`, "a.lua:1: http.get: the header A has a line end or another control character"},
		{"a zero byte in a header", `http.get("URL", {headers = {A = "x\0"}})`, "a.lua:1: http.get: the header A has a line end or another control character"},
		{"a wrong name", `http.get("URL", {headers = {["a b"] = "x"}})`, `a.lua:1: http.get: "a b" is not the name of a header`},
		{"a header of ours", `http.get("URL", {headers = {["content-LENGTH"] = "5"}})`, "a.lua:1: http.get: the header Content-Length cannot be set"},
		{"the host", `http.get("URL", {headers = {host = "x"}})`, "a.lua:1: http.get: the header Host cannot be set"},
		{"the connection", `http.get("URL", {headers = {connection = "x"}})`, "a.lua:1: http.get: the header Connection cannot be set"},
		{"the encoding of the transfer", `http.get("URL", {headers = {["transfer-encoding"] = "x"}})`, "a.lua:1: http.get: the header Transfer-Encoding cannot be set"},
		{"a header that is a function", `http.get("URL", {headers = {A = print}})`, "a.lua:1: bad argument #2 to get (headers.A must be a string or a number, not a function)"},
		{"long headers", `http.get("URL", {headers = {A = ("x"):rep(65536)}})`, "a.lua:1: http.get: the headers have more than 65536 bytes"},
		{"many values", `local q = {} for i = 1, 1001 do q[i] = i end http.get("URL", {query = {a = q}})`, "a.lua:1: bad argument #2 to get (query must be a table with at most 1000 values, not 1001)"},

		{"two bodies", `http.post("URL", "x", {json = 1})`, "a.lua:1: http.post: only one of body, json, form and multipart can be sent"},
		{"a table as the body", `http.post("URL", {}, {timeout = 1})`, "a.lua:1: bad argument #3 to post (body must be a string or a function (for a table use json, form or multipart), not a table)"},
		{"a value that is not JSON", `http.post("URL", {json = {a = print}})`, "a.lua:1: http.post: json.a: a function cannot be JSON"},
		{"a function that returns a number", `http.post("URL", function() return 5 end)`, "a.lua:1: http.post: the function for body must return a string or nil, not a number"},
		{"a function that raises", `http.post("URL", function() error("no", 0) end)`, "no"},
		{"two credentials", `http.get("URL", {auth = {"a", "b"}, bearer = "c"})`, "a.lua:1: http.get: only one of auth and bearer can be used"},
		{"credentials by name", `http.get("URL", {auth = {user = "a", password = "b"}})`, "a.lua:1: http.get: auth must be {user, password}: two strings, and no colon in the first"},
		{"a token with a line end", `http.get("URL", {bearer = "a\nb"})`, "a.lua:1: http.get: bearer has a line end or another control character"},
		{"a method that is not one", `http.request("GET /", "URL")`, `a.lua:1: http.request: "GET /" is not a method`},
		{"CONNECT", `http.request("connect", "URL")`, "a.lua:1: http.request: the method CONNECT cannot be used"},
		{"a multipart body without parts", `http.post("URL", {multipart = {}})`, `a.lua:1: bad argument #2 to post (multipart must be a list of parts, such as {name = "x", value = 1}, not a table)`},
		{"too many parts", `local parts = {} for i = 1, 1001 do parts[i] = {name = "a", value = i} end http.post("URL", {multipart = parts})`, "a.lua:1: http.post: multipart has more than 1000 parts"},
		{"a part without a name", `http.post("URL", {multipart = {{value = 1}}})`, "a.lua:1: http.post: multipart[1]: a part needs a name"},
		{"a part with an empty path", `http.post("URL", {multipart = {{name = "a", file = ""}}})`, "a.lua:1: http.post: multipart[1]: file is empty"},
		{"a part with two contents", `http.post("URL", {multipart = {{name = "a", value = 1, data = "x"}}})`, "a.lua:1: http.post: multipart[1]: a part needs exactly one of value, data and file"},
		{"a type with a line end", `http.post("URL", {multipart = {{name = "a", value = 1, type = "a\r\nb"}}})`, "a.lua:1: http.post: multipart[1]: type has a control character"},
		{"cookies that are not a jar", `http.get("URL", {cookies = {}})`, "a.lua:1: bad argument #2 to get (cookies must be a jar that http.cookies() has returned, not a table)"},
		{"a stream of HEAD", `http.head("URL", {stream = true})`, "a.lua:1: http.head: the answer to HEAD has no body to read as a stream"},

		{"a name of another library", `http.fetch("URL")`, "a.lua:1: there is no http.fetch: use http.get, or http.request"},
		{"a misspelt name", `http.gett("URL")`, "a.lua:1: there is no http.gett (did you mean 'get'?)"},
		{"a dot for a colon", `http.get("URL").json()`, "a.lua:1: bad argument #1 to json (a response expected: call the method with a colon)"},
	})
}

func sizeOf(url string) string {
	return map[int]string{21: "8214", 22: "8215"}[len(url)]
}

func TestNothingIsSentWhileTheScriptLoads(t *testing.T) {
	for _, call := range []string{`http.get("http://127.0.0.1/")`, `http.request{url = "http://127.0.0.1/"}`, `http.client{}:post("http://127.0.0.1/")`, `http.download("http://127.0.0.1/", "x")`} {
		_, err := luastdtest.TryOpen(t, luastdtest.Options{Source: `http.cookies() ` + call})
		if err == nil || !strings.Contains(err.Error(), "the script is still loading: call it in on_start(function() ... end)") {
			t.Errorf("%s: %v", call, err)
		}
	}
}
