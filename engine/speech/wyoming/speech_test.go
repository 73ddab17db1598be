package wyoming_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	"moonlark/audio"
	"moonlark/audio/pcm"
	"moonlark/engine/speech"
	"moonlark/engine/speech/wyoming"
	"moonlark/engine/speech/wyoming/wyomingtest"
)

// tone returns a second of a tone, mono at audio.Rate.
func tone() []float32 {
	sound := make([]float32, audio.Rate)
	for i := range sound {
		sound[i] = float32(0.5 * math.Sin(2*math.Pi*440*float64(i)/audio.Rate))
	}
	return sound
}

// transcribe recognises a second of sound while play plays the server.
func transcribe(t *testing.T, ctx context.Context, play func(*wyomingtest.Server)) (string, error) {
	t.Helper()
	server := wyomingtest.Start(t, "")
	s, err := wyoming.NewSpeechToText(server.Address)
	if err != nil {
		t.Fatal(err)
	}
	go play(server)
	return s.Transcribe(ctx, speech.Request{}, tone())
}

func TestASentenceIsRecognised(t *testing.T) {
	text, err := transcribe(t, t.Context(), func(s *wyomingtest.Server) {
		s.AwaitEvent("audio-stop")
		s.Send(`{"type":"transcript-start"}` + "\n" + `{"type":"transcript-chunk","data":{"text":" Hello"}}` + "\n")
		s.Send(`{"type":"transcript","data_length":31}` + "\n" + `{"text":"  Hello\n there.  "}   `)
		if got := s.AwaitEvent("audio-start"); got != `{"channels":1,"rate":16000,"timestamp":0,"width":2}` {
			t.Errorf("audio-start has %s", got)
		}
		if n := len(s.AwaitSound(1)); n < 31900 || n > 32100 {
			t.Errorf("%d bytes of sound, want a second", n)
		}
	})
	if text != "Hello there." || err != nil {
		t.Errorf("got %q, %v", text, err)
	}
}

func TestTheServerGetsSoundWhileTheUserSpeaks(t *testing.T) {
	server := wyomingtest.Start(t, "")
	s, err := wyoming.NewSpeechToText(server.Address)
	if err != nil {
		t.Fatal(err)
	}
	reads := 0
	text, err := s.Stream(t.Context(), speech.Request{Language: "pt-br"}, func(context.Context) ([]float32, error) {
		switch reads++; reads {
		case 1:
			return tone(), nil
		case 2:
			server.AwaitSound(16000) // while the sentence has not ended
			if got := server.AwaitEvent("transcribe"); got != `{"language":"pt"}` {
				t.Errorf("transcribe has %s", got)
			}
			go server.Send(`{"type":"transcript","data":{"text":"thanks"}}` + "\n")
			return tone(), nil
		}
		return nil, io.EOF
	}, func(string) {})
	if text != "thanks" || err != nil {
		t.Errorf("got %q, %v", text, err)
	}
}

func TestNothingMayBeSaid(t *testing.T) {
	text, err := transcribe(t, t.Context(), func(s *wyomingtest.Server) {
		s.AwaitEvent("audio-stop")
		s.Send(`{"type":"transcript","data":{"text":""}}` + "\n")
	})
	if text != "" || err != nil {
		t.Errorf("got %q, %v", text, err)
	}
}

func TestErrorsOfARecogniserNameTheServer(t *testing.T) {
	for name, event := range map[string]string{
		"the server reports: model not loaded":    `{"type":"error","data":{"text":"model not loaded","code":"x"}}` + "\n",
		"the server does not speak Wyoming":       "HTTP/1.1 400 Bad Request\r\n",
		"the transcript: json: cannot unmarshal ": `{"type":"transcript","data":{"text":1}}` + "\n",
	} {
		_, err := transcribe(t, t.Context(), func(s *wyomingtest.Server) {
			s.AwaitEvent("transcribe")
			s.Send(event)
		})
		if err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "wyoming at 127.0.0.1:") {
			t.Errorf("got %v, want %s", err, name)
		}
	}
	cause := errors.New("the user has left")
	ctx, cancel := context.WithCancelCause(t.Context())
	if _, err := transcribe(t, ctx, func(s *wyomingtest.Server) {
		s.AwaitEvent("audio-stop")
		cancel(cause)
	}); err != cause {
		t.Errorf("got %v, want the cause of the context", err)
	}
}

