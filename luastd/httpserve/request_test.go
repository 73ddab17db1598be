package httpserve_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"mime/multipart"
	"net/textproto"
	"strings"
	"testing"

	"moonlark/luastd/luastdtest"
)

const showingScript = `
	s = http.serve{port = 0, max_body = 100000}
	local function show(t)
		if type(t) ~= "table" then return tostring(t) end
		local names = {}
		for k in pairs(t) do names[#names + 1] = k end
		table.sort(names)
		for i, k in ipairs(names) do names[i] = k .. "=" .. show(t[k]) end
		return "{" .. table.concat(names, " ") .. "}"
	end
	s:any("/show/{id}/{rest...}", function(req)
		return req.method .. " " .. req.path .. " " .. show(req.params) .. " " .. show(req.query) .. " [" .. req.body .. "] " .. req.remote ..
			" " .. tostring(req.headers["X-TEST"]) .. " " .. tostring(req.headers["x-test"]) .. " " .. tostring(req)
	end)
	s:any("/host", function(req) return req.headers.Host end)
	s:post("/json", function(req) local v, reason, code = req:json() return show(v) .. show(reason) .. show(code) end)
	s:post("/form", function(req) local v, reason, code = req:form() return show(v) .. show(reason) .. show(code) end)
	s:get("/cookie", function(req) return show(req:cookie("a")) .. show(req:cookie("b")) end)
	s:get("/id", function(req) return req.id end)
	s:on("propfind", "/dav", function(req) return req.method end)
	s:get("/lamp/{id}", function(req) return "one" end)
	s:get("/lamp/all", function(req) return "all" end)
	s:put("/lamp/{id}", function(req) return "put" end)
	s:delete("/lamp/{id}", function(req) end)
	s:patch("/lamp/{id}", function(req) return "patch" end)
`

func TestARequestHasWhatWasSent(t *testing.T) {
	_, url := openServer(t, showingScript)
	const text = "200 text/plain; charset=utf-8 "
	for _, row := range []struct {
		why  string
		sent sending
		want string
	}{
		{"all parts", sending{method: "POST", path: "/show/a%20b/c/d?q=1&r=%C3%A4&q=2", body: "body", headers: []string{"X-Test: 1", "X-Test: 2"}},
			text + "POST /show/a b/c/d {id=a b rest=c/d} {q=1 r=ä} [body] 127.0.0.1 1, 2 1, 2 request /show/{id}/{rest...}"},
		{"no parts", sending{path: "/show/1/"}, text + "GET /show/1/ {id=1 rest=} {} [] 127.0.0.1 nil nil request /show/{id}/{rest...}"},
		{"the host", sending{path: "/host", headers: []string{"Host: lamp.local:80"}}, text + "lamp.local:80"},
		{"JSON", sending{method: "POST", path: "/json", body: `{"a":[1]}`}, text + "{a={1=1}}nilnil"},
		{"no JSON", sending{method: "POST", path: "/json", body: `{`}, text + "nilinvalid: the body is not JSON: line 1, column 2: expected a key in quotes, not the endinvalid"},
		{"a form", sending{method: "POST", path: "/form", body: "a=1&b=x+y%21&a=2", headers: []string{"Content-Type: application/x-www-form-urlencoded"}}, text + "{a=1 b=x y!}nilnil"},
		{"a wrong form", sending{method: "POST", path: "/form", body: "a=%zz", headers: []string{"Content-Type: application/x-www-form-urlencoded"}},
			text + `nilinvalid: the body is not a form: invalid URL escape "%zz"invalid`},
		{"too many fields", sending{method: "POST", path: "/form", body: strings.Repeat("a=1&", 1000), headers: []string{"Content-Type: application/x-www-form-urlencoded"}},
			text + `niltoo_large: the form has more than 1000 fieldstoo_large`},
		{"no form", sending{method: "POST", path: "/form", body: "{}", headers: []string{"Content-Type: application/json"}},
			text + `nilinvalid: the body is not a form: its type is "application/json"invalid`},
		{"a broken multipart form", sending{method: "POST", path: "/form", body: "x", headers: []string{"Content-Type: multipart/form-data; boundary=b"}},
			text + `nilinvalid: the body is not a form: NextPart: EOFinvalid`},
		{"cookies", sending{path: "/cookie", headers: []string{"Cookie: a=1; c=2"}}, text + "1nil"},
		{"another method", sending{method: "PROPFIND", path: "/dav"}, text + "PROPFIND"},
		{"the more specific path", sending{path: "/lamp/all"}, text + "all"},
		{"a parameter", sending{path: "/lamp/1"}, text + "one"},
		{"PUT", sending{method: "PUT", path: "/lamp/1"}, text + "put"},
		{"PATCH", sending{method: "PATCH", path: "/lamp/1"}, text + "patch"},
		{"DELETE", sending{method: "DELETE", path: "/lamp/1"}, "204"},
		{"HEAD", sending{method: "HEAD", path: "/lamp/1"}, text[:len(text)-1]},
		{"a method that the path does not have", sending{method: "POST", path: "/lamp/1"}, "405 text/plain; charset=utf-8 Method Not Allowed"},
		{"a path that there is not", sending{path: "/none"}, "404 text/plain; charset=utf-8 404 page not found"},
		{"a long body", sending{method: "POST", path: "/json", body: strings.Repeat("x", 100001)}, "413 text/plain; charset=utf-8 413 Request Entity Too Large: the body is too long"},
		{"the longest body", sending{method: "POST", path: "/show/1/", body: strings.Repeat("x", 100000)},
			text + "POST /show/1/ {id=1 rest=} {} [" + strings.Repeat("x", 100000) + "] 127.0.0.1 nil nil request /show/{id}/{rest...}"},
	} {
		if got := send(t, url, row.sent); got != row.want {
			t.Errorf("%s: got  %.300s\nwant %.300s", row.why, got, row.want)
		}
	}
	if a, b := send(t, url, sending{path: "/id"}), send(t, url, sending{path: "/id"}); a == b || len(a) < len(text)+8 {
		t.Errorf("the names of two requests are %s and %s", a, b)
	}
}

