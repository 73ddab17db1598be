package llmtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Responses is the Responses API of OpenAI.
var Responses = &API{
	Name: "responses", Check: checkResponses, Events: named, Text: responsesText, Tool: responsesTool, Streams: responsesStreams,
	path: "/responses",
	results: func(b Body) (texts []string) {
		for _, item := range fieldOf[[]responsesItem](b, "input") {
			if item.Type == "function_call_output" {
				texts = append(texts, *item.Output)
			}
		}
		return texts
	},
}

// A responsesItem is an item of the input.
type responsesItem struct {
	Type, ID, Status string

	Role    string          // of a message
	Content json.RawMessage // of a message, or of reasoning

	CallID    string  `json:"call_id"` // of a function_call or a function_call_output
	Name      string  // of a function_call
	Arguments string  // of a function_call
	Output    *string // of a function_call_output

	Summary   []json.RawMessage // of reasoning
	Encrypted string            `json:"encrypted_content"` // of reasoning
}

type responsesToolSpec struct {
	Type, Name, Description string
	Parameters              json.RawMessage
	Strict                  *bool
}

const responsesFields = "model instructions input tools stream store include max_output_tokens reasoning tool_choice " +
	"parallel_tool_calls temperature top_p text metadata service_tier prompt_cache_key truncation stream_options"

// checkResponses returns an error if the server of OpenAI would refuse the body, or a strict copy of
// it, or if the body would make the server keep the conversation.
func checkResponses(b Body) error {
	if err := checkFields(b, responsesFields); err != nil {
		return err
	}
	if string(b.Fields["store"]) != "false" {
		return fmt.Errorf("store is %s", b.Fields["store"])
	}
	if field, ok := b.Fields["max_output_tokens"]; ok && fieldOf[int](b, "max_output_tokens") < 16 {
		return fmt.Errorf("max_output_tokens is %s", field)
	}
	if field, ok := b.Fields["tools"]; ok {
		var tools []responsesToolSpec
		if err := decodeStrictly(field, &tools); err != nil || len(tools) == 0 {
			return fmt.Errorf("tools: %v", err)
		}
		for _, t := range tools {
			if err := checkSchema(t.Name, t.Parameters); err != nil {
				return err
			}
			if t.Type != "function" || t.Strict == nil || *t.Strict {
				return fmt.Errorf("tool %s: type %q, strict %v", t.Name, t.Type, t.Strict)
			}
		}
	}
	var items []responsesItem
	if err := decodeStrictly(b.Fields["input"], &items); err != nil || len(items) == 0 {
		return fmt.Errorf("input: %v", err)
	}
	return checkItems(items)
}

// checkItems returns an error if the items break a rule: each call has exactly one output, before the
// next message; thoughts are unchanged and stand before their call; user and assistant take turns,
// as the chat templates of other servers want it.
func checkItems(items []responsesItem) error {
	open, used := map[string]bool{}, map[string]bool{}
	last := ""
	for i, item := range items {
		kind := item.Type
		if kind == "" {
			kind = "message"
		}
		if len(open) > 0 && kind == "message" {
			return fmt.Errorf("item %d: calls without an output: %v", i, open)
		}
		switch kind {
		case "message":
			var text string
			if err := json.Unmarshal(item.Content, &text); err != nil {
				var parts []struct{ Type, Text string }
				if err := json.Unmarshal(item.Content, &parts); err != nil || len(parts) == 0 {
					return fmt.Errorf("item %d: content %s", i, item.Content)
				}
				text = parts[0].Text
			}
			if strings.TrimSpace(text) == "" || item.Role != "user" && item.Role != "assistant" || item.Role == last || last == "" && item.Role == "assistant" {
				return fmt.Errorf("item %d: %q of %q after %q", i, text, item.Role, last)
			}
			last = item.Role
		case "function_call":
			if item.CallID == "" || len(item.CallID) > 64 || used[item.CallID] {
				return fmt.Errorf("item %d: call_id %q", i, item.CallID)
			}
			if !isObject([]byte(item.Arguments)) || !toolName.MatchString(item.Name) || item.ID != "" && !strings.HasPrefix(item.ID, "fc_") {
				return fmt.Errorf("item %d: call %s %s with %s", i, item.ID, item.Name, item.Arguments)
			}
			open[item.CallID], used[item.CallID], last = true, true, "call"
		case "function_call_output":
			if !open[item.CallID] || item.Output == nil {
				return fmt.Errorf("item %d: output of an unknown call %q", i, item.CallID)
			}
			delete(open, item.CallID)
		case "reasoning":
			if err := checkReasoning(items, i); err != nil {
				return err
			}
		default:
			return fmt.Errorf("item %d: type %q", i, item.Type)
		}
	}
	if len(open) > 0 || last == "assistant" {
		return fmt.Errorf("the end: after the %s, calls without an output: %v", last, open)
	}
	return nil
}

