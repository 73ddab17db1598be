package openai_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"moonlark/audio"
	"moonlark/audio/pcm"
	"moonlark/audio/wav"
	"moonlark/engine/apikey"
	"moonlark/engine/provider"
	"moonlark/engine/speech"
	"moonlark/engine/speech/openai"
)

// endpoint returns a server that handles requests with handle.
func endpoint(t *testing.T, handle http.HandlerFunc) provider.Endpoint {
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	return provider.Endpoint{Server: "test", Base: server.URL + "/v1", Key: apikey.New("s3cret"), KeyName: "TEST_KEY"}
}

// silence returns sound of this many tenths of a second.
func silence(tenths int) []float32 { return make([]float32, audio.Rate/10*tenths) }

func TestSpeechBecomesText(t *testing.T) {
	e := endpoint(t, func(w http.ResponseWriter, r *http.Request) {
		file, header, err := r.FormFile("file")
		if err != nil {
			t.Error(err)
			return
		}
		sound, err := wav.NewReader(file)
		if err != nil || !strings.HasSuffix(header.Filename, ".wav") || sound.Rate != 16000 || r.FormValue("model") != "whisper-1" {
			t.Errorf("file %s, model %s, %v", header.Filename, r.FormValue("model"), err)
		}
		if r.URL.Path != "/v1/audio/transcriptions" || r.Header.Get("Authorization") != "Bearer s3cret" {
			t.Errorf("%s with the key %s", r.URL, r.Header.Get("Authorization"))
		}
		fmt.Fprint(w, `{"text":" Turn on\nthe light. "}`)
	})
	text, err := (&openai.SpeechToText{Endpoint: e}).Transcribe(t.Context(), speech.Request{}, silence(20))
	if text != "Turn on the light." || err != nil {
		t.Errorf("got %q, %v", text, err)
	}
}

func TestTheModelIsToldTheLanguageAndTheVocabulary(t *testing.T) {
	const prompt = "turn on the light, Moonlark"
	said := "Turn on the light, Moonlark."
	e := endpoint(t, func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("language") != "pt" || r.FormValue("prompt") != prompt {
			t.Errorf("got %v", r.Form)
		}
		json.NewEncoder(w).Encode(map[string]string{"text": said})
	})
	request := speech.Request{Language: "pt-br", Vocabulary: []string{"turn on the light", "Moonlark", strings.Repeat("x", 1000), "later"}}
	for _, want := range []string{"", "turn on the light"} { // a model that repeats its prompt has heard nothing
		text, err := (&openai.SpeechToText{Endpoint: e}).Transcribe(t.Context(), request, silence(20))
		if text != want || err != nil {
			t.Errorf("got %q, %v, want %q", text, err, want)
		}
		said = "turn on the light"
	}
}

func TestTheVoiceOfTheConversationIsUsed(t *testing.T) {
	for _, row := range []struct {
		choice string
		voice  speech.Voice
		want   string
	}{
		{"", speech.Voice{}, "tts-1 alloy <nil>"},
		{"", speech.Voice{Name: "nova", Model: "tts-2", Speed: 1.5}, "tts-2 nova 1.5"},
		{"echo", speech.Voice{Name: "nova", Speed: 9}, "tts-1 echo 4"},
		{"", speech.Voice{Name: "JBFqnCBsd6RMkjVDRZzb", Model: "eleven_turbo_v2"}, "tts-1 alloy <nil>"},
	} {
		e := endpoint(t, func(w http.ResponseWriter, r *http.Request) {
			var request map[string]any
			json.NewDecoder(r.Body).Decode(&request)
			if got := fmt.Sprint(request["model"], " ", request["voice"], " ", request["speed"]); got != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
			w.Write(streamed(10))
		})
		e.Choice = row.choice
		if err := (&openai.TextToSpeech{Endpoint: e}).Speak(t.Context(), speech.Utterance{Text: "x", Voice: row.voice}, func([]float32) error { return nil }); err != nil {
			t.Error(err)
		}
	}
}

// play speaks a text and returns the number of samples that were played.
func play(t *testing.T, e provider.Endpoint) (samples int, err error) {
	err = (&openai.TextToSpeech{Endpoint: e}).Speak(t.Context(), speech.Utterance{Text: "Hello."}, func(sound []float32) error {
		samples += len(sound)
		return nil
	})
	return samples, err
}

// streamed returns a WAV file of this many samples that does not say how long it is.
func streamed(samples int) []byte {
	file := wav.Encode(make([]float32, samples), 24000)
	copy(file[4:8], "\xff\xff\xff\xff")
	copy(file[40:44], "\xff\xff\xff\xff")
	return file
}

func TestTextBecomesSpeech(t *testing.T) {
	second := pcm.Format{Encoding: pcm.S16, Rate: 24000}.Append(nil, make([]float32, 24000))
	file := wav.Encode(make([]float32, 24000), 24000)
	for name, body := range map[string][]byte{"a file": file, "a stream of unknown length": streamed(24000), "no header": second} {
		e := endpoint(t, func(w http.ResponseWriter, r *http.Request) {
			var request map[string]any
			if err := json.NewDecoder(r.Body).Decode(&request); err != nil || request["input"] != "Hello." || request["voice"] != "nova" || request["response_format"] != "wav" {
				t.Errorf("request %v, %v", request, err)
			}
			w.Header().Set("Content-Type", "audio/wav")
			w.Write(body)
		})
		e.Choice = "nova"
		if samples, err := play(t, e); err != nil || samples < audio.Rate*98/100 || samples > audio.Rate*102/100 {
			t.Errorf("%s: %d samples were played, want a second; %v", name, samples, err)
		}
	}
}

func TestErrorsNameTheServerAndNotTheKey(t *testing.T) {
	for want, handle := range map[string]http.HandlerFunc{
		"test: HTTP 401: wrong key (key) (check TEST_KEY)": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(401)
			io.WriteString(w, `{"error":{"message":"wrong key s3cret"}}`)
		},
		"test: HTTP 404: Not Found": func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(404) },
		"test: the server has sent": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, "<html>Login</html>")
		},
	} {
		e := endpoint(t, handle)
		_, err := (&openai.SpeechToText{Endpoint: e}).Transcribe(t.Context(), speech.Request{}, silence(20))
		_, spoken := play(t, e)
		for _, err := range []error{err, spoken} {
			if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("got %v, want %s", err, want)
			}
		}
	}
}

func TestTheEndOfTheContextEndsSpeech(t *testing.T) {
	cause := errors.New("interrupted")
	ctx, cancel := context.WithCancelCause(t.Context())
	e := endpoint(t, func(w http.ResponseWriter, r *http.Request) {
		w.Write(streamed(2400))
		w.(http.Flusher).Flush()
		cancel(cause)
		<-r.Context().Done()
	})
	if err := (&openai.TextToSpeech{Endpoint: e}).Speak(ctx, speech.Utterance{Text: "Hello."}, func([]float32) error { return nil }); err != cause && !errors.Is(err, cause) {
		t.Errorf("got %v, want the cause of the context", err)
	}
	stop := errors.New("enough")
	e = endpoint(t, func(w http.ResponseWriter, r *http.Request) { w.Write(wav.Encode(make([]float32, 2400), 24000)) })
	if err := (&openai.TextToSpeech{Endpoint: e}).Speak(t.Context(), speech.Utterance{Text: "Hello."}, func([]float32) error { return stop }); err != stop {
		t.Errorf("got %v, want the error of play", err)
	}
}
