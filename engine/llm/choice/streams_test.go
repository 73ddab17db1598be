package choice_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"moonlark/engine/llm"
	"moonlark/engine/llm/choice"
	"moonlark/engine/llm/llmtest"
	"moonlark/engine/provider"
	"moonlark/engine/tool"
)

// tools are the tools that llmtest.Stream calls.
var tools = []*tool.Spec{{Name: "x"}, {Name: "y"}, {Name: "light"}, {Name: "set_light"}}

// hello is a request with one message.
var hello = llm.Request{System: "Be brief.", Tools: tools, Messages: []llm.Message{{Role: llm.User, Text: "Hello"}}}

// newModel returns a client of the server.
func newModel(api *llmtest.API, s *llmtest.Server) llm.Model {
	return choice.ForEndpoint(provider.Endpoint{Server: "test", Base: s.URL, Choice: "tiny"}, api.Name, nil)
}

// withTransport returns a client that sends its requests to a transport.
func withTransport(api *llmtest.API, transport http.RoundTripper) llm.Model {
	endpoint := provider.Endpoint{Server: "test", Base: "http://test/v1", Choice: "tiny", HTTP: &http.Client{Transport: transport}}
	return choice.ForEndpoint(endpoint, api.Name, nil)
}

// after returns the request that follows the reply to r.
func after(r llm.Request, reply llm.Reply) llm.Request {
	r.Messages = append(r.Messages[:len(r.Messages):len(r.Messages)], llm.Message{Role: llm.Assistant, Text: reply.Text, Calls: reply.Calls, Extra: reply.Extra})
	for _, call := range reply.Calls {
		r.Messages = append(r.Messages, llm.Message{Role: llm.ToolResult, CallID: call.ID, Text: "done"})
	}
	if len(reply.Calls) == 0 {
		r.Messages = append(r.Messages, llm.Message{Role: llm.User, Text: "And now?"})
	}
	return r
}

// Each form of a stream is read, and the server accepts the request that follows.
func TestEveryFormOfAStreamIsReadAndCanBeContinued(t *testing.T) {
	for _, api := range llmtest.APIs {
		for _, row := range api.Streams {
			t.Run(api.Name+" "+row.Name, func(t *testing.T) {
				s := api.Serve(t, api.Events(row.Chunks...), api.Text("Done."), api.Text("Done."))
				model := newModel(api, s)
				said := ""
				reply, err := model.Stream(t.Context(), hello, func(text string) { said += text })
				if err != nil {
					t.Fatal(err)
				}
				var parts []string
				if said != "" {
					parts = append(parts, said)
				}
				for _, call := range reply.Calls {
					part := fmt.Sprintf("%s=%s%s", call.ID, call.Name, call.Arguments)
					if call.Problem != "" {
						part += "!" + call.Problem
					}
					for name, value := range call.Extra {
						if name != "reasoning" { // the server checks it
							part += "+" + name + string(value)
						}
					}
					parts = append(parts, part)
				}
				if got := strings.Join(parts, " "); got != row.Want || reply.Text != said {
					t.Errorf("got  %s\nwant %s", got, row.Want)
				}
				next := after(hello, reply)
				if _, err := model.Stream(t.Context(), next, func(string) {}); err != nil {
					t.Error(err)
				}
				next = after(next, reply) // the ids of the calls occur twice
				if _, err := model.Stream(t.Context(), next, func(string) {}); err != nil {
					t.Error(err)
				}
				if got := s.Requests()[1].Results(); len(got) != len(reply.Calls) {
					t.Errorf("the results are %q", got)
				}
			})
		}
	}
}

// FuzzEvents sends any events to the clients of the new APIs. A client must not panic, and the server
// must accept the request that follows a reply.
func FuzzEvents(f *testing.F) {
	apis := []*llmtest.API{llmtest.Responses, llmtest.Messages}
	for i, api := range apis {
		for _, row := range api.Streams {
			f.Add(i, strings.Join(row.Chunks, "\n"))
		}
	}
	f.Fuzz(func(t *testing.T, i int, events string) {
		if i < 0 || i >= len(apis) {
			return
		}
		synctest.Test(t, func(t *testing.T) { continueReply(t, apis[i], strings.Split(events, "\n")) })
	})
}

// continueReply sends the request that follows the reply with these events.
func continueReply(t *testing.T, api *llmtest.API, events []string) {
	reply := api.Events(events...)
	s := api.New(t, reply, reply, reply) // a failed or empty reply is asked for again
	model := withTransport(api, s)
	first, err := model.Stream(t.Context(), hello, func(string) {})
	if err != nil || strings.TrimSpace(first.Text) == "" && len(first.Calls) == 0 { // nothing goes into the history
		return
	}
	refused := false
	s.Refuse = func(err error) {
		if refused || !hasThoughts(first) { // thoughts that are wrong are sent once
			t.Errorf("the server refuses the request after %q: %v", events, err)
		}
		refused = true
	}
	model.Stream(t.Context(), after(hello, first), func(string) {})
}

// hasThoughts reports whether the reply has thoughts that the server needs back.
func hasThoughts(r llm.Reply) bool {
	return len(r.Extra) > 0 || slices.ContainsFunc(r.Calls, func(c llm.Call) bool { return len(c.Extra) > 0 })
}
