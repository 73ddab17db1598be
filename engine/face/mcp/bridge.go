package mcp

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"golang.org/x/net/http/httpguts"

	"moonlark/engine/loopback"
)

const (
	// bridgeAnswerTimeout is how long requests may still take after the end of stdin. bridgeEndTimeout
	// is how long it may take after that to end the session at the agent. Together with
	// bridgeNoteTimeout they are less than the 2 s after which a client kills a bridge.
	bridgeAnswerTimeout = 700 * time.Millisecond
	bridgeEndTimeout    = 300 * time.Millisecond

	// bridgeNoteTimeout is how long the agent may take to accept a notification, before which the
	// bridge reads no further message. It keeps messages in their order.
	bridgeNoteTimeout = 800 * time.Millisecond

	// bridgeSendTimeout is how long the bridge reads no further message because a request has not yet
	// been sent, so that its cancellation does not overtake it.
	bridgeSendTimeout = 100 * time.Millisecond
)

// BridgeOptions are the options of RunBridge.
type BridgeOptions struct {
	URL   string // where the running agent offers MCP, such as http://127.0.0.1:8080/mcp
	Token string // the token of the agent; empty means that it needs none

	In  io.Reader // the messages of the client, one in each line
	Out io.Writer // where the messages for the client are written, one in each line

	Log *slog.Logger // where lost connections are logged; nil means nowhere
}

// Check returns an error if the URL cannot be that of an agent, or if the token would cross a
// network unencrypted.
func (o BridgeOptions) Check() error {
	u, err := url.Parse(o.URL)
	switch {
	case err != nil:
		return errors.New("the URL of the agent has a wrong form") // not err, which may contain a token
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return errors.New("want the URL of an agent, such as http://127.0.0.1:8080/mcp")
	case u.User != nil:
		return errors.New("the URL of the agent must have no password: set the token of the agent instead")
	case o.Token != "" && u.Scheme == "http" && !loopback.HostPort(u.Host):
		return fmt.Errorf("the token would cross the network to %s unencrypted: use https://, or a tunnel such as ssh -L 8080:127.0.0.1:8080 HOST", u.Hostname())
	}
	return nil
}

// A bridge passes messages between a client on stdin and stdout and a running agent. It understands
// only as much of them as HTTP needs. Each request has a goroutine of its own; one more reads
// notifications for a client with a session, and the goroutine of RunBridge reads stdin.
type bridge struct {
	opts   BridgeOptions // opts, the name of the agent and the client do not change
	agent  string        // the agent without what may be secret in its URL, for errors
	client *http.Client
	ctx    context.Context // done when the bridge ends
	cancel context.CancelFunc

	requests sync.WaitGroup // the goroutines of requests
	streams  sync.WaitGroup // the goroutines that read notifications
	renewing sync.Mutex     // held while a session is begun again
	writing  sync.Mutex     // held while a message is written to Out

	mu       sync.Mutex // guards the fields below
	pending  map[jsonrpc.ID]*bridgeRequest
	session  *bridgeSession // nil if the client has begun no session
	stateful bool           // whether the client's last request belongs to a session
	version  string         // the version of MCP that the client's last request names, without a session
	failure  error          // the error of Out; nil if there was none
}

// A bridgeRequest is a request of the client that has no answer yet.
type bridgeRequest struct {
	bridgeMessage
	ctx       context.Context // done when the client does not want the answer any more, or at the end
	cancel    context.CancelFunc
	sent      chan struct{} // closed when the agent has got the request, or cannot be reached
	sendOnce  sync.Once
	cancelled bool // whether the client has cancelled the request; guarded by bridge.mu
}

