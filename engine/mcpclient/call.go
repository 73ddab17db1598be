package mcpclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"moonlark/engine/guess"
	"moonlark/engine/safetext"
)

// An Error is the reason why a call has no result. Code is a word for scripts, such as "timeout".
type Error struct{ Code, Text string }

// Error returns the text.
func (e *Error) Error() string { return e.Text }

// maxErrorText is the maximal length of the text of an Error, in bytes.
const maxErrorText = 4 << 10

// failed returns an Error whose text is safe for a terminal and not long, whatever the server says.
func failed(code, format string, args ...any) *Error {
	return &Error{code, safetext.Cut(safetext.Line(fmt.Sprintf(format, args...)), maxErrorText-len("…"), "…")}
}

// plainError returns the text of an error. If a value of an answer has a type that the protocol does not
// allow, the text says which one; that of package json contains the types of this program.
func plainError(err error) string {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) {
		return err.Error()
	}
	text := "the server has answered with a value of a wrong type"
	if at := fieldOf(wrong); at != "" {
		text += " at " + at
	}
	return text
}

// fieldOf returns the path of the value that caused an error, such as "content.0.text".
func fieldOf(err *json.UnmarshalTypeError) string {
	return strings.TrimLeft(err.Field[strings.LastIndexByte(err.Field, ']')+1:], ".")
}

// Timeout returns how long a call may take if the caller does not say so.
func (s *Server) Timeout() time.Duration { return s.entry.timeout() }

// Tool returns the tool with this name. The error is an *Error that says why it cannot be called.
func (s *Server) Tool(name string) (*Tool, error) {
	if !s.entry.MayCall(name) {
		return nil, failed("denied", "the rules of the MCP server %s do not allow its tool %s", s.entry.Name, name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for _, t := range s.tools {
		if t.Name == name {
			return t, nil
		}
		names = append(names, t.Name)
	}
	if s.takenBack[name] {
		return nil, failed("denied", "the MCP server %s has changed its tool %s, which may not be called any more", s.entry.Name, name)
	}
	return nil, failed("not_found", "the MCP server %s has no tool %s%s", s.entry.Name, name, guess.DidYouMean(name, names))
}

// Call calls a tool of the server with these arguments, a JSON object. If the server is being
// started, Call waits for it. ctx bounds the call; its end cancels it. The error is an *Error.
func (s *Server) Call(ctx context.Context, name string, args json.RawMessage) (*Result, error) {
	if !s.entry.MayCall(name) {
		_, err := s.Tool(name)
		return nil, err
	}
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	default:
		return nil, failed("busy", "%d calls of %s are running", maxCalls, s.entry.Name)
	}
	for again := false; ; again = true {
		sess, err := s.ready(ctx)
		if err != nil {
			return nil, err
		}
		t, err := s.Tool(name)
		if err != nil {
			return nil, err
		}
		fitted, err := t.Arguments(args)
		if err != nil {
			return nil, failed("invalid", "%v", err)
		}
		r, err := sess.call(ctx, name, fitted)
		if errors.Is(err, mcp.ErrSessionMissing) && !again {
			// The server was started again and does not know the session, so it has not run the call.
			if s.awaitOther(ctx, sess) {
				continue
			}
		}
		if err != nil {
			return nil, s.explain(ctx, sess, name, err)
		}
		if r.NeedsInput() {
			return nil, failed("unsupported", "%s of %s asks for more input, which is not supported", name, s.entry.Name)
		}
		return newResult(r), nil
	}
}

// call calls a tool. It returns when ctx is done or the session ends.
func (sess *session) call(ctx context.Context, name string, args json.RawMessage) (*mcp.CallToolResult, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(sess.ctx, cancel)()
	return sess.CallTool(ctx, &mcp.CallToolParams{Name: name, Arguments: args})
}

// awaitOther waits until there is another session than sess that is ready.
func (s *Server) awaitOther(ctx context.Context, sess *session) bool {
	for {
		s.mu.Lock()
		now, changed := s.session, s.changed
		s.mu.Unlock()
		if now != nil && now != sess {
			return true
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
}

// ended returns the error of a call whose ctx is done. what completes the sentence "SERVER what in".
func (s *Server) ended(ctx context.Context, what string) *Error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return failed("timeout", "%s %s in time", s.entry.Name, what)
	}
	return failed("cancelled", "the call of %s was cancelled", s.entry.Name)
}

// explain returns the *Error for an error of a call.
func (s *Server) explain(ctx context.Context, sess *session, name string, err error) *Error {
	var answer *jsonrpc.Error
	var status *statusError
	var dial *net.OpError
	switch {
	case ctx.Err() != nil:
		return s.ended(ctx, "has not answered "+name)
	case errors.As(err, &answer) && slices.Contains([]int64{codeTooLarge, jsonrpc.CodeInvalidParams, jsonrpc.CodeMethodNotFound}, answer.Code):
		code := map[int64]string{codeTooLarge: "too_large", jsonrpc.CodeInvalidParams: "invalid", jsonrpc.CodeMethodNotFound: "unsupported"}[answer.Code]
		return failed(code, "%s: %s", s.entry.Name, answer.Message)
	case errors.As(err, &answer):
		return failed("failed", "%s: %s", s.entry.Name, answer.Message)
	case errors.As(err, &status):
		return failed("denied", "%v", status)
	case errors.As(err, &dial) && dial.Op == "dial":
		return failed("unreachable", "%s cannot be reached: %v", s.entry.Name, dial.Err)
	case sess.ctx.Err() != nil, errors.Is(err, mcp.ErrConnectionClosed), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, mcp.ErrSessionMissing):
		return failed("closed", "%s has ended during the call of %s", s.entry.Name, name)
	}
	return failed("io", "%s: %s", s.entry.Name, plainError(err))
}
