package openai

import (
	"encoding/base64"
	"time"

	"moonlark/engine/localagent/realtime"
	"moonlark/engine/localagent/realtime/wire"
)

// Sound implements [realtime.Session].
func (c *session) Sound(sound []byte) {
	if c.start.TextOnly || len(sound) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lastSound = time.Now()
	c.sendSound(sound)
}

// sendSound sends sound of the user, or keeps it in c.pending until there is a connection. c.mu is
// locked.
func (c *session) sendSound(sound []byte) {
	const begin, end = `{"type":"input_audio_buffer.append","audio":"`, `"}`
	message := make([]byte, 0, len(begin)+base64.StdEncoding.EncodedLen(len(sound))+len(end))
	message = append(base64.StdEncoding.AppendEncode(append(message, begin...), sound), end...)
	if c.conn != nil {
		c.conn.SendSound(message)
		return
	}
	c.pending = wire.KeepNewest(append(c.pending, message), maxPending)
}

// Say implements [realtime.Session].
func (c *session) Say(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stop()
	c.rounds = 0
	c.spokeInTurn = false
	c.history.Add(realtime.Entry{Role: "user", Text: text})
	if c.conn != nil {
		c.createItem("user", text)
	}
	c.asked = time.Now()
	c.want(object{})
}

// Inform implements [realtime.Session].
func (c *session) Inform(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.history.Add(realtime.Entry{Role: "system", Text: text})
	if c.conn != nil {
		c.createItem("system", text)
	}
}

// Results implements [realtime.Session].
func (c *session) Results(results []realtime.Result) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known := false
	for _, r := range results {
		text := r.Text
		if r.IsError {
			text = "Error: " + text
		}
		name, isOpen := c.calls[r.CallID]
		lost, isLost := c.lostCalls[r.CallID]
		delete(c.calls, r.CallID)
		delete(c.lostCalls, r.CallID)
		switch {
		case isOpen:
			c.conn.Send(encode(object{"type": "conversation.item.create", "item": object{
				"type": "function_call_output", "call_id": r.CallID, "output": text,
			}}))
			c.unconfirmed++
			c.history.Add(realtime.Entry{Role: "system", Text: realtime.CallNote(name, text)})
		case isLost:
			c.history.Add(realtime.Entry{Role: "system", Text: realtime.CallNote(lost, text)})
			if c.conn != nil {
				c.createItem("system", realtime.CallNote(lost, text))
			}
		default:
			continue
		}
		known = true
	}
	if !known {
		return
	}
	c.asked = time.Now()
	request := object{}
	if c.rounds >= maxRounds {
		request["tool_choice"] = "none"
	}
	c.want(request)
}
