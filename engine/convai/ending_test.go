package convai

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"moonlark/engine/testkit"
)

// finalError stands for an error of another package that has the method Final. Its value is the
// result of Final.
type finalError bool

func (e finalError) Error() string { return "signed URL: HTTP 404: no such agent" }
func (e finalError) Final() bool   { return bool(e) }

func TestAnEndingIsClassified(t *testing.T) {
	closed := func(code int) error { return &CloseError{Code: code, Reason: "bye"} }
	handshake := func(status int) error { return &ConnectError{&HandshakeError{Status: status}} }
	for _, row := range []struct {
		why    string
		err    error
		kind   EndingKind
		code   int
		reason string
	}{
		{"no error", nil, Stopped, 0, ""},
		{"Close was called", &CloseError{Code: 1000, Reason: "bye", Local: true}, Stopped, 1000, "bye"},
		{"the context was cancelled", fmt.Errorf("run: %w", context.Canceled), Stopped, 0, "run: context canceled"},
		{"the agent hung up", closed(1000), Closed, 1000, "bye"},
		{"the error is wrapped", fmt.Errorf("ended: %w", closed(1000)), Closed, 1000, "bye"},
		{"the agent refuses an override", closed(1008), Refused, 1008, "bye"},
		{"the agent refuses an override before the metadata", &ConnectError{closed(1008)}, Refused, 1008, "bye"},
		{"the server closed before the metadata", &ConnectError{closed(1000)}, RefusedForNow, 1000, "bye"},
		{"the server failed", closed(1011), Lost, 1011, "bye"},
		{"the server failed before the metadata", &ConnectError{closed(1011)}, Lost, 1011, "bye"},
		{"the close frame has no code", closed(1005), Lost, 1005, "bye"},
		{"the connection was cut", io.ErrUnexpectedEOF, Lost, 0, "unexpected EOF"},
		{"nothing listens", &ConnectError{errors.New("refused")}, Lost, 0, "connect: refused"},
		{"no answer in time", &ConnectError{&timeoutError{after: 1}}, Lost, 0, "connect: no answer within 1ns"},
		{"not authorised", handshake(401), Refused, 401, "Unauthorized"},
		{"too many requests", handshake(429), RefusedForNow, 429, "Too Many Requests"},
		{"request timeout", handshake(408), RefusedForNow, 408, "Request Timeout"},
		{"not a WebSocket", handshake(200), RefusedForNow, 200, "OK"},
		{"server error", handshake(503), RefusedForNow, 503, "Service Unavailable"},
		{"no signed URL, finally", finalError(true), Refused, 0, "signed URL: HTTP 404: no such agent"},
		{"no signed URL for now", finalError(false), Lost, 0, "signed URL: HTTP 404: no such agent"},
	} {
		got := EndingOf(row.err)
		if got.Kind != row.kind || got.Code != row.code || got.Reason != row.reason || got.Err != row.err {
			t.Errorf("%s: got %+v (%v), want %v %d %q", row.why, got, got.Kind, row.kind, row.code, row.reason)
		}
	}
}

func TestTheEndOfAConversationIsClassified(t *testing.T) {
	url := serve(t, func(agent *testkit.Conversation) { agent.WaitClose() })
	c := dial(t, url)
	if err := c.Close(t.Context(), "bye"); err != nil {
		t.Fatal(err)
	}
	if got := EndingOf(c.Run(t.Context(), ignore)); got.Kind != Stopped || got.Reason != "bye" {
		t.Errorf("after Close: got %+v, want Stopped", got)
	}
	url = serve(t, func(agent *testkit.Conversation) { agent.Close(1000, "bye") })
	if got := EndingOf(dial(t, url).Run(t.Context(), ignore)); got.Kind != Closed {
		t.Errorf("after the server's close: got %+v, want Closed", got)
	}
	// The fake agent returns at once. That ends the connection without a close frame.
	url = serve(t, func(agent *testkit.Conversation) {})
	if got := EndingOf(dial(t, url).Run(t.Context(), ignore)); got.Kind != Lost {
		t.Errorf("after a cut: got %+v, want Lost", got)
	}
}
