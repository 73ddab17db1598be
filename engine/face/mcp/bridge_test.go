package mcp

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"moonlark/engine/face/control"
	"moonlark/engine/testkit"
)

// bridgeTo connects a client to a running agent by a bridge.
func bridgeTo(t *testing.T, url, token string) *pipeClient {
	return bridgeWith(t, BridgeOptions{URL: url, Token: token})
}

// bridgeWith is like bridgeTo, with other options too.
func bridgeWith(t *testing.T, opts BridgeOptions) *pipeClient {
	return newPipeClient(t, func(ctx context.Context, in io.Reader, out io.Writer) error {
		opts.In, opts.Out = in, out
		return RunBridge(ctx, opts)
	})
}

// until reads lines until one contains text, and returns it.
func (c *pipeClient) until(text string) string {
	c.t.Helper()
	for {
		if line := c.read(); strings.Contains(line, text) {
			return line
		}
	}
}

// stopAgent ends the HTTP server, as at the end of the program.
func (f *httpFixture) stopAgent() {
	f.control.Close()
	f.handler.Close()
}

// startAgent begins another HTTP server at this address, as after a restart of the program.
func (f *httpFixture) startAgent(addr, token string) {
	f.t.Helper()
	f.server = New(f.remote, Options{})
	f.server.Refresh()
	handler := NewHTTPHandler(f.server)
	c := control.New(control.Options{Addr: addr, Token: token})
	c.Mount(control.Mount{Path: HTTPPath, Handler: handler, MaxOpen: MaxHTTPRequests, MaxBody: MaxHTTPBody, Streams: true})
	// the port may be in use by a connection of the first server for a moment
	testkit.Until(f.t, "the server", func() bool { return c.Open(context.Background(), f.remote) == nil })
	f.control, f.handler = c, handler
	f.t.Cleanup(f.stopAgent)
}

func (f *httpFixture) addr() string { return strings.TrimPrefix(f.control.URL(), "http://") }

const listenForTools = `,"notifications":{"toolsListChanged":true}`

// cancelOf returns the notification that cancels a request.
func cancelOf(id string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":%q}}`+"\n", id)
}

func TestABridgePassesOnMessagesOfBothEras(t *testing.T) {
	f := newHTTPFixture(t, hang+"\n"+steps, "secret")
	c := bridgeTo(t, f.control.URL(), "secret") // the path is that of MCP if it is left out
	c.write("hello\n[]\n")
	if got := c.read(); !strings.Contains(got, `"id":null,"error":{"code":-32700`) {
		t.Errorf("a text: got %s", got)
	}
	if got := c.read(); !strings.Contains(got, `"id":null,"error":{"code":-32600`) {
		t.Errorf("a list: got %s", got)
	}
	c.begin()
	progress := `"_meta":{"progressToken":"p"`
	for _, row := range []struct{ id, line string }{
		{"session", request("session", "tools/call", `{"name":"steps",`+progress+`}}`)},
		{"modern", request("modern", "tools/call", `{"name":"steps",`+progress+`,"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}`)},
	} {
		c.write(row.line)
		for i := range 3 {
			c.until(fmt.Sprintf(`"progress":%d`, i+1))
		}
		if got := c.read(); !strings.Contains(got, `"id":"`+row.id+`","result"`) || !strings.Contains(got, "done") {
			t.Errorf("%s: got %s", row.id, got)
		}
	}

	c.write(request("listen", listenMethod, modern(listenForTools)))
	c.until("acknowledged")
	testkit.Until(t, "the streams of both eras", func() bool { return len(f.handler.streams) == 2 })
	f.reload(hang + "\n" + `register_tool("new", function() end)`)
	both := c.until("list_changed") + c.until("list_changed")
	if strings.Count(both, `"io.modelcontextprotocol/subscriptionId":"listen"`) != 1 {
		t.Errorf("got %s", both)
	}

	c.write(request("a", "tools/call", modern(`,"name":"hang"`)) + request("b", "tools/call", `{"name":"hang"}`))
	f.counted("2 0")
	c.write(cancelOf("a") + cancelOf("b") + cancelOf("other"))
	f.counted("2 2")
	c.write(cancelOf("listen"))
	if got := c.read(); !strings.Contains(got, `"id":"listen","result"`) {
		t.Errorf("the end of the notifications: got %s", got)
	}
	c.write(request("last", "no/method", `{}`) + request("last of all", "no/method", modern("")))
	for range 2 {
		if got := c.read(); !strings.Contains(got, `"id":"last`) || !strings.Contains(got, `"error"`) {
			t.Errorf("an unknown method: got %s", got)
		}
	}
	c.in.Close()
	if err := c.end(); err != nil {
		t.Errorf("the bridge ends with %v", err)
	}
	if n := f.handler.sessions.count(); n != 0 {
		t.Errorf("there are %d sessions after the end of the bridge", n)
	}
}

