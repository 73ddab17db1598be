package openai

import (
	"slices"
	"time"

	"moonlark/engine/localagent/realtime"
)

const (
	// answerDelay is how long the service may take to begin an answer by itself after the user has
	// spoken. Before that, the session asks for no other answer.
	answerDelay = 3 * time.Second

	// If the client sends no sound for silentAfter while the user speaks, for example because the
	// microphone was switched off, the session sends silence, so that the service detects the end
	// of the sentence. It sends at most maxSilence seconds of silence.
	silentAfter = 700 * time.Millisecond
	maxSilence  = 12

	// maxWaiting is the maximum number of the user's items that wait for their texts. If there are
	// more, the text of the oldest item counts as not known.
	maxWaiting = 8
)

// listening is the part of a session that is about the user's speech. The mutex of the session
// guards it. All methods of session in this file must be called with the mutex locked, except for
// BeginSpeech and EndSpeech.
type listening struct {
	speaking  bool      // the user is speaking
	lastSound time.Time // when the client last sent sound
	silence   int       // number of seconds of silence that were sent since then
	expected  time.Time // until this time the service may begin an answer by itself; zero if it will not
	waiting   []userItem
}

// A userItem is something that the user has said. Its text is not known yet, or has to wait for the
// text of an earlier item.
type userItem struct {
	id        string
	committed bool // the service has added the item to the conversation
	known     bool // the text has arrived, or will not arrive
	text      string
}

// speechStarted records that the user has begun to speak. The service stops its answer by itself.
func (c *session) speechStarted(item string) {
	c.speaking, c.silence = true, 0
	c.rounds, c.spokeInTurn = 0, false
	if c.active != nil {
		c.active.cancelled = true
	}
	c.addSpeech(item)
}

// addSpeech adds an item to those that wait for their texts, unless it is one of them already. It
// reports that the user speaks.
func (c *session) addSpeech(item string) {
	if slices.ContainsFunc(c.waiting, func(w userItem) bool { return w.id == item }) {
		return
	}
	c.waiting = append(c.waiting, userItem{id: item})
	c.events.UserBegan(item)
	if len(c.waiting) > maxWaiting {
		c.waiting[0].known = true
		c.passTexts()
	}
}

// speechStopped records that the user has stopped speaking.
func (c *session) speechStopped(now time.Time) { c.speaking, c.asked = false, now }

// speechCommitted records that the service has added what the user has said to the conversation.
func (c *session) speechCommitted(item string, now time.Time) {
	if c.speaking && c.service.detectsSpeech() { // the service does not say when the user has stopped speaking
		c.speechStopped(now)
	}
	if c.service.detectsSpeech() {
		c.expected = now.Add(answerDelay)
	}
	c.addSpeech(item)
	for i := range c.waiting {
		w := &c.waiting[i]
		if w.id == item {
			w.committed = true
		} else if !w.committed {
			w.known = true // the service has dropped the item as noise
		}
	}
	c.history.Add(realtime.Entry{Item: item, Role: "user"})
	c.passTexts()
}

// transcribed records the text of an item of the user. text is empty if the service could not
// recognise the speech.
func (c *session) transcribed(item, text string) {
	i := slices.IndexFunc(c.waiting, func(w userItem) bool { return w.id == item })
	if i < 0 {
		return // a second text
	}
	c.waiting[i].known, c.waiting[i].text = true, text
	c.passTexts()
}

// passTexts passes the texts of the user's items to Events, up to the first item whose text is not
// known yet.
func (c *session) passTexts() {
	for len(c.waiting) > 0 && c.waiting[0].known {
		w := c.waiting[0]
		c.waiting = slices.Delete(c.waiting, 0, 1)
		if e := c.history.Find(w.id); e != nil {
			e.Text = w.text
		}
		c.events.UserText(w.id, w.text)
	}
}

// forgetSpeech records that the connection is over: the texts that are missing will not arrive.
func (c *session) forgetSpeech() {
	for i := range c.waiting {
		c.waiting[i].known = true
	}
	c.passTexts()
	c.expected = time.Time{}
	if c.service.detectsSpeech() { // otherwise EndSpeech will be called
		c.speaking = false
	}
}

// fillSilence sends a second of silence if the client has sent no sound for a while although the
// user speaks.
func (c *session) fillSilence(now time.Time) {
	if !c.speaking || !c.service.detectsSpeech() || now.Sub(c.lastSound) < silentAfter {
		return
	}
	if c.silence++; c.silence > maxSilence {
		c.speaking = false
		return
	}
	c.sendSound(make([]byte, 2*rate))
}

// detectsSpeech reports whether the service detects the user's speech.
func (s *Service) detectsSpeech() bool { return s.Detection() != realtime.LocalDetection }

// BeginSpeech implements [realtime.Session].
func (c *session) BeginSpeech() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stop()
	c.speaking, c.rounds, c.spokeInTurn = true, 0, false
}

// EndSpeech implements [realtime.Session].
func (c *session) EndSpeech() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.speaking, c.asked = false, time.Now()
	if c.conn == nil {
		c.commit = true
	} else {
		c.conn.Send(encode(object{"type": "input_audio_buffer.commit"}))
	}
	c.want(object{})
}
