package elevenlabs_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"moonlark/audio"
	"moonlark/engine/speech"
	"moonlark/engine/speech/elevenlabs"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const key = "s3cret"

// serve starts a fake of the API. It refuses what the real API refuses, and calls answer for the
// rest. It returns the text to speech for a flag.
func serve(t *testing.T, flag string, answer func(w http.ResponseWriter, r *http.Request, body map[string]any)) speech.TextToSpeech {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		refuse := func(status int, code, text string) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			json.NewEncoder(w).Encode(map[string]any{"detail": map[string]string{"status": code, "message": text}})
		}
		var body map[string]any
		err := json.NewDecoder(r.Body).Decode(&body)
		path, isStream := strings.CutSuffix(r.URL.Path, "/stream")
		voice, isSpeech := strings.CutPrefix(path, "/v1/text-to-speech/")
		settings, _ := body["voice_settings"].(map[string]any)
		speed, hasSpeed := settings["speed"].(float64)
		model, _ := body["model_id"].(string)
		_, hasLanguage := body["language_code"]
		switch {
		case r.Header.Get("Xi-Api-Key") != key:
			refuse(401, "invalid_api_key", "Invalid API key")
		case r.Method != http.MethodPost || !isStream || !isSpeech:
			refuse(404, "not_found", "Not Found")
		case r.URL.Query().Get("output_format") != "pcm_16000" || err != nil || body["text"] == "":
			refuse(422, "invalid", "the request is not valid")
		case len(voice) != 20:
			refuse(404, "voice_not_found", "A voice with the voice_id "+voice+" was not found.")
		case hasSpeed && (speed < 0.7 || speed > 1.2):
			refuse(400, "invalid_speed", "speed must be between 0.7 and 1.2")
		case hasLanguage && !strings.HasSuffix(model, "_v2_5"):
			refuse(400, "unsupported_language", "Model does not support language_code")
		default:
			body["voice"] = voice
			answer(w, r, body)
		}
	}))
	t.Cleanup(server.Close)
	s, err := elevenlabs.New(flag, func(name string) string {
		return map[string]string{"ELEVENLABS_API_KEY": key, "ELEVENLABS_BASE_URL": server.URL}[name]
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// speak speaks a text and returns the number of samples that were played.
func speak(t *testing.T, s speech.TextToSpeech, voice speech.Voice) (samples int, err error) {
	t.Helper()
	err = s.Speak(t.Context(), speech.Utterance{Text: "Hello.", Voice: voice}, func(sound []float32) error {
		samples += len(sound)
		return nil
	})
	return samples, err
}

func second(w http.ResponseWriter, _ *http.Request, _ map[string]any) {
	w.Header().Set("Content-Type", "audio/pcm")
	wire := make([]byte, 32000)
	w.Write(wire[:10001]) // a sample in two pieces
	w.(http.Flusher).Flush()
	w.Write(wire[10001:])
}

func TestATextIsSpoken(t *testing.T) {
	if samples, err := speak(t, serve(t, "elevenlabs", second), speech.Voice{}); err != nil || samples < audio.Rate*99/100 || samples > audio.Rate*101/100 {
		t.Errorf("%d samples were played, want a second; %v", samples, err)
	}
}

func TestTheRequestHasTheSettingsOfTheConversation(t *testing.T) {
	zero, half := 0.0, 0.5
	for _, row := range []struct {
		flag  string
		voice speech.Voice
		want  string
	}{
		{"elevenlabs", speech.Voice{}, `{"model_id":"eleven_flash_v2_5","text":"Hello.","voice":"JBFqnCBsd6RMkjVDRZzb"}`},
		{"elevenlabs", speech.Voice{Name: "aaaaaaaaaaaaaaaaaaaa", Language: "pt-br", Speed: 5, Stability: &zero, Similarity: &half},
			`{"language_code":"pt","model_id":"eleven_flash_v2_5","text":"Hello.","voice":"aaaaaaaaaaaaaaaaaaaa","voice_settings":{"similarity_boost":0.5,"speed":1.2,"stability":0}}`},
		{"elevenlabs:bbbbbbbbbbbbbbbbbbbb", speech.Voice{Name: "aaaaaaaaaaaaaaaaaaaa", Model: "eleven_v3", Language: "de", Speed: 0.1},
			`{"model_id":"eleven_v3","text":"Hello.","voice":"bbbbbbbbbbbbbbbbbbbb","voice_settings":{"speed":0.7}}`},
	} {
		var got []byte
		s := serve(t, row.flag, func(w http.ResponseWriter, _ *http.Request, body map[string]any) { got, _ = json.Marshal(body) })
		if _, err := speak(t, s, row.voice); err != nil || string(got) != row.want {
			t.Errorf("got  %s, %v\nwant %s", got, err, row.want)
		}
	}
}

func TestErrorsHaveTheTextOfTheAPI(t *testing.T) {
	for want, answer := range map[string]func(http.ResponseWriter, *http.Request, map[string]any){
		"elevenlabs: HTTP 401: quota of (key) exceeded (check ELEVENLABS_API_KEY)": func(w http.ResponseWriter, _ *http.Request, _ map[string]any) {
			w.WriteHeader(401)
			io.WriteString(w, `{"detail":{"status":"quota_exceeded","message":"quota of s3cret exceeded"}}`)
		},
		"elevenlabs: the server has sent text/html and no sound": func(w http.ResponseWriter, _ *http.Request, _ map[string]any) {
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, "<html>Log in</html>")
		},
		"elevenlabs: HTTP 302": func(w http.ResponseWriter, r *http.Request, _ map[string]any) {
			http.Redirect(w, r, "http://192.0.2.1/", http.StatusFound)
		},
		"elevenlabs: unexpected EOF": func(w http.ResponseWriter, _ *http.Request, _ map[string]any) {
			w.Header().Set("Content-Length", "100000")
			w.Write(make([]byte, 3200))
		},
	} {
		if _, err := speak(t, serve(t, "elevenlabs", answer), speech.Voice{}); err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), key) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if _, err := speak(t, serve(t, "elevenlabs:Rachel", second), speech.Voice{}); err == nil || err.Error() != "elevenlabs: HTTP 404: A voice with the voice_id Rachel was not found." {
		t.Errorf("got %v", err)
	}
	if _, err := speak(t, serve(t, "elevenlabs:a/../b?c", second), speech.Voice{}); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("got %v", err)
	}
}