func TestABridgeWaitsForAnAgentAndSaysWhatIsWrong(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: waits 5 seconds for an agent")
	}
	f := newHTTPFixture(t, greet, "")
	addr := f.addr()
	f.stopAgent()
	c := bridgeTo(t, "http://"+addr+"/mcp", "")
	c.write(request(1, "tools/list", modern("")))
	if got := c.read(); !strings.Contains(got, `"id":1,"error":{"code":-32603,"message":"the agent at http://`+addr+` cannot be reached`) || !strings.Contains(got, "connection refused") {
		t.Errorf("got %s", got)
	}
	c.write(request(2, "tools/call", modern(`,"name":"greet"`)))
	time.Sleep(200 * time.Millisecond)
	f.startAgent(addr, "")
	if got := c.read(); !strings.Contains(got, "hello you") {
		t.Errorf("got %s", got)
	}
}

// When the agent is back, requests reach it again, and the client is told that tools may have changed.
func TestABridgeSurvivesARestartOfTheAgent(t *testing.T) {
	f := newHTTPFixture(t, hang, "secret")
	c := bridgeTo(t, f.url(), "secret")
	c.begin()
	c.write(request("listen", listenMethod, modern(listenForTools)))
	c.until("acknowledged")
	testkit.Until(t, "the streams of both eras", func() bool { return len(f.handler.streams) == 2 })
	c.write(request("a", "tools/call", modern(`,"name":"hang"`)) + request("b", "tools/call", `{"name":"hang"}`))
	f.counted("2 0")
	addr := f.addr()
	f.stopAgent()
	answers := c.until(`"error"`) + c.until(`"error"`)
	// the agent may answer the call without a session before it ends, because that call is cancelled
	if !strings.Contains(answers, `"id":"b","error":{"code":-32603`) || !strings.Contains(answers, "has ended the connection before it answered") || !strings.Contains(answers, `"id":"a"`) {
		t.Errorf("the calls in progress: got %s", answers)
	}
	f.startAgent(addr, "secret")
	c.write(request("next", "tools/call", `{"name":"greet"}`))
	var all []string
	has := func(text string) bool {
		for _, line := range all {
			if strings.Contains(line, text) {
				return true
			}
		}
		return false
	}
	for !has("hello you") || !has(`list_changed"}`) || !has(`subscriptionId":"listen"`) {
		all = append(all, c.read())
	}
	if n := f.handler.sessions.count(); n != 1 {
		t.Errorf("there are %d sessions", n)
	}
	testkit.Until(t, "the streams of both eras", func() bool { return len(f.handler.streams) == 2 })
	f.reload(greet)
	both := c.until("list_changed") + c.until("list_changed")
	if strings.Count(both, `"io.modelcontextprotocol/subscriptionId":"listen"`) != 1 {
		t.Errorf("got %s", both)
	}
}

func TestTheEndOfStdinEndsABridgeAndItsCalls(t *testing.T) {
	f := newHTTPFixture(t, hang, "")
	c := bridgeTo(t, f.url(), "")
	c.begin()
	c.write(request("a", "tools/call", modern(`,"name":"hang"`)) + request("b", "tools/call", `{"name":"hang"}`))
	f.counted("2 0")
	began := time.Now()
	c.in.Close()
	if err := c.end(); err != nil {
		t.Errorf("the bridge ends with %v", err)
	}
	t.Logf("the end took %v", time.Since(began))
	f.counted("2 2")
}

func TestRequestsBeforeTheEndOfStdinOfABridgeAreAnswered(t *testing.T) {
	f := newHTTPFixture(t, greet, "")
	// a busy machine may need longer than clients wait
	c := bridgeWith(t, BridgeOptions{URL: f.url(), answerTimeout: testkit.Timeout})
	c.write(request(1, "tools/list", modern("")) + request(2, "tools/call", modern(`,"name":"greet"`)))
	c.in.Close()
	if got := c.read() + c.read(); !strings.Contains(got, `"id":1,"result"`) || !strings.Contains(got, `"id":2,"result"`) {
		t.Errorf("got %s", got)
	}
	c.end()
}

func TestAnOutputThatCannotBeWrittenEndsABridge(t *testing.T) {
	f := newHTTPFixture(t, greet, "")
	c := bridgeTo(t, f.url(), "")
	c.out.Close()
	c.write(request(1, "tools/list", modern("")))
	if err := c.end(); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("the bridge ends with %v", err)
	}
}

