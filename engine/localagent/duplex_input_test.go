package localagent

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"moonlark/audio"
	"moonlark/audio/silero/silerotest"
	"moonlark/engine/convai"
	"moonlark/engine/localagent/realtime"
	"moonlark/engine/localagent/realtime/realtimetest"
)

// openLocalDetection opens a conversation in which the embedded agent notices when the user speaks.
func openLocalDetection(t *testing.T, s *realtimetest.Server, patience Patience) *client {
	t.Helper()
	service := serviceAt(s)
	service.Detect = realtime.LocalDetection
	return openSilent(t, listenAgent(t, Options{Realtime: service, Patience: patience}))
}

// passSound passes the sound to the agent. It returns how many sentences the service has got, and how
// much sound.
func passSound(t *testing.T, patience Patience, sound ...[]float32) (sentences int, passed time.Duration) {
	t.Helper()
	marks := make(chan bool)
	s := realtimetest.Serve(t, func(s *realtimetest.Session) {
		for range 2 {
			s.Next("conversation.item.create")
			marks <- true
		}
	})
	c := openLocalDetection(t, s, patience)
	c.send(&convai.ContextualUpdate{Text: "The session is open."})
	<-marks
	c.sendSound(wide, sound...)
	c.send(&convai.ContextualUpdate{Text: "That was all."})
	<-marks
	session := s.Sessions()[0]
	return strings.Count(session.Log(), "commit"), wide.Duration(session.Sound())
}

func TestOtherSoundsAreNotPassedToAServiceThatDoesNotDetectSpeech(t *testing.T) {
	const length = 3 * time.Second
	for name, sound := range map[string][]float32{
		"music": silerotest.Music(length), "door": silerotest.Door(length), "typing": silerotest.Typing(length),
		"cough": silerotest.Cough(length),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sentences, got := passSound(t, DefaultPatience, silence(time.Second), sound, silence(2*time.Second), voice(time.Second), silence(time.Second))
			if sentences != 1 || got < 1500*time.Millisecond || got > 2600*time.Millisecond {
				t.Errorf("the service has got %d sentences in %v of sound, want one in about 2 s", sentences, got)
			}
		})
	}
}

func TestMusicDoesNotInterruptAServiceAndSpeechDoes(t *testing.T) {
	for name, row := range map[string]struct {
		sound []float32
		want  bool
	}{
		"music":      {silerotest.Music(3 * time.Second), false},
		"a syllable": {voice(200 * time.Millisecond), false},
		"a sentence": {voice(time.Second), true},
		"a word":     {voice(390 * time.Millisecond), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := realtimetest.Serve(t, func(s *realtimetest.Session) {
				s.Next("input_audio_buffer.commit")
				s.Committed("u1")
				s.Asked().Speak("a1", "I count: one, two, three.", 5*time.Minute).Done()
				s.Next("input_audio_buffer.commit")
				s.Committed("u2")
				s.Asked().Speak("a2", "Yes?", 50*time.Millisecond).Done()
			})
			c := openLocalDetection(t, s, DefaultPatience)
			c.sendSound(wide, silence(time.Second), voice(time.Second), silence(time.Second))
			await[*convai.Audio](c)
			c.sendSound(wide, row.sound, silence(2*time.Second))
			if row.want {
				await[*convai.Interruption](c)
				return
			}
			c.say("stop") // is handled after the sound
			await[*convai.Interruption](c)
			if log := s.Sessions()[0].Log(); strings.Count(log, "commit") != 1 {
				t.Errorf("the service has got %s", log)
			}
		})
	}
}

func TestPatienceHoldsForAServiceThatDoesNotDetectSpeech(t *testing.T) {
	half := silerotest.Sentence()[:audio.Samples(1200*time.Millisecond)]
	for patience, together := range map[Patience]bool{Aggressive: false, Relaxed: true} {
		t.Run(fmt.Sprint(patience), func(t *testing.T) {
			t.Parallel()
			sentences, _ := passSound(t, patience, silence(time.Second), half, silence(500*time.Millisecond), half, silence(2*time.Second))
			if (sentences == 1) != together {
				t.Errorf("the service has got %d sentences", sentences)
			}
		})
	}
}

func TestAVoiceThatNeverStopsIsCutForAServiceThatDoesNotDetectSpeech(t *testing.T) {
	sentences, passed := passSound(t, DefaultPatience, silence(time.Second), voice(maxSentence+5*time.Second))
	if sentences != 1 || passed < maxSentence {
		t.Errorf("the service has got %d sentences in %v of sound", sentences, passed)
	}
}

// A short sound can seem to be speech at first. The service must not be told of it, because nothing
// would tell it of the end.
func TestASoundThatTurnsOutNotToBeSpeechIsNotPassedToAService(t *testing.T) {
	d := &duplex{c: &conversation{}}
	d.input.detector = newSpeechDetector(DefaultPatience.endSilence())
	s := d.input.detector
	s.start(nil)
	s.speech, s.sum, s.run = minSpeech, 4*0.9, minSpeech
	for s.speech > 0 {
		d.hear(silence(frameDuration), time.Now())
		s.sum = 0 // the frames are hardly speech
	}
	if d.input.speaking {
		t.Error("the service was told that the user speaks")
	}
}

func TestSpeechDuringAFarewellKeepsTheConversationGoing(t *testing.T) {
	s := realtimetest.Serve(t, func(s *realtimetest.Session) {
		s.Next("input_audio_buffer.commit")
		s.Committed("u1")
		s.Asked().Call("c1", "end_call", `{}`).Done()
		s.Asked().Open("a1").Text("a1", "Goodbye, and come again.").Sound("a1", 2*time.Second)
		s.Next("input_audio_buffer.commit")
		s.Committed("u2")
		s.Asked().Speak("a2", "Yes?", 50*time.Millisecond).Done()
	})
	c := openLocalDetection(t, s, DefaultPatience)
	c.sendSound(wide, silence(time.Second), voice(time.Second), silence(time.Second))
	await[*convai.Audio](c)
	c.sendSound(wide, voice(time.Second), silence(time.Second))
	await[*convai.Interruption](c)
	for c.awaitResponse() != "Yes?" {
	}
}
