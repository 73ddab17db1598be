package completions_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/engine/apikey"
	"moonlark/engine/llm"
	"moonlark/engine/llm/completions"
	"moonlark/engine/llm/llmtest"
	"moonlark/engine/provider"
	"moonlark/engine/tool"
)

// ask sends one message of the user, and returns the reply and what was said.
func ask(t *testing.T, c *completions.Client, r llm.Request) (reply llm.Reply, said string, err error) {
	t.Helper()
	if r.Messages == nil {
		r.Messages = []llm.Message{{Role: llm.User, Text: "Hello"}}
	}
	reply, err = c.Stream(t.Context(), r, func(text string) { said += text })
	return reply, said, err
}

func newClient(s *llmtest.Server) *completions.Client {
	return completions.New(provider.Endpoint{Server: "test", Base: s.URL, Choice: "tiny", Key: apikey.New("s3cret"), KeyName: "TEST_KEY"})
}

func TestAReplyHasItsTextCallsAndUsage(t *testing.T) {
	s := llmtest.Serve(t, llmtest.Events(
		`{"choices":[{"delta":{"content":"One moment."}}]}`,
		`{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"light","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}`,
		`{"choices":[],"usage":{"prompt_tokens":12,"completion_tokens":3.0}}`,
	))
	reply, said, err := ask(t, newClient(s), llm.Request{System: "Be brief."})
	if err != nil || said != "One moment." || reply.Text != said || len(reply.Calls) != 1 {
		t.Fatalf("got %+v, said %q, %v", reply, said, err)
	}
	u := reply.Usage
	if u.InputTokens != 12 || u.OutputTokens != 3 || u.Attempts != 1 || u.FirstToken <= 0 || u.Duration < u.FirstToken {
		t.Errorf("usage is %+v", u)
	}
	if got := s.Requests()[0].Header.Get("Authorization"); got != "Bearer s3cret" {
		t.Errorf("Authorization is %q", got)
	}
}