func TestABridgeExplainsResponsesThatAreNotMessages(t *testing.T) {
	agent := newHTTPFixture(t, greet, "secret")
	for _, row := range []struct {
		why, token, want string
		url              string
		handler          http.HandlerFunc
	}{
		{why: "no token", url: agent.url(), want: "needs a token: set MOONLARK_HTTP_TOKEN"},
		{why: "a wrong token", url: agent.url(), token: "sacred", want: "refuses the token"},
		{why: "another path", url: agent.control.URL() + "/healthz/x", token: "secret", want: "was it started with --mcp?"},
		{why: "a page", handler: func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "<html>\x1b[2J") }, want: "answers 200 OK: <html>"},
		{why: "a redirect", handler: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, agent.url(), http.StatusTemporaryRedirect)
		}, want: "redirects to another address"},
		{why: "JSON that is no message", handler: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(403)
			io.WriteString(w, `{"ok":false,"error":"not you"}`)
		}, want: "answers 403 Forbidden: not you"},
		{why: "an error without an id", handler: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(400)
			io.WriteString(w, `{"jsonrpc":"2.0","id":null,"error":{"code":-32020,"message":"what?"}}`)
		}, want: "what?"},
		{why: "a stream without an answer", handler: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			io.WriteString(w, ": ok\n\ndata: no JSON\n\n")
		}, want: "has ended the connection before it answered"},
		{why: "an answer in many lines", handler: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			io.WriteString(w, "data: {\"jsonrpc\":\"2.0\",\r\ndata: \"id\":1,\ndata:\"result\":{}}\n\n")
		}, want: `{"jsonrpc":"2.0","id":1,"result":{}}`},
		{why: "a huge answer", handler: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			fmt.Fprintf(w, "data: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"x\":%q}}\n\n", strings.Repeat("x", maxAnswer))
		}, want: "is longer than 8 MiB"},
	} {
		t.Run(row.why, func(t *testing.T) {
			if row.handler != nil {
				// a fake, because no agent sends such responses
				server := httptest.NewServer(row.handler)
				defer server.Close()
				row.url = server.URL
			}
			c := bridgeTo(t, row.url, row.token)
			c.write(request(1, "tools/call", modern(`,"name":"greet"`)))
			if got := c.read(); !strings.Contains(got, `"id":1,`) || !strings.Contains(got, row.want) && !strings.Contains(got, strings.ReplaceAll(row.want, "<html>", `\u003chtml\u003e`)) {
				t.Errorf("got %s, want %s", got, row.want)
			}
			c.in.Close()
			c.end()
		})
	}
}

// A method or a version that HTTP cannot carry is refused at once.
func TestABridgeRefusesWhatCannotBeAHeader(t *testing.T) {
	agent := newHTTPFixture(t, greet, "")
	c := bridgeTo(t, agent.url(), "")
	c.write(request(1, "tools\n/list", modern("")))
	c.write(strings.ReplaceAll(request(2, "tools/list", modern("")), "2026-07-28", `2026\u0000`))
	c.write(`{"jsonrpc":"2.0","method":"notifications\n"}` + "\n")
	for _, id := range []string{`"id":1,`, `"id":2,`} {
		if got := c.read(); !strings.Contains(got, id) || !strings.Contains(got, "no header can have") {
			t.Errorf("got %s", got)
		}
	}
	c.in.Close()
	c.end()
}

// A call of a tool is not repeated if the agent may have got it: it could run twice.
func TestABridgeDoesNotRepeatACallThatTheAgentMayHaveGot(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	requests := make(chan string, 10)
	go func() {
		// a fake that closes each connection after the request, which an agent does only when it is killed
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			if r, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
				requests <- r.Header.Get("Mcp-Method")
			}
			conn.Close()
		}
	}()
	c := bridgeTo(t, "http://"+l.Addr().String()+"/mcp", "")
	c.write(request(1, "tools/call", modern(`,"name":"greet"`)))
	if got := c.read(); !strings.Contains(got, "has ended the connection before it answered") {
		t.Errorf("got %s", got)
	}
	c.write(request(2, "tools/list", modern("")))
	for _, want := range []string{"tools/call", "tools/list", "tools/list"} {
		if got := <-requests; got != want {
			t.Errorf("got the request %s, want %s", got, want)
		}
	}
}

func TestATokenIsNotSentOverANetworkWithoutEncryption(t *testing.T) {
	for _, row := range []struct{ url, token, want string }{
		{"http://127.0.0.1:8080/mcp", "t", ""}, {"http://localhost:8080", "t", ""}, {"http://[::1]:8080/mcp", "t", ""},
		{"https://kiosk.example/mcp", "t", ""}, {"http://kiosk:8080/mcp", "", ""},
		{"http://kiosk:8080/mcp", "t", "unencrypted"}, {"http://192.168.1.2/mcp", "t", "unencrypted"},
		{"ws://127.0.0.1/mcp", "", "want the URL"}, {"127.0.0.1:8080", "", "URL"}, {"http://", "", "want the URL"}, {"", "", "want the URL"},
		{"http://a:b@127.0.0.1/", "", "no password"},
	} {
		err := BridgeOptions{URL: row.url, Token: row.token}.Check()
		if (err == nil) != (row.want == "") || err != nil && !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s with token %q: got %v, want %q", row.url, row.token, err, row.want)
		}
	}
}
