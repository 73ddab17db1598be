package localagent

import (
	"testing"
	"time"
)

func TestDescriptionsOfSoundsAreNoWords(t *testing.T) {
	for text, want := range map[string]bool{
		"":                                 false,
		" \n":                              false,
		"...":                              false,
		"-":                                false,
		"[BLANK_AUDIO]":                    false,
		"[ Silence ]":                      false,
		"(keyboard clicking) (door bangs)": false,
		"*sighs*":                          false,
		"♪♪":                               false,
		"♪ la la la ♪":                     false,
		"【音楽】":                             false,
		"[cough] yes":                      true,
		"Yes.":                             true,
		"5":                                true,
		"ja":                               true,
		"はい":                               true,
		"[unclosed":                        true,
	} {
		if got := hasWords(text, 5*time.Second); got != want {
			t.Errorf("%q: got %t", text, got)
		}
	}
}

func TestKnownInventionsAreNoWordsIfTheSoundIsShort(t *testing.T) {
	for _, text := range []string{"Thanks for watching!", "thank you for watching.", " Please subscribe. ", "you", "ご視聴ありがとうございました。"} {
		if hasWords(text, 500*time.Millisecond) {
			t.Errorf("%q has words", text)
		}
		if !hasWords(text, 1500*time.Millisecond) {
			t.Errorf("%q has no words although the user spoke for long enough to say it", text)
		}
	}
	for _, text := range []string{"Thank you.", "Thanks", "Bye."} {
		if !hasWords(text, 300*time.Millisecond) {
			t.Errorf("%q has no words", text)
		}
	}
}

func TestInterjections(t *testing.T) {
	for text, want := range map[string]bool{
		"Mhm.": true, "Mm-hmm, mm-hmm.": true, "uh-huh": true, "Oh!": true,
		"yes": false, "No.": false, "okay": false, "oh no": false, "stop": false,
	} {
		if got := isInterjection(text); got != want {
			t.Errorf("%q: got %t", text, got)
		}
	}
}
