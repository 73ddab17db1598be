package realtime

import "slices"

// maxHistory is the maximum size of a History, in bytes. It is about 4,000 tokens.
const maxHistory = 16_000

// MaxText is the maximum length of the text of an item, in bytes. What a service sends beyond that
// is ignored.
const MaxText = 64 << 10

// An Entry is something that was said in the conversation, or something else that the model must
// know.
type Entry struct {
	Item string // name of the item at the service; empty if the text does not change any more
	Role string // "user", "assistant" or "system"
	Text string // empty if it is not known yet
}

// A History holds what the next session of a conversation must know, in the order in which it was
// said. The zero History is empty. Only one goroutine at a time may use it.
type History struct{ entries []Entry }

// Add adds an entry to the end. It removes the oldest entries if the history is larger than
// maxHistory.
func (h *History) Add(e Entry) {
	h.entries = append(h.entries, e)
	size := 0
	for i, e := range slices.Backward(h.entries) {
		const overhead = 50 // size of the other fields
		if size += len(e.Text) + overhead; size > maxHistory && i < len(h.entries)-1 {
			h.entries = slices.Delete(h.entries, 0, i+1)
			return
		}
	}
}

// Find returns the entry of an item, or nil. The pointer is valid until the next call of a method.
func (h *History) Find(item string) *Entry {
	for i := range slices.Backward(h.entries) {
		if h.entries[i].Item == item && item != "" {
			return &h.entries[i]
		}
	}
	return nil
}

// Settle must be called when the connection is over, because the items do not exist in the next
// one. It removes the names of the items and the entries without a text, and returns the other
// entries.
func (h *History) Settle() []Entry {
	for i := range h.entries {
		h.entries[i].Item = ""
	}
	h.entries = slices.DeleteFunc(h.entries, func(e Entry) bool { return e.Text == "" })
	return slices.Clone(h.entries)
}
