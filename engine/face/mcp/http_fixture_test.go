package mcp

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"moonlark/engine/face/control"
	"moonlark/engine/testkit"
)

// An httpFixture is a fixture whose server is on the HTTP server of a control, as in moonlark run.
type httpFixture struct {
	*fixture
	control *control.Control
	handler *HTTPHandler
	client  *http.Client
}

// newHTTPFixture serves the tools of a script. If there is a token, requests must have it.
func newHTTPFixture(t *testing.T, source, token string) *httpFixture {
	t.Helper()
	f := &httpFixture{fixture: newFixture(t, source, Options{Version: "1"}), client: &http.Client{Transport: &http.Transport{}}}
	f.control = control.New(control.Options{Addr: "127.0.0.1:0", Token: token})
	f.handler = NewHTTPHandler(f.server)
	f.control.Mount(control.Mount{
		Path: HTTPPath, Handler: f.handler, MaxOpen: MaxHTTPRequests, MaxBody: MaxHTTPBody, Streams: true, PathToken: true,
	})
	if err := f.control.Open(context.Background(), f.remote); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		f.client.CloseIdleConnections()
		f.control.Close()
		f.handler.Close()
	})
	return f
}

func (f *httpFixture) url() string { return f.control.URL() + HTTPPath }

// connect connects a client of go-sdk by HTTP.
func (f *httpFixture) connect(version string, opts *sdk.ClientOptions) *sdk.ClientSession {
	f.t.Helper()
	if opts == nil {
		opts = new(sdk.ClientOptions)
	}
	opts.Capabilities = new(sdk.ClientCapabilities)
	client := sdk.NewClient(&sdk.Implementation{Name: "tester", Version: "1"}, opts)
	session, err := client.Connect(f.t.Context(), &sdk.StreamableClientTransport{Endpoint: f.url(), HTTPClient: f.client},
		&sdk.ClientSessionOptions{ProtocolVersion: version})
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { session.Close() })
	return session
}

// A reply is a response. Its body is nil if it was read to its end.
type reply struct {
	status int
	header http.Header
	text   string
	body   *bufio.Reader
}

// newRequest returns a request. header lists names and values of headers alternately.
func (f *httpFixture) newRequest(ctx context.Context, method, body string, header ...string) *http.Request {
	f.t.Helper()
	r, err := http.NewRequestWithContext(ctx, method, f.url(), strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

// send sends a request and returns the response when its header has arrived. header is like that of
// newRequest. The response ends with ctx.
func (f *httpFixture) send(ctx context.Context, method, body string, header ...string) reply {
	f.t.Helper()
	answer, err := f.client.Do(f.newRequest(ctx, method, body, header...))
	if err != nil {
		f.t.Fatal(err)
	}
	context.AfterFunc(ctx, func() { answer.Body.Close() })
	return reply{status: answer.StatusCode, header: answer.Header, body: bufio.NewReader(answer.Body)}
}

// post sends a POST request and reads the response to its end.
func (f *httpFixture) post(body string, header ...string) reply {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), testkit.Timeout)
	defer cancel()
	got := f.send(ctx, http.MethodPost, body, header...)
	text, err := io.ReadAll(got.body)
	if err != nil {
		f.t.Fatal(err)
	}
	got.text, got.body = string(text), nil
	return got
}

// postAndDiscard sends a POST request on a goroutine of its own and drops the response. The returned
// channel is closed when the response has ended, or ctx is done.
func (f *httpFixture) postAndDiscard(ctx context.Context, body string, header ...string) (ended <-chan struct{}) {
	f.t.Helper()
	r := f.newRequest(ctx, http.MethodPost, body, header...)
	r.Header.Del("Accept") // a missing header means the same as */*
	done := make(chan struct{})
	go func() {
		defer close(done)
		if answer, err := f.client.Do(r); err == nil {
			io.Copy(io.Discard, answer.Body)
			answer.Body.Close()
		}
	}()
	return done
}

// begin begins a session and returns its id.
func (f *httpFixture) begin() string {
	f.t.Helper()
	got := f.post(request(1, "initialize", `{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"raw","version":"1"}}`))
	id := got.header.Get(sessionHeader)
	if got.status != http.StatusOK || id == "" {
		f.t.Fatalf("initialize: got %d %s, session %q", got.status, got.text, id)
	}
	if got := f.post(`{"jsonrpc":"2.0","method":"notifications/initialized"}`, inSession(id)...); got.status != http.StatusAccepted {
		f.t.Fatalf("initialized: got %d %s", got.status, got.text)
	}
	return id
}

// inSession returns the headers of a request in a session.
func inSession(id string) []string {
	return []string{sessionHeader, id, "MCP-Protocol-Version", "2025-11-25"}
}

// withoutSession returns the headers of a request in MCP 2026-07-28.
func withoutSession(method, name string) []string {
	return []string{"MCP-Protocol-Version", "2026-07-28", "Mcp-Method", method, "Mcp-Name", name}
}

// listen opens a stream for notifications of a session. The stream has begun when listen returns, and
// ends with ctx.
func (f *httpFixture) listen(ctx context.Context, session string) reply {
	f.t.Helper()
	got := f.send(ctx, http.MethodGet, "", inSession(session)...)
	if got.status != http.StatusOK {
		f.t.Fatalf("a stream for notifications: got %d", got.status)
	}
	return got
}

// until reads lines of a stream until one contains text.
func (r reply) until(t *testing.T, text string) string {
	t.Helper()
	found := make(chan string, 1)
	go func() {
		defer close(found)
		for {
			line, err := r.body.ReadString('\n')
			if err != nil {
				return
			}
			if strings.Contains(line, text) {
				found <- line
				return
			}
		}
	}()
	select {
	case line, ok := <-found:
		if !ok {
			t.Fatalf("the stream has ended without %q", text)
		}
		return line
	case <-time.After(testkit.Timeout):
		t.Fatalf("the stream has no %q", text)
	}
	return ""
}
