package mcp

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// The rules for a body are those for a line of stdin.
func TestBodiesThatAreNoMessagesAreRefused(t *testing.T) {
	f := newHTTPFixture(t, greet, "")
	session := f.begin()
	for _, row := range []struct{ why, body, want string }{
		{"text", "hello", `"id":null,"error":{"code":-32700`},
		{"a list", " \n" + `[{"jsonrpc":"2.0","id":1,"method":"ping"}]`, `no lists of messages`},
		{"an id that is no whole number", `{"jsonrpc":"2.0","id":1.5,"method":"ping"}`, `"id":null,"error":{"code":-32600`},
		{"an id that is null", `{"jsonrpc":"2.0","id":null,"method":"ping"}`, `"id":null,"error":{"code":-32600`},
		{"another version", `{"jsonrpc":"1.0","id":"a","method":"ping"}`, `"id":"a","error":{"code":-32600`},
	} {
		if got := f.post(row.body, inSession(session)...); got.status != http.StatusBadRequest || !strings.Contains(got.text, row.want) {
			t.Errorf("%s: got %d %s, want %s", row.why, got.status, got.text, row.want)
		}
	}
	if got := f.post("hello", append(inSession(session), "Content-Type", "text/plain")...); got.status != http.StatusUnsupportedMediaType {
		t.Errorf("another type: got %d %s", got.status, got.text)
	}
	if got := f.post("", inSession(session)...); got.status != http.StatusBadRequest {
		t.Errorf("nothing: got %d %s", got.status, got.text)
	}
}

// A name that cannot be a header as it is comes in Base64.
func TestNamesInHeadersMayBeEncoded(t *testing.T) {
	f := newHTTPFixture(t, `register_resource { uri = "n:{x}", read = function(uri, call) return "read " .. call.params.x end }`, "")
	for _, x := range []string{"gr\u00fcn", "plain", "a ", "a\nb"} {
		uri, _ := json.Marshal("n:" + x)
		body := request(1, "resources/read", modern(`,"uri":`+string(uri)))
		got := f.post(body, withoutSession("resources/read", encodeName("n:"+x))...)
		if want, _ := json.Marshal("read " + x); got.status != 200 || !strings.Contains(got.text, string(want)) {
			t.Errorf("%q: got %d %s", x, got.status, got.text)
		}
	}
	body := request(1, "resources/read", modern(`,"uri":"n:x"`))
	for _, name := range []string{encodeName("n:\u00fc"), "=?base64?!?=", "=?base64??="} {
		if got := f.post(body, withoutSession("resources/read", name)...); got.status != 400 || !strings.Contains(got.text, "-32020") {
			t.Errorf("%s: got %d %s", name, got.status, got.text)
		}
	}
}