func TestTheNumberOfPartsOfAFormIsLimited(t *testing.T) {
	_, url := openServer(t, `s = http.serve{port = 0}
		s:post("/", function(req) local form, _, code = req:form() return code or "read" end)`)
	for parts, want := range map[int]string{1000: "read", 1001: "too_large"} {
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		for range parts {
			w.WriteField("a", "1")
		}
		w.Close()
		got := send(t, url, sending{method: "POST", path: "/", body: body.String(), headers: []string{"Content-Type: " + w.FormDataContentType()}})
		if got != "200 text/plain; charset=utf-8 "+want {
			t.Errorf("%d parts: got %s, want %s", parts, got, want)
		}
	}
}

func TestAFormMayHaveFiles(t *testing.T) {
	_, url := openServer(t, showingScript)
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	w.WriteField("name", "hall")
	part, _ := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="photo"; filename="../a.png"`}, "Content-Type": {"image/png"}})
	part.Write([]byte("bytes"))
	w.Close()
	got := send(t, url, sending{method: "POST", path: "/form", body: body.String(), headers: []string{"Content-Type: " + w.FormDataContentType()}})
	if want := "200 text/plain; charset=utf-8 {name=hall photo={data=bytes filename=a.png type=image/png}}nilnil"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestASignatureIsVerified(t *testing.T) {
	_, url := openServer(t, `
		s = http.serve{port = 0}
		s:post("/github", function(req) return tostring(req:verify("key")) end)
		s:post("/old", function(req) return tostring(req:verify("key", {header = "X-Signature", prefix = "", algo = "sha1"})) end)
		s:post("/shop", function(req) return tostring(req:verify("key", {header = "X-Shop", prefix = "", encoding = "base64"})) end)
		s:post("/empty", function(req) return tostring(req:verify("")) end)
	`)
	sum := func(key, body string) []byte {
		mac := hmac.New(sha256.New, []byte(key))
		mac.Write([]byte(body))
		return mac.Sum(nil)
	}
	old := hmac.New(sha1.New, []byte("key"))
	old.Write([]byte("body"))
	right := hex.EncodeToString(sum("key", "body"))
	for _, row := range []struct{ why, path, header, want string }{
		{"right", "/github", "X-Hub-Signature-256: sha256=" + right, "200 true"},
		{"another key", "/github", "X-Hub-Signature-256: sha256=" + hex.EncodeToString(sum("other", "body")), "200 false"},
		{"another body", "/github", "X-Hub-Signature-256: sha256=" + hex.EncodeToString(sum("key", "bodY")), "200 false"},
		{"no prefix", "/github", "X-Hub-Signature-256: " + right, "200 false"},
		{"a part", "/github", "X-Hub-Signature-256: sha256=" + right[:10], "200 false"},
		{"no header", "/github", "X: y", "200 false"},
		{"an empty header", "/github", "X-Hub-Signature-256: sha256=", "200 false"},
		{"SHA-1", "/old", "X-Signature: " + hex.EncodeToString(old.Sum(nil)), "200 true"},
		{"SHA-256 for SHA-1", "/old", "X-Signature: " + right, "200 false"},
		{"base64", "/shop", "X-Shop: " + base64.StdEncoding.EncodeToString(sum("key", "body")), "200 true"},
		{"an empty secret", "/empty", "X-Hub-Signature-256: sha256=" + hex.EncodeToString(sum("", "body")), "500 "},
	} {
		got := strings.Replace(send(t, url, sending{method: "POST", path: row.path, body: "body", headers: []string{row.header}}), "text/plain; charset=utf-8 ", "", 1)
		if !strings.HasPrefix(got, row.want) {
			t.Errorf("%s: got %s, want %s", row.why, got, row.want)
		}
	}
}

func TestMistakesRaiseErrors(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Source: `s = http.serve{port = 0}`, Permissions: listenGrants()})
	urlOf(t, s)
	for source, want := range map[string]string{
		`http.serve()`:                                          "bad argument #1 to serve (table expected, got nil)",
		`http.serve{}`:                                          "port is missing: http.serve{port = 8080}",
		`http.serve{port = 70000}`:                              "port must be a whole number from 0 to 65535, not 70000",
		`http.serve{port = 0, timeout = 5000}`:                  "timeout must be at most 600, not 5000: seconds are meant, not milliseconds",
		`http.serve{port = 0, address = "x"}`:                   "there is no field 'address': use host",
		`http.serve{port = 0, tmeout = 1}`:                      "there is no field 'tmeout' (did you mean 'timeout'?)",
		`http.serve{port = 0, auth = {"a"}}`:                    "auth must be {user, password}, not a table",
		`http.serve{port = 0, auth = {"a", ""}}`:                "auth must be {user, password}",
		`http.serve{port = 0, token = ""}`:                      "token must be a string that is not empty",
		`http.serve{port = 0, origins = {"example"}}`:           `origins: "example" is not an origin such as https://example.com`,
		`http.serve{port = 0, tls = {}}`:                        "http.serve: the tls of a server needs cert and key",
		`http.serve{port = 0, hosts = "a.example"}`:             "hosts must be a list of strings, not a string",
		`http.serve{port = 0, hosts = {1}}`:                     "hosts[1] must be a string, not a number",
		`http.serve{port = 0, host = "example.com"}`:            `the host must be an address of this machine, localhost, lan or 0.0.0.0, not "example.com"`,
		`http.serve{port = 8080}`:                               "http.serve: test.lua may not accept connections at 127.0.0.1:8080. Start with --allow-listen=8080",
		`http.serve{port = 8080, host = "lan"}`:                 "Start with --allow-listen=lan:8080",
		`http.serve{port = 0, tls = {cert = "/x", key = "/y"}}`: "test.lua may not read /x. Start with --allow-read=/",
		`s.get("/a", print)`:                                    "a server expected: use a colon, as in server:get(...)",
		`s:get("a", print)`:                                     `a path begins with a slash, not "a"`,
		`s:get("/a")`:                                           "function expected, got nil",
		`s:get("/{", print)`:                                    "server:get: ",
		`s:get("/{a}/{a}", print)`:                              "server:get: ",
		`s:get("/d", print) s:get("/d", print)`:                 `server:get: pattern "GET /d"`,
		`s:on("G T", "/a", print)`:                              `"G T" is not a method of HTTP`,
		`s:route("/a", print)`:                                  "there is no server:route: use on",
		`s:listen(80)`:                                          "there is no server:listen: the server accepts connections already",
		`s:gett("/a", print)`:                                   "there is no server:gett (did you mean 'get'?)",
		`s:events("/{a}")`:                                      "the path of events cannot have parameters",
		`s:static("/{a}", "./")`:                                "the prefix cannot have parameters",
		`s:static("/f", "/nowhere")`:                            "may not read /nowhere",
		`http.createServer(print)`:                              "there is no http.createServer: use http.serve",
		`local x = http.serve{port = 0} x:close() x:close() x:get("/", print)`: "server:get: the server has been closed",
	} {
		if got := s.Run(source); !strings.Contains(got, want) || !strings.HasPrefix(got, "a.lua:1: ") {
			t.Errorf("%s: got %s, want %s", source, got, want)
		}
	}
}

