package responses_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"moonlark/engine/apikey"
	"moonlark/engine/llm"
	"moonlark/engine/llm/llmtest"
	"moonlark/engine/llm/responses"
	"moonlark/engine/provider"
	"moonlark/engine/tool"
)

// ask sends one message of the user, and returns the reply and what was said.
func ask(t *testing.T, c *responses.Client, r llm.Request) (reply llm.Reply, said string, err error) {
	t.Helper()
	if r.Messages == nil {
		r.Messages = []llm.Message{{Role: llm.User, Text: "Hello"}}
	}
	reply, err = c.Stream(t.Context(), r, func(text string) { said += text })
	return reply, said, err
}

func newClient(s *llmtest.Server) *responses.Client {
	return responses.New(provider.Endpoint{Server: "openai", Base: s.URL, Choice: "tiny", Key: apikey.New("s3cret"), KeyName: "OPENAI_API_KEY"})
}

func serve(t *testing.T, replies ...llmtest.Reply) *llmtest.Server {
	return llmtest.Responses.Serve(t, replies...)
}

// events replies with a stream of these events.
func events(events ...string) llmtest.Reply { return llmtest.Responses.Events(events...) }

var tools = []*tool.Spec{
	{Name: "plain"},
	{Name: "list", Description: "Lists.", Parameters: &tool.Schema{
		Type: "object", Properties: []tool.Property{{Name: "things", Schema: &tool.Schema{Type: "array"}}},
	}},
}

func TestTheRequestHasTheFormOfTheAPI(t *testing.T) {
	s := serve(t)
	c := newClient(s)
	ask(t, c, llm.Request{System: "Be brief.", Tools: tools, MaxTokens: 1, Extra: map[string]any{"temperature": 1}, Messages: []llm.Message{
		{Role: llm.User, Text: "a"}, {Role: llm.User, Text: "b"},
		{Role: llm.Assistant, Text: "c"},
		{Role: llm.Assistant, Text: "d", Calls: []llm.Call{{ID: "x", Name: "plain", Arguments: json.RawMessage(`{}`)}, {ID: "x", Name: "plain"}}},
		{Role: llm.ToolResult, CallID: "x", Text: "e", IsError: true}, {Role: llm.ToolResult, CallID: "x", Text: ""},
		{Role: llm.ToolResult, CallID: "unknown", Text: "f"},
		{Role: llm.User, Text: "g"},
	}})
	b := s.Requests()[0]
	for name, want := range map[string]string{
		"input": `[{"content":"a\n\nb","role":"user"},{"content":"c\n\nd","role":"assistant"},` +
			`{"arguments":"{}","call_id":"x","name":"plain","type":"function_call"},{"arguments":"{}","call_id":"x_2","name":"plain","type":"function_call"},` +
			`{"call_id":"x","output":"Error: e","type":"function_call_output"},{"call_id":"x_2","output":"","type":"function_call_output"},{"content":"g","role":"user"}]`,
		"instructions": `"Be brief."`,
		"tools": `[{"type":"function","name":"plain","parameters":{"type":"object","properties":{}},"strict":false},` +
			`{"type":"function","name":"list","description":"Lists.","parameters":{"type":"object","properties":{"things":{"type":"array","items":{"type":"string"}}}},"strict":false}]`,
		"store": "false", "include": `["reasoning.encrypted_content"]`, "stream": "true", "max_output_tokens": "16", "temperature": "1",
	} {
		if got := string(b.Fields[name]); got != want {
			t.Errorf("%s is\n%s, want\n%s", name, got, want)
		}
	}
	if got := b.Header.Get("Authorization"); got != "Bearer s3cret" {
		t.Errorf("Authorization is %q", got)
	}
	ask(t, c, llm.Request{Tools: tools, NoCalls: true})
	if f := s.Requests()[1].Fields; f["tools"] != nil || f["instructions"] != nil || f["max_output_tokens"] != nil {
		t.Errorf("a request without calls has %s", f)
	}
}

func TestTheReplyHasItsUsageAndTheReasonOfItsEnd(t *testing.T) {
	word := `{"type":"response.output_text.delta","delta":"a"}`
	for reason, want := range map[string]string{"max_output_tokens": "length", "content_filter": "content_filter", "": "length"} {
		s := serve(t, events(word, `{"type":"response.incomplete","response":{"status":"incomplete","incomplete_details":{"reason":"`+reason+`"},"usage":{"input_tokens":12,"output_tokens":3}}}`))
		reply, said, err := ask(t, newClient(s), llm.Request{})
		u := reply.Usage
		if err != nil || said != "a" || reply.Cut != want || u.InputTokens != 12 || u.OutputTokens != 3 || u.Attempts != 1 || u.FirstToken <= 0 {
			t.Errorf("%s: said %q, cut %q, usage %+v, %v", reason, said, reply.Cut, u, err)
		}
	}
}

