package mcp

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
	"go.uber.org/goleak"

	"moonlark/engine/testkit"
)

const steps = `register_tool("steps", function(_, call)
	for i = 1, 3 do call:progress(i, 3, "step " .. i) sleep(0.15) end
	return "done"
end)
`

// Clients of both eras use one address: they list and call tools, get the progress of a call, and
// are told of a change once.
func TestClientsOfBothErasUseOneAddress(t *testing.T) {
	for _, era := range eras {
		t.Run(era, func(t *testing.T) {
			f := newHTTPFixture(t, greet+"\n"+steps, "")
			var progress atomic.Int64
			changed := make(chan struct{}, 100)
			c := f.connect(era, &sdk.ClientOptions{
				ToolListChangedHandler:      func(context.Context, *sdk.ToolListChangedRequest) { changed <- struct{}{} },
				ProgressNotificationHandler: func(context.Context, *sdk.ProgressNotificationClientRequest) { progress.Add(1) },
			})
			params := &sdk.CallToolParams{Name: "steps"}
			params.SetProgressToken("p")
			result, err := c.CallTool(t.Context(), params)
			if err != nil || result.Content[0].(*sdk.TextContent).Text != "done" {
				t.Fatalf("got %+v, %v", result.Content[0], err)
			}
			testkit.Until(t, "3 notifications of progress", func() bool { return progress.Load() == 3 })

			// a change before the stream for notifications has begun reaches nobody
			testkit.Until(t, "a notification of a change", func() bool {
				f.reload(greet + "\n" + `register_tool("added" .. os.time() .. math.random(1e9), function() end)`)
				select {
				case <-changed:
					return true
				case <-time.After(100 * time.Millisecond):
					return false
				}
			})
			f.reload(greet)
			select {
			case <-changed:
			case <-time.After(testkit.Timeout):
				t.Error("there is no notification")
			}
			if list, err := c.ListTools(t.Context(), nil); err != nil || len(list.Tools) != 1 {
				t.Errorf("got %+v, %v", list, err)
			}
		})
	}
}

func TestRequestsThatAreNotAllowedReachNoTool(t *testing.T) {
	f := newHTTPFixture(t, hang, "secret")
	call := request(1, "tools/call", modern(`,"name":"greet"`))
	headers := append(withoutSession("tools/call", "greet"), "Authorization", "Bearer secret")
	for _, row := range []struct {
		why, name, value string
		status           int
	}{
		{"nothing wrong", "Accept", "*/*", 200},
		{"a page of this server", "Origin", "http://" + strings.TrimPrefix(f.control.URL(), "http://"), 200},
		{"a page of another server", "Origin", "http://evil.example", 403},
		{"a page of another port", "Origin", "http://127.0.0.1:1", 403},
		{"a page without an origin", "Origin", "null", 403},
		{"another host", "Host", "evil.example", 403},
		{"a browser", "Sec-Fetch-Site", "cross-site", 403},
		{"a wrong token", "Authorization", "Bearer sacred", 401},
		{"a form", "Content-Type", "application/x-www-form-urlencoded", 415},
		{"a text", "Content-Type", "text/plain", 415},
	} {
		got := f.post(call, append(headers, row.name, row.value)...)
		if got.status != row.status || (got.status == 200) != strings.Contains(got.text, "hello you") {
			t.Errorf("%s: got %d %s, want %d", row.why, got.status, got.text, row.status)
		}
	}
}

func TestLargeBodiesAndUnknownSessionsAreRefused(t *testing.T) {
	f := newHTTPFixture(t, greet, "")
	if got := f.post(strings.Repeat(" ", MaxHTTPBody+1), withoutSession("tools/list", "")...); got.status != http.StatusRequestEntityTooLarge {
		t.Errorf("a large body: got %d %s", got.status, got.text)
	}
	session := f.begin()
	if got := f.post(strings.Repeat(" ", MaxHTTPBody+1), inSession(session)...); got.status != http.StatusRequestEntityTooLarge {
		t.Errorf("a large body in a session: got %d %s", got.status, got.text)
	}
	if got := f.post(request(2, "tools/list", "{}"), inSession("unknown")...); got.status != http.StatusNotFound {
		t.Errorf("an unknown session: got %d %s", got.status, got.text)
	}
	if got := f.send(t.Context(), http.MethodDelete, "", inSession(session)...); got.status != http.StatusNoContent {
		t.Errorf("DELETE: got %d", got.status)
	}
	if got := f.post(request(2, "tools/list", "{}"), inSession(session)...); got.status != http.StatusNotFound {
		t.Errorf("a session that has ended: got %d %s", got.status, got.text)
	}
	if n := f.handler.sessions.count(); n != 0 {
		t.Errorf("there are %d sessions", n)
	}
}

