package openai

import "time"

// handle handles an event of the service. data is the event as it was received. handle runs on the
// goroutine that reads, and does not wait.
func (c *session) handle(e event, data []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	switch e.Type {
	case "input_audio_buffer.speech_started":
		c.speechStarted(e.ItemID)
	case "input_audio_buffer.speech_stopped":
		c.speechStopped(now)
	case "input_audio_buffer.committed":
		c.speechCommitted(e.ItemID, now)
	case "conversation.item.input_audio_transcription.completed":
		c.transcribed(e.ItemID, e.Transcript)
	case "conversation.item.input_audio_transcription.failed":
		c.transcribed(e.ItemID, "")
	case "conversation.item.added":
		if e.Item != nil && e.Item.isFromClient() {
			c.unconfirmed = max(c.unconfirmed-1, 0)
		}
	case "response.created":
		c.responseCreated(now)
	case "response.output_item.added":
		c.itemAdded(e.Item, now)
	case "response.output_audio.delta":
		c.soundReceived(e.ItemID, e.Delta, now)
	case "response.output_audio_transcript.delta", "response.output_text.delta":
		c.textReceived(e.ItemID, e.Delta, now)
	case "response.output_audio_transcript.done":
		c.wholeText(e.ItemID, e.Transcript, now)
	case "response.output_text.done":
		c.wholeText(e.ItemID, e.Text, now)
	case "response.function_call_arguments.done":
		c.current(now).addCall(item{CallID: e.CallID, Name: e.Name, Arguments: e.Arguments})
	case "response.output_item.done":
		if e.Item != nil {
			c.itemDone(*e.Item, now)
		}
	case "response.done":
		c.responseDone(e.Response, now)
	case "error":
		c.serviceFailed(e, data)
	default: // such as rate_limits.updated, or an event of a newer API
		if c.active != nil {
			c.active.lastEvent = now
		}
	}
}

// itemAdded records that an item of an answer begins. The caller must hold c.mu.
func (c *session) itemAdded(it *item, now time.Time) {
	if it == nil {
		return
	}
	a := c.active
	if a == nil {
		c.responseCreated(now)
		a = c.active
	}
	a.lastEvent = now
	if it.Type == "function_call" {
		c.current(now)
		if it.CallID != "" {
			a.addCall(item{Type: it.Type, CallID: it.CallID, Name: it.Name, Status: "incomplete"})
		}
	}
}
