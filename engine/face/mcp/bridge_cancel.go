package mcp

import (
	"encoding/json"
	"time"

	"moonlark/engine/backoff"
)

// cancelRequest notes that the client does not want an answer any more, and makes the agent learn of it.
// Without a session, the agent does because the response is not read any more. cancelRequest does nothing
// if the request has its answer already.
func (b *bridge) cancelRequest(m bridgeMessage) {
	var cancelled struct{ RequestID json.RawMessage }
	json.Unmarshal(m.params, &cancelled) // without an id, no request is found
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.pending[idOf(cancelled.RequestID)]
	switch {
	case r == nil || r.cancelled:
	case r.version != "":
		r.cancelled = true
		r.cancel()
	default:
		r.cancelled = true
		b.streams.Go(func() { b.cancelInSession(r, m) })
	}
}

// cancelInSession passes on the cancellation m of the request r again and again until the request has
// ended. Once is not enough: on another connection, the cancellation may reach the agent before the
// request, and an agent with too many open requests refuses it.
func (b *bridge) cancelInSession(r *bridgeRequest, m bridgeMessage) {
	pauses := backoff.Backoff{First: 50 * time.Millisecond, Max: time.Second}
	for {
		b.passOn(m, true)
		if !pause(r.ctx, pauses.Next()) {
			return
		}
	}
}
