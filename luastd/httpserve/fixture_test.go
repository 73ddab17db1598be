package httpserve_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"moonlark/engine/permit"
	"moonlark/engine/testkit"
	"moonlark/luastd/luastdtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// listenGrants are the permissions to accept connections at a free port, and with these values.
func listenGrants(values ...string) permit.Settings {
	var s permit.Settings
	for _, value := range append([]string{"0", "lan:0", "0.0.0.0:0"}, values...) {
		s.Grants = append(s.Grants, permit.Grant{Kind: permit.Listen, Value: value})
	}
	return s
}

// openServer loads a script that sets the global s to a server, and waits until the server answers.
// It returns the URL of the server.
func openServer(t testing.TB, source string) (*luastdtest.Script, string) {
	t.Helper()
	s := luastdtest.Open(t, luastdtest.Options{Source: source, Permissions: listenGrants()})
	return s, urlOf(t, s)
}

// urlOf returns the URL of the server s of a script, when it is known.
func urlOf(t testing.TB, s *luastdtest.Script) string {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if url := s.Run("return s.url"); strings.HasPrefix(url, "http") {
			return url
		}
	}
	t.Fatal("the server has no URL:", s.Run("return s.url"), s.Output())
	return ""
}

// client is an HTTP client without idle connections that outlive a test.
func client(t testing.TB) *http.Client {
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// A sending is a request for a test. headers are "Name: value".
type sending struct {
	method, path, body string
	headers            []string
}

// send sends a request, and returns the status, the type and the body of the answer.
func send(t testing.TB, url string, q sending) string {
	t.Helper()
	r := request(t, url, q)
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s %s", r.StatusCode, r.Header.Get("Content-Type"), body))
}

func request(t testing.TB, url string, q sending) *http.Response {
	t.Helper()
	if q.method == "" {
		q.method = "GET"
	}
	r, err := http.NewRequestWithContext(context.Background(), q.method, url+q.path, strings.NewReader(q.body))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range q.headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			r.Host = value
		} else {
			r.Header.Add(name, value)
		}
	}
	answer, err := client(t).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// sendRaw sends bytes over a connection and returns what comes back until the connection is closed.
func sendRaw(t testing.TB, url, text string) string {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(30 * time.Second))
	io.WriteString(conn, text)
	answer, _ := io.ReadAll(conn)
	return string(answer)
}

// logged waits until the log of the script contains all texts. A line can come after the answer to the
// request.
func logged(t testing.TB, s *luastdtest.Script, texts ...string) {
	t.Helper()
	for _, text := range texts {
		testkit.Until(t, "a line with "+text, func() bool { return strings.Contains(strings.Join(s.Output(), "\n"), text) })
	}
}
