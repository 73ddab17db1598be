package anthropic_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"moonlark/engine/apikey"
	"moonlark/engine/llm"
	"moonlark/engine/llm/anthropic"
	"moonlark/engine/llm/llmtest"
	"moonlark/engine/provider"
	"moonlark/engine/tool"
)

// ask sends one message of the user, and returns the reply and what was said.
func ask(t *testing.T, c *anthropic.Client, r llm.Request) (reply llm.Reply, said string, err error) {
	t.Helper()
	if r.Messages == nil {
		r.Messages = []llm.Message{{Role: llm.User, Text: "Hello"}}
	}
	reply, err = c.Stream(t.Context(), r, func(text string) { said += text })
	return reply, said, err
}

func newClient(s *llmtest.Server) *anthropic.Client {
	return anthropic.New(provider.Endpoint{Server: "anthropic", Base: s.URL, Choice: "tiny", Key: apikey.New("s3cret"), KeyName: "ANTHROPIC_API_KEY"})
}

func serve(t *testing.T, replies ...llmtest.Reply) *llmtest.Server {
	return llmtest.Messages.Serve(t, replies...)
}

// events replies with a stream of these events.
func events(events ...string) llmtest.Reply { return llmtest.Messages.Events(events...) }

const (
	callX  = `{"type":"content_block_start","index":9,"content_block":{"type":"tool_use","id":"x1","name":"plain","input":{}}}`
	ended  = `{"type":"message_stop"}`
	aWord  = `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}}`
	called = `{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":3}}`
)

var tools = []*tool.Spec{
	{Name: "plain"},
	{Name: "list", Description: "Lists.", Phrases: []string{"list {things}"}, Parameters: &tool.Schema{
		Type: "object", Properties: []tool.Property{{Name: "things", Schema: &tool.Schema{Type: "array"}}},
	}},
}

func TestTheRequestHasTheFormOfTheAPI(t *testing.T) {
	s := serve(t)
	c := newClient(s)
	ask(t, c, llm.Request{System: "Be brief.", Tools: tools, Extra: map[string]any{"temperature": 1}, Messages: []llm.Message{
		{Role: llm.User, Text: "a"}, {Role: llm.User, Text: "b"}, {Role: llm.User, Text: " "},
		{Role: llm.Assistant, Text: "c"},
		{Role: llm.Assistant, Text: "d", Calls: []llm.Call{
			{ID: "x", Name: "plain", Arguments: json.RawMessage(`{}`)}, {ID: "x", Name: "list", Arguments: json.RawMessage(`{"things":[]}`)}, {ID: "a.b", Name: "plain"},
		}},
		{Role: llm.ToolResult, CallID: "x", IsError: true}, {Role: llm.ToolResult, CallID: "x", Text: "e"}, {Role: llm.ToolResult, CallID: "a.b"},
		{Role: llm.ToolResult, CallID: "unknown", Text: "f"},
		{Role: llm.User, Text: "g"},
	}})
	b := s.Requests()[0]
	for name, want := range map[string]string{
		"messages": `[{"role":"user","content":[{"text":"a","type":"text"},{"text":"b","type":"text"}]},` +
			`{"role":"assistant","content":[{"text":"c","type":"text"},{"text":"d","type":"text"},` +
			`{"id":"x","input":{},"name":"plain","type":"tool_use"},{"id":"x_2","input":{"things":[]},"name":"list","type":"tool_use"},{"id":"a_b","input":{},"name":"plain","type":"tool_use"}]},` +
			`{"role":"user","content":[{"content":"The tool has failed.","is_error":true,"tool_use_id":"x","type":"tool_result"},` +
			`{"content":"e","tool_use_id":"x_2","type":"tool_result"},{"tool_use_id":"a_b","type":"tool_result"},{"text":"g","type":"text"}]}]`,
		"system": `[{"cache_control":{"type":"ephemeral"},"text":"Be brief.","type":"text"}]`,
		"tools": `[{"input_schema":{"type":"object","properties":{}},"name":"plain"},` +
			`{"cache_control":{"type":"ephemeral"},"description":"Lists. Said like: list {things}","input_schema":{"type":"object","properties":{"things":{"type":"array","items":{"type":"string"}}}},"name":"list"}]`,
		"max_tokens": "4096", "stream": "true", "tool_choice": "", "temperature": "1",
	} {
		if got := string(b.Fields[name]); got != want {
			t.Errorf("%s is\n%s, want\n%s", name, got, want)
		}
	}
	if b.Header.Get("X-Api-Key") != "s3cret" || b.Header.Get("Authorization") != "" {
		t.Errorf("the header is %v", b.Header)
	}
}

