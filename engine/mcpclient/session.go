package mcpclient

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"moonlark/engine/version"
)

const (
	// legacyVersion is the last version of the protocol that begins with "initialize".
	legacyVersion = "2025-11-25"
	// codeVersion is the code of the error of a server that does not know the version.
	codeVersion = -32022
)

// A session is one connection to a server.
type session struct {
	*mcp.ClientSession
	program   *program       // nil for a server that is reached by HTTP
	transport *httpTransport // nil for a program
	changed   chan struct{}  // gets a value when the server says that its tools have changed
	lost      chan struct{}  // closed when the connection has ended
	why       error          // why it has ended; set before lost is closed
	ctx       context.Context
	cancel    context.CancelFunc // cancels all calls
}

// newClient returns a client. changed gets a value when the server says that its tools have changed.
func newClient(changed chan struct{}) *mcp.Client {
	return mcp.NewClient(&mcp.Implementation{Name: "moonlark", Version: version.Version()}, &mcp.ClientOptions{
		Capabilities: &mcp.ClientCapabilities{},
		// an answer that asks for more input is an error: see Server.Call
		MultiRoundTrip: &mcp.MultiRoundTripOptions{Disabled: true},
		ToolListChangedHandler: func(context.Context, *mcp.ToolListChangedRequest) {
			select {
			case changed <- struct{}{}:
			default:
			}
		},
	})
}

// connect connects to the server, which it starts if it is a program. ctx bounds it.
func (s *Server) connect(ctx context.Context) (*session, error) {
	if s.entry.URL != nil {
		return s.connectHTTP(ctx)
	}
	if s.modern {
		return s.connectProgram(ctx, "")
	}
	sess, err := s.connectProgram(ctx, legacyVersion)
	var answer *jsonrpc.Error
	if errors.As(err, &answer) && (answer.Code == codeVersion || answer.Code == jsonrpc.CodeMethodNotFound) {
		// The program must be started again: some end after a request that they do not know.
		s.modern = true
		return s.connectProgram(ctx, "")
	}
	return sess, err
}

// connectProgram starts the server and connects with this version of the protocol; "" means the
// newest.
func (s *Server) connectProgram(ctx context.Context, version string) (*session, error) {
	prefix := "mcp server " + s.entry.Name + ": "
	p, err := startProgram(s.entry, &lineLog{log: s.log, prefix: prefix}, &lineLog{log: s.log, prefix: prefix + "not a message: "})
	if err != nil {
		return nil, err
	}
	sess := newSession()
	sess.program = p
	sess.ClientSession, err = newClient(sess.changed).Connect(ctx, p.pipe, &mcp.ClientSessionOptions{ProtocolVersion: version})
	if err != nil {
		sess.cancel()
		err = p.why(err)
		p.end()
		return nil, err
	}
	go sess.watch()
	return sess, nil
}

// connectHTTP connects to a server that is reached by HTTP. It first asks for the newest version of
// the protocol. If the server does not answer that in half of the time, it begins again with the
// version before.
func (s *Server) connectHTTP(ctx context.Context) (*session, error) {
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(DefaultStartup)
	}
	probe, cancel := context.WithDeadline(ctx, time.Now().Add(time.Until(deadline)/2))
	defer cancel()
	sess, err := s.connectURL(probe, "")
	if err != nil && probe.Err() != nil && ctx.Err() == nil {
		return s.connectURL(ctx, legacyVersion)
	}
	return sess, err
}

func (s *Server) connectURL(ctx context.Context, version string) (*session, error) {
	sess := newSession()
	sess.transport = newHTTPTransport(s.entry)
	var err error
	sess.ClientSession, err = newClient(sess.changed).Connect(ctx, &mcp.StreamableClientTransport{
		Endpoint: s.entry.URL.String(), HTTPClient: sess.transport.client(), MaxEventSize: maxFrame,
	}, &mcp.ClientSessionOptions{ProtocolVersion: version})
	if err != nil {
		sess.cancel()
		sess.transport.close()
		return nil, err
	}
	go sess.watch()
	return sess, nil
}

func newSession() *session {
	sess := &session{changed: make(chan struct{}, 1), lost: make(chan struct{})}
	sess.ctx, sess.cancel = context.WithCancel(context.Background())
	return sess
}

// watch closes sess.lost when the connection has ended.
func (sess *session) watch() {
	ended := make(chan error, 1)
	go func() { ended <- sess.Wait() }()
	var exited <-chan struct{}
	if sess.program != nil {
		exited = sess.program.process.Exited()
	}
	select {
	case err := <-ended:
		sess.why = err
	case <-exited:
		timer := time.NewTimer(settleTimeout) // for an answer that it has written before
		select {
		case <-ended:
		case <-timer.C:
		}
		timer.Stop()
	}
	if sess.why == nil {
		sess.why = errors.New("the server has ended the connection")
	}
	if sess.program != nil {
		sess.why = sess.program.why(sess.why)
	}
	close(sess.lost)
}

// end ends the session and the server, if it is a program. It returns when nothing is left, after at
// most a second and a half.
func (sess *session) end() {
	sess.cancel()
	if sess.transport != nil {
		sess.transport.close()
	}
	if sess.program != nil {
		sess.program.end()
	}
	sess.Close()
	if sess.transport != nil {
		sess.transport.close()
	}
	<-sess.lost
}

// list returns the tools of the server.
func (sess *session) list(ctx context.Context) (*listing, error) {
	l := new(listing)
	if res := sess.InitializeResult(); res == nil || res.Capabilities == nil || res.Capabilities.Tools == nil {
		return l, nil
	}
	params := new(mcp.ListToolsParams)
	for range maxPages {
		res, err := sess.ListTools(ctx, params)
		if err != nil {
			return nil, fmt.Errorf("tools/list: %w", err)
		}
		for _, t := range res.Tools {
			if !l.add(t) {
				return l, nil
			}
		}
		if res.NextCursor == "" {
			return l, nil
		}
		params = &mcp.ListToolsParams{Cursor: res.NextCursor}
	}
	l.incomplete = true
	return l, nil
}
