package llmtest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Messages is the Messages API of Anthropic.
var Messages = &API{
	Name: "messages", Check: checkMessages, Events: named, Text: messagesText, Tool: messagesTool, Streams: messagesStreams,
	path: "/messages",
	results: func(b Body) (texts []string) {
		for _, m := range fieldOf[[]messagesMessage](b, "messages") {
			for _, part := range m.Content {
				if part.Type == "tool_result" {
					text := part.Content
					if part.IsError {
						text = "Error: " + text
					}
					texts = append(texts, text)
				}
			}
		}
		return texts
	},
}

// Signature returns the signature of a thought, as Messages has it. The server refuses a thought
// that has another one.
func Signature(thought string) string {
	sum := sha256.Sum256([]byte(thought))
	return hex.EncodeToString(sum[:8])
}

type messagesMessage struct {
	Role    string
	Content []messagesPart
}

type cacheControl struct{ Type, TTL string }

// A messagesPart is a block of a message.
type messagesPart struct {
	Type  string
	Cache *cacheControl `json:"cache_control"`

	Text string // of a text

	ID, Name string          // of a tool_use
	Input    json.RawMessage // of a tool_use
	Caller   json.RawMessage // of a tool_use

	ToolUseID string `json:"tool_use_id"` // of a tool_result
	Content   string // of a tool_result
	IsError   bool   `json:"is_error"` // of a tool_result

	Thinking, Signature, Data string // of a thinking or redacted_thinking
}

type messagesToolSpec struct {
	Name, Description string
	Schema            json.RawMessage `json:"input_schema"`
	Cache             *cacheControl   `json:"cache_control"`
}

var toolUseID = regexp.MustCompile(`^[a-zA-Z0-9_-]+$`)

const messagesFields = "model max_tokens system messages tools tool_choice stream temperature top_p top_k thinking " +
	"output_config metadata stop_sequences service_tier"

// checkMessages returns an error if the server of Anthropic would refuse the body, or a strict copy of
// it: user and assistant take turns, each tool_use has exactly one result at the beginning of the
// next message, no text is empty, thoughts are unchanged, and there are no unknown fields.
func checkMessages(b Body) error {
	if err := checkFields(b, messagesFields); err != nil {
		return err
	}
	switch v := b.Header.Get("Anthropic-Version"); v {
	case "2023-06-01":
	case "2026-10-21": // has the same form, without these fields
		for _, name := range []string{"temperature", "top_p", "top_k"} {
			if _, ok := b.Fields[name]; ok {
				return fmt.Errorf("%s: Extra inputs are not permitted", name)
			}
		}
	default:
		return fmt.Errorf("anthropic-version is %q", v)
	}
	if n := fieldOf[int](b, "max_tokens"); n < 1 {
		return fmt.Errorf("max_tokens is %s", b.Fields["max_tokens"])
	}
	var tools []messagesToolSpec
	if field, ok := b.Fields["tools"]; ok {
		if err := decodeStrictly(field, &tools); err != nil || len(tools) == 0 {
			return fmt.Errorf("tools: %v", err)
		}
	}
	marks := 0
	names := map[string]bool{}
	for _, t := range tools {
		if err := checkSchema(t.Name, t.Schema); err != nil {
			return err
		}
		if names[t.Name] {
			return fmt.Errorf("two tools %s", t.Name)
		}
		names[t.Name] = true
		if t.Cache != nil {
			marks++
		}
	}
	if _, ok := b.Fields["tool_choice"]; ok && len(tools) == 0 {
		return errors.New("tool_choice without tools")
	}
	system, err := partsOf(b.Fields["system"])
	if err != nil {
		return fmt.Errorf("system: %w", err)
	}
	for _, part := range system {
		if part.Type != "text" || strings.TrimSpace(part.Text) == "" {
			return fmt.Errorf("system: %+v", part)
		}
		if part.Cache != nil {
			marks++
		}
	}
	if marks > 4 {
		return fmt.Errorf("%d blocks with cache_control", marks)
	}
	return checkMessageList(b, len(tools) > 0)
}

