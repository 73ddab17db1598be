package vosk_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"

	"moonlark/audio"
	"moonlark/engine/speech"
	"moonlark/engine/speech/vosk"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A server is a fake of a vosk-server. It follows asr_server.py: it takes 8000 samples per second
// until it is told otherwise, answers each message with exactly one, and compares the text {"eof" :
// 1} as a whole.
type server struct {
	answers []string // the answers to the messages with sound; the last is repeated
	final   string   // the answer to {"eof" : 1}
	asked   func()   // called before each answer; may be nil

	config struct {
		SampleRate int      `json:"sample_rate"`
		Phrases    []string `json:"phrase_list"`
	}
	bytes int // of sound
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var upgrader websocket.Upgrader
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer conn.Close()
	s.config.SampleRate = 8000
	for i := 0; ; {
		kind, data, err := conn.ReadMessage()
		if err != nil {
			return
		}
		if kind == websocket.TextMessage && strings.Contains(string(data), "config") {
			var m struct{ Config any }
			m.Config = &s.config
			if json.Unmarshal(data, &m) != nil {
				return
			}
			continue
		}
		if s.asked != nil {
			s.asked()
		}
		if string(data) == `{"eof" : 1}` {
			conn.WriteMessage(websocket.TextMessage, []byte(s.final))
			return
		}
		s.bytes += len(data) // the real server takes any other text for sound too
		conn.WriteMessage(websocket.TextMessage, []byte(s.answers[min(i, len(s.answers)-1)]))
		i++
	}
}

// start starts the server and returns the recogniser. option is the end of the flag.
func (s *server) start(t *testing.T, option string) vosk.SpeechToText {
	t.Helper()
	web := httptest.NewServer(s)
	t.Cleanup(web.Close)
	stt, err := vosk.New(strings.TrimPrefix(web.URL, "http://") + option)
	if err != nil {
		t.Fatal(err)
	}
	return stt
}

func second() []float32 { return make([]float32, audio.Rate) }

func TestASentenceIsRecognisedWhileItIsSpoken(t *testing.T) {
	s := &server{
		answers: []string{`{"partial" : ""}`, `{"partial" : "turn"}`, `{"text" : "turn on", "result" : [{"word":"turn"}]}`, `{"partial" : "the"}`},
		final:   `{"text" : "the  light"}`,
	}
	var partials []string
	text, err := s.start(t, "").Stream(t.Context(), speech.Request{Vocabulary: []string{"help"}}, speech.Whole(second()), func(text string) {
		partials = append(partials, text)
	})
	if text != "turn on the light" || err != nil {
		t.Errorf("got %q, %v", text, err)
	}
	if want := []string{"turn", "turn on the", "turn on the", "turn on the"}; !slices.Equal(partials, want) {
		t.Errorf("the partial texts are %q, want %q", partials, want)
	}
	if s.config.SampleRate != 16000 || s.config.Phrases != nil || s.bytes < 31900 || s.bytes > 32100 {
		t.Errorf("the server was told %+v, and has got %d bytes", s.config, s.bytes)
	}
}

func TestOnlyTheVocabularyIsRecognised(t *testing.T) {
	for final, want := range map[string]string{"turn on the light": "turn on the light", "[unk] turn on the light": "", "[unk]": "", "": ""} {
		s := &server{answers: []string{`{"partial":""}`}, final: `{"text":"` + final + `"}`}
		text, err := s.start(t, ",phrases").Transcribe(t.Context(), speech.Request{Vocabulary: []string{"Turn on the light"}}, second())
		if text != want || err != nil {
			t.Errorf("%q: got %q, %v", final, text, err)
		}
		if p := s.config.Phrases; !slices.Contains(p, "turn on the light") || !slices.Contains(p, "twenty") || !slices.Contains(p, "[unk]") {
			t.Errorf("the server was told %q", p)
		}
	}
}

func TestErrorsNameTheServer(t *testing.T) {
	for want, s := range map[string]*server{
		"the server has sent \"hello\"":            {answers: []string{"hello"}},
		"the server has sent \"{\\\"text\\\":1}\"": {answers: []string{`{"text":1}`}},
		"the server has sent \"null\"":             {answers: []string{`null`}},
		"too long":                                 {answers: []string{`{"text":"` + strings.Repeat("x", 60000) + `"}`}},
		"read limit exceeded":                      {answers: []string{strings.Repeat(" ", 2<<20)}},
	} {
		_, err := s.start(t, "").Transcribe(t.Context(), speech.Request{}, second())
		if err == nil || !strings.HasPrefix(err.Error(), "vosk at 127.0.0.1:") || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	web := httptest.NewServer(http.NotFoundHandler())
	defer web.Close()
	stt, _ := vosk.New(strings.TrimPrefix(web.URL, "http://"))
	if _, err := stt.Transcribe(t.Context(), speech.Request{}, second()); err == nil || !strings.Contains(err.Error(), "does not speak WebSocket: HTTP 404") {
		t.Errorf("got %v", err)
	}
}

func TestTheEndOfTheContextEndsARecognition(t *testing.T) {
	cause := errors.New("the user has left")
	ctx, cancel := context.WithCancelCause(t.Context())
	gone := make(chan struct{})
	defer close(gone)
	s := &server{answers: []string{`{"partial":""}`}, asked: func() {
		cancel(cause)
		<-gone // the server hangs
	}}
	stt := s.start(t, "")
	if _, err := stt.Transcribe(ctx, speech.Request{}, second()); err != cause {
		t.Errorf("got %v", err)
	}
	// while the user speaks
	ctx, cancel = context.WithCancelCause(t.Context())
	read := func(ctx context.Context) ([]float32, error) {
		cancel(cause)
		return nil, context.Cause(ctx)
	}
	if _, err := (&server{}).start(t, "").Stream(ctx, speech.Request{}, read, func(string) {}); err != cause {
		t.Errorf("got %v", err)
	}
}

func TestAnAddressIsChecked(t *testing.T) {
	for text, want := range map[string]string{"": "there is no host", "a:b": "want a port", "a,words": `unknown option "words"`, "a": "", "a:1,phrases": ""} {
		if _, err := vosk.New(text); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}
