package convai

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"moonlark/engine/network"
	"moonlark/engine/testkit"
)

func TestDialSendsTheFirstMessagesAndReturnsTheMetadata(t *testing.T) {
	url := testkit.Serve(t, func(agent *testkit.Conversation) {
		if got := agent.Request.Header.Get("Origin"); got != "https://kiosk.example" {
			agent.Fail("the origin is %q", got)
		}
		if got := agent.Request.URL.RequestURI(); got != "/v1/convai/conversation?agent_id=a&conversation_signature=b%2Bc" {
			agent.Fail("the URL is %s", got)
		}
		agent.Expect("enclave_setup_config")
		first := receive[*ConversationInitiationClientData](agent)
		if first.UserID != "anna" || first.Override != nil {
			agent.Fail("%+v", first)
		}
		agent.Send(testkit.Metadata("conv_1", "pcm_16000"))
		agent.WaitClose()
	}).URL
	c, err := Dial(t.Context(), Options{
		URL:        url + "/v1/convai/conversation?agent_id=a&conversation_signature=b%2Bc",
		Header:     http.Header{"Origin": {"https://kiosk.example"}},
		Initiation: &ConversationInitiationClientData{UserID: "anna"},
		Enclave:    &EnclaveSetupConfig{},
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
	url := testkit.Serve(t, func(agent *testkit.Conversation) {
		first, _ := agent.Next()
		if got := string(first.Text); got != `{"type":"conversation_initiation_client_data"}` {
			agent.Fail("got %s", got)
		}
		agent.Send(testkit.Metadata("conv_1", "pcm_16000"))
		agent.WaitClose()
	}).URL
	dial(t, url).Close(t.Context(), "")
}

// The server waits for the pong before it sends the metadata. So Dial must reply to a ping that
// comes before the metadata.
func TestFramesBeforeTheMetadataReachTheHandlerInOrder(t *testing.T) {
	url := testkit.Serve(t, func(agent *testkit.Conversation) {
		agent.Expect("conversation_initiation_client_data")
		agent.Send(`{"type":"vad_score","vad_score_event":{"vad_score":0.5}}`)
		agent.Send(testkit.Ping(1))
		agent.Expect("pong")
		agent.Send(`{"type":"of tomorrow"}`)
		agent.Send(testkit.Metadata("conv_1", "pcm_16000"))
		agent.Send(`{"type":"interruption","interruption_event":{"event_id":1}}`)
		agent.Close(1000, "")
	}).URL
	var got []string
	dial(t, url).Run(t.Context(), func(f Frame) { got = append(got, f.Type) })
	want := []string{"vad_score", "ping", "of tomorrow", "conversation_initiation_metadata", "interruption"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestACloseBeforeTheMetadataIsAnErrorWithCodeReasonAndHint(t *testing.T) {
	url := testkit.Serve(t, func(agent *testkit.Conversation) {
		agent.Expect("conversation_initiation_client_data")
		agent.Close(1008, "Override for field 'voice_id' is not allowed by config")
	}).URL
	_, err := Dial(t.Context(), Options{URL: url})
	var closed *CloseError
	if !errors.As(err, &closed) || closed.Code != 1008 || closed.Clean() || !strings.Contains(closed.Hint, "voice_id") {
		t.Errorf("got %v, %+v", err, closed)
	}
	if got, want := err.Error(), "connect: closed with 1008: Override for field 'voice_id' is not allowed by config"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestDialTimesOutWithoutMetadata(t *testing.T) {
	url := testkit.Serve(t, func(agent *testkit.Conversation) {
		for { // the server keeps the connection alive, but sends no metadata
			if agent.Send(testkit.Ping(1)) != nil {
				return
			}
			time.Sleep(5 * time.Millisecond) // so that there are fewer pings than maxEarlyFrames
		}
	}).URL
	_, err := Dial(t.Context(), Options{URL: url, ConnectTimeout: 60 * time.Millisecond})
	if !errors.Is(err, context.DeadlineExceeded) || err.Error() != "connect: no conversation_initiation_metadata within 60ms: the server opened a WebSocket, but began no conversation" {
		t.Errorf("got %v", err)
	}
}

func TestDialTimesOutWithoutAnAnswerToTheHandshake(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer server.Close()
	defer close(release)
	_, err := Dial(t.Context(), Options{URL: "ws" + strings.TrimPrefix(server.URL, "http"), ConnectTimeout: 60 * time.Millisecond})
	if !errors.Is(err, context.DeadlineExceeded) || err.Error() != "connect: no answer within 60ms" {
		t.Errorf("got %v", err)
	}
}

func TestDialEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("changed my mind")
	url := testkit.Serve(t, func(agent *testkit.Conversation) {
		agent.Expect("conversation_initiation_client_data")
		cancel(cause)
		agent.Wait()
	}).URL
	if _, err := Dial(ctx, Options{URL: url}); !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
}

func TestTooManyFramesBeforeTheMetadataAreAnError(t *testing.T) {
	url := testkit.Serve(t, func(agent *testkit.Conversation) {
		for agent.Send(`{"type":"flood"}`) == nil {
		}
	}).URL
	_, err := Dial(t.Context(), Options{URL: url})
	if err == nil || !strings.Contains(err.Error(), "1000 messages and no conversation_initiation_metadata") {
		t.Errorf("got %v", err)
	}
}

func TestARefusedHandshakeIsAnErrorWithStatusBodyAndHint(t *testing.T) {
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
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(test.status)
			w.Write([]byte(test.body))
		}))
		_, err := Dial(t.Context(), Options{URL: "ws" + strings.TrimPrefix(server.URL, "http")})
		server.Close()
		var refused *HandshakeError
		if !errors.As(err, &refused) || err.Error() != test.want || refused.Status != test.status || refused.RetryAfter != 7*time.Second || !strings.Contains(refused.Hint, test.hint) {
			t.Errorf("%d: got %v, %+v", test.status, err, refused)
		}
	}
}

