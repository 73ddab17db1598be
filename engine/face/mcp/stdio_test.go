package mcp

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"moonlark/engine/testkit"
)

// A pipeClient is a client of ServeStdio, or of a bridge, that writes and reads lines as the test says.
type pipeClient struct {
	t     *testing.T
	in    *io.PipeWriter
	out   *io.PipeReader
	lines chan string // the lines that the server has written; closed at their end
	ended chan error  // the error of ServeStdio or RunBridge
	stop  context.CancelFunc
}

// newPipeClient connects a client to run, which serves it until in ends or ctx is done. Both end with the
// test.
func newPipeClient(t *testing.T, run func(ctx context.Context, in io.Reader, out io.Writer) error) *pipeClient {
	in, toServer := io.Pipe()
	fromServer, out := io.Pipe()
	ctx, stop := context.WithCancel(t.Context())
	c := &pipeClient{t: t, in: toServer, out: fromServer, lines: make(chan string, 1000), ended: make(chan error, 1), stop: stop}
	go func() {
		c.ended <- run(ctx, in, out)
		in.Close()
		out.Close()
	}()
	go func() {
		defer close(c.lines)
		for scanner := bufio.NewScanner(fromServer); scanner.Scan(); {
			c.lines <- scanner.Text()
		}
	}()
	t.Cleanup(func() {
		toServer.Close()
		fromServer.Close()
		stop()
	})
	return c
}

// serve connects a client to the server of the fixture.
func (f *fixture) serve() *pipeClient { return newPipeClient(f.t, f.server.ServeStdio) }

// write sends a text, which may be several lines or a part of one.
func (c *pipeClient) write(text string) {
	c.t.Helper()
	if _, err := io.WriteString(c.in, text); err != nil {
		c.t.Fatal(err)
	}
}

// read returns the next line of the server.
func (c *pipeClient) read() string {
	c.t.Helper()
	select {
	case line, ok := <-c.lines:
		if !ok {
			c.t.Fatal("the server has closed its output")
		}
		return line
	case <-time.After(testkit.Timeout):
		c.t.Fatal("the server does not answer")
	}
	return ""
}

// end waits for the end of ServeStdio or RunBridge and returns its error.
func (c *pipeClient) end() error {
	c.t.Helper()
	select {
	case err := <-c.ended:
		return err
	case <-time.After(testkit.Timeout):
		c.t.Fatal("the server does not end")
	}
	return nil
}

// begin begins a session, as in the versions before 2026-07-28.
func (c *pipeClient) begin() {
	c.t.Helper()
	c.write(request(1, "initialize", `{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"pipe","version":"1"}}`))
	c.read()
	c.write(`{"jsonrpc":"2.0","method":"notifications/initialized"}` + "\n")
}

// request returns a line with a request.
func request(id any, method, params string) string {
	text, _ := json.Marshal(id)
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"method":%q,"params":%s}`+"\n", text, method, params)
}

// modern returns parameters as MCP 2026-07-28 requires them. more is the JSON of further parameters, such
// as `,"name":"greet"`.
func modern(more string) string {
	return `{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":{"name":"modern pipe","version":"1"}}` + more + `}`
}

const greet = `register_tool("greet", function(args, call) return "hello " .. (args.name or "you") end)`