// checkReasoning returns an error if the thoughts at items[i] are not what the server has sent
// before the next item that is not thoughts. They have the form of [Thoughts]. The client may have
// added something to the id of the call.
func checkReasoning(items []responsesItem, i int) error {
	item := items[i]
	if !strings.HasPrefix(item.ID, "rs_") || item.Summary == nil {
		return fmt.Errorf("item %d: reasoning %q without a summary", i, item.ID)
	}
	if item.Encrypted == "" && len(item.Content) == 0 {
		return fmt.Errorf("item %d: Item with id '%s' not found: items are not persisted when `store` is set to false", i, item.ID)
	}
	for _, next := range items[i+1:] {
		if next.Type == "reasoning" {
			continue
		}
		if next.Type != "function_call" || !strings.HasPrefix("thoughts before "+next.CallID, item.Encrypted) {
			return fmt.Errorf("item %d: reasoning %q was provided without its required following item: %+v", i, item.ID, next)
		}
		return nil
	}
	return errors.New("reasoning at the end")
}

// Thoughts returns an item with the thoughts before the call with the id callID. The server of
// [Responses] refuses a request that has these thoughts before a different call.
func Thoughts(id, callID string) string {
	return fmt.Sprintf(`{"id":"rs_%s","type":"reasoning","summary":[],"content":null,"encrypted_content":"thoughts before %s"}`, id, callID)
}

const responsesStart = `{"type":"response.created","sequence_number":0,"response":{"id":"resp_1","object":"response","status":"in_progress","error":null,"incomplete_details":null,"output":[],"usage":null}}`

// responsesEnd returns the last event of a stream.
func responsesEnd(output string) string {
	return `{"type":"response.completed","response":{"id":"resp_1","object":"response","status":"completed","error":null,"incomplete_details":null,"output":[` +
		output + `],"usage":{"input_tokens":7,"input_tokens_details":{"cached_tokens":0},"output_tokens":5,"total_tokens":12}}}`
}

func responsesText(pieces ...string) Reply { return named(responsesWords(pieces...)...) }

func responsesTool(calls ...string) Reply { return named(responsesCalls(withIDs(calls)...)...) }

// responsesWords returns the events of a reply with text.
func responsesWords(pieces ...string) []string {
	text := quote(strings.Join(pieces, ""))
	events := []string{
		responsesStart,
		`{"type":"response.output_item.added","output_index":0,"item":{"id":"msg_1","type":"message","role":"assistant","status":"in_progress","content":[]}}`,
		`{"type":"response.content_part.added","item_id":"msg_1","output_index":0,"content_index":0,"part":{"type":"output_text","text":"","annotations":[]}}`,
	}
	for _, p := range pieces {
		events = append(events, `{"type":"response.output_text.delta","item_id":"msg_1","output_index":0,"content_index":0,"delta":`+quote(p)+`}`)
	}
	item := `{"id":"msg_1","type":"message","role":"assistant","status":"completed","content":[{"type":"output_text","text":` + text + `,"annotations":[]}]}`
	return append(events,
		`{"type":"response.output_text.done","item_id":"msg_1","output_index":0,"content_index":0,"text":`+text+`}`,
		`{"type":"response.content_part.done","item_id":"msg_1","output_index":0,"content_index":0,"part":{"type":"output_text","text":`+text+`,"annotations":[]}}`,
		`{"type":"response.output_item.done","output_index":0,"item":`+item+`}`,
		responsesEnd(item))
}

// responsesCalls returns the events of a reply with calls. Each is an id, a name and arguments.
func responsesCalls(calls ...string) []string {
	events, output := []string{responsesStart}, ""
	for i, call := range calls {
		id, name, arguments := cutCall(call)
		item := func(status, arguments string) string {
			return fmt.Sprintf(`{"id":"fc_%d","type":"function_call","status":%q,"call_id":%q,"name":%q,"arguments":%s}`, i, status, id, name, quote(arguments))
		}
		events = append(events,
			fmt.Sprintf(`{"type":"response.output_item.added","output_index":%d,"item":%s}`, i, item("in_progress", "")),
			fmt.Sprintf(`{"type":"response.function_call_arguments.delta","item_id":"fc_%d","output_index":%d,"delta":%s}`, i, i, quote(arguments)),
			fmt.Sprintf(`{"type":"response.function_call_arguments.done","item_id":"fc_%d","output_index":%d,"name":%q,"arguments":%s}`, i, i, name, quote(arguments)),
			fmt.Sprintf(`{"type":"response.output_item.done","output_index":%d,"item":%s}`, i, item("completed", arguments)))
		if i > 0 {
			output += ","
		}
		output += item("completed", arguments)
	}
	return append(events, responsesEnd(output))
}
