package mcp

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"moonlark/engine/backoff"
)

// statelessHeader returns the headers of a request in MCP 2026-07-28.
func statelessHeader(m bridgeMessage) http.Header {
	h := http.Header{}
	h.Set("MCP-Protocol-Version", m.version)
	h.Set("Mcp-Method", m.method)
	var params struct{ Name, URI string }
	json.Unmarshal(m.params, &params) // the fields stay empty if there are none
	switch m.method {
	case "tools/call", "prompts/get":
		h.Set(nameHeader, encodeName(params.Name))
	case "resources/read":
		h.Set(nameHeader, encodeName(params.URI))
	}
	return h
}

// forward passes on a message of the agent as one line, unless it is not JSON.
func (b *bridge) forward(text []byte) {
	var line bytes.Buffer
	if json.Compact(&line, text) == nil {
		b.write(line.Bytes())
	}
}

// A subscription is what the agent has accepted of a client's request for notifications.
type subscription struct {
	isAcknowledged bool
	kinds          []string // the kinds of things, such as "tools", whose changes the agent notifies of
}

// acknowledge sets s from the parameters of the notification with which the agent accepts the request.
// It reports whether this was the first such notification.
func (s *subscription) acknowledge(params json.RawMessage) (isFirst bool) {
	isFirst = !s.isAcknowledged
	s.isAcknowledged, s.kinds = true, nil
	var fields struct {
		Notifications struct{ ToolsListChanged, PromptsListChanged, ResourcesListChanged bool }
	}
	json.Unmarshal(params, &fields) // kinds stays empty if there are none
	n := fields.Notifications
	for kind, isAccepted := range map[string]bool{"tools": n.ToolsListChanged, "prompts": n.PromptsListChanged, "resources": n.ResourcesListChanged} {
		if isAccepted {
			s.kinds = append(s.kinds, kind)
		}
	}
	return isFirst
}

// listen passes on a request for notifications of a client without a session. It keeps the stream of
// notifications open until the client cancels the request. If the connection to the agent is lost, listen
// sends the request again, and tells the client that everything may have changed. It returns the answer
// to the request, or nil if the bridge has ended.
func (b *bridge) listen(r *bridgeRequest) ([]byte, error) {
	var s subscription
	pauses := backoff.Backoff{First: 250 * time.Millisecond, Max: 10 * time.Second, Jitter: true}
	for {
		answer, err := b.ask(r.ctx, bridgeExchange{
			id: r.id, line: r.line, header: statelessHeader(r.bridgeMessage), canRepeat: true, sent: r.markSent,
			forward: func(line []byte) {
				var fields struct {
					Method string
					Params json.RawMessage
				}
				if json.Unmarshal(line, &fields) != nil || fields.Method != "notifications/subscriptions/acknowledged" {
					b.write(line)
					return
				}
				pauses.Reset()
				if s.acknowledge(fields.Params) {
					b.write(line)
					return
				}
				for _, kind := range s.kinds {
					b.write(changeOf(kind, r))
				}
			},
		})
		switch {
		case r.ctx.Err() != nil:
			return b.endOfListen(r), nil
		case len(s.kinds) == 0:
			return answer, err // the agent has refused the request, or will send no notifications
		}
		if !pause(r.ctx, pauses.Next()) {
			return b.endOfListen(r), nil
		}
	}
}

// changeOf returns the notification that things of this kind have changed, for the client that has sent
// the request r.
func changeOf(kind string, r *bridgeRequest) []byte {
	id, _ := json.Marshal(r.id.Raw()) // it is a number or a string
	return fmt.Appendf(nil, `{"jsonrpc":"2.0","method":"notifications/%s/list_changed","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":%s}}}`, kind, id)
}

// endOfListen returns the answer to a request for notifications that the client has cancelled, or nil
// if the bridge has ended.
func (b *bridge) endOfListen(r *bridgeRequest) []byte {
	if b.ctx.Err() != nil {
		return nil
	}
	b.mu.Lock()
	r.cancelled = false // the client wants this answer, which says that no more notifications come
	b.mu.Unlock()
	id, _ := json.Marshal(r.id.Raw()) // it is a number or a string
	return fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%s,"result":{"resultType":"complete","_meta":{"io.modelcontextprotocol/subscriptionId":%s}}}`, id, id)
}