func TestTheRequestHasWhatEveryServerAccepts(t *testing.T) {
	s := llmtest.Serve(t)
	tools := []*tool.Spec{
		{Name: "plain"},
		{Name: "list", Description: "Lists.", Phrases: []string{"list {things}"}, Parameters: &tool.Schema{
			Type: "object", Properties: []tool.Property{{Name: "things", Schema: &tool.Schema{Type: "array"}}},
		}},
	}
	c := newClient(s)
	c.Extra = map[string]any{"temperature": 0.3, "stream_options": nil}
	ask(t, c, llm.Request{System: "Be brief.", Tools: tools, Extra: map[string]any{"seed": 1}, Messages: []llm.Message{
		{Role: llm.User, Text: "a"}, {Role: llm.User, Text: "b"},
		{Role: llm.Assistant, Text: "c"},
		{Role: llm.Assistant, Text: "d", Calls: []llm.Call{{ID: "x", Name: "plain", Arguments: json.RawMessage(`{}`)}}},
		{Role: llm.ToolResult, CallID: "x", Text: "e", IsError: true},
	}})
	fields := s.Requests()[0].Fields
	for name, want := range map[string]string{
		"messages": `[{"content":"Be brief.","role":"system"},{"content":"a\n\nb","role":"user"},` +
			`{"content":"c\n\nd","role":"assistant","tool_calls":[{"function":{"arguments":"{}","name":"plain"},"id":"x","type":"function"}]},` +
			`{"content":"Error: e","role":"tool","tool_call_id":"x"}]`,
		"tools": `[{"function":{"name":"plain","parameters":{"type":"object","properties":{}}},"type":"function"},` +
			`{"function":{"name":"list","description":"Lists. Said like: list {things}","parameters":{"type":"object","properties":{"things":{"type":"array","items":{"type":"string"}}}}},"type":"function"}]`,
		"stream_options": "", "temperature": "0.3", "seed": "1", "stream": "true", "max_tokens": "", "tool_choice": "",
	} {
		if got := string(fields[name]); got != want {
			t.Errorf("%s is\n%s, want\n%s", name, got, want)
		}
	}
	ask(t, c, llm.Request{Tools: tools, NoCalls: true})
	if fields := s.Requests()[1].Fields; fields["tools"] != nil || fields["parallel_tool_calls"] != nil {
		t.Errorf("a request without calls has tools: %s", fields["tools"])
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
	{"a wrong key", llmtest.Error(401, `{"error":{"message":"Incorrect API key provided: s3cret","code":"invalid_api_key"}}`), 1, "test tiny: HTTP 401: Incorrect API key provided: (key) (check the key in TEST_KEY)"},
	{"no credit", llmtest.Error(429, `{"error":{"message":"You exceeded your quota","code":"insufficient_quota"}}`), 1, "no credit left"},
	{"an unknown model", llmtest.Error(404, `{"error":{"message":"model 'tiny' not found"}}`), 1, "the server has the model tiny"},
	{"an unknown path", llmtest.Error(404, `404 page not found`), 1, "HTTP 404: 404 page not found"},
	{"a web page", llmtest.Error(502, `<html><body>Bad Gateway</body></html>`), 3, "HTTP 502: Bad Gateway"},
	{"an error in a list", llmtest.Error(400, `[{"error":{"code":400,"message":"Invalid value","status":"INVALID_ARGUMENT"}}]`), 1, "HTTP 400: Invalid value"},
	{"the error of Mistral", llmtest.Error(422, `{"object":"error","message":"Extra inputs","code":1}`), 1, "HTTP 422: Extra inputs"},
	{"the error of FastAPI", llmtest.Error(422, `{"detail":[{"msg":"field required"}]}`), 1, "HTTP 422: field required"},
	{"the error of Ollama", llmtest.Error(400, `{"error":"tiny does not support tools"}`), 1, "choose a model that can call tools"},
	{"llama.cpp without jinja", llmtest.Error(500, `{"error":{"code":500,"message":"tools param requires --jinja flag"}}`), 1, "start llama-server with --jinja"},
	{"vLLM without a parser", llmtest.Error(400, `{"object":"error","message":"\"auto\" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set"}`), 1, "start vLLM with"},
	{"too long", llmtest.Error(400, `{"error":{"message":"This model's maximum context length is 8192 tokens","code":"context_length_exceeded"}}`), 1, "shorten the prompt"},
	{"a redirect", llmtest.Error(308, ``, "Location", "https://elsewhere.example/v1"), 1, "redirect to https://elsewhere.example/v1"},
	{"the server says not to retry", llmtest.Error(503, `{"error":"busy"}`, "X-Should-Retry", "false"), 1, "HTTP 503: busy"},
	{"a long pause", llmtest.Error(429, `{"error":"slow down"}`, "Retry-After", "60"), 1, "HTTP 429: slow down"},
	{"an error in the stream", llmtest.Events(`{"error":{"message":"The provider has failed","code":502}}`), 1, "The provider has failed"},
	{"a web page with status 200", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<html>Login</html>")
	}, 1, "a web page: is this the URL of its API?"},
	{"no event at all", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprint(w, "OK")
	}, 1, `the server has sent no reply, but data of the type "text/plain"`},
	{"an event that is no JSON", llmtest.Events(`{"choices":[`), 1, "something that is not a reply"},
	{"a line without end", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for range 5 << 10 {
			if _, err := w.Write([]byte("data: " + strings.Repeat("x", 1018))); err != nil {
				return
			}
		}
	}, 1, "a line of the reply is longer than 4 MiB"},
	{"cut in the middle of the arguments", llmtest.Events(`{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"x","arguments":"{\"n\":"}}]}}]}`), 3, "ended in the middle of a tool call"},
}

func TestARefusalIsExplained(t *testing.T) {
	for _, row := range failures {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := llmtest.Serve(t, row.reply, row.reply, row.reply, row.reply)
			_, _, err := ask(t, newClient(s), llm.Request{})
			var failure *llm.Error
			if !errors.As(err, &failure) || !strings.Contains(err.Error(), row.want) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("got %v, want %s", err, row.want)
			}
			if failure != nil && failure.TooLong != (row.name == "too long") {
				t.Errorf("TooLong is %v", failure.TooLong)
			}
			if got := len(s.Requests()); got != row.requests {
				t.Errorf("%d requests, want %d", got, row.requests)
			}
		})
	}
}

