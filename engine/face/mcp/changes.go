package mcp

import (
	"context"
	"slices"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// The notifications about changes of what the server offers.
const (
	toolsChanged     = "notifications/tools/list_changed"
	resourcesChanged = "notifications/resources/list_changed"
	promptsChanged   = "notifications/prompts/list_changed"
)

// changes make sure that each client hears of a change once. The library sends a notification for each
// group of changed things that come within 10 ms, and a change of many things can take longer. The zero
// value is ready to use. Server.mu guards the fields.
type changes struct {
	made map[string]int // how often something has changed, by the notification that tells of it
	told map[told]int   // the value of made when a client was last told
}

// told is one client and one notification.
type told struct {
	session      sdk.Session
	notification string
}

// note notes that the things that the notification is about have changed. sessions are the clients that
// are connected.
func (c *changes) note(notification string, sessions []*sdk.ServerSession) {
	if c.made == nil {
		c.made, c.told = make(map[string]int), make(map[told]int)
	}
	c.made[notification]++
	for key := range c.told {
		if session, ok := key.session.(*sdk.ServerSession); !ok || !slices.Contains(sessions, session) {
			delete(c.told, key)
		}
	}
}

// tell reports whether the client must get the notification, and notes that it gets it.
func (c *changes) tell(session sdk.Session, notification string) bool {
	key, made := told{session, notification}, c.made[notification]
	if c.told[key] == made {
		return false
	}
	c.told[key] = made
	return true
}

// noteChange notes that the things that the notification is about have changed, if there are any
// changed names. The caller must hold s.mu.
func (s *Server) noteChange(notification string, names ...[]string) {
	if len(slices.Concat(names...)) > 0 {
		s.changes.note(notification, slices.Collect(s.sdk.Sessions()))
	}
}

// tellOnce drops notifications about changes that the client has heard of, or need not hear of because
// it has not begun its session. Notifications within a Refresh wait for its end.
func (s *Server) tellOnce(next sdk.MethodHandler) sdk.MethodHandler {
	return func(ctx context.Context, method string, request sdk.Request) (sdk.Result, error) {
		if method != toolsChanged && method != resourcesChanged && method != promptsChanged {
			return next(ctx, method, request)
		}
		session, ok := request.GetSession().(*sdk.ServerSession)
		if ok && session.InitializeParams() == nil {
			return nil, nil
		}
		s.mu.Lock()
		tell := s.changes.tell(request.GetSession(), method)
		s.mu.Unlock()
		if !tell {
			return nil, nil
		}
		return next(ctx, method, request)
	}
}