func TestLinesThatAreNotMessagesGetAnAnswerAndDoNotEndTheServer(t *testing.T) {
	c := newFixture(t, greet, Options{}).serve()
	long := strings.Repeat("x", 2<<20)
	for _, row := range []struct{ why, line, want string }{
		{"text", "hello", `"id":null,"error":{"code":-32700,"message":"the line is not JSON"}`},
		{"half a message", `{"jsonrpc":"2.0","id":1,`, `"id":null,"error":{"code":-32700`},
		{"bytes that are not UTF-8", "\xff\xfe\x00", `"id":null,"error":{"code":-32700`},
		{"two messages", `{"jsonrpc":"2.0","id":1,"method":"ping"}{"jsonrpc":"2.0","id":2,"method":"ping"}`, `-32700`},
		{"a number", `1`, `"id":null,"error":{"code":-32600`},
		{"a list", `[{"jsonrpc":"2.0","id":1,"method":"ping"}]`, `no lists of messages`},
		{"another version", `{"jsonrpc":"1.0","id":"a","method":"ping"}`, `"id":"a","error":{"code":-32600`},
		{"an id that is null", `{"jsonrpc":"2.0","id":null,"method":"ping"}`, `"id":null,"error":{"code":-32600,"message":"the id must be a string`},
		{"an id that is no whole number", `{"jsonrpc":"2.0","id":1.5,"method":"ping"}`, `"id":null,"error":{"code":-32600,"message":"the id must be a string`},
		{"an id that JavaScript cannot hold", `{"jsonrpc":"2.0","id":9007199254740993,"method":"ping"}`, `"id":null,"error":{"code":-32600`},
		{"an id that is far too large", `{"jsonrpc":"2.0","id":1e300,"method":"ping"}`, `"id":null,"error":{"code":-32600`},
		{"a large id", `{"jsonrpc":"2.0","id":-9007199254740991,"method":"ping"}`, `"id":-9007199254740991,"result":{}`},
		{"an id with an exponent", `{"jsonrpc":"2.0","id":1e2,"method":"ping"}`, `"id":100,"result":{}`},
		{"neither a request nor an answer", `{"jsonrpc":"2.0","id":5}`, `"id":5,"error":{"code":-32600,"message":"the message has no method`},
		{"an id that is an object", `{"jsonrpc":"2.0","id":{},"method":"ping"}`, `"id":null,"error":{"code":-32600`},
		{"neither a request nor an answer", `{"jsonrpc":"2.0"}`, `-32600`},
		{"a line of 2 MB", long, `"id":null,"error":{"code":-32600,"message":"the message is longer than 1 MiB"}`},
		{"a message of 2 MB", `{"jsonrpc":"2.0","id":9,"method":"` + long + `"}`, `"id":9,"error":{"code":-32600,"message":"the message is longer than 1 MiB"}`},
		{"JSON that is too deep", strings.Repeat("[", 20000), `-32700`},
	} {
		c.write(row.line + "\n\n \r\n")
		if got := c.read(); !strings.Contains(got, row.want) || !json.Valid([]byte(got)) {
			t.Errorf("%s: got %s, want %s", row.why, got, row.want)
		}
	}
	c.write(`{"jsonrpc":"2.0","id":77,"result":{}}` + "\n") // the answer to a request that the server has not sent
	c.begin()
	c.write("\t" + strings.TrimSpace(request("a", "tools/call", `{"name":"greet"}`)) + "\r\n")
	if got := c.read(); got != `{"jsonrpc":"2.0","id":"a","result":{"content":[{"type":"text","text":"hello you"}]}}` {
		t.Errorf("then the server says %s", got)
	}
}

func TestAByteOrderMarkBeforeTheFirstMessageIsAccepted(t *testing.T) {
	c := newFixture(t, greet, Options{}).serve()
	c.write("\uFEFF" + request(1, "tools/call", modern(`,"name":"greet"`)))
	if got := c.read(); !strings.Contains(got, "hello you") {
		t.Errorf("got %s", got)
	}
}

func TestOneConnectionServesBothEras(t *testing.T) {
	c := newFixture(t, `register_tool("who", function(_, call) return call.id end)`, Options{Name: "house", Version: "3"}).serve()
	c.write(request(1, "server/discover", modern("")))
	if got := c.read(); !strings.Contains(got, `"2026-07-28"`) || !strings.Contains(got, `"listChanged":true`) || !strings.Contains(got, `"name":"house"`) {
		t.Errorf("discover: %s", got)
	}
	c.begin()
	for i, params := range []string{modern(`,"name":"who"`), `{"name":"who"}`} {
		c.write(request(2, "tools/call", params))
		if got, want := c.read(), fmt.Sprintf(`"text":"mcp-%d"`, i+1); !strings.Contains(got, want) {
			t.Errorf("call %d: got %s, want %s", i+1, got, want)
		}
	}
}

// hang is a script with a tool that does not end before its call is cancelled, and a tool that returns
// how many calls of it have begun and how many were cancelled.
const hang = `
state.waiting, state.cancelled = 0, 0
register_tool("hang", function(_, call)
	state.waiting = state.waiting + 1
	pcall(function() while not call:cancelled() do sleep(0.01) end end)
	if call:cancelled() then state.cancelled = state.cancelled + 1 end
end)
register_tool("count", function() return state.waiting .. " " .. state.cancelled end)
` + greet

// counted waits until the tool count of hang returns want, such as "2 1": two calls of the tool hang have
// begun, and one was cancelled.
func (f *fixture) counted(want string) {
	f.t.Helper()
	testkit.Until(f.t, "the tools say "+want, func() bool {
		result, err := f.remote.Call(context.Background(), "count", nil)
		return err == nil && result.Text == want
	})
}

func TestTheEndOfStdinWithinACallCancelsIt(t *testing.T) {
	f := newFixture(t, hang, Options{})
	c := f.serve()
	c.begin()
	c.write(request(2, "tools/call", `{"name":"hang"}`))
	f.counted("1 0")
	c.in.Close()
	if err := c.end(); err != nil {
		t.Errorf("the server ends with %v", err)
	}
	f.counted("1 1")
	for line := range c.lines {
		t.Errorf("the server says %s", line)
	}
}

func TestTheEndOfTheProgramWithinACallCancelsIt(t *testing.T) {
	f := newFixture(t, hang, Options{})
	c := f.serve()
	c.begin()
	c.write(request(2, "tools/call", `{"name":"hang"}`))
	f.counted("1 0")
	c.stop()
	if err := c.end(); err != nil {
		t.Errorf("the server ends with %v", err)
	}
	f.counted("1 1")
}