// answer starts a server that sends text on each connection, as soon as the client has sent
// something if read is set, and then keeps the connection open. It returns the server's WebSocket
// URL.
func answer(t *testing.T, read bool, text string) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer conn.Close()
				if read {
					conn.Read(make([]byte, 4096))
				}
				io.WriteString(conn, text)
				io.Copy(io.Discard, conn) // returns when the client closes the connection
			})
		}
	})
	t.Cleanup(func() { listener.Close(); serving.Wait() })
	return "ws://" + listener.Addr().String()
}

func TestAnAnswerThatOpensNoWebSocketIsExplained(t *testing.T) {
	for _, test := range []struct{ name, answer, want, hint string }{
		{"a wrong accept key", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n",
			"connect: handshake: HTTP 101: the answer does not fit the WebSocket handshake that was sent", "proxy or cache"},
		{"a redirect", "HTTP/1.1 301 Moved\r\nLocation: https://there.example/v1?secret=1\r\nContent-Length: 0\r\n\r\n",
			"connect: handshake: HTTP 301: the server redirects to wss://there.example/v1", "connect to wss://there.example/v1"},
		{"a redirect to a path", "HTTP/1.1 308 Moved\r\nLocation: /v2\r\nContent-Length: 0\r\n\r\n",
			"connect: handshake: HTTP 308: the server redirects to ws://HOST/v2", "ws://HOST/v2"},
		{"a redirect without a place", "HTTP/1.1 301 Moved\r\nContent-Length: 0\r\n\r\n",
			"connect: handshake: HTTP 301: the server redirects, but does not say where", "check the URL"},
		{"a web page", "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>",
			"connect: handshake: HTTP 200: <html>", "login page"},
	} {
		url := answer(t, true, test.answer)
		_, err := Dial(t.Context(), Options{URL: url, ConnectTimeout: testkit.Timeout})
		var refused *HandshakeError
		host := strings.TrimPrefix(url, "ws://")
		if want := strings.ReplaceAll(test.want, "HOST", host); !errors.As(err, &refused) || err.Error() != want || !strings.Contains(refused.Hint, strings.ReplaceAll(test.hint, "HOST", host)) {
			t.Errorf("%s: got %v, %+v", test.name, err, refused)
		}
	}
}

func TestAServerOfAnotherProtocolIsNamed(t *testing.T) {
	for _, test := range []struct{ sent, hint string }{
		{"SSH-2.0-OpenSSH_9.6\r\n", "another program"},
		{"J\x00\x00\x00\x0a8.0.36", "another program"}, // no end of the line comes
		{"\x15\x03\x01\x00\x02\x02\x46", "wss://"},
	} {
		for _, read := range []bool{false, true} {
			_, err := Dial(t.Context(), Options{URL: answer(t, read, test.sent), ConnectTimeout: testkit.Timeout})
			var notHTTP NotHTTPError
			if !errors.As(err, &notHTTP) || !strings.Contains(err.Error(), "does not speak HTTP") || !strings.Contains(notHTTP.Hint(), test.hint) {
				t.Errorf("%q: got %v", test.sent, err)
			}
		}
	}
	_, err := Dial(t.Context(), Options{URL: answer(t, true, "HTTP/1.1 101 Switching Protocols\r\n"), ConnectTimeout: 60 * time.Millisecond})
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "only a part of an HTTP response") {
		t.Errorf("a part of a response: got %v", err)
	}
}