// After 300 sessions have begun, the first ones have ended, except the one that has a stream.
func TestSessionsAreLimited(t *testing.T) {
	f := newHTTPFixture(t, greet, "")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	kept := f.begin()
	f.listen(ctx, kept)
	first := f.begin()
	last := ""
	for range 298 {
		last = f.begin()
	}
	if n := f.handler.sessions.count(); n != maxHTTPSessions {
		t.Errorf("there are %d sessions, want %d", n, maxHTTPSessions)
	}
	for id, want := range map[string]int{kept: 200, first: 404, last: 200} {
		if got := f.post(request(2, "tools/list", "{}"), inSession(id)...); got.status != want {
			t.Errorf("got %d %s, want %d", got.status, got.text, want)
		}
	}
	testkit.Until(t, "the library has ended its sessions too", func() bool { return f.server.Sessions() == maxHTTPSessions })
}

// A session without requests ends. One with a stream for notifications does not.
func TestIdleSessionsEnd(t *testing.T) {
	f := newHTTPFixture(t, greet, "")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	kept, idle := f.begin(), f.begin()
	f.listen(ctx, kept)
	f.handler.sessions.mu.Lock()
	f.handler.sessions.idle = 100 * time.Millisecond // for the time after the next requests
	f.handler.sessions.mu.Unlock()
	if got := f.post(request(2, "tools/list", "{}"), inSession(idle)...); got.status != http.StatusOK {
		t.Errorf("a session that has begun: got %d %s", got.status, got.text)
	}
	testkit.Until(t, "the end of the idle session", func() bool { return f.handler.sessions.count() == 1 })
	if got := f.post(request(2, "tools/list", "{}"), inSession(idle)...); got.status != http.StatusNotFound {
		t.Errorf("the idle session: got %d %s", got.status, got.text)
	}
	time.Sleep(300 * time.Millisecond)
	if got := f.post(request(2, "tools/list", "{}"), inSession(kept)...); got.status != http.StatusOK {
		t.Errorf("the session with a stream: got %d %s", got.status, got.text)
	}
	cancel()
	testkit.Until(t, "the end of the last session", func() bool { return f.handler.sessions.count() == 0 && f.server.Sessions() == 0 })
}

// In MCP 2026-07-28 a client that goes away cancels its call. With a session it does not, but the end
// of the session does.
func TestAClientThatGoesAwayCancelsItsCallOnlyWithoutASession(t *testing.T) {
	f := newHTTPFixture(t, hang, "")
	call := func(header []string, params string) (leave context.CancelFunc) {
		ctx, cancel := context.WithCancel(t.Context())
		gone := f.postAndDiscard(ctx, request(2, "tools/call", params), header...)
		return func() { cancel(); <-gone }
	}
	leave := call(withoutSession("tools/call", "hang"), modern(`,"name":"hang"`))
	f.counted("1 0")
	leave()
	f.counted("1 1")

	session := f.begin()
	leave = call(inSession(session), `{"name":"hang"}`)
	f.counted("2 1")
	leave()
	time.Sleep(300 * time.Millisecond)
	f.counted("2 1")
	if got := f.post(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":2}}`, inSession(session)...); got.status != 202 {
		t.Errorf("cancelled: got %d %s", got.status, got.text)
	}
	f.counted("2 2")
	leave = call(inSession(session), `{"name":"hang"}`)
	f.counted("3 2")
	leave()
	if got := f.send(t.Context(), http.MethodDelete, "", inSession(session)...); got.status != http.StatusNoContent {
		t.Errorf("DELETE: got %d", got.status)
	}
	f.counted("3 3")
}