func TestACallThatIsCutIsNotRun(t *testing.T) {
	added := `{"type":"response.output_item.added","output_index":0,"item":{"id":"fc_1","type":"function_call","call_id":"x","name":"plain"}}`
	half := `{"type":"response.function_call_arguments.delta","item_id":"fc_1","output_index":0,"delta":"{\"n\":"}`
	whole := `{"type":"response.output_item.done","output_index":0,"item":{"id":"fc_1","type":"function_call","status":"completed","call_id":"x","name":"plain","arguments":"{}"}}`
	cut := `{"type":"response.output_item.done","output_index":0,"item":{"id":"fc_1","type":"function_call","status":"incomplete","call_id":"x","name":"plain","arguments":"{}"}}`
	full := `{"type":"response.incomplete","response":{"incomplete_details":{"reason":"max_output_tokens"}}}`
	for name, row := range map[string]struct {
		events []string
		want   string // part of the error; empty if there is none
	}{
		"no end":                    {[]string{added, half}, "in the middle of a tool call"},
		"no end of a whole call":    {[]string{added, whole}, "in the middle of a tool call"},
		"no end of the reply":       {[]string{`{"type":"response.created"}`}, "before it was complete"},
		"full, no arguments":        {[]string{added, full}, "in the middle of a tool call"},
		"full, half":                {[]string{added, half, full}, "in the middle of a tool call"},
		"full, the item says so":    {[]string{added, cut, full}, "in the middle of a tool call"},
		"full after the whole call": {[]string{added, whole, full}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, events(row.events...), events(row.events...), events(row.events...))
			_, _, err := ask(t, newClient(s), llm.Request{})
			if (err == nil) != (row.want == "") || err != nil && !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want %s", err, row.want)
			}
		})
	}
}

// thoughtful is a reply with thoughts before each of two calls.
var thoughtful = events(
	`{"type":"response.output_item.done","output_index":0,"item":`+llmtest.Thoughts("1", "x")+`}`,
	`{"type":"response.output_item.done","output_index":1,"item":{"type":"message","content":[{"type":"output_text","text":"So."}]}}`,
	`{"type":"response.output_item.done","output_index":2,"item":{"type":"function_call","call_id":"x","name":"plain","arguments":"{}"}}`,
	`{"type":"response.output_item.done","output_index":3,"item":`+llmtest.Thoughts("2", "y")+`}`,
	`{"type":"response.output_item.done","output_index":4,"item":{"type":"function_call","call_id":"y","name":"plain","arguments":"{}"}}`,
	`{"type":"response.completed","response":{"status":"completed"}}`,
)

func TestThoughtsGoBackBeforeTheirCall(t *testing.T) {
	s := serve(t, thoughtful)
	c := newClient(s)
	reply, said, err := ask(t, c, llm.Request{Tools: tools})
	if err != nil || said != "So." {
		t.Fatalf("said %q, %v", said, err)
	}
	ask(t, c, llm.Request{Tools: tools, Messages: afterCalls(reply)})
	var items []struct{ Type, Role, ID string }
	json.Unmarshal(s.Requests()[1].Fields["input"], &items)
	var got []string
	for _, item := range items {
		got = append(got, item.Role+item.Type+item.ID)
	}
	if want := "[user assistant reasoningrs_1 function_call reasoningrs_2 function_call function_call_output function_call_output]"; fmt.Sprint(got) != want {
		t.Errorf("got  %v\nwant %s", got, want)
	}
}

// afterCalls returns the messages of a conversation with the reply and the results of its calls.
func afterCalls(reply llm.Reply) []llm.Message {
	messages := []llm.Message{{Role: llm.User, Text: "a"}, {Role: llm.Assistant, Text: reply.Text, Calls: reply.Calls, Extra: reply.Extra}}
	for _, call := range reply.Calls {
		messages = append(messages, llm.Message{Role: llm.ToolResult, CallID: call.ID, Text: "b"})
	}
	return messages
}

// adaptations are servers that refuse a form of the request, and what the next requests must not
// have.
var adaptations = map[string]struct {
	status                int
	code, message, absent string
}{
	"include":             {400, "unknown_parameter", "Unknown parameter: 'include'.", `"include"`},
	"encryption":          {400, "", "Encrypted content is not supported with this model.", `"include"`},
	"thoughts":            {400, "invalid_encrypted_content", "The encrypted content gAAA could not be verified.", `"encrypted_content"`},
	"items of thoughts":   {422, "", "input.2: unknown item type 'reasoning'", `"encrypted_content"`},
	"lost thoughts":       {404, "", "Item with id 'rs_1' of type 'reasoning' not found.", `"encrypted_content"`},
	"parallel_tool_calls": {400, "", "Unsupported parameter: parallel_tool_calls", "parallel_tool_calls"},
	"effort":              {400, "", "Unsupported parameter: 'reasoning.effort' is not supported with this model.", `"effort"`},
}

