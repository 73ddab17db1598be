package doctor

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"moonlark/audio"
	"moonlark/engine/localagent/brain/phrases"
	"moonlark/engine/speech"
	"moonlark/engine/speech/grammar"
	"moonlark/engine/tool"
)

const (
	speechTimeout   = 20 * time.Second        // how long speaking, and recognising, a sentence may take
	slowVoice       = time.Second             // a voice that begins later gets a warning
	slowRecognition = 1500 * time.Millisecond // a recogniser that takes longer gets a warning
	maxSpoken       = 30 * time.Second        // maximum duration of the sound of a sentence

	// defaultSentence is spoken if no tool has such a sentence.
	defaultSentence = "What time is it?"
)

// checkSpeech speaks a sentence and recognises the sound, and compares the result with the
// sentence.
func (c *checker) checkSpeech(ctx context.Context) {
	const group = "speech"
	var tools []*tool.Spec
	for _, s := range c.Scripts {
		tools = append(tools, s.Tools...)
	}
	if g, ok := c.STT.(*grammar.SpeechToText); ok {
		c.checkGrammar(g, tools)
	}
	if c.TTS == nil {
		c.skip(group, "recogniser", "there is no voice that could speak to it", "add --tts")
		return
	}
	sentence := sentenceFor(tools)
	sound, ok := c.speak(ctx, sentence)
	if ok && c.STT != nil {
		c.hear(ctx, sentence, sound, tools)
	}
}

// sentenceFor returns a sentence that calls one of the tools, without free text.
func sentenceFor(tools []*tool.Spec) string {
	for _, f := range phrases.Forms(tools) {
		if text, ok := f.Example(0); ok && f.Tool != nil && len(f.Parts) > 1 && !f.HasFreeText() {
			return text
		}
	}
	return defaultSentence
}

// checkGrammar reports what pocketsphinx will not recognise well.
func (c *checker) checkGrammar(g *grammar.SpeechToText, tools []*tool.Spec) {
	const group, subject = "speech", "phrases"
	problems, err := g.Problems(tools)
	if err != nil {
		c.fail(group, subject, err.Error(), "")
		return
	}
	for _, p := range problems {
		c.warn(group, subject, p.Text, p.Fix)
	}
	if len(problems) == 0 {
		c.ok(group, subject, "pocketsphinx is installed and knows all words of the phrases")
	}
}

// speak returns the sound of the sentence, with a pause before and after it as in a conversation.
// It returns false if the text to speech fails.
func (c *checker) speak(ctx context.Context, sentence string) (sound []float32, ok bool) {
	const group, subject = "speech", "voice"
	ctx, cancel := withTimeout(ctx, speechTimeout)
	defer cancel()
	s := c.Settings
	voice := speech.Voice{Name: s.VoiceID, Model: s.ModelID, Language: s.Language, Stability: s.Stability, Similarity: s.SimilarityBoost}
	if s.Speed != nil {
		voice.Speed = *s.Speed
	}
	began := time.Now()
	var first time.Duration
	sound = make([]float32, audio.Samples(500*time.Millisecond))
	pause := len(sound)
	err := c.TTS.Speak(ctx, speech.Utterance{Text: sentence, Voice: voice}, func(piece []float32) error {
		if len(sound) == pause {
			first = time.Since(began)
		}
		if len(sound) > audio.Samples(maxSpoken) {
			return fmt.Errorf("the sound of %q is longer than %v", sentence, maxSpoken)
		}
		sound = append(sound, piece...)
		return nil
	})
	switch {
	case err != nil:
		c.fail(group, subject, err.Error(), "")
		return nil, false
	case len(sound) == pause:
		c.fail(group, subject, "the text to speech has made no sound", "")
		return nil, false
	}
	text := fmt.Sprintf("begins to speak after %.2f s", first.Seconds())
	if first > slowVoice {
		c.warn(group, subject, text, "a voice on this machine, such as espeak-ng, begins sooner")
	} else {
		c.ok(group, subject, text)
	}
	return append(sound, make([]float32, audio.Samples(700*time.Millisecond))...), true
}

// hear recognises the sound of the sentence, and reports what was heard and how long it took.
func (c *checker) hear(ctx context.Context, sentence string, sound []float32, tools []*tool.Spec) {
	const group, subject = "speech", "recogniser"
	ctx, cancel := withTimeout(ctx, speechTimeout)
	defer cancel()
	began := time.Now()
	heard, err := c.STT.Transcribe(ctx, speech.Request{
		Language: c.Settings.Language, Vocabulary: slices.Concat(c.Settings.Keywords, phrases.Sentences(tools, 200)), Tools: tools,
	}, sound)
	took := time.Since(began)
	if err != nil {
		c.fail(group, subject, err.Error(), "")
		return
	}
	text := fmt.Sprintf("spoken: %q, heard: %q, in %.2f s", sentence, cmp.Or(heard, "nothing"), took.Seconds())
	switch {
	case plainWords(heard) != plainWords(sentence):
		c.warn(group, subject, text, "if you understand the voice, try a larger model or another recogniser; some recognisers do not understand the voice of espeak-ng")
	case took > slowRecognition:
		c.warn(group, subject, text, "a smaller model, or a recogniser that listens while the user speaks (wyoming, vosk, deepgram), answers sooner")
	default:
		c.ok(group, subject, text)
	}
}

// plainWords returns the words of a sentence in lower case, without punctuation, to compare it with
// another sentence.
func plainWords(text string) string {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\''
	})
	for i, w := range words {
		if w == "5" { // recognisers write numbers as digits
			words[i] = "five"
		}
	}
	return strings.Join(words, " ")
}