func TestARequestWithoutCallsKeepsTheTools(t *testing.T) {
	s := serve(t)
	c := newClient(s)
	c.Extra = map[string]any{"max_tokens": 9000}
	ask(t, c, llm.Request{Tools: tools, NoCalls: true, MaxTokens: 7})
	if f := s.Requests()[0].Fields; string(f["tool_choice"]) != `{"type":"none"}` || len(f["tools"]) == 0 || string(f["max_tokens"]) != "9000" || f["system"] != nil {
		t.Errorf("the body has %s", f)
	}
	ask(t, newClient(s), llm.Request{NoCalls: true, MaxTokens: 7})
	if f := s.Requests()[1].Fields; f["tool_choice"] != nil || f["tools"] != nil || string(f["max_tokens"]) != "7" {
		t.Errorf("without tools the body has %s", f)
	}
}

func TestTheKeyGoesIntoTheHeaderOfTheServer(t *testing.T) {
	for text, want := range map[string]string{
		"anthropic:tiny": "X-Api-Key", "lmstudio:tiny": "Authorization", "vllm:tiny": "Authorization", "https://llm.example/v1#tiny": "X-Api-Key",
		"https://api.anthropic.com/v1#tiny": "X-Api-Key",
	} {
		endpoint, err := provider.Find(text, func(name string) string {
			if strings.HasSuffix(name, "BASE_URL") {
				return ""
			}
			return "s3cret"
		})
		if err != nil {
			t.Fatal(err)
		}
		s := llmtest.Messages.New(t)
		endpoint.HTTP = &http.Client{Transport: s}
		if _, _, err := ask(t, anthropic.New(endpoint), llm.Request{}); err != nil {
			t.Error(err)
		}
		for _, name := range []string{"X-Api-Key", "Authorization"} {
			if got := s.Requests()[0].Header.Get(name); (got != "") != (name == want) {
				t.Errorf("%s: %s is %q", text, name, got)
			}
		}
	}
}

func TestTheUsageCountsWhatWasCached(t *testing.T) {
	s := serve(t, events(
		`{"type":"message_start","message":{"usage":{"input_tokens":5,"cache_creation_input_tokens":100,"cache_read_input_tokens":2000,"output_tokens":1}}}`,
		aWord,
		`{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"input_tokens":6,"cache_read_input_tokens":null,"output_tokens":42}}`, ended,
	))
	reply, _, err := ask(t, newClient(s), llm.Request{})
	if u := reply.Usage; err != nil || u.InputTokens != 2106 || u.OutputTokens != 42 || u.Attempts != 1 || u.FirstToken <= 0 || u.Duration < u.FirstToken {
		t.Errorf("usage is %+v, %v", u, err)
	}
}

func TestTheReasonToStopIsUnderstood(t *testing.T) {
	for reason, want := range map[string]string{
		"end_turn": `a  "" false`, "stop_sequence": `a  "" false`, "max_tokens": `a length "" false`, "refusal": `a content_filter "" false`,
		"model_context_window_exceeded": `a length "" false`, "pause_turn": `a  "the server has paused a tool of its own" true`,
	} {
		s := serve(t, events(aWord, `{"type":"message_delta","delta":{"stop_reason":"`+reason+`"}}`, ended))
		reply, said, err := ask(t, newClient(s), llm.Request{})
		warning, _, isLong := strings.Cut(reply.Warning, ",")
		if got := fmt.Sprintf("%s %s %q %v", said, reply.Cut, warning, isLong); got != want || err != nil {
			t.Errorf("%s: got %s, want %s; %v", reason, got, want, err)
		}
	}
	s := serve(t, events(callX, `{"type":"message_delta","delta":{"stop_reason":"refusal"}}`, ended))
	if reply, _, err := ask(t, newClient(s), llm.Request{}); err != nil || reply.Cut != "content_filter" || len(reply.Calls) > 0 {
		t.Errorf("a refusal after a call: got %+v, %v", reply, err)
	}
	s = serve(t, events(`{"type":"message_delta","delta":{"stop_reason":"model_context_window_exceeded"}}`, ended))
	_, _, err := ask(t, newClient(s), llm.Request{})
	if failure, ok := errors.AsType[*llm.Error](err); !ok || !failure.TooLong {
		t.Errorf("a conversation that fills the context: got %v", err)
	}
}

