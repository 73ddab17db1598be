package wire

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"moonlark/engine/apikey"
	"moonlark/engine/llm"
	"moonlark/engine/provider"
)

// connectTo connects to a service whose conversations are served by handle.
func connectTo(t *testing.T, handle func(*websocket.Conn)) *Conn {
	t.Helper()
	var upgrader websocket.Upgrader
	served := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(served)
		ws, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer ws.Close()
		handle(ws)
	}))
	address := strings.Replace(server.URL, "http", "ws", 1)
	c, err := dial(t.Context(), &provider.Endpoint{Base: address, Near: true}, "test", address, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Close()
		<-served
		server.Close()
	})
	return c
}

// A service that does not read must cost no more than maxQueued of memory, and no sound may end the
// conversation.
func TestSoundForAServiceThatDoesNotReadIsDropped(t *testing.T) {
	done := make(chan struct{})
	c := connectTo(t, func(*websocket.Conn) { <-done })
	defer close(done)
	sound := make([]byte, 64<<10)
	for range 1000 {
		c.SendSound(sound)
	}
	c.mu.Lock()
	size, err := c.size, c.err
	c.mu.Unlock()
	if err != nil || size > 2*maxQueued {
		t.Fatalf("%d bytes are queued, %v", size, err)
	}
	for range 1000 { // enough for the buffers of the network
		c.Send(sound)
	}
	if _, err := c.Read(); err == nil || err.Error() != "the service does not read" {
		t.Errorf("Read returns %v", err)
	}
}

func TestMessagesKeepTheirOrder(t *testing.T) {
	got := make(chan string, 10)
	c := connectTo(t, func(ws *websocket.Conn) {
		for {
			_, data, err := ws.ReadMessage()
			if err != nil {
				close(got)
				return
			}
			got <- string(data)
		}
	})
	c.Send([]byte("1"))
	c.SendSound([]byte("2"))
	c.Send([]byte("3"))
	for _, want := range []string{"1", "2", "3"} {
		if message := <-got; message != want {
			t.Errorf("got %s, want %s", message, want)
		}
	}
	c.Close()
	if message, open := <-got; open {
		t.Errorf("got %s after the end", message)
	}
	c.Send([]byte("4")) // after Close it does nothing
}

func TestOnlyASettingMendsAFinalError(t *testing.T) {
	key := apikey.New("s3cret")
	e := &provider.Endpoint{Base: "wss://service.example", Key: key, KeyName: "SERVICE_KEY"}
	for name, row := range map[string]struct {
		err   error
		final bool
		want  string // part of the error for people
	}{
		"a wrong key":       {refusal(e, "s m", &http.Response{StatusCode: 401}, []byte(`{"error":{"message":"bad key s3cret"}}`)), true, "check the key in SERVICE_KEY"},
		"no such model":     {refusal(e, "s m", &http.Response{StatusCode: 404}, nil), true, "check the model and the URL"},
		"too many requests": {refusal(e, "s m", &http.Response{StatusCode: 429}, nil), false, "429"},
		"a broken server":   {refusal(e, "s m", &http.Response{StatusCode: 502}, []byte("<html>")), false, "502"},
		"a lost connection": {failure(e, "s m", io.ErrUnexpectedEOF), false, "the connection is lost"},
		"a policy":          {failure(e, "s m", &websocket.CloseError{Code: 1008, Text: "no"}), true, "the service has closed the connection: no"},
		"an end of the API": {failure(e, "s m", &websocket.CloseError{Code: 4000, Text: "beta_api_shape_disabled"}), true, "beta_api_shape_disabled"},
		"an overloaded one": {failure(e, "s m", &websocket.CloseError{Code: 1011, Text: ""}), false, "the service has closed the connection"},
		"a setting":         {failure(e, "s m", &llm.Error{Model: "s m", Text: "unknown field", Err: ErrFinal}), true, "unknown field"},
		"no way":            {failure(e, "s m", errors.New("dial: no route to host")), false, "no route to host"},
	} {
		if got := IsFinal(row.err); got != row.final {
			t.Errorf("%s: final is %v", name, got)
		}
		if text := row.err.Error(); !strings.Contains(text, row.want) || strings.Contains(text, "s3cret") {
			t.Errorf("%s: %s", name, text)
		}
	}
	if IsFinal(nil) {
		t.Error("no error is final")
	}
}

func TestALoopDoesNotRepeatWhatCannotSucceed(t *testing.T) {
	tries := 0
	failed := make(chan error, 1)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	(&Loop{
		Connect: func(context.Context) (*Conn, error) {
			tries++
			return nil, &llm.Error{Model: "s m", Text: "too early", Err: ErrFinal}
		},
		Tick: func(time.Time) {}, Failed: func(err error) { failed <- err }, End: func() bool { return false },
		Explain: func(err error) *llm.Error { return failure(&provider.Endpoint{}, "s m", err) },
	}).Run(ctx)
	if err := <-failed; tries != 1 || !strings.Contains(err.Error(), "too early") {
		t.Errorf("%d tries, %v", tries, err)
	}
}
