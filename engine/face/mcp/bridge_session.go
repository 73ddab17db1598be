package mcp

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"moonlark/engine/backoff"
)

// A bridgeSession is the session of a client that uses a version of MCP before 2026-07-28. For the
// client there is one session; at the agent there is a new one each time that the agent has been
// restarted. Any goroutine may call its methods.
type bridgeSession struct {
	bridge    *bridge
	request   bridgeMessage      // the request initialize of the client
	ctx       context.Context    // done when the session has ended
	cancel    context.CancelFunc // ends readNotifications
	beginRead sync.Once          // makes readNotifications run once
	renewed   chan struct{}      // of capacity 1: tells readNotifications that the session has begun again

	mu      sync.Mutex // guards the fields below
	id      string     // the id at the agent; empty if the agent gives none
	version string     // the version of MCP on which both have agreed
	kinds   []string   // the kinds of things, such as "tools", whose changes the agent notifies of
}

// beginSession passes on the request initialize and returns its answer. It replaces the session that
// the client had before.
func (b *bridge) beginSession(r *bridgeRequest) ([]byte, error) {
	s := &bridgeSession{bridge: b, request: r.bridgeMessage, renewed: make(chan struct{}, 1)}
	s.ctx, s.cancel = context.WithCancel(b.ctx)
	answer, err := s.initialize(r.ctx, r.markSent, b.write)
	if err != nil {
		s.cancel()
		return nil, err
	}
	b.mu.Lock()
	old := b.session
	b.session = s
	b.mu.Unlock()
	if old != nil {
		old.end()
	}
	return answer, nil
}

// initialize begins the session at the agent and returns the agent's answer. sent and forward are like
// those of a bridgeExchange.
func (s *bridgeSession) initialize(ctx context.Context, sent func(), forward func([]byte)) ([]byte, error) {
	id := ""
	answer, err := s.bridge.ask(ctx, bridgeExchange{
		id: s.request.id, line: s.request.line, canRepeat: true, sent: sent, forward: forward,
		onHeader: func(h http.Header) { id = h.Get(sessionHeader) },
	})
	if err != nil {
		return nil, err
	}
	var fields struct {
		Result struct {
			ProtocolVersion string
			Capabilities    map[string]struct{ ListChanged bool }
		}
	}
	json.Unmarshal(answer, &fields) // the version stays empty if the answer is an error
	s.mu.Lock()
	defer s.mu.Unlock()
	s.id, s.version, s.kinds = id, fields.Result.ProtocolVersion, nil
	for kind, capability := range fields.Result.Capabilities {
		if capability.ListChanged {
			s.kinds = append(s.kinds, kind)
		}
	}
	return answer, nil
}

// header returns the headers of a request in the session.
func (s *bridgeSession) header() http.Header {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := http.Header{}
	if s.version != "" {
		h.Set("MCP-Protocol-Version", s.version)
	}
	if s.id != "" {
		h.Set(sessionHeader, s.id)
	}
	return h
}

// askInSession passes on a request in the session of the client and returns the answer. If the agent
// does not know the session, it begins the session again and repeats the request, which the agent has
// not handled.
func (b *bridge) askInSession(r *bridgeRequest) ([]byte, error) {
	b.mu.Lock()
	s := b.session
	b.mu.Unlock()
	e := bridgeExchange{id: r.id, line: r.line, canRepeat: r.method != "tools/call", sent: r.markSent, forward: b.write}
	if s == nil {
		return b.ask(r.ctx, e)
	}
	e.header = s.header()
	answer, err := b.ask(r.ctx, e)
	if id := e.header.Get(sessionHeader); id != "" && isStatus(err, http.StatusNotFound) {
		if err := s.renew(r.ctx, id); err != nil {
			return nil, err
		}
		e.header = s.header()
		return b.ask(r.ctx, e)
	}
	return answer, err
}

// renew begins the session at the agent again, because the agent does not know the session with this
// id any more. It does nothing if another goroutine has done so already.
func (s *bridgeSession) renew(ctx context.Context, id string) error {
	b := s.bridge
	b.renewing.Lock()
	defer b.renewing.Unlock()
	if s.header().Get(sessionHeader) != id {
		return nil
	}
	answer, err := s.initialize(ctx, nil, func([]byte) {})
	if err != nil {
		return err
	}
	var fields struct{ Error *struct{ Message string } }
	if json.Unmarshal(answer, &fields) == nil && fields.Error != nil {
		return fmt.Errorf("the agent at %s begins no session: %s", b.agent, fields.Error.Message)
	}
	response, err := b.post(ctx, []byte(`{"jsonrpc":"2.0","method":"notifications/initialized"}`), s.header(), true, nil)
	if err != nil {
		return err
	}
	response.Body.Close()
	b.opts.Log.Info("mcp: connected to " + b.agent + " again")
	select {
	case s.renewed <- struct{}{}:
	default:
	}
	return nil
}

// tellChanges tells the client that everything may have changed, because notifications may have been
// lost.
func (s *bridgeSession) tellChanges() {
	s.mu.Lock()
	kinds := s.kinds
	s.mu.Unlock()
	for _, kind := range kinds {
		s.bridge.write(fmt.Appendf(nil, `{"jsonrpc":"2.0","method":"notifications/%s/list_changed"}`, kind))
	}
}

// readNotifications passes on the notifications of the agent until the session ends. After an
// lost connection it tells the client that everything may have changed. Only the first call has an
// effect.
func (s *bridgeSession) readNotifications() { s.beginRead.Do(s.keepReading) }

// keepReading does the work of readNotifications.
func (s *bridgeSession) keepReading() {
	b := s.bridge
	pauses := backoff.Backoff{First: 250 * time.Millisecond, Max: 10 * time.Second, Jitter: true}
	for isFirst := true; ; isFirst = false {
		header := s.header()
		id := header.Get(sessionHeader)
		if id == "" {
			return // an agent without sessions has no notifications
		}
		response, err := b.send(s.ctx, http.MethodGet, nil, header, func() {})
		if err == nil {
			switch response.StatusCode {
			case http.StatusOK:
				pauses.Reset()
				if !isFirst {
					s.tellChanges()
				}
				readEvents(response.Body, func(data []byte) bool {
					b.forward(data)
					return false
				})
			case http.StatusNotFound:
				s.renew(s.ctx, id) // after an error, the next attempt gets the same response
			case http.StatusMethodNotAllowed:
				response.Body.Close()
				return
			}
			response.Body.Close()
		}
		select {
		case <-s.ctx.Done():
			return
		case <-s.renewed:
		case <-time.After(pauses.Next()):
		}
	}
}

// end ends the session, also at the agent.
func (s *bridgeSession) end() {
	defer s.cancel()
	header := s.header()
	if header.Get(sessionHeader) == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), bridgeEndTimeout)
	defer cancel()
	if response, err := s.bridge.send(ctx, http.MethodDelete, nil, header, func() {}); err == nil {
		response.Body.Close()
	}
}
