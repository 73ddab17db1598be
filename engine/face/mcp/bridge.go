package mcp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"

	"moonlark/engine/loopback"
)

const (
	// bridgeAnswerTimeout is how long requests may still take after the end of In. bridgeEndTimeout is
	// how long the end of the session at the agent may take after that. Together with
	// bridgePassTimeout they are less than the 2 s after which a client kills a bridge.
	bridgeAnswerTimeout = 700 * time.Millisecond
	bridgeEndTimeout    = 300 * time.Millisecond

	// bridgePassTimeout is how long the bridge waits until the agent has accepted a notification, or has
	// answered the request initialize, before it handles the next message of the client. The wait keeps
	// messages in their order.
	bridgePassTimeout = 800 * time.Millisecond

	// bridgeSendTimeout is how long the bridge waits until a request has been sent before it handles the
	// next message, so that the cancellation of a request does not reach the agent before the request.
	bridgeSendTimeout = 100 * time.Millisecond
)

// BridgeOptions are the options of RunBridge.
type BridgeOptions struct {
	URL   string // where the running agent offers MCP, such as http://127.0.0.1:8080/mcp
	Token string // the token of the agent; empty means that it needs none

	In  io.Reader // the messages of the client, one in each line
	Out io.Writer // where the messages for the client are written, one in each line

	Log *slog.Logger // where lost connections are logged; nil means nowhere

	answerTimeout time.Duration // in place of bridgeAnswerTimeout, for tests; zero means bridgeAnswerTimeout
}

// Check returns an error if the URL cannot be that of an agent, or if the token would be sent over a
// network without encryption.
func (o BridgeOptions) Check() error {
	u, err := url.Parse(o.URL)
	switch {
	case err != nil:
		return errors.New("the URL of the agent has a wrong form") // without err, which may contain a token
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return errors.New("want the URL of an agent, such as http://127.0.0.1:8080/mcp")
	case u.User != nil:
		return errors.New("the URL of the agent must have no password: set the token of the agent instead")
	case o.Token != "" && u.Scheme == "http" && !loopback.HostPort(u.Host):
		return fmt.Errorf("the token would cross the network to %s unencrypted: use https://, or a tunnel such as ssh -L 8080:127.0.0.1:8080 HOST", u.Hostname())
	}
	return nil
}

// A bridge passes messages between a client on stdin and stdout and a running agent. It reads only
// those parts of the messages that the HTTP headers depend on. Each request of the client has a
// goroutine of its own. One goroutine reads the lines of the client, the goroutine of RunBridge handles
// them, and for a client with a session one more goroutine reads the notifications of the agent.
type bridge struct {
	opts   BridgeOptions // opts, the name of the agent and the client do not change
	agent  string        // the scheme and host of the URL, for errors; the rest of the URL may be secret
	client *http.Client
	ctx    context.Context // done when the bridge ends
	cancel context.CancelFunc

	requests sync.WaitGroup // the goroutines of requests
	streams  sync.WaitGroup // the goroutines that read notifications
	renewing sync.Mutex     // held while the session at the agent is begun again
	writing  sync.Mutex     // held while a message is written to Out

	mu       sync.Mutex // guards the fields below
	pending  map[jsonrpc.ID]*bridgeRequest
	session  *bridgeSession // nil if the client has begun no session
	stateful bool           // whether the client's last request belongs to a session
	version  string         // the version of MCP that the client's last request names, without a session
	failure  error          // the error of Out; nil if there was none
}

// RunBridge passes messages between a client and a running agent. It returns when In has ended, ctx is
// done, or Out cannot be written. The error is that of Out, and nil in the other cases. Two goroutines
// may stay until the process ends: one that reads In, and one that writes to Out if nobody reads it.
//
// The agent may be restarted meanwhile. If a request does not reach the agent, the client gets an error
// after a few seconds. When the agent runs again, the bridge begins the session again, and tells the
// client that the tools may have changed.
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
	opts.answerTimeout = cmp.Or(opts.answerTimeout, bridgeAnswerTimeout)
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

// end waits for the answers in progress, and ends the session of the client.
func (b *bridge) end() {
	answered := endOf(&b.requests)
	select {
	case <-answered:
	case <-b.ctx.Done():
	case <-time.After(b.opts.answerTimeout):
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

// endOf returns a channel that is closed when all goroutines of the group have ended.
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

// fail answers a message that is not passed on with an error. The id in the answer is null if id is
// invalid.
func (b *bridge) fail(id jsonrpc.ID, code int, why string) { b.write(errorAnswer(id, code, why)) }
