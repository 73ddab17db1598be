package http_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"moonlark/luastd/luastdtest"
)

// withSecrets writes a secrets.toml beside the script. The secret bound may be sent only to
// api.example.com, and here to localhost.
func withSecrets(t *testing.T, s *luastdtest.Script) {
	t.Helper()
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	lines := "key = \"k-1234-5678\"\nbound = { value = \"b-1234-5678\", hosts = [\"api.example.com\", \"localhost\"] }\n"
	if err := os.WriteFile(filepath.Join(s.Folder, "secrets.toml"), []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestSecretsAreSent(t *testing.T) {
	s := openScript(t)
	withSecrets(t, s)
	check(t, s, serve(t, show), []row{
		{"a header", `return http.get("URL/", {headers = {["x-test"] = "Key " .. secrets.get("key")}}).body`, "GET /  [X-Test: Key k-1234-5678]"},
		{"bearer", `return http.get("URL/", {bearer = secrets.get("key")}).body`, "GET /  [Authorization: Bearer k-1234-5678]"},
		{"a password", `return http.get("URL/", {auth = {"me", secrets.get("key")}}).body`, "GET /  [Authorization: Basic bWU6ay0xMjM0LTU2Nzg=]"},
		{"the query", `return http.get("URL/", {query = {key = secrets.get("key")}}).body`, "GET /?key=k-1234-5678 "},
		{"a form", `return http.post("URL/", {form = {key = secrets.get("key")}}).body`, "POST / key=k-1234-5678 [Content-Type: application/x-www-form-urlencoded] [Content-Length: 15]"},
		{"JSON", `return http.post("URL/", {json = {list = {secrets.get("key")}}}).body`, `POST / {"list":["k-1234-5678"]} [Content-Type: application/json] [Content-Length: 24]`},
		{"the body", `return http.post("URL/", "key=" .. secrets.get("key")).body`, "POST / key=k-1234-5678 [Content-Length: 15]"},
		{"a part", `return http.post("URL/", {multipart = {{name = "key", value = secrets.get("key")}}}).body:find("k-1234-5678", 1, true) ~= nil`, "true"},
		{"a client", `return http.client{base = "URL", bearer = secrets.get("key")}:get("/").body`, "GET /  [Authorization: Bearer k-1234-5678]"},
		{"another userdata", `return http.get("URL/", {bearer = http.client()})`, "a.lua:1: bad argument #2 to get (bearer must be a string, not a userdata)"},
	})
}

func TestABoundSecretIsSentOnlyToItsHosts(t *testing.T) {
	url := serve(t, redirecting)
	port := url[strings.LastIndexByte(url, ':'):]
	s := openScript(t, "localhost", "127.0.0.1")
	withSecrets(t, s)
	const refused = "the secret bound may not be sent to 127.0.0.1: secrets.toml names its hosts"
	check(t, s, url, []row{
		{"in a header", `return http.get("URL/", {bearer = secrets.get("bound")})`, "a.lua:1: http.get: " + refused},
		{"in the query", `return http.get("URL/", {query = {key = "x" .. secrets.get("bound")}})`, "a.lua:1: http.get: " + refused},
		{"in JSON", `return http.post("URL/", {json = {secrets.get("bound")}})`, "a.lua:1: http.post: " + refused},
		{"in a header of a client", `return http.client{bearer = secrets.get("bound")}:get("URL/")`, "a.lua:1: client:get: " + refused},
	})
	check(t, s, "http://localhost"+port, []row{
		{"to its host", `return http.post("URL/b", "x" .. secrets.get("bound")).body`, "POST /b xb-1234-5678 [Content-Length: 12]"},
		{"to its host again", `return http.post("URL/307?to=/b", "x" .. secrets.get("bound")).body`, "POST /b xb-1234-5678 [Content-Length: 12]"},
		{"in a body, by a redirect", `return http.post("URL/307?to=http://127.0.0.1` + port + `/b", "x" .. secrets.get("bound"))`,
			"nil, denied: HOST redirects to 127.0.0.1" + port + ": " + refused + ", denied"},
		{"through a proxy that could read it", `return http.get("URL/b", {bearer = secrets.get("bound"), proxy = "http://127.0.0.1` + port + `"})`,
			"a.lua:1: http.get: the secret bound may not be sent through a proxy or a socket: secrets.toml names its hosts"},
	})
}