// The streams for notifications are limited. They leave room for calls and for the other paths.
func TestStreamsLeaveRoomForCalls(t *testing.T) {
	f := newHTTPFixture(t, greet, "")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for i := range maxHTTPStreams {
		if i%2 == 0 {
			f.listen(ctx, f.begin())
			continue
		}
		got := f.send(ctx, http.MethodPost, request(i, listenMethod, modern(`,"notifications":{"toolsListChanged":true}`)), withoutSession(listenMethod, "")...)
		got.until(t, "acknowledged")
	}
	session := f.begin()
	if got := f.send(ctx, http.MethodGet, "", inSession(session)...); got.status != http.StatusServiceUnavailable {
		t.Errorf("one stream more: got %d", got.status)
	}
	if got := f.post(request(2, "tools/call", `{"name":"greet"}`), inSession(session)...); !strings.Contains(got.text, "hello you") {
		t.Errorf("a call: got %d %s", got.status, got.text)
	}
	answer, err := f.client.Get(f.control.URL() + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if text, err := io.ReadAll(answer.Body); err != nil || !strings.Contains(string(text), `"scripts"`) {
		t.Errorf("/healthz: got %s %v", text, err)
	}
	cancel()
	testkit.Until(t, "room for another stream", func() bool { return len(f.handler.streams) == 0 })
}

// A client that does not read its notifications delays neither other clients nor reloads.
func TestASlowReaderDelaysNobody(t *testing.T) {
	f := newHTTPFixture(t, greet, "")
	session := f.begin()
	conn, err := net.Dial("tcp", strings.TrimPrefix(f.control.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.(*net.TCPConn).SetReadBuffer(1)
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n%s: %s\r\nMCP-Protocol-Version: 2025-11-25\r\n\r\n", HTTPPath, sessionHeader, session)
	testkit.Until(t, "the stream that nobody reads", func() bool { return len(f.handler.streams) == 1 })
	changed := make(chan struct{}, 1)
	c := f.connect(eras[0], &sdk.ClientOptions{ToolListChangedHandler: func(context.Context, *sdk.ToolListChangedRequest) {
		select {
		case changed <- struct{}{}:
		default:
		}
	}})
	for i := range 50 {
		f.reload(fmt.Sprintf("%s\nregister_tool('tool_%d', function() end)", greet, i))
		if _, err := c.CallTool(t.Context(), &sdk.CallToolParams{Name: "greet"}); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case <-changed:
	case <-time.After(testkit.Timeout):
		t.Error("the other client is not told of a change")
	}
}

// While scripts are reloaded 100 times, clients of both eras lose no answer, and in the end all have
// been told of the last change.
func TestClientsSurviveReloads(t *testing.T) {
	f := newHTTPFixture(t, greet, "")
	var clients []*sdk.ClientSession
	told := make([]atomic.Int64, 6)
	for i := range told {
		clients = append(clients, f.connect(eras[i%2], &sdk.ClientOptions{
			ToolListChangedHandler: func(context.Context, *sdk.ToolListChangedRequest) { told[i].Add(1) },
		}))
	}
	ctx, stop := context.WithCancel(t.Context())
	var calls sync.WaitGroup
	var answers atomic.Int64
	for _, c := range clients {
		calls.Go(func() {
			for ctx.Err() == nil {
				result, err := c.CallTool(t.Context(), &sdk.CallToolParams{Name: "greet", Arguments: map[string]any{"name": "you"}})
				if err != nil || result.IsError || result.Content[0].(*sdk.TextContent).Text != "hello you" {
					t.Errorf("got %+v, %v", result, err)
					return
				}
				answers.Add(1)
			}
		})
	}
	reloads := 100
	if testing.Short() {
		reloads = 10
	}
	for i := range reloads {
		f.reload(fmt.Sprintf("%s\nregister_tool('tool_%d', function() end)", greet, i))
	}
	stop()
	calls.Wait()
	t.Logf("%d answers", answers.Load())
	for i := range told {
		told[i].Store(0)
	}
	f.reload(greet)
	for i, c := range clients {
		testkit.Until(t, "a notification of the last change", func() bool { return told[i].Load() > 0 })
		if list, err := c.ListTools(t.Context(), nil); err != nil || len(list.Tools) != 1 {
			t.Errorf("got %+v, %v", list, err)
		}
	}
}

// A stream without notifications gets comments, so that proxies keep its connection.
func TestIdleStreamsGetComments(t *testing.T) {
	f := newHTTPFixture(t, greet, "")
	f.handler.keepAlive = 50 * time.Millisecond
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	got := f.listen(ctx, f.begin())
	got.until(t, ": ok")
	for range 3 {
		if line := got.until(t, ":"); line != ":\n" {
			t.Errorf("got %q", line)
		}
	}
	f.reload("register_tool('other', function() end)")
	got.until(t, "notifications/tools/list_changed")
}

// The end of the server ends streams, calls and sessions, and leaves no goroutine.
func TestTheEndOfTheServerEndsStreamsAndCalls(t *testing.T) {
	others := goleak.IgnoreCurrent()
	f := newHTTPFixture(t, hang, "")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var ended []<-chan struct{} // the requests
	for i := range 8 {
		session := f.begin()
		f.listen(ctx, session)
		for _, header := range [][]string{inSession(session), withoutSession("tools/call", "hang")} {
			params := `{"name":"hang"}`
			if header[0] != sessionHeader {
				params = modern(`,"name":"hang"`)
			}
			ended = append(ended, f.postAndDiscard(context.Background(), request(i+10, "tools/call", params), header...))
		}
	}
	f.counted("16 0")
	began := time.Now()
	f.control.Close()
	f.handler.Close()
	t.Logf("the end took %v", time.Since(began))
	for _, e := range ended {
		<-e
	}
	f.counted("16 16")
	cancel()
	f.client.CloseIdleConnections()
	f.scripts.Close()
	testkit.Until(t, "the end of all goroutines", func() bool { return goleak.Find(others) == nil })
	if n := f.server.Sessions(); n != 0 {
		t.Errorf("there are %d sessions", n)
	}
}
