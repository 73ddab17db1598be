package httpserve_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"os"
	"strings"
	"testing"
)

func TestTheGuardRefusesRequests(t *testing.T) {
	_, open := openServer(t, `s = http.serve{port = 0, hosts = {"Lamp.Example.com"}, origins = {"https://app.example.com"}} s:any("/", function() return "in" end)`)
	_, basic := openServer(t, `s = http.serve{port = 0, auth = {"ann", "pass:word"}} s:any("/", function() return "in" end)`)
	_, token := openServer(t, `s = http.serve{port = 0, token = "secret"} s:any("/", function() return "in" end)`)
	machine, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		why, url, method, headers string
		status                    string
	}{
		{"the address", open, "GET", "", "200"},
		{"localhost", open, "GET", "Host: localhost:99", "200"},
		{"an address of IPv6", open, "GET", "Host: [::1]:99", "200"},
		{"an address of IPv6 without a port", open, "GET", "Host: [fe80::1]", "200"},
		{"a name of the local network", open, "GET", "Host: pi.local", "200"},
		{"the name of the machine", open, "GET", "Host: " + strings.ToUpper(machine) + ":80", "200"},
		{"a name in hosts", open, "GET", "Host: lamp.example.COM:80", "200"},
		{"a name that an attacker has", open, "GET", "Host: evil.example.com", "421"},
		{"with the address in it", open, "GET", "Host: 127.0.0.1.evil.example.com", "421"},
		{"with localhost in it", open, "GET", "Host: localhost.evil.example.com", "421"},
		{"a number", open, "GET", "Host: 2130706433", "421"},
		{"a page of another site that reads", open, "GET", "Origin: https://evil.example.com\nSec-Fetch-Site: cross-site", "200"},
		{"a page of another site that sends", open, "POST", "Origin: https://evil.example.com\nSec-Fetch-Site: cross-site", "403"},
		{"an old browser", open, "POST", "Origin: https://evil.example.com", "403"},
		{"a page without an origin", open, "POST", "Origin: null", "403"},
		{"a page of this server", open, "POST", "Origin: " + open + "\nSec-Fetch-Site: same-origin", "200"},
		{"a page in origins", open, "POST", "Origin: https://app.example.com\nSec-Fetch-Site: cross-site", "200"},
		{"no browser", open, "POST", "", "200"},
		{"no password", basic, "GET", "", "401"},
		{"the password", basic, "GET", "Authorization: Basic YW5uOnBhc3M6d29yZA==", "200"},
		{"another password", basic, "GET", "Authorization: Basic YW5uOnBhc3M=", "401"},
		{"another user", basic, "GET", "Authorization: Basic Ym9iOnBhc3M6d29yZA==", "401"},
		{"no token", token, "GET", "", "401"},
		{"the token", token, "GET", "Authorization: Bearer secret", "200"},
		{"the token in lower case", token, "GET", "Authorization: bearer secret", "200"},
		{"a part of the token", token, "GET", "Authorization: Bearer secre", "401"},
		{"an empty token", token, "GET", "Authorization: Bearer ", "401"},
		{"the token as a password", token, "GET", "Authorization: Basic c2VjcmV0OnNlY3JldA==", "401"},
	} {
		var headers []string
		if row.headers != "" {
			headers = strings.Split(row.headers, "\n")
		}
		if got := send(t, row.url, sending{method: row.method, path: "/", headers: headers}); !strings.HasPrefix(got, row.status) {
			t.Errorf("%s: got %s, want %s", row.why, got, row.status)
		}
	}
	for url, want := range map[string]string{basic: `Basic realm="Moonlark", charset="UTF-8"`, token: "Bearer"} {
		r := request(t, url, sending{path: "/"})
		r.Body.Close()
		if got := r.Header.Get("WWW-Authenticate"); got != want {
			t.Errorf("WWW-Authenticate is %s, want %s", got, want)
		}
	}
}

// The body of a refused request is not read, and the script does not see the request.
func TestARefusedRequestDoesNotReachTheScript(t *testing.T) {
	s, url := openServer(t, `s = http.serve{port = 0, token = "secret"} s:any("/", function() print("reached") end)`)
	answer := sendRaw(t, url, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n")
	if !strings.HasPrefix(answer, "HTTP/1.1 401 ") {
		t.Errorf("got %s", answer)
	}
	if got := s.Output(); len(got) > 0 {
		t.Errorf("the script has printed %q", got)
	}
}

// Passwords, tokens and keys may be secrets, which the script does not see.
func TestSecretsAreAccepted(t *testing.T) {
	t.Setenv("MOONLARK_SECRET_TOKEN", "hidden")
	s, url := openServer(t, `
		s = http.serve{port = 0, token = assert(secrets.get("TOKEN"))}
		s:post("/", function(req) return tostring(req:verify(secrets.get("TOKEN"), {header = "X-Sum"})) end)
		basic = http.serve{port = 0, auth = {"ann", assert(secrets.get("TOKEN"))}}
	`)
	mac := hmac.New(sha256.New, []byte("hidden"))
	mac.Write([]byte("body"))
	sum := "X-Sum: sha256=" + hex.EncodeToString(mac.Sum(nil))
	if got := send(t, url, sending{method: "POST", path: "/", body: "body", headers: []string{"Authorization: Bearer hidden", sum}}); got != "200 text/plain; charset=utf-8 true" {
		t.Errorf("got %s", got)
	}
	if got := send(t, url, sending{method: "POST", path: "/"}); !strings.HasPrefix(got, "401") {
		t.Errorf("without the token: got %s", got)
	}
	r, err := http.NewRequest("GET", s.Run("return basic.url"), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth("ann", "hidden")
	answer, err := client(t).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != 404 {
		t.Errorf("with the password: got %d", answer.StatusCode)
	}
}
