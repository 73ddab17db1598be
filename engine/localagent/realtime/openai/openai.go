// Package openai uses speech-to-speech services with the Realtime API of OpenAI: OpenAI, Azure,
// xAI, and servers such as LocalAI, speaches and the speech-to-speech server of Hugging Face.
//
// The API has three dialects. The package understands the events of all three at any time. The
// events that it sends depend on the name of the service and on its first event, session.created:
// see dialect.
//
// Each session has two goroutines: one connects and reads, the other looks after the session every
// second. A mutex guards everything that these two share with the callers of the session's methods.
package openai

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"moonlark/engine/llm"
	"moonlark/engine/localagent/realtime"
	"moonlark/engine/localagent/realtime/wire"
	"moonlark/engine/provider"
)

const (
	// rate is the number of samples per second in both directions. Every dialect knows it.
	rate = 24000

	// setupTimeout is how long it may take to connect and to set a session up.
	setupTimeout = 15 * time.Second

	// renewAfter is the age at which a session is replaced by a new one, at a moment at which
	// nobody speaks. OpenAI ends a session after 60 minutes.
	renewAfter = 55 * time.Minute
)

// A Service is a [realtime.Service] with the Realtime API of OpenAI. Its fields must not change
// after the first call of a method.
type Service struct {
	wire.Service
	// RenewAfter is the age at which a session is replaced by a new one. Zero means 55 minutes.
	RenewAfter time.Duration
	// SetupTimeout is how long it may take to connect and to set a session up. Zero means 15 s.
	SetupTimeout time.Duration
}

var _ realtime.Service = (*Service)(nil)

// Open implements [realtime.Service].
func (s *Service) Open(start realtime.Start, events realtime.Events) realtime.Session {
	return open(s, start, events)
}

// Rates implements [realtime.Service].
func (*Service) Rates() (user, agent int) { return rate, rate }

// Probe implements [realtime.Service].
func (s *Service) Probe(ctx context.Context, start realtime.Start) (time.Duration, error) {
	began := time.Now()
	conn, _, err := s.connect(ctx, start)
	if err != nil {
		return 0, err
	}
	conn.Close()
	return time.Since(began), nil
}

// connect opens a connection and sets a session up. It also returns the dialect of the service. The
// error is an *llm.Error, or the cause of ctx.
func (s *Service) connect(ctx context.Context, start realtime.Start) (*wire.Conn, dialect, error) {
	model := s.Model(start)
	if model == "" && (s.Kind() == "openai" || s.Kind() == "azure") {
		return nil, "", s.ErrNoModel()
	}
	var d dialect
	timeout := cmp.Or(s.SetupTimeout, setupTimeout)
	conn, err := s.Connect(ctx, start, s.address(model), s.header(), timeout, func(conn *wire.Conn) (err error) {
		d, err = s.setUp(conn, start)
		return err
	})
	return conn, d, err
}

// setUp sends the settings of the session and waits until the service has taken them.
func (s *Service) setUp(conn *wire.Conn, start realtime.Start) (dialect, error) {
	created, err := s.await(conn, "session.created", start)
	if err != nil {
		return "", err
	}
	d := dialectOf(s.Kind(), created.Session)
	conn.Send(encode(s.sessionUpdate(d, created.Session, start)))
	_, err = s.await(conn, "session.updated", start)
	return d, err
}

// await reads until the service sends an event of the type wanted, and returns the event. If the
// service reports an error, await returns that error.
func (s *Service) await(conn *wire.Conn, wanted string, start realtime.Start) (event, error) {
	const maxEvents = 1000
	for range maxEvents {
		data, err := conn.Read()
		if err != nil {
			return event{}, err
		}
		e, ok := parse(data)
		switch {
		case !ok:
			return event{}, errors.New("the server sends something else than the Realtime API: " + s.Clean(string(data[:min(len(data), 100)])))
		case e.Type == wanted:
			return e, nil
		case e.Type == "error":
			text, _ := provider.ParseError(data)
			return event{}, &llm.Error{Model: s.Name(start), Text: s.Clean(text), Err: wire.ErrFinal}
		}
	}
	return event{}, errors.New("the server does not send " + wanted)
}

// address returns the URL of the WebSocket for the model.
func (s *Service) address(model string) string {
	if model == "" {
		return s.Base
	}
	u, err := url.Parse(s.Base)
	if err != nil {
		return s.Base
	}
	query := u.Query()
	query.Set("model", model)
	u.RawQuery = query.Encode()
	return u.String()
}

// header returns the headers of the handshake, with the key.
func (s *Service) header() http.Header {
	h := http.Header{"User-Agent": {"moonlark"}}
	switch {
	case s.Key.IsZero():
	case s.KeyHeader != "":
		h.Set(s.KeyHeader, s.Key.Reveal())
	default:
		h.Set("Authorization", "Bearer "+s.Key.Reveal())
	}
	return h
}