func TestAKeyIsNeeded(t *testing.T) {
	for want, base := range map[string]string{
		"elevenlabs needs a key: set the environment variable ELEVENLABS_API_KEY": "",
		"is not a URL": "ftp://x",
	} {
		_, err := elevenlabs.New("elevenlabs", func(name string) string {
			return map[string]string{"ELEVENLABS_BASE_URL": base}[name]
		})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestTheEndOfTheContextEndsSpeech(t *testing.T) {
	cause := errors.New("interrupted")
	ctx, cancel := context.WithCancelCause(t.Context())
	s := serve(t, "elevenlabs", func(w http.ResponseWriter, r *http.Request, _ map[string]any) {
		w.Write(make([]byte, 3200))
		w.(http.Flusher).Flush()
		cancel(cause)
		<-r.Context().Done()
	})
	began := time.Now()
	if err := s.Speak(ctx, speech.Utterance{Text: "Hello."}, func([]float32) error { return nil }); err != cause {
		t.Errorf("got %v, want the cause of the context, after %v", err, time.Since(began))
	}
	stop := errors.New("enough")
	if err := serve(t, "elevenlabs", second).Speak(t.Context(), speech.Utterance{Text: "Hello."}, func([]float32) error { return stop }); err != stop {
		t.Errorf("got %v, want the error of play", err)
	}
}