func TestRequestsBeforeTheEndOfStdinAreAnswered(t *testing.T) {
	f := newFixture(t, greet, Options{})
	f.server.answerTimeout = testkit.Timeout // a busy machine may need longer than clients wait
	c := f.serve()
	c.write(request(1, "tools/list", modern("")) + strings.TrimSpace(request(2, "tools/call", modern(`,"name":"greet"`))))
	c.in.Close()
	if err := c.end(); err != nil {
		t.Errorf("the server ends with %v", err)
	}
	got := map[string]bool{}
	for line := range c.lines {
		got[line[:strings.Index(line, `"result"`)+8]] = true
	}
	for id := 1; id <= 2; id++ {
		if !got[fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"result"`, id)] {
			t.Errorf("request %d has no answer; there are %v", id, got)
		}
	}
}

func TestHalfAMessageAtTheEndOfStdinIsRefused(t *testing.T) {
	c := newFixture(t, greet, Options{}).serve()
	c.write(`{"jsonrpc":"2.0","id":1,"me`)
	c.in.Close()
	if got := c.read(); !strings.Contains(got, `-32700`) {
		t.Errorf("got %s", got)
	}
	if err := c.end(); err != nil {
		t.Errorf("the server ends with %v", err)
	}
}

func TestAnOutputThatCannotBeWrittenEndsTheServer(t *testing.T) {
	f := newFixture(t, hang, Options{})
	c := f.serve()
	c.begin()
	c.write(request(2, "tools/call", `{"name":"hang"}`))
	f.counted("1 0")
	c.out.Close()
	c.write(request(3, "ping", `{}`))
	if err := c.end(); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("the server ends with %v, want %v", err, io.ErrClosedPipe)
	}
	f.counted("1 1")
}

func TestTheServerEndsAlthoughNobodyReadsItsOutput(t *testing.T) {
	f := newFixture(t, greet, Options{})
	in, toServer := io.Pipe()
	fromServer, out := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- f.server.ServeStdio(t.Context(), in, out) }()
	io.WriteString(toServer, request(1, "tools/list", modern("")))
	toServer.Close()
	select {
	case <-ended:
	case <-time.After(testkit.Timeout):
		t.Error("the server does not end")
	}
	fromServer.Close() // the write that waits ends too
}

func TestACancelledRequestGetsNoAnswer(t *testing.T) {
	f := newFixture(t, hang, Options{})
	c := f.serve()
	c.begin()
	c.write(request("long", "tools/call", `{"name":"hang"}`))
	f.counted("1 0")
	c.write(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"other","reason":"x"}}` + "\n")
	c.write(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"long","reason":"x"}}` + "\n")
	f.counted("1 1")
	c.write(request("next", "tools/call", `{"name":"greet"}`))
	if got := c.read(); !strings.Contains(got, `"id":"next"`) {
		t.Errorf("got %s", got)
	}
	// the id can be used again
	testkit.Until(t, "the id is free", func() bool {
		c.write(request("long", "tools/call", `{"name":"greet"}`))
		return strings.Contains(c.read(), "hello you")
	})
}

func TestTooManyRequestsAreRefused(t *testing.T) {
	f := newFixture(t, hang, Options{})
	c := f.serve()
	c.begin()
	for i := range maxCalls {
		c.write(request(100+i, "tools/call", `{"name":"hang"}`))
	}
	f.counted(fmt.Sprint(maxCalls, " 0"))
	c.write(request(100, "tools/call", `{"name":"greet"}`))
	if got := c.read(); !strings.Contains(got, `"id":100,"error":{"code":-32600,"message":"another request with this id`) {
		t.Errorf("an id that is in use: %s", got)
	}
	c.write(request("more", "tools/call", `{"name":"greet"}`))
	if got := c.read(); !strings.Contains(got, `too many calls are waiting`) || !strings.Contains(got, `"isError":true`) {
		t.Errorf("one call too many: %s", got)
	}
	c.write(request("ping", "ping", `{}`))
	if got := c.read(); !strings.Contains(got, `"result"`) {
		t.Errorf("a ping: %s", got)
	}
	c.in.Close()
	c.end()
	f.counted(fmt.Sprint(maxCalls, " ", maxCalls))
}

func TestAFloodWhoseAnswersNobodyReadsIsHeldBack(t *testing.T) {
	f := newFixture(t, greet, Options{})
	in, toServer := io.Pipe()
	fromServer, out := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- f.server.ServeStdio(t.Context(), in, out) }()
	var sent int
	var mu sync.Mutex
	flood := make(chan struct{})
	go func() {
		defer close(flood)
		for i := range 100000 {
			if _, err := io.WriteString(toServer, request(i, "tools/list", modern(""))); err != nil {
				return
			}
			mu.Lock()
			sent++
			mu.Unlock()
		}
	}()
	count := func() int {
		mu.Lock()
		defer mu.Unlock()
		return sent
	}
	testkit.Until(t, "the server takes no more", func() bool {
		before := count()
		time.Sleep(200 * time.Millisecond)
		return before > 0 && count() == before
	})
	if n := count(); n > 2*maxPending {
		t.Errorf("the server has taken %d requests without an answer, more than %d", n, maxPending)
	}
	fromServer.Close()
	<-ended
	in.Close()
	<-flood
}