// RunBridge passes messages between a client and a running agent. It returns when In has ended, ctx is
// done, or Out cannot be written. The error is that of Out, and nil in the other cases. Two goroutines
// may stay until the process ends: one that reads In, and one that writes to Out if nobody reads it.
//
// The agent may end and come back meanwhile. A request that it does not get is answered with an error
// after a few seconds. When it is back, the bridge begins the session again, and tells the client that
// the tools may have changed.
func RunBridge(ctx context.Context, opts BridgeOptions) error {
	u, err := url.Parse(opts.URL)
	if err != nil {
		return err
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = HTTPPath
	}
	opts.URL = u.String()
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	b := &bridge{opts: opts, agent: u.Scheme + "://" + u.Host, client: newBridgeClient(), pending: map[jsonrpc.ID]*bridgeRequest{}}
	defer b.client.CloseIdleConnections()
	b.ctx, b.cancel = context.WithCancel(ctx)
	defer b.cancel()
	lines := make(chan []byte)
	go b.readLines(lines)
	b.handleLines(lines)
	b.end()
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.failure
}

// readLines reads the messages of the client until In ends.
func (b *bridge) readLines(lines chan<- []byte) {
	defer close(lines)
	readMessages(b.opts.In, func(line []byte) (goOn bool) {
		select {
		case lines <- line:
			return true
		case <-b.ctx.Done():
			return false
		}
	}, b.fail)
}

// handleLines passes on the messages of the client until there are no more, or the bridge ends.
func (b *bridge) handleLines(lines <-chan []byte) {
	for {
		select {
		case line, ok := <-lines:
			if !ok {
				return
			}
			b.handle(line)
		case <-b.ctx.Done():
			return
		}
	}
}

// A bridgeMessage is a message of the client.
type bridgeMessage struct {
	line    []byte // the whole message
	id      jsonrpc.ID
	method  string // empty for an answer
	params  json.RawMessage
	version string // the version of MCP that the message names; empty if it belongs to a session
}

// parseBridgeMessage returns the message in a line. The error is nil if there is one.
func parseBridgeMessage(line []byte) (bridgeMessage, *lineError) {
	m := bridgeMessage{line: line}
	message, err := parseMessage(line)
	if err != nil {
		return m, err
	}
	if r, ok := message.(*jsonrpc.Request); ok {
		m.id, m.method, m.params = r.ID, r.Method, r.Params
		var params struct {
			Meta struct {
				Version string `json:"io.modelcontextprotocol/protocolVersion"`
			} `json:"_meta"`
		}
		json.Unmarshal(r.Params, &params) // without a version if there is none
		m.version = params.Meta.Version
	}
	return m, nil
}

// handle passes on one message of the client. It returns before the answer has come.
func (b *bridge) handle(line []byte) {
	m, err := parseBridgeMessage(line)
	switch {
	case err != nil:
		b.fail(err.id, err.code, err.why)
	case !httpguts.ValidHeaderFieldValue(m.method) || !httpguts.ValidHeaderFieldValue(m.version):
		if m.id.IsValid() {
			b.fail(m.id, jsonrpc.CodeInvalidRequest, "the method or the version of MCP has characters that no header can have")
		}
	case m.id.IsValid() && m.method != "":
		b.begin(m)
	case m.method == "notifications/cancelled":
		b.cancelRequest(m)
	default:
		b.mu.Lock()
		inSession := b.stateful
		b.mu.Unlock()
		b.note(m, inSession)
	}
}

// begin passes on a request on a goroutine of its own.
func (b *bridge) begin(m bridgeMessage) {
	r := &bridgeRequest{bridgeMessage: m, sent: make(chan struct{})}
	b.mu.Lock()
	why := ""
	switch {
	case b.pending[m.id] != nil:
		why = "another request with this id has no answer yet"
	case len(b.pending) >= maxPending:
		why = fmt.Sprintf("%d requests have no answer yet; more are not taken", maxPending)
	default:
		r.ctx, r.cancel = context.WithCancel(b.ctx)
		b.pending[m.id] = r
		b.stateful = m.version == ""
		b.version = cmp.Or(m.version, b.version)
	}
	b.mu.Unlock()
	if why != "" {
		b.fail(m.id, jsonrpc.CodeInvalidRequest, why)
		return
	}
	work := &b.requests
	if m.method == listenMethod {
		work = &b.streams // nobody waits for its answer
	}
	answered := make(chan struct{})
	work.Go(func() {
		defer close(answered)
		answer := b.exchange(r)
		b.mu.Lock()
		delete(b.pending, m.id)
		isWanted := !r.cancelled
		b.mu.Unlock()
		r.cancel()
		if isWanted && answer != nil {
			b.write(answer)
		}
	})
	if m.method == "initialize" {
		// what follows belongs to the session
		waitFor(answered, bridgeNoteTimeout)
		return
	}
	select {
	case <-r.sent:
	case <-answered:
	case <-time.After(bridgeSendTimeout):
	}
}

