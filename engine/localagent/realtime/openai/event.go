package openai

import (
	"encoding/json"
	"errors"
)

// An event is a message from the service. Only the fields that its type has are set.
type event struct {
	Type       string
	ItemID     string `json:"item_id"`
	Delta      string // a piece of a text, or sound in base64
	Transcript string
	Text       string
	CallID     string `json:"call_id"`
	Name       string
	Arguments  json.RawMessage
	Item       *item
	Response   *response
	Session    json.RawMessage
	Error      *serviceError
}

// An item is a part of the conversation: a message, a tool call or the result of one.
type item struct {
	ID        string
	Type      string
	Role      string
	Status    string
	CallID    string `json:"call_id"`
	Name      string
	Arguments json.RawMessage // a string that holds JSON; some servers send an object
	Content   []struct{ Type string }
}

// isFromClient reports whether the client has sent the item, as text or as the result of a tool
// call.
func (i *item) isFromClient() bool {
	return i.Type == "function_call_output" || i.Role == "system" ||
		i.Role == "user" && len(i.Content) > 0 && i.Content[0].Type == "input_text"
}

// A response is what the service says about an answer of the model when the answer ends.
type response struct {
	ID            string
	Status        string
	StatusDetails *struct {
		Reason string
		Error  *serviceError
	} `json:"status_details"`
	Output []item
	Usage  *struct {
		InputTokens  int `json:"input_tokens"`
		OutputTokens int `json:"output_tokens"`
	}
}

// A serviceError is an error that the service reports in an event.
type serviceError struct {
	Type    string
	Code    string
	Message string
	EventID string `json:"event_id"` // the event of the client that caused it; may be empty
}

// gaNames maps names of events in the dialect beta to their names in the dialect ga. Events that
// are missing here have the same name in both.
var gaNames = map[string]string{
	"response.audio.delta":            "response.output_audio.delta",
	"response.audio.done":             "response.output_audio.done",
	"response.audio_transcript.delta": "response.output_audio_transcript.delta",
	"response.audio_transcript.done":  "response.output_audio_transcript.done",
	"response.text.delta":             "response.output_text.delta",
	"response.text.done":              "response.output_text.done",
	"conversation.item.created":       "conversation.item.added",
}

// parse parses a message from the service. It reports false if the message is not an event. A field
// of the wrong type counts as missing.
func parse(data []byte) (event, bool) {
	var e event
	if err := json.Unmarshal(data, &e); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) || e.Type == "" {
			return event{}, false
		}
	}
	if e.Type == "" {
		return event{}, false
	}
	if name, ok := gaNames[e.Type]; ok {
		e.Type = name
	}
	return e, true
}
