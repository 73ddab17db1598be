//go:build !windows

package localagent

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"moonlark/audio"
	"moonlark/audio/pcm"
	"moonlark/engine/convai"
	"moonlark/engine/speech"
	speechcommand "moonlark/engine/speech/command"

	"github.com/gorilla/websocket"
)

// espeak returns a TTS that uses the program espeak-ng. It skips the test if espeak-ng is not
// installed. It also skips the test with -short, because the tests start espeak-ng many times and
// one of them takes as long as the speech.
func espeak(t testing.TB) *speechcommand.TextToSpeech {
	t.Helper()
	if testing.Short() {
		t.Skip("starts espeak-ng many times")
	}
	s, err := speechcommand.NewTextToSpeech("auto")
	if err != nil || s == nil {
		t.Skipf("espeak-ng is not installed: %v", err)
	}
	return s
}

// recording returns the sound of espeak-ng speaking the text.
func recording(t testing.TB, text string) []float32 {
	t.Helper()
	var all []float32
	if err := espeak(t).Speak(t.Context(), speech.Utterance{Text: text}, func(sound []float32) error {
		all = append(all, sound...)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

// The test uses espeak-ng for the user's voice and for the agent's voice. The STT is a command that
// prints the same sentence for every WAV file.
func TestSpeechLeadsToAToolAndBackToSpeech(t *testing.T) {
	speaker := espeak(t)
	question, answer := recording(t, "Turn on the hall light."), recording(t, "The hall light is on now.")
	for _, format := range pcm.Formats() {
		t.Run(format.String(), func(t *testing.T) {
			t.Parallel()
			heard := filepath.Join(t.TempDir(), "heard.wav")
			recogniser := speechcommand.SpeechToText("cat >" + heard + " && head -c 4 " + heard + " | grep -q RIFF && echo turn on the hall light")
			c := openSilent(t, listenAgent(t, Options{
				Tools: homeTools, TTS: speaker.Speak, STT: recogniser.Transcribe, AgentFormat: format, UserFormat: format,
			}))
			c.sendSound(format, silence(500*time.Millisecond), question, silence(time.Second))
			if got := await[*convai.UserTranscript](c); got.Text != "turn on the hall light" {
				t.Errorf("got %+v", got)
			}
			call := await[*convai.ClientToolCall](c)
			c.sendResult(call, "The hall light is on now.")
			r := c.awaitSpeech()
			sound := pcm.NewDecoder(format).Append(nil, r.wire)
			if got, want := format.Duration(len(r.wire)), audio.Duration(len(answer)); (got-want).Abs() > 5*time.Millisecond || r.chars != r.text {
				t.Errorf("%q took %v, want %v", r.chars, got, want)
			}
			// formats at 8000 Hz lose some of the level
			if got, want := levelOf(sound), levelOf(answer); got < want-3 || got > want+1 {
				t.Errorf("got %.1f dBFS, want %.1f", got, want)
			}
			info, err := os.Stat(heard)
			if err != nil {
				t.Fatal(err)
			}
			const wavHeader = 44
			if got, want := defaultFormat.Duration(int(info.Size())-wavHeader), audio.Duration(len(question)); got < want || got > want+1500*time.Millisecond {
				t.Errorf("%v were recognised of %v", got, want)
			}
		})
	}
}

func TestSpeechInRealTimeInterruptsTheAgent(t *testing.T) {
	speaker := espeak(t)
	question := recording(t, "Never mind.")
	c := openSilent(t, listenAgent(t, Options{
		Tools: homeTools, TTS: speaker.Speak, STT: speechcommand.SpeechToText("cat >/dev/null; echo never mind").Transcribe,
	}))
	c.say("help") // the agent needs half a minute to speak this response
	await[*convai.Audio](c)
	pause := 500 * time.Millisecond
	frames := soundFrames(defaultFormat, silence(pause), question, silence(time.Second))
	began := time.Now()
	var microphone sync.WaitGroup
	defer microphone.Wait()
	microphone.Go(func() {
		for _, frame := range frames {
			if c.ws.WriteMessage(websocket.TextMessage, []byte(frame)) != nil {
				return // the connection was closed, so the test fails in await
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
	if got := c.awaitResponse(); got != "All right." {
		t.Errorf("got %q", got)
	}
}

func TestCommandThatFailsLeavesText(t *testing.T) {
	c := openSilent(t, listenAgent(t, Options{TTS: speechcommand.TextToSpeech("echo no such voice >&2; exit 1").Speak}))
	c.say("thanks")
	if r := c.awaitSpeech(); r.text != "You are welcome." || r.events > 0 {
		t.Errorf("got %+v", r)
	}
}