func TestARefusalOfTheProxyIsFinalAndNamesTheProxy(t *testing.T) {
	proxy := answer(t, true, "HTTP/1.1 407 Who are you?\r\nContent-Length: 0\r\n\r\n")
	_, err := Dial(t.Context(), Options{URL: "wss://agent.example/", ConnectTimeout: testkit.Timeout, Proxy: func(r *http.Request) (*url.URL, error) {
		return url.Parse("http" + strings.TrimPrefix(proxy, "ws"))
	}})
	var refused *network.ProxyError
	if !errors.As(err, &refused) || refused.Status != 407 || !strings.HasPrefix(err.Error(), "connect: the proxy http://127.0.0.1:") || EndingOf(err).Kind != Refused {
		t.Errorf("got %v, %+v", err, EndingOf(err))
	}
}

func TestDialEncryptsTheConnectionAndChecksTheCertificate(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := new(websocket.Upgrader).Upgrade(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		conn.WriteMessage(websocket.TextMessage, []byte(`{"type":"conversation_initiation_metadata","conversation_initiation_metadata_event":{"conversation_id":"c"}}`))
		for err == nil {
			_, _, err = conn.ReadMessage()
		}
	}))
	defer server.Close()
	url := "wss" + strings.TrimPrefix(server.URL, "https")
	c, err := Dial(t.Context(), Options{URL: url, ConnectTimeout: testkit.Timeout})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(t.Context(), ""); err != nil || c.Metadata().ConversationID != "c" {
		t.Errorf("got %+v, %v", c.Metadata(), err)
	}
	// the certificate is for 127.0.0.1 and not for localhost
	_, err = Dial(t.Context(), Options{URL: strings.Replace(url, "127.0.0.1", "localhost", 1), ConnectTimeout: testkit.Timeout})
	var name x509.HostnameError
	if !errors.As(err, &name) || !strings.Contains(network.CertificateHint(err), "another host") {
		t.Errorf("localhost: got %v", err)
	}
	_, err = Dial(t.Context(), Options{URL: "wss" + strings.TrimPrefix(answer(t, true, "HTTP/1.1 400 Bad Request\r\n\r\n"), "ws"), ConnectTimeout: testkit.Timeout})
	if err == nil || !strings.Contains(network.CertificateHint(err), "does not speak TLS") {
		t.Errorf("a server without TLS: got %v", err)
	}
}

func TestErrorsOfDialDoNotContainTheURL(t *testing.T) {
	for _, url := range []string{"wss://a b/?conversation_signature=secret", "https://host/?secret", "wss:///?secret", "", "secret", "wss://:443/?secret", "wss://user:secret@host/", "host:80/?secret", "//host/?secret", "ws://127.0.0.1:1/?secret"} {
		_, err := Dial(t.Context(), Options{URL: url})
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: got %v", url, err)
		}
	}
}

func TestAnInitiationThatCannotBeEncodedIsAnError(t *testing.T) {
	url := testkit.Serve(t, func(agent *testkit.Conversation) { agent.Wait() }).URL
	_, err := Dial(t.Context(), Options{URL: url, Initiation: &ConversationInitiationClientData{
		DynamicVariables: map[string]any{"f": func() {}},
	}})
	if err == nil || !strings.HasPrefix(err.Error(), "connect: conversation_initiation_client_data: ") {
		t.Errorf("got %v", err)
	}
}

func TestAgentURLEscapesTheAgentID(t *testing.T) {
	for _, test := range []struct{ host, id, want string }{
		{"api.elevenlabs.io", "agent_1", "wss://api.elevenlabs.io/v1/convai/conversation?agent_id=agent_1"},
		{"api.eu.residency.elevenlabs.io", "a b&c=ü", "wss://api.eu.residency.elevenlabs.io/v1/convai/conversation?agent_id=a+b%26c%3D%C3%BC"},
	} {
		if got := AgentURL(test.host, test.id); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}