func TestACallThatIsCutIsNotRun(t *testing.T) {
	full := `{"type":"message_delta","delta":{"stop_reason":"max_tokens"}}`
	piece := func(text string) string {
		return fmt.Sprintf(`{"type":"content_block_delta","index":9,"delta":{"type":"input_json_delta","partial_json":%q}}`, text)
	}
	for name, row := range map[string]struct {
		events []string
		want   string // part of the error; empty if there is none
	}{
		"full, no arguments":           {[]string{callX, full, ended}, "in the middle of a tool call"},
		"full, half of the arguments":  {[]string{callX, piece(`{"n":`), full, ended}, "in the middle of a tool call"},
		"full, all arguments":          {[]string{callX, piece(`{"n":1}`), full, ended}, ""},
		"no end":                       {[]string{callX, piece(`{"n":1}`)}, "in the middle of a tool call"},
		"no end of a text":             {[]string{`{"type":"message_start"}`}, "before it was complete"},
		"half of the arguments, ended": {[]string{callX, piece(`{"n":`), called, ended}, ""}, // the model hears of it
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

// thoughtful is a reply with thoughts, a text and a call.
var thoughtful = events(
	`{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"hm","signature":"`+llmtest.Signature("hm")+`"}}`,
	`{"type":"content_block_start","index":1,"content_block":{"type":"text","text":"\nOne moment."}}`,
	`{"type":"content_block_start","index":2,"content_block":{"type":"redacted_thinking","data":"d"}}`,
	callX, called, ended,
)

func TestThoughtsGoBackUnchangedWithTheirCall(t *testing.T) {
	hm := `{"signature":"` + llmtest.Signature("hm") + `","thinking":"hm","type":"thinking"}`
	const redacted, call = `{"data":"d","type":"redacted_thinking"}`, `{"id":"x1","input":{},"name":"plain","type":"tool_use"}`
	for heard, want := range map[string]string{
		"One moment.": hm + `,{"text":"\nOne moment.","type":"text"},` + redacted + `,` + call,
		"One …":       hm + `,{"text":"One …","type":"text"},` + redacted + `,` + call,
		"":            hm + `,` + redacted + `,` + call,
	} {
		s := serve(t, thoughtful)
		c := newClient(s)
		reply, said, err := ask(t, c, llm.Request{Tools: tools})
		if err != nil || said != "One moment." {
			t.Fatalf("said %q, %v", said, err)
		}
		ask(t, c, llm.Request{Tools: tools, Messages: afterCall(reply, heard)})
		var messages []struct{ Content json.RawMessage }
		json.Unmarshal(s.Requests()[1].Fields["messages"], &messages)
		if got := string(messages[1].Content); got != "["+want+"]" {
			t.Errorf("heard %q: got\n%s, want\n[%s]", heard, got, want)
		}
	}
}

// afterCall returns the messages of a conversation with the reply, of which the user has heard a
// text, and the results of its calls.
func afterCall(reply llm.Reply, heard string) []llm.Message {
	messages := []llm.Message{{Role: llm.User, Text: "a"}, {Role: llm.Assistant, Text: heard, Calls: reply.Calls, Extra: reply.Extra}}
	for _, call := range reply.Calls {
		messages = append(messages, llm.Message{Role: llm.ToolResult, CallID: call.ID, Text: "b"})
	}
	return messages
}

// adaptations are servers that refuse a form of the request, and what the next requests must not have.
var adaptations = map[string]struct{ message, absent string }{
	"thoughts":      {"messages.1.content.0: Invalid `signature` in `thinking` block", `"thinking"`},
	"cache_control": {"tools.1.cache_control: Extra inputs are not permitted", "cache_control"},
	"temperature":   {"`temperature` is deprecated for this model.", "temperature"},
}

// A conversation must go on if the server refuses thoughts of an earlier reply, whatever it says.
func TestARefusalThatNothingExplainsIsTriedWithoutThoughts(t *testing.T) {
	s := serve(t, thoughtful, failure(400, "invalid_request_error", "messages.1: no"))
	c := newClient(s)
	reply, _, _ := ask(t, c, llm.Request{Tools: tools})
	for range 2 {
		if _, said, err := ask(t, c, llm.Request{Tools: tools, Messages: afterCall(reply, "One")}); err != nil || said != "(no more replies)" {
			t.Errorf("said %q, %v", said, err)
		}
	}
	for i, want := range []bool{false, true, false, true} { // the next request has them again
		body, _ := json.Marshal(s.Requests()[i].Fields)
		if strings.Contains(string(body), `"thinking"`) != want {
			t.Errorf("request %d is %s", i, body)
		}
	}
}

func TestTheClientAdaptsToItsServer(t *testing.T) {
	for name, row := range adaptations {
		t.Run(name, func(t *testing.T) {
			refusal := llmtest.Error(400, `{"type":"error","error":{"type":"invalid_request_error","message":"`+row.message+`"}}`)
			s := serve(t, thoughtful, refusal)
			c := newClient(s)
			c.Extra = map[string]any{"temperature": 0.5}
			reply, _, _ := ask(t, c, llm.Request{Tools: tools})
			for range 2 {
				again, said, err := ask(t, c, llm.Request{Tools: tools, Messages: afterCall(reply, "One")})
				if err != nil || said != "(no more replies)" {
					t.Errorf("said %q, %v", said, err)
				}
				t.Log(again.Warning)
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
	{"a wrong key", failure(401, "authentication_error", "invalid x-api-key: s3cret"), 1, "anthropic tiny: HTTP 401: invalid x-api-key: (key) [request req_1] (check the key in ANTHROPIC_API_KEY)"},
	{"no credit", failure(400, "invalid_request_error", "Your credit balance is too low to access the Anthropic API."), 1, "no credit left"},
	{"an unknown model", failure(404, "not_found_error", "model: tiny"), 1, "the server has the model tiny"},
	{"too long", failure(400, "invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum"), 1, "shorten the prompt"},
	{"too large", failure(413, "request_too_large", "Request exceeds the maximum size"), 1, "shorten the prompt"},
	{"overloaded", failure(529, "overloaded_error", "Overloaded"), 3, "HTTP 529: Overloaded [request req_1]"},
	{"overloaded in the stream", events(`{"type":"message_start"}`, `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`), 3, "Overloaded"},
	{"an error in the stream", events(`{"type":"error","error":{"type":"invalid_request_error","message":"No."}}`), 1, "anthropic tiny: No."},
	{"an error without a message", events(`{"type":"error"}`), 1, `{"type":"error"}`},
	{"the error of a proxy in the stream", events(`{"error":"gone"}`), 1, "gone"},
	{"parts without end", events(slices.Repeat([]string{callX}, 1001)...), 1, "more than 1000 parts"},
	{"another API", events(`{"choices":[{"delta":{"content":"a"}}]}`), 1, "the server has sent no reply"},
	{"an event that is no object", events(`["a"]`), 1, "something that is not a reply"},
}

func failure(status int, kind, message string) llmtest.Reply {
	return llmtest.Error(status, fmt.Sprintf(`{"type":"error","error":{"type":%q,"message":%q},"request_id":"req_1"}`, kind, message), "Request-Id", "req_1")
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
			if isLong := strings.HasPrefix(row.name, "too l"); failure.TooLong != isLong {
				t.Errorf("TooLong is %v", failure.TooLong)
			}
			if got := len(s.Requests()); got != row.requests {
				t.Errorf("%d requests, want %d", got, row.requests)
			}
		})
	}
}

func TestAllModelsOfTheServerAreListed(t *testing.T) {
	var query string
	s := llmtest.Messages.New(t)
	s.Models = []string{"a", "b"}
	c := anthropic.New(provider.Endpoint{Server: "anthropic", Base: "http://test/v1", HTTP: &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		query = r.URL.RawQuery
		return s.RoundTrip(r)
	})}})
	names, err := c.List(t.Context())
	if fmt.Sprint(names) != "[a b]" || query != "limit=1000" || err != nil { // the server lists 20 otherwise
		t.Errorf("got %v with %q, %v", names, query, err)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
