// Package gemini uses the Live API of Gemini, a speech-to-speech service of Google.
//
// A connection lasts about ten minutes. The service announces its end, and the session continues on
// another connection with a handle. The service cannot be told what the user has heard: it assumes
// that sound is played as fast as it is spoken.
//
// Each session has two goroutines: one connects and reads, the other looks after the session every
// second. A mutex guards everything that these two share with the callers of the session's methods.
package gemini

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"moonlark/engine/localagent/realtime"
	"moonlark/engine/localagent/realtime/wire"
)

// Path is the path of the WebSocket.
const Path = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"

const (
	userRate  = 16000 // samples per second of the user's sound
	agentRate = 24000 // samples per second of the agent's sound

	// setupTimeout is how long it may take to connect and to set a session up.
	setupTimeout = 15 * time.Second
)

// A Service is a [realtime.Service] with the Live API. Its Detect is realtime.ServerDetection or
// realtime.LocalDetection. Its fields must not change after the first call of a method.
type Service struct{ wire.Service }

var _ realtime.Service = (*Service)(nil)

// Open implements [realtime.Service].
func (s *Service) Open(start realtime.Start, events realtime.Events) realtime.Session {
	return open(s, start, events)
}

// Rates implements [realtime.Service].
func (*Service) Rates() (user, agent int) { return userRate, agentRate }

// Probe implements [realtime.Service].
func (s *Service) Probe(ctx context.Context, start realtime.Start) (time.Duration, error) {
	began := time.Now()
	conn, _, err := s.connect(ctx, start, "")
	if err != nil {
		return 0, err
	}
	conn.Close()
	return time.Since(began), nil
}

// connect opens a connection and sets a session up. handle is the handle of an earlier session that
// goes on, or empty. connect also returns a map from the names that the model uses for the tools to
// the names of the tools. The error is an *llm.Error, or the cause of ctx.
func (s *Service) connect(ctx context.Context, start realtime.Start, handle string) (*wire.Conn, map[string]string, error) {
	model := s.Model(start)
	if model == "" {
		return nil, nil, s.ErrNoModel()
	}
	header := http.Header{"User-Agent": {"moonlark"}}
	if !s.Key.IsZero() {
		header.Set(cmp.Or(s.KeyHeader, "x-goog-api-key"), s.Key.Reveal())
	}
	setup, names := s.setup(start, model, handle)
	conn, err := s.Connect(ctx, start, s.Base, header, setupTimeout, func(conn *wire.Conn) error {
		conn.Send(encode(object{"setup": setup}))
		return awaitSetup(conn)
	})
	return conn, names, err
}

// awaitSetup reads until the service has set the session up.
func awaitSetup(conn *wire.Conn) error {
	const maxMessages = 1000
	for range maxMessages {
		data, err := conn.Read()
		if err != nil {
			return err
		}
		var m message
		if json.Unmarshal(data, &m) == nil && m.SetupComplete != nil {
			return nil
		}
	}
	return errors.New("the server does not send setupComplete")
}