// markSent notes that the agent has got the request, or cannot be reached.
func (r *bridgeRequest) markSent() { r.sendOnce.Do(func() { close(r.sent) }) }

// exchange passes on a request and returns the answer for the client. The answer is nil if the bridge
// has ended.
func (b *bridge) exchange(r *bridgeRequest) []byte {
	var answer []byte
	var err error
	switch {
	case r.method == listenMethod && r.version != "":
		answer, err = b.listen(r)
	case r.version != "":
		answer, err = b.ask(r.ctx, bridgeExchange{
			id: r.id, line: r.line, header: statelessHeader(r.bridgeMessage), canRepeat: r.method != "tools/call",
			sent: r.markSent, forward: b.write,
		})
	case r.method == "initialize":
		answer, err = b.beginSession(r)
	default:
		answer, err = b.askInSession(r)
	}
	switch {
	case err == nil:
		return answer
	case r.ctx.Err() != nil:
		return nil
	}
	return errorAnswer(r.id, jsonrpc.CodeInternalError, err.Error())
}

// note passes on a message that has no answer. inSession says that it belongs to the session of the
// client, if there is one.
func (b *bridge) note(m bridgeMessage, inSession bool) {
	b.mu.Lock()
	session, version := b.session, b.version
	if !inSession {
		session = nil
	}
	b.mu.Unlock()
	ctx, cancel := context.WithTimeout(b.ctx, bridgeNoteTimeout)
	defer cancel()
	header := http.Header{}
	switch {
	case session != nil:
		header = session.header()
	case version != "":
		header.Set("MCP-Protocol-Version", version)
		header.Set("Mcp-Method", m.method)
	}
	answer, err := b.post(ctx, m.line, header, false, nil)
	if err != nil {
		b.opts.Log.Debug("mcp: " + m.method + ": " + err.Error())
		return
	}
	answer.Body.Close()
	if session != nil && m.method == "notifications/initialized" {
		b.streams.Go(session.readNotifications)
	}
}

// end waits for the answers in progress, and ends the session of the client.
func (b *bridge) end() {
	answered := endOf(&b.requests)
	select {
	case <-answered:
	case <-b.ctx.Done():
	case <-time.After(bridgeAnswerTimeout):
	}
	b.mu.Lock()
	session := b.session
	b.mu.Unlock()
	if session != nil {
		session.end()
	}
	b.cancel()
	waitFor(answered, closeTimeout)
	waitFor(endOf(&b.streams), closeTimeout)
}

// waitFor waits until done is closed, for at most timeout.
func waitFor(done <-chan struct{}, timeout time.Duration) {
	select {
	case <-done:
	case <-time.After(timeout):
	}
}

// endOf returns a channel that is closed when all goroutines of a group have ended.
func endOf(group *sync.WaitGroup) <-chan struct{} {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		group.Wait()
	}()
	return ended
}

// write sends a message to the client. The first error ends the bridge.
func (b *bridge) write(message []byte) {
	b.writing.Lock()
	defer b.writing.Unlock()
	if _, err := b.opts.Out.Write(append(message, '\n')); err != nil {
		b.mu.Lock()
		b.failure = cmp.Or(b.failure, err)
		b.mu.Unlock()
		b.cancel()
	}
}

// fail answers a message that is not passed on. The id in the answer is null if id is invalid.
func (b *bridge) fail(id jsonrpc.ID, code int, why string) { b.write(errorAnswer(id, code, why)) }
