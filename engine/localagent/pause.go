package localagent

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"moonlark/audio/pcm"
	"moonlark/engine/convai"
)

// When the user speaks while the agent speaks, nobody knows yet whether the user says words or, for
// example, laughs. So the agent pauses: it sends an interruption event, upon which the client
// drops the sound that it has not played. When the sound of the user has been recognised, there are
// two cases:
//
//   - The user said words. Then [conversation.interrupt] removes the response from the queue, sends
//     a correction with the text that was heard, and tells the brain.
//   - There were no words. Then the agent resumes: it sends the sound that was not played again,
//     with a new event id, because clients drop all sound up to the id of the interruption. The
//     brain does not hear of the interruption.

// maxRepeat is the maximum duration of the sound that a client gets a second time although it has
// probably played it.
const maxRepeat = time.Second

// pause pauses the response that is being spoken, if there is one. After the agent has decided to
// hang up, it speaks to the end.
func (c *conversation) pause(now time.Time) {
	if len(c.responses.queue) == 0 || c.responses.hangingUp {
		return
	}
	r := c.responses.queue[0]
	s := r.speech
	if s == nil || r.paused || s.began.IsZero() || s.completed && !now.Before(s.end) {
		return
	}
	r.paused, r.heldSince = true, time.Time{}
	s.heardText = s.heard(now)
	s.takeBack(now, c.opts.AgentFormat)
	c.send(&convai.Interruption{EventID: r.event})
}

// resume goes on with a paused response.
func (c *conversation) resume(r *response, now time.Time) {
	s := r.speech
	r.paused = false
	r.event = c.newEvent()
	s.began, s.end = now, now
	s.packetDue = now.Add(c.opts.SpeechTimeout)
	s.completed = false
}

// isSpeaking reports whether the client is playing the agent's speech, or the agent has paused it.
func (c *conversation) isSpeaking(now time.Time) bool {
	if len(c.responses.queue) == 0 {
		return false
	}
	r := c.responses.queue[0]
	return r.paused || r.speech != nil && now.Before(r.speech.end)
}

// heard returns the part of the text that the user has heard by now.
func (s *speechOutput) heard(now time.Time) string {
	return strings.TrimSpace(string(s.chars[:s.heardChars(now)]))
}

// heardChars returns the number of characters that the user has heard by now. A word of which the
// user has heard only a part does not count. It assumes that the client plays each packet
// immediately after the previous packet.
func (s *speechOutput) heardChars(now time.Time) int {
	n := 0
	for _, p := range s.sent {
		if now.Before(p.start) {
			break
		}
		played := min(float64(now.Sub(p.start))/float64(p.duration), 1)
		n = p.firstChar + int(float64(p.endChar-p.firstChar)*played)
	}
	// Go back to the beginning of a word of which the user heard only a part.
	for n < len(s.chars) && n > 0 && !unicode.IsSpace(s.chars[n]) {
		n--
	}
	return n
}

// takeBack moves the sound that the client has not played by now from s.sent to s.again, from which it
// is sent again. The moved sound begins at the start of a word. It includes a little that the client
// has probably played already, because the client may play later than this conversation knows.
func (s *speechOutput) takeBack(now time.Time, format pcm.Format) {
	late := now.Add(-playbackDelay)
	from := s.playTime(s.heardChars(late))
	if from.After(late) {
		from = late // the characters are only estimated
	}
	if earliest := now.Add(-maxRepeat); from.Before(earliest) {
		from = earliest
	}
	i := slices.IndexFunc(s.sent, func(p sentPacket) bool { return p.start.Add(p.duration).After(from) })
	if i < 0 {
		return
	}
	again := make([]packet, 0, len(s.sent)-i+len(s.again))
	for _, p := range s.sent[i:] {
		again = append(again, p.packet)
	}
	cut := s.sent[i]
	played := format.Bytes(max(from.Sub(cut.start), 0))
	again[0].sound = cut.sound[played:]
	again[0].duration = format.Duration(len(again[0].sound))
	cut.endChar = cut.firstChar + (cut.endChar-cut.firstChar)*played/len(cut.sound)
	cut.sound = cut.sound[:played]
	cut.duration = format.Duration(played)
	s.sent = s.sent[:i]
	if played > 0 {
		s.sent = append(s.sent, cut)
	}
	s.sentDuration, s.sentChars = cut.before+cut.duration, cut.endChar
	s.again = append(again, s.again...)
	s.allSent = false
}

// playTime returns the time at which the client begins to play the character with this index.
func (s *speechOutput) playTime(char int) time.Time {
	for _, p := range s.sent {
		if char < p.endChar {
			return p.start.Add(p.duration * time.Duration(max(char-p.firstChar, 0)) / time.Duration(p.endChar-p.firstChar))
		}
	}
	return s.end
}