func TestTheNumberOfServersIsLimited(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Permissions: listenGrants()})
	got := s.Run(`for n = 1, 40 do http.serve{port = 0} end`)
	if want := "a.lua:1: http.serve: there are 32 servers: close those that are not needed any more"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := s.Run(`for n = 1, 40 do local x = http.serve{port = 0} if x then x:close() end end`); !strings.Contains(got, "32 servers") {
		t.Errorf("got %s", got)
	}
}

func TestClosedServersAreNotCounted(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Permissions: listenGrants()})
	if got := s.Run(`for n = 1, 300 do http.serve{port = 0}:close() sleep(0.001) end return "done"`); got != "done" {
		t.Errorf("got %s", got)
	}
}

func TestAServerDescribesItself(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Source: `s = http.serve{port = 0} before = tostring(s) .. tostring(s.url) .. tostring(s.port)
		on_start(function() started = s.url end)`, Permissions: listenGrants()})
	url := urlOf(t, s)
	for source, want := range map[string]string{
		`return before`:      "http servernilnil",
		`return tostring(s)`: "http server " + url,
		`return started`:     url,
		`return s.port`:      url[strings.LastIndex(url, ":")+1:],
		`local x = http.serve{port = 0, host = "lan"} local url = x.url x:close() return url:match("^http://localhost:%d+$") ~= nil, tostring(x)`: "true, http server (closed)",
	} {
		got := s.Run(source)
		if want != "" && got != want {
			t.Errorf("%s: got %s, want %s", source, got, want)
		}
	}
}
