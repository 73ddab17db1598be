package convai

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

func TestDialIntroducesItselfAndReturnsTheMetadata(t *testing.T) {
	url := serve(t, func(p *peer, r *http.Request) {
		if got := r.Header.Get("Origin"); got != "https://kiosk.example" {
			p.fail("the origin is %q", got)
		}
		if got := p.Subprotocol(); got != "convai" {
			p.fail("the subprotocol is %q", got)
		}
		if got := r.URL.RequestURI(); got != "/v1/convai/conversation?agent_id=a&conversation_signature=b%2Bc" {
			p.fail("the URL is %s", got)
		}
		p.expect("enclave_setup_config")
		first := p.expect("conversation_initiation_client_data").Message.(*ConversationInitiationClientData)
		if first.UserID != "anna" || first.Override != nil {
			p.fail("%+v", first)
		}
		p.send(metadataFrame)
		p.expectClose()
	})
	c, err := Dial(t.Context(), Options{
		URL:          url + "/v1/convai/conversation?agent_id=a&conversation_signature=b%2Bc",
		Header:       http.Header{"Origin": {"https://kiosk.example"}},
		Subprotocols: []string{"convai"},
		Initiation:   &ConversationInitiationClientData{UserID: "anna"},
		Enclave:      &EnclaveSetupConfig{},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := ConversationInitiationMetadata{"conv_1", "pcm_16000", "pcm_16000"}
	if got := c.Metadata(); got != want {
		t.Errorf("got %+v", got)
	}
	if err := c.Close(t.Context(), ""); err != nil {
		t.Error(err)
	}
}

func TestAnEmptyInitiationOverridesNothing(t *testing.T) {
	url := serve(t, func(p *peer, _ *http.Request) {
		_, text, _ := p.ReadMessage()
		if got := string(text); got != `{"type":"conversation_initiation_client_data"}` {
			p.fail("got %s", got)
		}
		p.send(metadataFrame)
		p.expectClose()
	})
	dial(t, url).Close(t.Context(), "")
}

// A ping before the metadata has to be answered before it, as the server may
// wait for that.
func TestFramesBeforeTheMetadataReachTheHandlerInOrder(t *testing.T) {
	url := serve(t, func(p *peer, _ *http.Request) {
		p.expect("conversation_initiation_client_data")
		p.send(`{"type":"vad_score","vad_score_event":{"vad_score":0.5}}`)
		p.send(pingFrame(1))
		p.expect("pong")
		p.send(`{"type":"of tomorrow"}`)
		p.send(metadataFrame)
		p.send(`{"type":"interruption","interruption_event":{"event_id":1}}`)
		p.hangUp(1000, "")
	})
	var got []string
	dial(t, url).Run(t.Context(), func(f Frame) { got = append(got, f.Type) })
	want := []string{"vad_score", "ping", "of tomorrow", "conversation_initiation_metadata", "interruption"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestACloseBeforeTheMetadataIsAnErrorWithCodeReasonAndHint(t *testing.T) {
	url := serve(t, func(p *peer, _ *http.Request) {
		p.expect("conversation_initiation_client_data")
		p.hangUp(1008, "Override for field 'voice_id' is not allowed by config")
	})
	_, err := Dial(t.Context(), Options{URL: url})
	var closed *CloseError
	if !errors.As(err, &closed) || closed.Code != 1008 || closed.Clean() || !strings.Contains(closed.Hint, "voice_id") {
		t.Errorf("got %v, %+v", err, closed)
	}
	if got, want := err.Error(), "connect: closed with 1008: Override for field 'voice_id' is not allowed by config"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestDialGivesUpWhenTheMetadataDoesNotCome(t *testing.T) {
	url := serve(t, func(p *peer, _ *http.Request) {
		for { // busy, but never to the point
			if p.WriteMessage(websocket.TextMessage, []byte(pingFrame(1))) != nil {
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
	})
	_, err := Dial(t.Context(), Options{URL: url, ConnectTimeout: 60 * time.Millisecond})
	if !errors.Is(err, context.DeadlineExceeded) || err.Error() != "connect: no answer within 60ms" {
		t.Errorf("got %v", err)
	}
}

func TestDialGivesUpWhenNobodyAnswersTheHandshake(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer server.Close()
	defer close(release)
	_, err := Dial(t.Context(), Options{URL: "ws" + strings.TrimPrefix(server.URL, "http"), ConnectTimeout: 60 * time.Millisecond})
	if !errors.Is(err, context.DeadlineExceeded) || err.Error() != "connect: no answer within 60ms" {
		t.Errorf("got %v", err)
	}
}

func TestDialStopsWhenItsContextDoes(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("changed my mind")
	url := serve(t, func(p *peer, _ *http.Request) {
		p.expect("conversation_initiation_client_data")
		cancel(why)
		p.ReadMessage()
	})
	if _, err := Dial(ctx, Options{URL: url}); !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
}

func TestAFloodBeforeTheMetadataIsRefused(t *testing.T) {
	url := serve(t, func(p *peer, _ *http.Request) {
		for p.WriteMessage(websocket.TextMessage, []byte(`{"type":"flood"}`)) == nil {
		}
	})
	_, err := Dial(t.Context(), Options{URL: url})
	if err == nil || !strings.Contains(err.Error(), "1000 messages and no conversation_initiation_metadata") {
		t.Errorf("got %v", err)
	}
}

func TestARefusedHandshakeCarriesStatusBodyAndHint(t *testing.T) {
	for _, test := range []struct {
		status     int
		body, want string
		hint       string
	}{
		{401, `{"detail":
			"unauthorized"}`, `connect: handshake: HTTP 401: {"detail": "unauthorized"}`, "15 minutes"},
		{403, "", "connect: handshake: HTTP 403", "allowlist"},
		{404, "no such agent", "connect: handshake: HTTP 404: no such agent", "agent id"},
		{503, "busy", "connect: handshake: HTTP 503: busy", "try again"},
		{200, strings.Repeat("é", 500), "connect: handshake: HTTP 200: " + strings.Repeat("é", 100), ""},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(test.status)
			w.Write([]byte(test.body))
		}))
		_, err := Dial(t.Context(), Options{URL: "ws" + strings.TrimPrefix(server.URL, "http")})
		server.Close()
		var refused *HandshakeError
		if !errors.As(err, &refused) || err.Error() != test.want || refused.Status != test.status || !strings.Contains(refused.Hint, test.hint) {
			t.Errorf("%d: got %v, %+v", test.status, err, refused)
		}
	}
}

func TestDialDoesNotShowAURLWithItsSignature(t *testing.T) {
	for _, url := range []string{"wss://a b/?conversation_signature=secret", "https://host/?secret", "wss:///?secret", "", "secret", "ws://127.0.0.1:1/?secret"} {
		_, err := Dial(t.Context(), Options{URL: url})
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: got %v", url, err)
		}
	}
}

func TestAnInitiationThatCannotBeWrittenIsAnError(t *testing.T) {
	url := serve(t, func(p *peer, _ *http.Request) { p.ReadMessage() })
	_, err := Dial(t.Context(), Options{URL: url, Initiation: &ConversationInitiationClientData{
		DynamicVariables: map[string]any{"f": func() {}},
	}})
	if err == nil || !strings.HasPrefix(err.Error(), "connect: conversation_initiation_client_data: ") {
		t.Errorf("got %v", err)
	}
}

func TestAgentURLEscapesTheAgentID(t *testing.T) {
	for _, test := range []struct{ host, id, want string }{
		{"", "agent_1", "wss://api.elevenlabs.io/v1/convai/conversation?agent_id=agent_1"},
		{"api.eu.residency.elevenlabs.io", "a b&c=ü", "wss://api.eu.residency.elevenlabs.io/v1/convai/conversation?agent_id=a+b%26c%3D%C3%BC"},
	} {
		if got := AgentURL(test.host, test.id); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}
