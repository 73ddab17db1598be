package httpserve_test

import "testing"

func TestTheResultsOfAFunctionAreTheAnswer(t *testing.T) {
	s, url := openServer(t, `
		s = http.serve{port = 0}
		local function answer(path, ...)
			local results, n = {...}, select("#", ...)
			s:get("/" .. path, function() return unpack(results, 1, n) end)
		end
		answer("nothing")
		answer("nil", nil)
		answer("text", "hällo")
		answer("empty", "")
		answer("table", {a = 1})
		answer("list", {1, 2})
		answer("status", 201)
		answer("not_found", 404, "no lamp")
		answer("status_table", 400, {error = "no"})
		answer("headers", 200, "<p>", {["content-type"] = "text/html", ["X-A"] = {"1", "2"}, ["Set-Cookie"] = {"a=1", "b=2"}})
		answer("redirect", 302, nil, {Location = "/text"})
		answer("failure", nil, "the lamp is broken")
		answer("boolean", true)
		answer("fn", print)
		answer("status_100", 100)
		answer("status_half", 200.5)
		answer("body_204", 204, "x")
		answer("own_header", 200, "x", {["Content-Length"] = "5"})
		answer("bad_header", 200, "x", {A = "b\r\nSet-Cookie: c=d"})
		answer("bad_name", 200, "x", {["A:"] = "b"})
		answer("not_json", {print})
		s:get("/error", function() error("broken") end)
		s:get("/wait", function() sleep(0.01) return "waited" end)
	`)
	const failed = "500 text/plain; charset=utf-8 500 Internal Server Error: the script has failed; its log says why"
	for path, want := range map[string]string{
		"nothing": "204", "nil": "204", "text": "200 text/plain; charset=utf-8 hällo", "empty": "200 text/plain; charset=utf-8",
		"table": `200 application/json {"a":1}`, "list": "200 application/json [1,2]", "status": "201",
		"not_found": "404 text/plain; charset=utf-8 no lamp", "status_table": `400 application/json {"error":"no"}`,
		"headers": "200 text/html <p>", "redirect": "302", "wait": "200 text/plain; charset=utf-8 waited",
		"failure": failed, "boolean": failed, "fn": failed, "status_100": failed, "status_half": failed, "body_204": failed,
		"own_header": failed, "bad_header": failed, "bad_name": failed, "not_json": failed, "error": failed,
	} {
		if got := send(t, url, sending{path: "/" + path}); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
	r := request(t, url, sending{path: "/headers"})
	r.Body.Close()
	if len(r.Header["X-A"]) != 2 || len(r.Cookies()) != 2 || r.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("the headers are %v", r.Header)
	}
	logged(t, s,
		"http.serve: GET /failure: the lamp is broken",
		"http.serve: GET /error: ", "broken",
		"http.serve: GET /boolean: ", "returned a boolean instead of a string or a table",
		"returned the status 100, which must be a whole number from 200 to 599",
		"returned a body with the status 204, which cannot have one",
		"returned wrong headers: the header Content-Length cannot be set",
		"returned wrong headers: the header A has a line end or another control character",
		`returned wrong headers: "A:" is not the name of a header`,
		"returned a table that cannot be JSON: [1]: a function cannot be JSON",
	)
}
