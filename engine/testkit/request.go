package testkit

import (
	"io"
	"net/http"
	"strings"
)

// Request sends an HTTP request on a connection of its own, and returns the status, the header and the body
// of the response. It does not follow redirects. header lists names and values of headers alternately. A
// header whose value is empty is left out.
func Request(t TB, method, url, body string, header ...string) (status int, received http.Header, text string) {
	t.Helper()
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatalf("%v", err)
	}
	for i := 0; i < len(header); i += 2 {
		switch name, value := header[i], header[i+1]; {
		case value == "":
		case name == "Host":
			r.Host = value
		default:
			r.Header.Set(name, value)
		}
	}
	answer, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	if err != nil {
		t.Fatalf("%v", err)
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, url, err)
	}
	return answer.StatusCode, answer.Header, string(content)
}
