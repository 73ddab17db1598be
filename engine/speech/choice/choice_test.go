package choice_test

import (
	"fmt"
	"strings"
	"testing"

	"moonlark/engine/speech/choice"
)

func TestAFlagNamesAVoiceOrARecogniser(t *testing.T) {
	for _, row := range []struct{ flag, tts, stt string }{
		{"", "<nil>", "<nil>"},
		{"none", "<nil>", "<nil>"},
		{"exec:cat", "command.TextToSpeech", "command.SpeechToText"},
		{"wyoming:localhost", "wyoming.TextToSpeech", "wyoming.SpeechToText"},
		{"openai", "*openai.TextToSpeech", "*openai.SpeechToText"},
		{"openai:x", "*openai.TextToSpeech", "*openai.SpeechToText"},
		{"http://127.0.0.1:8000/v1#x", "*openai.TextToSpeech", "*openai.SpeechToText"},
		{"elevenlabs", "*elevenlabs.TextToSpeech", "want exec:COMMAND"},
		{"elevenlabs:x", "*elevenlabs.TextToSpeech", "want exec:COMMAND"},
		{"deepgram:x", "want exec:COMMAND", "*deepgram.SpeechToText"},
		{"vosk:localhost,phrases", "want exec:COMMAND", "vosk.SpeechToText"},
		{"vosk:localhost,x", "want exec:COMMAND", "unknown option"},
		{"grammar:x", "want exec:COMMAND", "want exec:COMMAND"},
		{"wyoming", "want exec:COMMAND", "want exec:COMMAND"},
		{"wyoming:", "there is no host", "there is no host"},
		{"exec:", "there is no command", "there is no command"},
		{"espeak-ng", "want exec:COMMAND", "want exec:COMMAND"},
		{"http://llm.example/v1", "without encryption", "without encryption"},
	} {
		getenv := func(name string) string {
			if strings.HasSuffix(name, "_KEY") {
				return "k"
			}
			return ""
		}
		tts, err := choice.TextToSpeech(row.flag, getenv)
		if got := describe(tts, err); !strings.Contains(got, row.tts) {
			t.Errorf("TextToSpeech(%q): got %s, want %s", row.flag, got, row.tts)
		}
		stt, err := choice.SpeechToText(row.flag, getenv)
		if got := describe(stt, err); !strings.Contains(got, row.stt) {
			t.Errorf("SpeechToText(%q): got %s, want %s", row.flag, got, row.stt)
		}
	}
}

func describe(v any, err error) string {
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%T", v)
}

func TestPocketsphinxMayBeMissing(t *testing.T) {
	stt, err := choice.SpeechToText("grammar", nil)
	if got := describe(stt, err); got != "*grammar.SpeechToText" && !strings.Contains(got, "install") {
		t.Errorf("got %s", got)
	}
}

func TestServicesOutsideOfTheLocalNetworkMayCostMoney(t *testing.T) {
	for flag, want := range map[string]bool{
		"": false, "none": false, "auto": false, "exec:curl https://x.example": false, "grammar": false, "wyoming:x.example": false, "vosk:x.example": false,
		"openai": true, "groq": true, "https://llm.example/v1": true, "http://127.0.0.1:8000/v1": false, "ollama": false,
		"elevenlabs": true, "elevenlabs:x": true, "deepgram": true, "deepgram:nova-3": true,
	} {
		getenv := func(name string) string {
			if strings.HasSuffix(name, "_KEY") {
				return "k"
			}
			return ""
		}
		if got := choice.IsPaid(flag, getenv); got != want {
			t.Errorf("%s: got %v", flag, got)
		}
	}
	near := func(name string) string { return map[string]string{"DEEPGRAM_BASE_URL": "http://192.168.1.5"}[name] }
	if choice.IsPaid("deepgram", near) {
		t.Error("a server in the local network costs money")
	}
}
