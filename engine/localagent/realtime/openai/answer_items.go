package openai

import (
	"cmp"
	"encoding/base64"
	"slices"
	"time"

	"moonlark/engine/localagent/realtime"
)

// A spokenItem is an item of the agent.
type spokenItem struct {
	id       string
	received int  // number of bytes of sound that have arrived
	hasText  bool // a piece of its text has arrived
	done     bool // the item is complete or interrupted; later sound and text are ignored
	cut      bool // the user has interrupted the item
}

// spoken returns the item of the answer a, and creates the item if it is new. id is empty if the
// service does not name its items.
func (c *session) spoken(a *answer, id string) *spokenItem {
	id = cmp.Or(id, a.unnamed)
	it := c.items[id]
	if it == nil {
		it = &spokenItem{id: id}
		c.items[id] = it
		c.itemOrder = append(c.itemOrder, id)
		if len(c.itemOrder) > maxItems {
			delete(c.items, c.itemOrder[0])
			c.itemOrder = slices.Delete(c.itemOrder, 0, 1)
		}
		a.items = append(a.items, it)
		c.history.Add(realtime.Entry{Item: id, Role: "assistant"})
	}
	return it
}

// soundReceived passes sound of the agent, in base64, on to Events.
func (c *session) soundReceived(id, encoded string, now time.Time) {
	if c.isDone(id) {
		return
	}
	a := c.current(now)
	sound, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(sound) == 0 {
		return
	}
	it := c.spoken(a, id)
	it.received += len(sound)
	if a.cancelled {
		return
	}
	a.spoke, c.spokeInTurn = true, true
	if c.playEnd.Before(now) {
		c.playEnd = now
	}
	c.playEnd = c.playEnd.Add(duration(len(sound)))
	c.events.AgentSound(it.id, sound)
}

// duration returns the duration of this number of bytes of sound.
func duration(bytes int) time.Duration {
	return time.Duration(bytes/2) * time.Second / rate
}

// textReceived passes a piece of the agent's text on to Events.
func (c *session) textReceived(id, text string, now time.Time) {
	if c.isDone(id) {
		return
	}
	a := c.current(now)
	it := c.spoken(a, id)
	if text == "" || a.cancelled {
		return
	}
	it.hasText, a.spoke, c.spokeInTurn = true, true, true
	if e := c.history.Find(it.id); e != nil {
		if len(e.Text)+len(text) > realtime.MaxText {
			return
		}
		e.Text += text
	}
	c.events.AgentText(it.id, text)
}

// wholeText passes the whole text of an item on to Events, if the service has sent no pieces of it.
func (c *session) wholeText(id, text string, now time.Time) {
	if it := c.items[id]; it == nil || !it.hasText {
		c.textReceived(id, text, now)
	}
}

// isDone reports whether the item is complete or was interrupted. Sound and text that arrive later
// are ignored.
func (c *session) isDone(id string) bool {
	it := c.items[id]
	return it != nil && it.done
}

// itemDone records that an item of the answer is complete.
func (c *session) itemDone(it item, now time.Time) {
	a := c.current(now)
	if it.Type == "function_call" {
		a.addCall(it)
		return
	}
	if spoken := c.items[it.ID]; spoken != nil && !spoken.done {
		spoken.done = true
		c.events.AgentDone(it.ID)
	}
}

// finishItems tells Events that the items of the answer are complete.
func (c *session) finishItems(a *answer) {
	for _, it := range a.items {
		if !it.done {
			it.done = true
			c.events.AgentDone(it.id)
		}
	}
}

// Interrupted implements [realtime.Session]. It truncates the item at the service to the sound that
// the user has heard. If the user has heard nothing, it deletes the item, because the service does
// not truncate an item to nothing. The service also refuses to truncate an item behind its end.
func (c *session) Interrupted(id string, played time.Duration, heard string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.history.Find(id); e != nil {
		e.Text = heard
	}
	it := c.items[id]
	if it == nil || it.cut || c.conn == nil {
		return
	}
	if a := c.active; a != nil && slices.Contains(a.items, it) {
		c.stop()
	}
	received := duration(it.received)
	it.cut, it.done = true, true
	switch milliseconds := min(played, received).Milliseconds(); {
	case it.received == 0: // the item has no sound to truncate
	case milliseconds == 0:
		c.conn.Send(encode(object{"type": "conversation.item.delete", "item_id": id}))
	default:
		c.conn.Send(encode(object{"type": "conversation.item.truncate", "item_id": id, "content_index": 0, "audio_end_ms": milliseconds}))
	}
}
