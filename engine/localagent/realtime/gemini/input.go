package gemini

import (
	"encoding/base64"
	"fmt"
	"time"

	"moonlark/engine/localagent/realtime"
	"moonlark/engine/localagent/realtime/wire"
)

// sendText sends a text that the service has to answer. The caller must hold c.mu, and c.conn must
// not be nil.
func (c *session) sendText(text string) {
	c.conn.Send(encode(object{"realtimeInput": object{"text": text}}))
	c.awaited = time.Now().Add(answerTimeout)
}

// ask makes the service answer a text, now or on the next connection. The caller must hold c.mu.
func (c *session) ask(e realtime.Entry) {
	c.asked = time.Now()
	c.unanswered = append(c.unanswered, e)
	if c.conn != nil {
		c.sendText(e.Text)
	}
}

// settle moves the texts that the service has not begun to answer to the history. The caller must
// hold c.mu.
func (c *session) settle() {
	for _, e := range c.unanswered {
		if e.Role != "" {
			c.history.Add(e)
		}
	}
	c.unanswered = nil
}

// Sound implements [realtime.Session].
func (c *session) Sound(sound []byte) {
	if c.start.TextOnly || len(sound) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lastSound = time.Now()
	message := encode(object{"realtimeInput": object{"audio": object{
		"data": base64.StdEncoding.EncodeToString(sound), "mimeType": fmt.Sprintf("audio/pcm;rate=%d", userRate),
	}}})
	if c.conn != nil {
		c.flowing = true
		c.conn.SendSound(message)
		return
	}
	c.pending = wire.KeepNewest(append(c.pending, message), maxPending)
}

// BeginSpeech implements [realtime.Session].
func (c *session) BeginSpeech() { c.sendActivity(activityStart, true) }

// EndSpeech implements [realtime.Session].
func (c *session) EndSpeech() { c.sendActivity(activityEnd, false) }

// The messages that tell the service, with LocalDetection, that the user begins and stops speaking.
const (
	activityStart = `{"realtimeInput":{"activityStart":{}}}`
	activityEnd   = `{"realtimeInput":{"activityEnd":{}}}`
)

// sendActivity sends activityStart or activityEnd, or keeps the message in c.pending until there is
// a connection. speaking says whether the user is speaking from now on.
func (c *session) sendActivity(message string, speaking bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.userSpoke()
	c.speaking = speaking
	if c.turn {
		c.stopped = true
	}
	if c.conn != nil {
		c.conn.Send([]byte(message))
		return
	}
	c.pending = append(c.pending, []byte(message))
}

// sendPending sends the messages that have waited for the connection. The caller must hold c.mu,
// and c.conn must not be nil.
func (c *session) sendPending() {
	if c.beginsInSpeech() {
		c.conn.Send([]byte(activityStart))
	}
	for _, message := range c.pending {
		switch string(message) {
		case activityStart, activityEnd:
			c.conn.Send(message)
		default:
			c.conn.SendSound(message)
			c.flowing = true
		}
	}
	c.pending = nil
}

// beginsInSpeech reports whether the user was speaking before the first of the messages in
// c.pending. The new connection must then be told that the user is speaking: the message
// activityStart was sent on an earlier connection, or was removed from c.pending. The caller must
// hold c.mu.
func (c *session) beginsInSpeech() bool {
	for _, message := range c.pending {
		switch string(message) {
		case activityStart:
			return false
		case activityEnd:
			return true
		}
	}
	return c.speaking
}

// userSpoke resets what is counted and measured since the user has last spoken. The caller must
// hold c.mu.
func (c *session) userSpoke() { c.rounds, c.spoke, c.asked = 0, false, time.Now() }

// Say implements [realtime.Session].
func (c *session) Say(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.userSpoke()
	c.ask(realtime.Entry{Role: "user", Text: text})
}

// Inform implements [realtime.Session].
func (c *session) Inform(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.history.Add(realtime.Entry{Role: "system", Text: text})
	if c.conn != nil {
		c.conn.Send(encode(object{"clientContent": object{
			"turns": []object{{"role": "user", "parts": []object{{"text": "(" + text + ")"}}}}, "turnComplete": false,
		}}))
	}
}

// Results implements [realtime.Session].
func (c *session) Results(results []realtime.Result) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var responses []object
	for _, r := range results {
		call, isOpen := c.calls[r.CallID]
		lost, isLost := c.lostCalls[r.CallID]
		delete(c.calls, r.CallID)
		delete(c.lostCalls, r.CallID)
		field, text := "result", r.Text
		if r.IsError {
			field, text = "error", "Error: "+r.Text
		}
		switch {
		case isOpen:
			responses = append(responses, object{"id": r.CallID, "name": call.Name, "response": object{field: r.Text}})
			c.history.Add(realtime.Entry{Role: "system", Text: realtime.CallNote(call.Name, text)})
		case isLost:
			c.ask(realtime.Entry{Role: "system", Text: realtime.CallNote(lost.Name, text)})
		}
	}
	if len(responses) > 0 {
		c.asked = time.Now()
		c.awaited = time.Now().Add(answerTimeout)
		c.conn.Send(encode(object{"toolResponse": object{"functionResponses": responses}}))
	}
}

// Interrupted implements [realtime.Session]. It only corrects the history: the service cannot be
// told what the user has heard.
func (c *session) Interrupted(item string, _ time.Duration, heard string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.history.Find(item); e != nil {
		e.Text = heard
	}
	if item == c.item && c.turn {
		c.stopped = true
	}
}