// A conversation must go on if the server refuses thoughts of an earlier reply, whatever it says.
func TestARefusalThatNothingExplainsIsTriedWithoutThoughts(t *testing.T) {
	s := serve(t, thoughtful, llmtest.Error(400, `{"error":{"message":"No."}}`))
	c := newClient(s)
	reply, _, _ := ask(t, c, llm.Request{Tools: tools})
	for range 2 {
		if _, said, err := ask(t, c, llm.Request{Tools: tools, Messages: afterCalls(reply)}); err != nil || said != "(no more replies)" {
			t.Errorf("said %q, %v", said, err)
		}
	}
	for i, want := range []bool{false, true, false, true} { // the next request has them again
		if strings.Contains(string(s.Requests()[i].Fields["input"]), "encrypted_content") != want {
			t.Errorf("request %d is %s", i, s.Requests()[i].Fields["input"])
		}
	}
}

func TestTheClientAdaptsToItsServer(t *testing.T) {
	for name, row := range adaptations {
		t.Run(name, func(t *testing.T) {
			s := serve(t, thoughtful, llmtest.Error(row.status, fmt.Sprintf(`{"error":{"message":%q,"code":%q}}`, row.message, row.code)))
			c := newClient(s)
			c.Extra = map[string]any{"reasoning": map[string]any{"effort": "low"}}
			reply, _, _ := ask(t, c, llm.Request{Tools: tools})
			for range 2 {
				if _, said, err := ask(t, c, llm.Request{Tools: tools, Messages: afterCalls(reply)}); err != nil || said != "(no more replies)" {
					t.Errorf("said %q, %v", said, err)
				}
			}
			requests := s.Requests()
			if len(requests) != 4 {
				t.Fatalf("%d requests, want 4", len(requests))
			}
			for i, r := range requests[1:] {
				body, _ := json.Marshal(r.Fields)
				if strings.Contains(string(body), row.absent) != (i == 0) {
					t.Errorf("request %d is %s", i, body)
				}
			}
		})
	}
}

// failures are the responses of servers that refuse a request. requests is the number of requests
// that the client sends.
var failures = []struct {
	name     string
	reply    llmtest.Reply
	requests int
	want     string // part of the error
}{
	{"a wrong key", llmtest.Error(401, `{"error":{"message":"Incorrect API key provided: s3cret","code":"invalid_api_key"}}`), 1, "openai tiny: HTTP 401: Incorrect API key provided: (key) (check the key in OPENAI_API_KEY)"},
	{"a server without this API", llmtest.Error(404, `404 page not found`), 1, "HTTP 404"},
	{"failed", events(`{"type":"response.failed","response":{"status":"failed","error":{"code":"invalid_prompt","message":"No."}}}`), 1, "openai tiny: No."},
	{"failed for a passing reason", events(`{"type":"response.failed","response":{"status":"failed","error":{"code":"server_error","message":"Try again."}}}`), 3, "Try again."},
	{"failed without a reason", events(`{"type":"response.failed","response":{"error":null}}`), 1, "the model has failed"},
	{"an error", events(`{"type":"error","code":"rate_limit_exceeded","message":"Slow down.","param":null}`), 3, "Slow down."},
	{"an error in an object", events(`{"type":"error","error":{"code":"x","message":"No."}}`), 1, "openai tiny: No."},
	{"the error of a proxy in the stream", events(`{"error":"gone"}`), 1, "gone"},
	{"too long", events(`{"type":"response.failed","response":{"error":{"code":"context_length_exceeded","message":"Your input exceeds the context window."}}}`), 1, "shorten the prompt"},
	{"parts without end", events(slices.Repeat([]string{`{"type":"response.output_item.added","item":{"type":"function_call"}}`}, 1001)...), 1, "more than 1000 parts"},
	{"a lost item, with thoughts that were not sent", llmtest.Error(400, `{"error":{"message":"Items are not persisted when store is set to false."}}`), 1, "not persisted"},
	{"another API", events(`{"choices":[{"delta":{"content":"a"}}]}`), 1, "the server has sent no reply"},
	{"an event that is no object", events(`["a"]`), 1, "something that is not a reply"},
}

func TestARefusalIsExplained(t *testing.T) {
	for _, row := range failures {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, row.reply, row.reply, row.reply, row.reply)
			_, _, err := ask(t, newClient(s), llm.Request{})
			failure, ok := errors.AsType[*llm.Error](err)
			if !ok || !strings.Contains(err.Error(), row.want) || strings.Contains(err.Error(), "s3cret") {
				t.Fatalf("got %v, want %s", err, row.want)
			}
			if failure.TooLong != (row.name == "too long") {
				t.Errorf("TooLong is %v", failure.TooLong)
			}
			if got := len(s.Requests()); got != row.requests {
				t.Errorf("%d requests, want %d", got, row.requests)
			}
		})
	}
}
