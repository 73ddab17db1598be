package deepgram_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"

	"moonlark/audio"
	"moonlark/engine/speech"
	"moonlark/engine/speech/deepgram"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const key = "s3cret"

// serve starts a fake of the API. It refuses what the real API refuses, and plays converse on each
// WebSocket. It returns the recogniser for a flag.
func serve(t *testing.T, flag string, converse func(c *conversation)) *deepgram.SpeechToText {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		refuse := func(status int, code, text string) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			json.NewEncoder(w).Encode(map[string]string{"err_code": code, "err_msg": text, "request_id": "r"})
		}
		switch {
		case r.Header.Get("Authorization") != "Token "+key:
			refuse(401, "INVALID_AUTH", "Invalid credentials.")
		case r.URL.Path != "/v1/listen" || q.Get("encoding") != "linear16" || q.Get("sample_rate") != "16000":
			refuse(400, "Bad Request", "the request is not valid")
		case q.Has("keyterm") && !strings.HasPrefix(q.Get("model"), "nova-3"):
			refuse(400, "Bad Request", "Keyterms are only supported for Nova-3.")
		default:
			var upgrader websocket.Upgrader
			conn, err := upgrader.Upgrade(w, r, nil)
			if err != nil {
				return
			}
			defer conn.Close()
			converse(&conversation{Conn: conn, query: q})
		}
	}))
	t.Cleanup(server.Close)
	s, err := deepgram.New(flag, func(name string) string {
		return map[string]string{"DEEPGRAM_API_KEY": key, "DEEPGRAM_BASE_URL": server.URL}[name]
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A conversation is the server's end of a WebSocket.
type conversation struct {
	*websocket.Conn
	query map[string][]string
	sound int // bytes of sound so far
}

// hear reads until there is so much sound, or until CloseStream if bytes is 0.
func (c *conversation) hear(bytes int) {
	for bytes == 0 || c.sound < bytes {
		kind, data, err := c.ReadMessage()
		switch {
		case err != nil:
			return
		case kind == websocket.BinaryMessage:
			c.sound += len(data)
		case string(data) == `{"type":"CloseStream"}`:
			return
		}
	}
}

func (c *conversation) send(text string) { c.WriteMessage(websocket.TextMessage, []byte(text)) }

// result sends a piece of the transcript.
func (c *conversation) result(text string, final bool) {
	c.send(fmt.Sprintf(`{"type":"Results","is_final":%v,"channel":{"alternatives":[{"transcript":%q,"confidence":0.9}]}}`, final, text))
}

const metadata = `{"type":"Metadata","request_id":"r","channels":1}`

func second() []float32 { return make([]float32, audio.Rate) }

func TestASentenceIsRecognisedWhileItIsSpoken(t *testing.T) {
	sound := make(chan int, 1)
	heard := make(chan struct{})
	s := serve(t, "deepgram", func(c *conversation) {
		c.hear(10000)
		c.send(`{"type":"SpeechStarted","channel":[0,1],"timestamp":0.1}`)
		c.result("turn on", false)
		c.result("Turn on the", true)
		close(heard)
		c.hear(0)
		sound <- c.sound
		c.result("", true)
		c.result("light.", true)
		c.send(metadata)
		c.hear(0)
	})
	var partials []string
	reads := 0
	text, err := s.Stream(t.Context(), speech.Request{}, func(ctx context.Context) ([]float32, error) {
		switch reads++; reads {
		case 1:
			return second(), nil
		case 2:
			<-heard // the server answers before the end of the sentence
			return second(), nil
		}
		return nil, io.EOF
	}, func(text string) { partials = append(partials, text) })
	if text != "Turn on the light." || err != nil {
		t.Errorf("got %q, %v", text, err)
	}
	if want := []string{"turn on", "Turn on the", "Turn on the", "Turn on the light."}; !slices.Equal(partials, want) {
		t.Errorf("the partial texts are %q", partials)
	}
	if n := <-sound; n < 63800 || n > 64200 {
		t.Errorf("%d bytes of sound, want two seconds", n)
	}
}

func TestTheURLHasTheRequest(t *testing.T) {
	long := strings.Repeat("x", 2000)
	for _, row := range []struct {
		flag string
		r    speech.Request
		want string
	}{
		{"deepgram", speech.Request{}, "[nova-3] [] []"},
		{"deepgram", speech.Request{Language: "pt-br", Vocabulary: []string{"Moonlark", "turn on", long}}, "[nova-3] [pt-BR] [Moonlark turn on]"},
		{"deepgram:nova-2", speech.Request{Vocabulary: []string{"Moonlark"}}, "[nova-2] [] []"},
	} {
		s := serve(t, row.flag, func(c *conversation) {
			if got := fmt.Sprint(c.query["model"], c.query["language"], c.query["keyterm"]); got != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
			c.hear(0)
			c.send(metadata)
		})
		if text, err := s.Transcribe(t.Context(), row.r, second()); text != "" || err != nil {
			t.Errorf("got %q, %v", text, err)
		}
	}
}

func TestErrorsNameTheServerAndNotTheKey(t *testing.T) {
	for want, converse := range map[string]func(*conversation){
		"deepgram: the server has closed the connection: DATA-0000 (key)": func(c *conversation) {
			c.hear(10000)
			c.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(1008, "DATA-0000 s3cret"), time.Now().Add(time.Second))
			c.hear(0)
		},
		"deepgram: the server has closed the connection": func(c *conversation) { c.hear(10000) },
		"deepgram: no more credit":                       func(c *conversation) { c.send(`{"type":"Error","description":"no more credit"}`); c.hear(0) },
		"deepgram: the server has sent \"<html>\"":       func(c *conversation) { c.send("<html>"); c.hear(0) },
		"deepgram: the transcript is too long":           func(c *conversation) { c.result(strings.Repeat("x", 100000), true); c.hear(0) },
		"deepgram: the server has closed":                func(c *conversation) { c.send(strings.Repeat(" ", 2<<20)); c.hear(0) },
		"deepgram: the server has ended":                 func(c *conversation) { c.send(metadata); time.Sleep(100 * time.Millisecond) },
	} {
		// The sentence goes on until the server has failed.
		_, err := serve(t, "deepgram", converse).Stream(t.Context(), speech.Request{}, func(ctx context.Context) ([]float32, error) {
			select {
			case <-ctx.Done():
				return nil, context.Cause(ctx)
			case <-time.After(time.Millisecond):
				return second(), nil
			}
		}, func(string) {})
		if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), key) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestMessagesOfOtherFormsAreIgnored(t *testing.T) {
	s := serve(t, "deepgram", func(c *conversation) {
		for _, text := range []string{`{}`, `{"type":"Results"}`, `{"type":"Results","channel":null}`, `{"type":"Results","channel":[0,1]}`,
			`{"type":"Results","channel":{"alternatives":[]},"is_final":true}`, `{"type":"UtteranceEnd","channel":[0,1]}`, `{"type":"News"}`} {
			c.send(text)
		}
		c.hear(0)
		c.result("thanks", true)
		c.send(metadata)
	})
	if text, err := s.Transcribe(t.Context(), speech.Request{}, second()); text != "thanks" || err != nil {
		t.Errorf("got %q, %v", text, err)
	}
}

func TestAWrongKeyIsAnErrorOfTheServer(t *testing.T) {
	s := serve(t, "deepgram", func(c *conversation) { t.Error("the key was accepted") })
	s.Endpoint.KeyScheme = "Bearer"
	_, err := s.Transcribe(t.Context(), speech.Request{}, second())
	if err == nil || err.Error() != "deepgram: HTTP 401: Invalid credentials. (check DEEPGRAM_API_KEY)" {
		t.Errorf("got %v", err)
	}
	if _, err := deepgram.New("deepgram", func(string) string { return "" }); err == nil || !strings.Contains(err.Error(), "DEEPGRAM_API_KEY") {
		t.Errorf("without a key: got %v", err)
	}
}

func TestTheEndOfTheContextEndsARecognition(t *testing.T) {
	for name, wait := range map[string]int{"while the user speaks": 10000, "after the sentence": 0} {
		cause := errors.New("the user has left")
		ctx, cancel := context.WithCancelCause(t.Context())
		s := serve(t, "deepgram", func(c *conversation) {
			c.hear(wait)
			cancel(cause)
			c.hear(1 << 30) // the server does not answer
		})
		said := false
		_, err := s.Stream(ctx, speech.Request{}, func(ctx context.Context) ([]float32, error) {
			switch {
			case !said:
				said = true
				return second(), nil
			case wait == 0:
				return nil, io.EOF
			}
			<-ctx.Done()
			return nil, context.Cause(ctx)
		}, func(string) {})
		if err != cause {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