// adaptions are servers that refuse a form of the request, and what the next request has instead.
var adaptions = []struct {
	name   string
	reply  llmtest.Reply
	client func(*completions.Client)
	check  func(llmtest.Body) bool
}{
	{"stream_options", llmtest.Error(400, `{"error":{"message":"Unrecognized request argument supplied: stream_options"}}`), nil,
		func(b llmtest.Body) bool { return b.Fields["stream_options"] == nil }},
	{"parallel_tool_calls", llmtest.Error(422, `{"detail":"parallel_tool_calls: extra fields not permitted"}`), nil,
		func(b llmtest.Body) bool { return b.Fields["parallel_tool_calls"] == nil }},
	{"a temperature", llmtest.Error(400, `{"error":{"message":"Unsupported value: 'temperature' does not support 0.3","code":"unsupported_value"}}`),
		func(c *completions.Client) { c.Extra = map[string]any{"temperature": 0.3} },
		func(b llmtest.Body) bool { return b.Fields["temperature"] == nil }},
	{"long ids", llmtest.Error(400, `{"object":"error","message":"Tool call id was call_1 but must be a-z, A-Z, 0-9, with a length of 9.","code":3280}`), nil,
		func(b llmtest.Body) bool { return len(b.Messages()[1].ToolCalls[0].ID) == 9 }},
	{"a wrong call", llmtest.Error(400, `{"error":{"message":"Failed to call a function","code":"tool_use_failed","failed_generation":"x"}}`), nil,
		func(b llmtest.Body) bool { return string(b.Fields["temperature"]) == "0.1" }},
	{"nothing", llmtest.Events(`{"choices":[{"delta":{},"finish_reason":"stop"}]}`), nil,
		func(b llmtest.Body) bool { return string(b.Fields["stream"]) == "false" }},
}

func TestTheClientAdaptsToItsServer(t *testing.T) {
	request := llm.Request{Tools: []*tool.Spec{{Name: "x"}}, Messages: []llm.Message{
		{Role: llm.User, Text: "a"},
		{Role: llm.Assistant, Calls: []llm.Call{{ID: "call_1", Name: "x", Arguments: json.RawMessage(`{}`)}}},
		{Role: llm.ToolResult, CallID: "call_1", Text: "b"},
	}}
	for _, row := range adaptions {
		t.Run(row.name, func(t *testing.T) {
			s := llmtest.Serve(t, row.reply, llmtest.Text("Fine."), llmtest.Text("Fine."))
			c := newClient(s)
			if row.client != nil {
				row.client(c)
			}
			if _, said, err := ask(t, c, request); err != nil || said != "Fine." {
				t.Fatalf("said %q, %v", said, err)
			}
			if b := s.Requests()[1]; !row.check(b) {
				t.Errorf("the second request is %v", b.Fields)
			}
			if row.name == "a wrong call" || row.name == "nothing" {
				return // these belong to one request
			}
			ask(t, c, request)
			if b := s.Requests()[2]; !row.check(b) {
				t.Errorf("the client has forgotten: %v", b.Fields)
			}
		})
	}
}

func TestAPassingFailureIsRetriedUntilSomethingIsSaid(t *testing.T) {
	cut := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, "data: {\"choices\":[{\"delta\":{\"content\":\"Hel\"}}]}\n\n")
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	t.Run("before", func(t *testing.T) {
		s := llmtest.Serve(t, llmtest.Error(503, `{"error":{"message":"Loading model"}}`), llmtest.Error(429, ``, "Retry-After-Ms", "10"), llmtest.Text("Fine."))
		reply, said, err := ask(t, newClient(s), llm.Request{})
		if err != nil || said != "Fine." || reply.Usage.Attempts != 3 {
			t.Errorf("said %q after %d attempts, %v", said, reply.Usage.Attempts, err)
		}
	})
	t.Run("after", func(t *testing.T) {
		s := llmtest.Serve(t, cut, llmtest.Text("Fine."))
		if _, said, err := ask(t, newClient(s), llm.Request{}); err == nil || said != "Hel" || len(s.Requests()) != 1 {
			t.Errorf("said %q in %d requests, %v", said, len(s.Requests()), err)
		}
	})
}

func TestAReplyMayBeJSONOfAnotherType(t *testing.T) {
	s := llmtest.Serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprint(w, `{"choices":[{"message":{"content":"Fine."},"finish_reason":"stop"}]}`)
	})
	if _, said, err := ask(t, newClient(s), llm.Request{}); err != nil || said != "Fine." || len(s.Requests()) != 1 {
		t.Errorf("said %q in %d requests, %v", said, len(s.Requests()), err)
	}
}

