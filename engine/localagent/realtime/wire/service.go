package wire

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"moonlark/engine/llm"
	"moonlark/engine/localagent/realtime"
	"moonlark/engine/provider"
)

// A Service is the part of a [realtime.Service] that all APIs have in common. The Service of each
// API embeds it. The fields must not change after the first call of a method. Any goroutine may
// call the methods.
type Service struct {
	// Endpoint is the server. Its Base is the URL of the WebSocket, without the model and the key.
	// Its Choice is the model; empty means the model that the settings of the conversation name.
	provider.Endpoint
	// Detect says who detects the user's speech. Empty means realtime.ServerDetection.
	Detect realtime.Detection
	// Extra has fields to add to the settings of each session. Objects are merged; a field with the
	// value nil is removed.
	Extra map[string]any
}

// Detection implements [realtime.Service].
func (s *Service) Detection() realtime.Detection {
	return cmp.Or(s.Detect, realtime.ServerDetection)
}

// IsNear implements [realtime.Service].
func (s *Service) IsNear() bool { return s.Near }

// String implements [realtime.Service].
func (s *Service) String() string { return s.named(s.Choice) }

// named returns the name of the server and the model, for people.
func (s *Service) named(model string) string {
	if model == "" {
		return s.Server
	}
	return s.Server + " " + model
}

// Model returns the model for a conversation: the one that the user has chosen, or the one that the
// settings of the conversation ask for, or "".
func (s *Service) Model(start realtime.Start) string { return cmp.Or(s.Choice, start.Model()) }

// Name returns the name of the server and of the model for a conversation, for people.
func (s *Service) Name(start realtime.Start) string { return s.named(s.Model(start)) }

// ErrNoModel returns the error for a conversation without a model.
func (s *Service) ErrNoModel() error {
	return &llm.Error{Model: s.Server, Text: "no model is chosen", Hint: "name one, as in --realtime " + s.With("MODEL"), Err: ErrFinal}
}

// Clean returns a text of the service as one line, without the key, and not too long.
func (s *Service) Clean(text string) string { return clean(&s.Endpoint, text) }

// Failure returns the *llm.Error for an error of a connection for the conversation. If err is an
// *llm.Error already, Failure returns it.
func (s *Service) Failure(start realtime.Start, err error) *llm.Error {
	return failure(&s.Endpoint, s.Name(start), err)
}

// Connect opens a connection to the URL address, whose scheme is ws or wss, and calls setUp to set
// a session up on it. timeout is how long both may take together. The header must contain the key.
// The error is an *llm.Error, or the cause of ctx.
func (s *Service) Connect(ctx context.Context, start realtime.Start, address string, header http.Header, timeout time.Duration, setUp func(*Conn) error) (*Conn, error) {
	setupCtx, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("the session was not set up within %v", timeout))
	defer cancel()
	conn, err := dial(setupCtx, &s.Endpoint, s.Name(start), address, header)
	if err == nil {
		stop := context.AfterFunc(setupCtx, conn.Abort)
		err = setUp(conn)
		if !stop() && err == nil {
			err = context.Cause(setupCtx)
		}
		if err != nil {
			conn.Close()
		}
	}
	switch {
	case err == nil:
		return conn, nil
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case setupCtx.Err() != nil:
		err = context.Cause(setupCtx)
	}
	return nil, s.Failure(start, err)
}

// KeepNewest removes the oldest messages, so that the rest has at most size bytes.
func KeepNewest(messages [][]byte, size int) [][]byte {
	for i, m := range slices.Backward(messages) {
		if size -= len(m); size < 0 {
			return slices.Delete(messages, 0, i+1)
		}
	}
	return messages
}