// speak speaks a text while play plays the server. It returns the number of samples that were
// played.
func speak(t *testing.T, voice string, play func(*wyomingtest.Server)) (samples int, err error) {
	t.Helper()
	server := wyomingtest.Start(t, "")
	s, err := wyoming.NewTextToSpeech(server.Address + voice)
	if err != nil {
		t.Fatal(err)
	}
	go play(server)
	err = s.Speak(t.Context(), speech.Utterance{Text: "Hello."}, func(sound []float32) error {
		samples += len(sound)
		return nil
	})
	return samples, err
}

func TestATextIsSpoken(t *testing.T) {
	wire := string(pcm.Format{Encoding: pcm.S16, Rate: 22050}.Append(nil, make([]float32, 11025)))
	samples, err := speak(t, ",en_US-amy", func(s *wyomingtest.Server) {
		if got := s.AwaitEvent("synthesize"); got != `{"text":"Hello.","voice":{"name":"en_US-amy"}}` {
			t.Errorf("synthesize has %s", got)
		}
		s.Send(`{"type":"audio-start","data":{"rate":22050,"width":2,"channels":1}}` + "\n")
		for range 2 {
			s.Send(fmt.Sprintf(`{"type":"audio-chunk","data":{"rate":22050,"width":2,"channels":1},"payload_length":%d}`+"\n%s", len(wire), wire))
		}
		s.Send(`{"type":"audio-stop"}` + "\n")
	})
	if err != nil || samples < audio.Rate-audio.Rate/50 || samples > audio.Rate+audio.Rate/50 {
		t.Errorf("%d samples were played, want a second; %v", samples, err)
	}
}

func TestTheVoiceOfTheConversationIsUsed(t *testing.T) {
	for _, row := range []struct {
		voice string
		u     speech.Utterance
		want  string
	}{
		{"", speech.Utterance{Voice: speech.Voice{Name: "amy", Language: "en"}}, `{"text":"","voice":{"name":"amy"}}`},
		{",joe", speech.Utterance{Voice: speech.Voice{Name: "amy"}}, `{"text":"","voice":{"name":"joe"}}`},
		{"", speech.Utterance{Voice: speech.Voice{Name: "JBFqnCBsd6RMkjVDRZzb", Language: "de"}}, `{"text":"","voice":{"language":"de"}}`},
		{"", speech.Utterance{}, `{"text":""}`},
	} {
		server := wyomingtest.Start(t, "")
		s, err := wyoming.NewTextToSpeech(server.Address + row.voice)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			if got := server.AwaitEvent("synthesize"); got != row.want {
				t.Errorf("synthesize has %s, want %s", got, row.want)
			}
			server.Send(`{"type":"audio-start","data":{"rate":22050,"width":2,"channels":1}}` + "\n" + `{"type":"audio-stop"}` + "\n")
		}()
		if err := s.Speak(t.Context(), row.u, func([]float32) error { return nil }); err != nil {
			t.Error(err)
		}
	}
}

func TestErrorsOfAVoiceNameTheServer(t *testing.T) {
	for want, event := range map[string]string{
		"the server reports: no such voice":      `{"type":"error","data":{"text":"no such voice"}}` + "\n",
		"the server sends sound with 2 channels": `{"type":"audio-start","data":{"rate":22050,"width":2,"channels":2}}` + "\n",
		"the server has sent no sound":           `{"type":"audio-stop"}` + "\n",
		"0 samples per second":                   `{"type":"audio-start"}` + "\n",
	} {
		_, err := speak(t, "", func(s *wyomingtest.Server) {
			s.AwaitEvent("synthesize")
			s.Send(event)
		})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "wyoming at 127.0.0.1:") {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