func TestAReplyThatIsPerhapsCutHasAWarning(t *testing.T) {
	for stream, want := range map[string]string{
		`data: {"choices":[{"delta":{"content":"The lamp"}}]}` + "\n\n":                               "without saying that it is complete",
		`data: {"choices":[{"delta":{"content":"The lamp is on."},"finish_reason":"stop"}]}` + "\n\n": "",
		`data: {"choices":[{"delta":{"content":"The lamp is on."}}]}` + "\n\ndata: [DONE]\n\n":        "",
	} {
		s := llmtest.Serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			io.WriteString(w, stream)
		})
		reply, _, err := ask(t, newClient(s), llm.Request{})
		if err != nil || (reply.Warning != "") != (want != "") || !strings.Contains(reply.Warning, want) {
			t.Errorf("%s: the warning is %q, %v", stream, reply.Warning, err)
		}
	}
}

func TestTheFieldsOfTheUserHavePriority(t *testing.T) {
	s := llmtest.Serve(t)
	c := newClient(s)
	c.Defaults = map[string]any{"temperature": 0.3, "seed": 1, "top_p": 1}
	c.Extra = map[string]any{"temperature": 0.9}
	ask(t, c, llm.Request{Extra: map[string]any{"temperature": 0.5, "seed": 2}})
	if f := s.Requests()[0].Fields; string(f["temperature"]) != "0.9" || string(f["seed"]) != "2" || string(f["top_p"]) != "1" {
		t.Errorf("the body has %s", f)
	}
}

func TestTheOnlyModelOfAServerNeedsNoName(t *testing.T) {
	s := llmtest.Serve(t)
	c := newClient(s)
	c.Choice = ""
	ask(t, c, llm.Request{})
	ask(t, c, llm.Request{Model: "other"})
	if r := s.Requests(); r[0].Model != "tiny" || r[1].Model != "other" {
		t.Errorf("the models are %s and %s", r[0].Model, r[1].Model)
	}
	s = llmtest.Serve(t)
	s.Models = []string{"big", "small"}
	c = newClient(s)
	c.Choice = ""
	if _, _, err := ask(t, c, llm.Request{}); err == nil || !strings.Contains(err.Error(), "the models big, small") {
		t.Errorf("got %v", err)
	}
	c.Choice = "big"
	ask(t, c, llm.Request{Model: "small"})
	if r := s.Requests(); r[0].Model != "big" {
		t.Errorf("the model is %s, but the user has chosen big", r[0].Model)
	}
}

func TestTheEndOfTheContextClosesTheConnection(t *testing.T) {
	closed := make(chan time.Time, 1)
	begun := make(chan struct{})
	s := llmtest.Serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n")
		w.(http.Flusher).Flush()
		close(begun)
		<-r.Context().Done()
		closed <- time.Now()
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := newClient(s).Stream(ctx, llm.Request{Messages: []llm.Message{{Role: llm.User, Text: "a"}}}, func(string) {})
		done <- err
	}()
	<-begun
	cancelled := time.Now()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	t.Logf("the connection was closed after %v", (<-closed).Sub(cancelled))
}

// A stall is an HTTP transport whose server sends some data and then nothing more.
type stall struct{ data string }

func (s stall) RoundTrip(r *http.Request) (*http.Response, error) {
	if s.data == "" {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	body, w := io.Pipe()
	go func() {
		io.WriteString(w, s.data)
		<-r.Context().Done()
		w.CloseWithError(r.Context().Err())
	}()
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"text/event-stream"}}, Body: body}, nil
}

func TestAServerThatStallsIsGivenUp(t *testing.T) {
	for _, row := range []struct {
		name, data, want string
		wait             bool
		after            time.Duration
	}{
		{name: "before the reply", want: "the server does not answer (it may be loading the model", after: time.Minute},
		{name: "while the model is loaded", want: "the server does not answer", wait: true, after: 3 * time.Minute},
		{name: "in the reply", data: "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n", want: "stopped in the middle of its reply", after: 15 * time.Second},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := completions.New(provider.Endpoint{Server: "test", Base: "http://test/v1", Choice: "tiny", HTTP: &http.Client{Transport: stall{row.data}}})
				began := time.Now()
				_, _, err := ask(t, c, llm.Request{WaitForModel: row.wait})
				if err == nil || !strings.Contains(err.Error(), row.want) || time.Since(began) != row.after {
					t.Errorf("got %v after %v", err, time.Since(began))
				}
			})
		})
	}
}