// partsOf returns the blocks of a content: a list, or a text.
func partsOf(content json.RawMessage) (parts []messagesPart, err error) {
	var text string
	if len(content) == 0 {
		return nil, nil
	}
	if json.Unmarshal(content, &text) == nil {
		return []messagesPart{{Type: "text", Text: text}}, nil
	}
	return parts, decodeStrictly(content, &parts)
}

func checkMessageList(b Body, hasTools bool) error {
	var list []struct {
		Role    string
		Content json.RawMessage
	}
	if err := decodeStrictly(b.Fields["messages"], &list); err != nil || len(list) == 0 {
		return fmt.Errorf("messages: %v", err)
	}
	used := map[string]bool{}
	var open map[string]bool // the calls of the last message
	for i, m := range list {
		parts, err := partsOf(m.Content)
		if err == nil && len(parts) == 0 {
			err = errors.New("no content")
		}
		if want := []string{"user", "assistant"}[i%2]; m.Role != want {
			err = fmt.Errorf("role %q, want %q", m.Role, want)
		}
		if err == nil && m.Role == "user" {
			err = checkUser(parts, open)
			open = nil
		} else if err == nil {
			open, err = checkAssistant(parts, used)
			if len(open) > 0 && !hasTools {
				err = errors.New("calls, but no tools")
			}
		}
		if err != nil {
			return fmt.Errorf("message %d: %w", i, err)
		}
	}
	if list[len(list)-1].Role != "user" {
		return errors.New("the assistant has the last word")
	}
	return nil
}

// checkUser checks the blocks of a message of the user. open are the calls without a result.
func checkUser(parts []messagesPart, open map[string]bool) error {
	texts := false
	for _, part := range parts {
		switch part.Type {
		case "text":
			texts = true
			if strings.TrimSpace(part.Text) == "" {
				return errors.New("an empty text")
			}
		case "tool_result":
			if texts {
				return errors.New("a result after a text")
			}
			if !open[part.ToolUseID] {
				return fmt.Errorf("the result of an unknown call %q", part.ToolUseID)
			}
			delete(open, part.ToolUseID)
			if part.IsError && part.Content == "" {
				return errors.New("an error without a text")
			}
		default:
			return fmt.Errorf("a block %q", part.Type)
		}
	}
	if len(open) > 0 {
		return fmt.Errorf("calls without a result: %v", open)
	}
	return nil
}

// checkAssistant checks the blocks of a message of the assistant, and returns the ids of its calls.
// used are the ids of all earlier calls.
func checkAssistant(parts []messagesPart, used map[string]bool) (map[string]bool, error) {
	calls := map[string]bool{}
	for _, part := range parts {
		if len(calls) > 0 && part.Type != "tool_use" {
			return nil, fmt.Errorf("a block %q after a call", part.Type)
		}
		switch part.Type {
		case "text":
			if strings.TrimSpace(part.Text) == "" {
				return nil, errors.New("an empty text")
			}
		case "thinking":
			if part.Signature != Signature(part.Thinking) {
				return nil, fmt.Errorf("invalid `signature` in `thinking` block %q", part.Thinking)
			}
		case "redacted_thinking":
			if part.Data == "" {
				return nil, errors.New("redacted_thinking without data")
			}
		case "tool_use":
			if used[part.ID] || !toolUseID.MatchString(part.ID) {
				return nil, fmt.Errorf("call id %q", part.ID)
			}
			if !isObject(part.Input) || !toolName.MatchString(part.Name) {
				return nil, fmt.Errorf("call %s with the input %s", part.Name, part.Input)
			}
			used[part.ID], calls[part.ID] = true, true
		default:
			return nil, fmt.Errorf("a block %q", part.Type)
		}
	}
	return calls, nil
}

const messagesStart = `{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"tiny","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":7,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":1}}}`

// messagesEnd returns the last events of a stream.
func messagesEnd(stop string) []string {
	return []string{
		`{"type":"message_delta","delta":{"stop_reason":"` + stop + `","stop_sequence":null},"usage":{"output_tokens":5}}`,
		`{"type":"message_stop"}`,
	}
}

func messagesText(pieces ...string) Reply { return named(messagesWords("end_turn", pieces...)...) }

func messagesTool(calls ...string) Reply {
	return named(messagesCalls("tool_use", withIDs(calls)...)...)
}
