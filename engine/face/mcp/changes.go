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

// changes make sure that each client gets one notification of a change. The library puts changes that
// follow each other within 10 ms into one notification, but a reload that changes many things can take
// longer. The zero value is ready to use. Server.mu guards the fields.
type changes struct {
	made map[string]int       // how often something has changed, by the notification of the change
	told map[clientChange]int // the value of made when a client last got a notification
}

// A clientChange is a client and a notification of changes that it gets.
type clientChange struct {
	session      sdk.Session
	notification string
}

// note notes that the things that the notification is about have changed. sessions are the clients that
// are connected.
func (c *changes) note(notification string, sessions []*sdk.ServerSession) {
	if c.made == nil {
		c.made, c.told = make(map[string]int), make(map[clientChange]int)
	}
	c.made[notification]++
	for key := range c.told {
		if session, ok := key.session.(*sdk.ServerSession); !ok || !slices.Contains(sessions, session) {
			delete(c.told, key)
		}
	}
}

// tell reports whether the client must get the notification. If so, it notes that the client has got it.
func (c *changes) tell(session sdk.Session, notification string) bool {
	key, made := clientChange{session, notification}, c.made[notification]
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

// tellOnce is middleware that drops a notification of a change if the client has got one already, or has
// not begun its session. Notifications within a Refresh wait for its end.
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
