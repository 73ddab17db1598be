package localagent

import (
	"context"
	"strings"
	"time"
	"unicode"

	"moonlark/audio"
	"moonlark/audio/pcm"
	"moonlark/engine/speech"
)

// maxReady is how much sound may be ready before it can be sent. TTS has to wait when there is
// more.
const maxReady = 30 * time.Second

// beginSpeech creates the speechOutput of the response and starts the goroutine that makes its
// sound.
func (c *conversation) beginSpeech(r *response) {
	ctx, cancel := context.WithCancel(c.workersCtx)
	s := &speechOutput{
		texts:   make(chan string, 16),
		packets: make(chan packet, maxReady/packetDuration),
		done:    make(chan struct{}),
		cancel:  cancel,
	}
	previous := c.lastSpeech
	c.lastSpeech, r.speech = s, s
	c.workers.Go(func() {
		defer c.wakeLoop()
		defer close(s.done)
		if previous != nil {
			// Wait for the goroutine of the previous response, which was cancelled or is about to
			// end, because only one call of TTS may run at a time.
			<-previous.done
		}
		s.makeSound(ctx, c.opts, c.voice, c.wakeLoop)
	})
}

// makeSound calls TTS for each text, and cuts the sound into packets. It runs on a goroutine of its
// own. It calls wakeLoop after each packet and after each text.
func (s *speechOutput) makeSound(ctx context.Context, opts Options, voice speech.Voice, wakeLoop func()) {
	defer close(s.packets)
	p := s.newPacketizer(ctx, audio.Rate, opts.AgentFormat, wakeLoop)
	for s.err == nil {
		text, ok, err := s.nextText(ctx, p)
		if s.err = err; !ok {
			break
		}
		if text = speech.Plain(text); text != "" {
			s.err = opts.TTS(ctx, speech.Utterance{Text: text, Voice: voice}, p.add)
		}
		s.mu.Lock()
		s.textEnds = append(s.textEnds, p.duration())
		s.mu.Unlock()
		wakeLoop()
	}
	if err := p.finish(s.setTotal); s.err == nil {
		s.err = err
	}
}

// newPacketizer returns a packetizer that turns sound with this sample rate into packets of the
// format, and sends them to the channel packets. It calls wakeLoop after each packet. If ctx ends,
// its methods return the cause of ctx.
func (s *speechOutput) newPacketizer(ctx context.Context, rate int, format pcm.Format, wakeLoop func()) *packetizer {
	put := func(next packet) error {
		select {
		case s.packets <- next:
			wakeLoop()
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return &packetizer{format: format, resampler: pcm.NewResampler(rate, format.Rate), put: put}
}

// nextText waits for the next text to speak, and returns it. It returns false if there is no more
// text, or if ctx ends. Before it waits, it flushes the sound of the previous text, so that the
// wait does not cut a word in two.
func (s *speechOutput) nextText(ctx context.Context, p *packetizer) (string, bool, error) {
	select {
	case text, ok := <-s.texts:
		return text, ok, nil
	default:
	}
	if err := p.flush(); err != nil {
		return "", false, err
	}
	select {
	case text, ok := <-s.texts:
		return text, ok, nil
	case <-ctx.Done():
		return "", false, context.Cause(ctx)
	}
}

// setTotal corrects the end of the last text to total, the duration of the whole sound.
func (s *speechOutput) setTotal(total time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.textEnds); n > 0 {
		s.textEnds[n-1] = total
	}
}

// passText passes the text of the response to TTS. If the text is complete, it passes all of it.
// Otherwise it passes only the sentences that are complete.
func (c *conversation) passText(r *response, now time.Time) {
	s := r.speech
	for !s.closed {
		text := r.text[s.passed:]
		if !r.complete {
			text = text[:speakableEnd(text, s.passed == 0)]
		}
		if strings.TrimSpace(text) == "" {
			break
		}
		idle := s.idle()
		select {
		case s.texts <- text:
		default:
			return // the method loop continues when TTS has spoken a text
		}
		if idle {
			s.packetDue = now.Add(c.opts.SpeechTimeout)
		}
		s.passed += len(text)
		s.chars = append(s.chars, []rune(text)...)
		s.charEnds = append(s.charEnds, len(s.chars))
	}
	if r.complete && !s.closed {
		s.closed = true
		close(s.texts)
	}
}

// idle reports whether TTS has spoken every text that was passed to it.
func (s *speechOutput) idle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.textEnds) == len(s.charEnds)
}

// minSentence is the minimum length, in bytes, of a text that is spoken while the brain is still
// adding text. A shorter sentence is spoken together with the next one.
const minSentence = 20

// speakableEnd returns the index at which the part of text ends that can be spoken while the brain
// is still adding text: complete sentences, or, at the beginning of a response, also a clause, so
// that the user need not wait.
func speakableEnd(text string, first bool) int {
	if end := sentencesEnd(text); end > 0 || !first {
		return end
	}
	var previous rune
	for i, r := range text {
		if i >= minSentence && unicode.IsSpace(r) && strings.ContainsRune(",;:–—", previous) {
			return i
		}
		previous = r
	}
	return 0
}

// sentencesEnd returns the index at which the last complete sentence of text ends, or 0 if no
// sentence is complete. A sentence ends at a full stop or a similar mark, but only if a space or a
// new line follows. So "3.5" does not end a sentence. A new line ends a sentence too.
func sentencesEnd(text string) int {
	end := 0
	var previous rune
	for i, r := range text {
		if i >= minSentence && unicode.IsSpace(r) && (r == '\n' || strings.ContainsRune(".!?…", previous)) {
			end = i
		}
		previous = r
	}
	return end
}
