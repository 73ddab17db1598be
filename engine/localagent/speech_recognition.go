package localagent

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"moonlark/audio"
	"moonlark/engine/convai"
	"moonlark/engine/localagent/brain/phrases"
	"moonlark/engine/speech"

	"github.com/gorilla/websocket"
)

const (
	// maxUnrecognised is the maximum total duration of the sentences that wait for recognition.
	maxUnrecognised = 30 * time.Second
	// maxVocabulary is the maximum number of example sentences that a recogniser is told, in
	// addition to the keywords of the client.
	maxVocabulary = 200
)

// A recognition turns the sound of sentences into text, one sentence at a time. It belongs to the
// goroutine of the conversation; each sentence is recognised on a goroutine of its own.
type recognition struct {
	waiting []*sentence     // sentences that are not being recognised yet
	current *sentence       // the sentence that is being recognised; nil if there is none
	results chan transcript // gets the result of each recognition
	// spoken is the sentence that the user is speaking; it is current or in waiting. It is nil if
	// nobody speaks, or if the recogniser needs the whole sentence.
	spoken *sentence
}

// A transcript is the text of one recognised sentence, or the error of its recognition.
type transcript struct {
	text   string
	speech time.Duration // how much of the sound is speech
	err    error
}

// transcripts returns the channel of transcripts. It returns nil if the agent does not listen.
func (in *speechInput) transcripts() <-chan transcript {
	if in == nil {
		return nil
	}
	return in.recognition.results
}

// recogniseSoFar passes the sound of a sentence that the user is still speaking to a recogniser
// that can use it. sound is all of the sentence so far. Afterwards recognise must be called with
// the sound of the whole sentence, or dropSentence.
func (c *conversation) recogniseSoFar(sound []float32) {
	r := &c.hearing.recognition
	if c.opts.StreamSTT == nil || r.spoken == nil && r.samples() > audio.Samples(maxUnrecognised) {
		return
	}
	if r.spoken == nil {
		r.spoken = newSentence()
		r.waiting = append(r.waiting, r.spoken)
		c.recogniseNext()
	}
	r.spoken.add(sound)
}

// recognise queues the sound of a sentence for recognition. speech is how much of the sound is
// speech. If too much sound waits already, recognise drops the sentence and reports an error to the
// client.
func (c *conversation) recognise(sound []float32, speech time.Duration) {
	r := &c.hearing.recognition
	if s := r.spoken; s != nil {
		r.spoken = nil
		s.add(sound)
		s.end(speech)
		return
	}
	if r.samples()+len(sound) > audio.Samples(maxUnrecognised) {
		c.reportUnrecognised(fmt.Errorf("%d sentences are waiting already", len(r.waiting)))
		return
	}
	s := newSentence()
	s.add(sound)
	s.end(speech)
	r.waiting = append(r.waiting, s)
	c.recogniseNext()
}

// dropSentence ends the recognition of the sentence that the user seemed to be speaking, and
// ignores its text. It does nothing if recogniseSoFar was not called.
func (c *conversation) dropSentence() {
	r := &c.hearing.recognition
	if r.spoken == nil {
		return
	}
	r.waiting = slices.DeleteFunc(r.waiting, func(s *sentence) bool { return s == r.spoken })
	r.spoken.drop()
	r.spoken = nil
}

// samples returns the length of the sentences that wait, in samples.
func (r *recognition) samples() int {
	n := 0
	for _, s := range r.waiting {
		n += s.samples()
	}
	return n
}

// recogniseNext starts the recognition of the next sentence. It does nothing if no sentence waits,
// or if a recognition is running.
func (c *conversation) recogniseNext() {
	r := &c.hearing.recognition
	if r.current != nil || len(r.waiting) == 0 {
		return
	}
	s := r.waiting[0]
	r.waiting = slices.Delete(r.waiting, 0, 1)
	r.current = s
	request := c.speechRequest()
	c.workers.Go(func() {
		ctx, cancel := context.WithCancelCause(c.workersCtx)
		defer cancel(nil)
		c.workers.Go(func() { s.limitTime(ctx, cancel, c.opts.SpeechTimeout) })
		text, err := c.transcribe(ctx, request, s)
		if cause := context.Cause(ctx); cause != nil {
			text, err = "", cause
		}
		// This never waits: one recognition runs at a time, and the channel has room for one
		// transcript.
		r.results <- transcript{text, s.speechIn(), err}
	})
}

// transcribe recognises the sentence, and waits for its end if necessary. It runs on a goroutine of
// its own.
func (c *conversation) transcribe(ctx context.Context, request speech.Request, s *sentence) (string, error) {
	if c.opts.StreamSTT != nil {
		text, err := c.opts.StreamSTT(ctx, request, s.read, func(text string) {
			if s.setTentative(text) {
				c.post(func() { c.sendTentative(s) })
			}
		})
		if s.wasReadToEnd() {
			return text, err
		}
		// The stream has ended while the user was speaking.
		c.log.Debug("speech to text: the whole sentence will be recognised", "why", err)
	}
	select {
	case <-s.ended:
		return c.opts.STT(ctx, request, s.whole())
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// speechRequest returns what the recogniser is told about the next sentence.
func (c *conversation) speechRequest() speech.Request {
	tools := c.opts.Tools()
	vocabulary := append(slices.Clone(c.keywords), phrases.Sentences(tools, maxVocabulary)...)
	return speech.Request{Language: c.voice.Language, Vocabulary: vocabulary, Tools: tools, Log: c.log}
}

// sendTentative sends the client the text of a sentence that has been recognised so far. It does
// nothing if the sentence has been recognised, or if the client reads too slowly.
func (c *conversation) sendTentative(s *sentence) {
	text := cleanTranscript(s.takeTentative())
	if text == "" || c.hearing.recognition.current != s || !c.socket.hasRoom() {
		return
	}
	c.send(&convai.TentativeUserTranscript{Text: text, EventID: c.lastEvent + 1})
}

// receiveTranscript begins a turn with the text of the recognised sentence. It also starts the
// recognition of the next sentence.
func (c *conversation) receiveTranscript(got transcript) {
	r := &c.hearing.recognition
	r.current = nil
	c.recogniseNext()
	if got.err == errDropped {
		return
	}
	if got.err != nil {
		c.reportUnrecognised(got.err)
		return
	}
	text := cleanTranscript(got.text)
	if !hasWords(text, got.speech) || c.isSpeaking(time.Now()) && isInterjection(text) {
		c.log.Debug("ignored a sentence without words", "text", text)
		return
	}
	c.beginTurn(text, true)
}

// cleanTranscript returns the text without space around it, as valid UTF-8.
func cleanTranscript(text string) string {
	return strings.ToValidUTF8(strings.TrimSpace(text), "\ufffd")
}

// reportUnrecognised tells the client that the agent could not recognise a sentence of the user.
func (c *conversation) reportUnrecognised(err error) {
	c.log.Error("speech to text", "err", err)
	c.send(&convai.ServerError{
		Code: websocket.CloseProtocolError, ErrorType: "asr_transcription_error",
		Message: "The agent could not recognise what you said.", DebugMessage: err.Error(),
	})
}
