package mcp

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"golang.org/x/net/http/httpguts"
)

// A bridgeMessage is a message of the client.
type bridgeMessage struct {
	line    []byte // the whole message
	id      jsonrpc.ID
	method  string // empty for an answer
	params  json.RawMessage
	version string // the version of MCP that the message names; empty if it belongs to a session
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

// parseBridgeMessage returns the message in a line of the client, or an error if the line is not a
// message.
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
		json.Unmarshal(r.Params, &params) // the version stays empty if the message names none
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
		b.passOn(m, inSession)
	}
}

// begin starts a goroutine that passes on a request and writes its answer. It returns when the request
// has been sent, so that messages keep their order.
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
	group := &b.requests
	if m.method == listenMethod {
		group = &b.streams // end does not wait for its answer
	}
	answered := make(chan struct{})
	group.Go(func() {
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
		// the next messages belong to the session that the answer begins
		waitFor(answered, bridgePassTimeout)
		return
	}
	select {
	case <-r.sent:
	case <-answered:
	case <-time.After(bridgeSendTimeout):
	}
}

// markSent closes r.sent. It may be called several times.
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

// passOn passes on a message that has no answer: a notification, or the client's answer to a request of
// the agent. inSession says that it belongs to the session of the client, if there is one. passOn
// returns when the agent has accepted the message.
func (b *bridge) passOn(m bridgeMessage, inSession bool) {
	b.mu.Lock()
	session, version := b.session, b.version
	if !inSession {
		session = nil
	}
	b.mu.Unlock()
	ctx, cancel := context.WithTimeout(b.ctx, bridgePassTimeout)
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
