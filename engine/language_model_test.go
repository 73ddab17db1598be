package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"moonlark/engine/bus"
	"moonlark/engine/dialog"
	"moonlark/engine/llm/choice"
	"moonlark/engine/llm/llmtest"
	"moonlark/engine/localagent"
	"moonlark/engine/localagent/brain/chat"
	"moonlark/engine/provider"
	"moonlark/engine/remote"
)

// withModel returns options for an embedded agent that uses the language model of the server, and a
// user who says texts.
func withModel(s *llmtest.Server, texts ...string) Options {
	return withAPI(llmtest.Completions, s, texts...)
}

// withAPI is withModel for a server with the API.
func withAPI(api *llmtest.API, s *llmtest.Server, texts ...string) Options {
	model := choice.ForEndpoint(provider.Endpoint{Server: "test", Base: s.URL, Choice: "tiny"}, api.Name, nil)
	opts := textOptions(texts...)
	opts.LocalAgent = localagent.Options{Brain: &chat.Brain{Model: model}}
	return opts
}

// textOptions returns options for a conversation in text with a user who says texts.
func textOptions(texts ...string) Options {
	return Options{
		TextOnly: true,
		User: func(ctx context.Context, r *remote.Remote) error {
			if err := r.AwaitGreeting(ctx); err != nil {
				return err
			}
			for _, text := range texts {
				if err := r.Say(text); err != nil {
					return err
				}
				if err := r.AwaitReply(ctx); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// namedTools registers tools with the names in llmtest.Streams. Each returns its name and its
// argument n or on.
const namedTools = `
	for _, name in ipairs{"x", "y", "light", "set_light"} do
		register_tool(name, function(args) return name .. "(" .. tostring(args.n or args.on) .. ")" end)
	end`

// Each form of a stream of each API goes through the brain, the embedded agent, a real WebSocket and
// a script. The second request shows what came back.
func TestEveryFormOfAStreamReachesTheTools(t *testing.T) {
	t.Parallel()
	for _, api := range llmtest.APIs {
		for _, row := range api.Streams {
			t.Run(api.Name+" "+row.Name, func(t *testing.T) {
				t.Parallel()
				checkStream(t, api, row)
			})
		}
	}
}

func checkStream(t *testing.T, api *llmtest.API, row llmtest.Stream) {
	s := api.Serve(t, api.Events(row.Chunks...), api.Text("Done."))
	h := newTestEngine(t, withAPI(api, s, "go"), "a.lua", namedTools)
	if err := h.runToEnd(); err != nil {
		t.Fatal(err)
	}
	requests := s.Requests()
	results := requests[len(requests)-1].Results()
	text, want := "", []string{}
	for _, part := range strings.Fields(row.Want) {
		id, call, isCall := strings.Cut(part, "=")
		if !isCall || id == "" {
			if len(want) == 0 {
				text += part + " "
			}
			continue
		}
		name, arguments, _ := strings.Cut(call, "{")
		switch {
		case strings.Contains(name, "."):
			want = append(want, `Error: there is no tool "`+name+`"; the tools are x, y, light, set_light, end_call`)
		case strings.Contains(arguments, "!"):
			want = append(want, "Error: "+name+": the arguments are not a JSON object; call it again")
		case strings.Contains(arguments, `"n":1}`):
			want = append(want, name+"(1)")
		case strings.Contains(arguments, `"n":2}`):
			want = append(want, name+"(2)")
		case strings.Contains(arguments, "true"):
			want = append(want, name+"(true)")
		default:
			want = append(want, name+"(nil)")
		}
	}
	if got := strings.Join(results, "|"); got != strings.Join(want, "|") {
		t.Errorf("the results are %s, want %s", got, strings.Join(want, "|"))
	}
	if text = strings.TrimSpace(text); text != "" && !h.hasPublished(bus.Agent, text) {
		t.Errorf("the agent has said %v, want %s", h.published(bus.Agent), text)
	}
	if len(want) > 0 && !h.hasPublished(bus.Agent, "Done.") {
		t.Errorf("the agent has said %v, want Done.", h.published(bus.Agent))
	}
}

func TestWhenTheModelCannotAnswerTheUserLearnsWhy(t *testing.T) {
	t.Parallel()
	s := llmtest.Serve(t, llmtest.Error(401, `{"error":{"message":"wrong key"}}`))
	h := newTestEngine(t, withModel(s, "Hello"), "a.lua", "")
	if err := h.runToEnd(); !errors.Is(err, dialog.ErrNoAnswer) {
		t.Errorf("Run = %v, want ErrNoAnswer", err)
	}
	if errs := h.published(bus.Error); len(errs) != 1 || !strings.Contains(errs[0].Text, "The agent could not answer: test tiny: HTTP 401: wrong key") {
		t.Errorf("the errors are %v", errs)
	}
}

func TestAReloadInMidConversationChangesTheToolsOfTheNextRequest(t *testing.T) {
	t.Parallel()
	s := llmtest.Serve(t, llmtest.Text("One."), llmtest.Text("Two."))
	var h *testEngine
	opts := withModel(s)
	opts.User = func(ctx context.Context, r *remote.Remote) error {
		r.AwaitGreeting(ctx)
		r.Say("one")
		if err := r.AwaitReply(ctx); err != nil {
			return err
		}
		h.write("a.lua", `register_tool("b", function() end) register_tool("a", function() end)`)
		r.Reload()
		r.Say("two")
		return r.AwaitReply(ctx)
	}
	h = newTestEngine(t, opts, "a.lua", `register_tool("old", function() end)`)
	if err := h.runToEnd(); err != nil {
		t.Fatal(err)
	}
	if r := s.Requests(); fmt.Sprint(r[0].Tools(), r[1].Tools()) != "[old end_call] [b a end_call]" {
		t.Errorf("the tools are %s and then %s", r[0].Tools(), r[1].Tools())
	}
}
