//go:build !windows

package localagent

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"moonlark/audio"
	"moonlark/audio/pcm"
	"moonlark/engine/convai"
	"moonlark/engine/localagent/speechcmd"
)

// espeak is espeak-ng, or the end of the test.
func espeak(t testing.TB) *speechcmd.Speaker {
	t.Helper()
	s, err := speechcmd.NewSpeaker("auto")
	if err != nil || s == nil {
		t.Skipf("no espeak-ng here: %v", err)
	}
	return s
}

// recording is text as espeak-ng says it.
func recording(t testing.TB, text string) []float32 {
	t.Helper()
	var all []float32
	if err := espeak(t).Speak(t.Context(), text, func(sound []float32) error {
		all = append(all, sound...)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

// The whole way, with commands at both ends. The recogniser is none: it prints
// the same sentence whatever it gets, as long as that is a WAV.
func TestSpeechLeadsToAToolAndBackToSpeech(t *testing.T) {
	speaker := espeak(t)
	question, answer := recording(t, "Turn on the hall light."), recording(t, "The hall light is on now.")
	for _, format := range pcm.Formats() {
		t.Run(format.String(), func(t *testing.T) {
			t.Parallel()
			heard := filepath.Join(t.TempDir(), "heard.wav")
			recogniser := speechcmd.Recogniser("cat >" + heard + " && head -c 4 " + heard + " | grep -q RIFF && echo turn on the hall light")
			c := converse(t, listen(t, Options{
				Tools: house, TTS: speaker.Speak, STT: recogniser.Transcribe, AgentFormat: format, UserFormat: format,
			}))
			c.speak(format, silence(500*time.Millisecond), question, silence(time.Second))
			if got := await[*convai.UserTranscript](c); got.Text != "turn on the hall light" {
				t.Errorf("got %+v", got)
			}
			call := await[*convai.ClientToolCall](c)
			c.result(call, "The hall light is on now.")
			r := c.listen()
			sound := pcm.NewDecoder(format).Append(nil, r.wire)
			if got, want := format.Duration(len(r.wire)), audio.Duration(len(answer)); (got-want).Abs() > 5*time.Millisecond || r.chars != r.text {
				t.Errorf("%q took %v, want %v", r.chars, got, want)
			}
			if got, want := levelOf(sound), levelOf(answer); got < want-3 || got > want+1 { // 8000 samples hold less of it
				t.Errorf("got %.1f dBFS, want %.1f", got, want)
			}
			info, err := os.Stat(heard)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := defaultFormat.Duration(int(info.Size())-44), audio.Duration(len(question)); got < want || got > want+1500*time.Millisecond {
				t.Errorf("%v were recognised of %v", got, want)
			}
		})
	}
}

// A person speaks at the speed a person speaks.
func TestSpeechInRealTimeInterruptsAtOnce(t *testing.T) {
	speaker := espeak(t)
	question := recording(t, "Never mind.")
	c := converse(t, listen(t, Options{
		Tools: house, TTS: speaker.Speak, STT: speechcmd.Recogniser("cat >/dev/null; echo never mind").Transcribe,
	}))
	c.say("help") // takes half a minute to say
	await[*convai.Audio](c)
	pause := 500 * time.Millisecond
	frames := chunks(defaultFormat, silence(pause), question, silence(time.Second))
	began := time.Now()
	var microphone sync.WaitGroup
	defer microphone.Wait()
	microphone.Go(func() {
		for _, frame := range frames {
			if c.ws.WriteMessage(websocket.TextMessage, []byte(frame)) != nil {
				return // the test has failed already
			}
			time.Sleep(20 * time.Millisecond)
		}
	})
	await[*convai.Interruption](c)
	if took := time.Since(began); took < pause || took > pause+2*time.Second {
		t.Errorf("interrupted after %v, want soon after %v", took, pause)
	}
	if got := await[*convai.UserTranscript](c); got.Text != "never mind" {
		t.Errorf("got %+v", got)
	}
	if got := c.answer(); got != "All right." {
		t.Errorf("got %q", got)
	}
}

func TestCommandThatFailsLeavesText(t *testing.T) {
	c := converse(t, listen(t, Options{TTS: speechcmd.Speaker("echo no such voice >&2; exit 1").Speak}))
	c.say("thanks")
	if r := c.listen(); r.text != "You are welcome." || r.events > 0 {
		t.Errorf("got %+v", r)
	}
}
