package dap_test

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	godap "github.com/google/go-dap"

	"moonlark/engine"
	"moonlark/engine/face/dap"
	"moonlark/engine/testkit"
)

func TestHostileMessagesEndOnlyTheirConnection(t *testing.T) {
	t.Parallel()
	f := start(t, engine.Options{}, "script.lua", lights)
	greeting := func(text string) string { return fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(text), text) }
	initialize := greeting(`{"seq":1,"type":"request","command":"initialize","arguments":{"adapterID":"x"}}`)
	for name, message := range map[string]string{
		"garbage":                    "\x00\xff\x16\x03\x01garbage\r\n\r\n",
		"HTTP":                       "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n" + initialize,
		"a huge length":              "Content-Length: 99999999999\r\n\r\n",
		"a length that overflows":    "Content-Length: 99999999999999999999999999\r\n\r\n",
		"a negative length":          "Content-Length: -1\r\n\r\n",
		"no length":                  "\r\n\r\n",
		"a long header":              strings.Repeat("x", 1<<20),
		"not JSON":                   greeting("{"),
		"JSON that is no message":    greeting("[[[[]]]]"),
		"deep JSON":                  greeting(strings.Repeat("[", 500000)),
		"not initialize":             greeting(`{"seq":1,"type":"request","command":"threads"}`),
		"an event":                   greeting(`{"seq":1,"type":"event","event":"stopped"}`),
		"later: garbage":             initialize + "garbage\r\n\r\n",
		"later: not JSON":            initialize + greeting("nonsense"),
		"later: wrong types":         initialize + greeting(`{"seq":2,"type":"request","command":"next","arguments":{"threadId":"x"}}`),
		"later: half a message":      initialize + "Content-Length: 100\r\n\r\n{",
		"later: a huge length":       initialize + "Content-Length: 2000000\r\n\r\n",
		"later: attach with numbers": initialize + greeting(`{"seq":2,"type":"request","command":"attach","arguments":{"localRoot":1}}`),
	} {
		conn, err := net.Dial("tcp", f.server.Addr())
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(conn, message)
		if strings.HasPrefix(name, "later") {
			time.Sleep(10 * time.Millisecond)
		}
		conn.(*net.TCPConn).CloseWrite()
		conn.SetReadDeadline(time.Now().Add(testkit.Timeout))
		if _, err := io.Copy(io.Discard, conn); err != nil && !strings.Contains(err.Error(), "reset") {
			t.Errorf("%s: the connection does not end: %v", name, err)
		}
		conn.Close()
	}
	c := f.attach("6")
	result := f.call("set_light", `{"room": "hall", "on": false}`)
	c.stopped("breakpoint")
	for _, request := range []struct {
		command   string
		arguments any
		want      string
	}{
		{"nonsense", nil, "not supported"},
		{"restart", map[string]any{}, "not supported"},
		{"initialize", map[string]any{}, "not supported"},
		{"continue", map[string]any{"threadId": -1}, "there is no thread -1"},
		{"stackTrace", map[string]any{"threadId": 99999}, "there is no thread"},
		{"scopes", map[string]any{"frameId": -5}, "not stopped"},
		{"variables", map[string]any{"variablesReference": 1 << 30}, "not stopped"},
		{"evaluate", map[string]any{"expression": "1"}, "needs a task that is stopped"},
		{"evaluate", map[string]any{"expression": strings.Repeat("(", 60000), "frameId": c.stack()[0].Id}, "too many syntax levels"},
		{"evaluate", map[string]any{"expression": strings.Repeat("x", 1<<17), "frameId": c.stack()[0].Id}, "longer than"},
		{"setBreakpoints", map[string]any{"source": map[string]any{}}, "no path"},
		{"setBreakpoints", map[string]any{"source": map[string]any{"path": "a\x00b"}, "breakpoints": make([]struct{}, 1001)}, "more than 1000"},
	} {
		c.refused(request.command, request.arguments, request.want)
	}
	c.request("setBreakpoints", map[string]any{"source": map[string]any{"path": "a\x00b"}, "breakpoints": []any{map[string]any{"line": -1 << 30}}})
	c.request("variables", map[string]any{"variablesReference": c.evaluate("{1}").VariablesReference, "filter": "indexed", "start": -1 << 30, "count": 1 << 30})
	c.request("stackTrace", map[string]any{"threadId": c.thread, "startFrame": -1 << 30, "levels": 1 << 30})
	c.goOn()
	f.wantResult(result, "hall was true")
}

func TestAClientThatDoesNotReadIsDisconnected(t *testing.T) {
	t.Parallel()
	f := start(t, engine.Options{}, "script.lua", `register_tool("flood", function() for i = 1, 20000 do print(("x"):rep(4000)) end end)`)
	conn, err := net.Dial("tcp", f.server.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	text := `{"seq":1,"type":"request","command":"initialize","arguments":{"adapterID":"x"}}`
	fmt.Fprintf(conn, "Content-Length: %d\r\n\r\n%s", len(text), text)
	f.wantResult(f.call("flood", "{}"), "") // the tool does not wait for the client
	testkit.Until(t, "another client can connect", func() bool {
		c := dial(t, f.server.Addr())
		_, isRefused := c.try("initialize", map[string]any{"adapterID": "x"}).(*godap.ErrorResponse)
		return !isRefused
	})
}

func TestAddress(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"4711": "127.0.0.1:4711", ":4711": "127.0.0.1:4711", "localhost:1": "localhost:1", "[::1]:0": "[::1]:0",
		"0.0.0.0:4711": "error", "192.168.1.5:1": "error", "example.com:1": "error", "": "error", "x": "error", "1:2:3": "error", "70000": "error",
	} {
		got, err := dap.Address(text)
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%q is %s, %v; want %s", text, got, err, want)
		}
	}
}
