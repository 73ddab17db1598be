package chat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/engine/convai"
	"moonlark/engine/llm"
	"moonlark/engine/llm/choice"
	"moonlark/engine/llm/llmtest"
	"moonlark/engine/localagent/brain"
	"moonlark/engine/provider"
	"moonlark/engine/tool"
)

// A fakeModel is a language model whose replies the test writes. It checks each request.
type fakeModel struct {
	t        testing.TB
	near     bool
	reply    func(ctx context.Context, r llm.Request, say func(string)) (llm.Reply, error)
	mu       sync.Mutex // guards requests
	requests []llm.Request
	rounds   []llm.Round // that the brain has reported; read only when no request runs
}

func (m *fakeModel) Stream(ctx context.Context, r llm.Request, say func(string)) (llm.Reply, error) {
	if err := check(r.Messages); err != nil {
		m.t.Errorf("%v: %s", err, show(r.Messages))
	}
	for _, api := range llmtest.APIs {
		sendTo(m.t, api, r)
	}
	m.mu.Lock()
	m.requests = append(m.requests, r)
	m.mu.Unlock()
	return m.reply(ctx, r, say)
}

func (m *fakeModel) List(context.Context) ([]string, error) { return nil, nil }
func (m *fakeModel) String() string                         { return "fake" }
func (m *fakeModel) Name() string                           { return "" }
func (m *fakeModel) IsNear() bool                           { return m.near }

// last returns the messages of the newest request.
func (m *fakeModel) last() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return show(m.requests[len(m.requests)-1].Messages)
}

// sendTo sends the request to a server with the API, which fails the test if it refuses the
// request.
func sendTo(t testing.TB, api *llmtest.API, r llm.Request) {
	endpoint := provider.Endpoint{Base: "http://test/v1", Choice: "tiny", HTTP: &http.Client{Transport: api.New(t)}}
	r.Extra = nil
	r.Messages = slices.Clone(r.Messages)
	for i := range r.Messages {
		m := &r.Messages[i]
		m.Calls = slices.Clone(m.Calls)
		if api != llmtest.Messages { // thoughts has the fields of both APIs
			m.Extra = nil
		}
		for j := range m.Calls {
			if api != llmtest.Responses {
				m.Calls[j].Extra = nil
			}
		}
	}
	model := choice.ForEndpoint(endpoint, api.Name, nil)
	if _, err := model.Stream(context.Background(), r, func(string) {}); err != nil {
		t.Errorf("%s: %v: %s", api.Name, err, show(r.Messages))
	}
}

// thoughts replies with tool calls and with the thoughts that Messages and Responses need back.
func thoughts(list ...string) (llm.Reply, error) {
	reply, err := calls(list...)
	reply.Extra = map[string]json.RawMessage{
		"content": json.RawMessage(`[{"type":"thinking","thinking":"hm","signature":"` + llmtest.Signature("hm") + `"},{"type":"text","text":"word "}]`),
	}
	reply.Calls[0].Extra = map[string]json.RawMessage{
		"reasoning": json.RawMessage(`[{"id":"rs_1","type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"hm"}]}]`),
	}
	return reply, err
}

// check returns an error if the messages break a rule of the APIs: each call has exactly one
// result, directly behind it, the user begins, and nothing is empty.
func check(messages []llm.Message) error {
	var open []string
	for i, m := range messages {
		if m.Role == llm.ToolResult {
			if len(open) == 0 || open[0] != m.CallID {
				return fmt.Errorf("message %d: a result of %s, but %v are open", i, m.CallID, open)
			}
			open = open[1:]
			continue
		}
		if len(open) > 0 {
			return fmt.Errorf("message %d: %v have no result", i, open)
		}
		if i == 0 && m.Role != llm.User {
			return fmt.Errorf("the %s begins", m.Role)
		}
		if strings.TrimSpace(m.Text) == "" && len(m.Calls) == 0 {
			return fmt.Errorf("message %d is empty", i)
		}
		for _, call := range m.Calls {
			var object map[string]any
			if json.Unmarshal(call.Arguments, &object) != nil {
				return fmt.Errorf("message %d: arguments %s", i, call.Arguments)
			}
			open = append(open, call.ID)
		}
	}
	if len(open) > 0 || len(messages) == 0 || messages[len(messages)-1].Role == llm.Assistant {
		return fmt.Errorf("the end: %v are open", open)
	}
	return nil
}

// show returns the messages as text, without the times of day.
func show(messages []llm.Message) string {
	var parts []string
	for _, m := range messages {
		text := m.Text
		if _, rest, ok := strings.Cut(text, "]\n"); ok && strings.HasPrefix(text, "[Saturday, 1 January 2000") {
			text = rest
		}
		part := map[llm.Role]string{llm.User: "U", llm.Assistant: "A", llm.ToolResult: "T"}[m.Role]
		if text != "" {
			part += " " + text
		}
		for _, call := range m.Calls {
			part += fmt.Sprintf(" <%s%s>", call.Name, call.Arguments)
		}
		if m.IsError {
			part += " (error)"
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "|")
}

// A fakeTurn records what the brain does in a turn.
type fakeTurn struct {
	name string
	mu   sync.Mutex // guards the fields below
	log  []string
	last string // what was said since the last call
}

func (f *fakeTurn) add(line string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.last != "" {
		f.log = append(f.log, "say "+f.last)
		f.last = ""
	}
	if line != "" {
		f.log = append(f.log, line)
	}
}

func (f *fakeTurn) Say(text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last += text
}

func (f *fakeTurn) Call(calls ...brain.Call) {
	if len(calls) == 0 {
		f.add("")
		return
	}
	line := "call"
	for _, c := range calls {
		line += " " + c.Tool.Name + string(c.Arguments)
	}
	f.add(line)
}

func (f *fakeTurn) HangUp() { f.add("hang up") }

func (f *fakeTurn) End(err error) {
	if err != nil {
		f.add("end: " + err.Error())
		return
	}
	f.add("end")
}

func (f *fakeTurn) String() string {
	f.add("")
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Join(f.log, "|")
}

var tools = []*tool.Spec{{Name: "light", Phrases: []string{"light on"}}, {Name: "get_time"}}

// open opens a conversation in which the model replies as reply says.
func open(t *testing.T, reply func(ctx context.Context, r llm.Request, say func(string)) (llm.Reply, error)) (brain.Conversation, *fakeModel) {
	m := &fakeModel{t: t, reply: reply}
	c := (&Brain{Model: m}).Open(brain.Start{Tools: func() []*tool.Spec { return tools }, FirstMessage: "Yes?", Report: func(r llm.Round) { m.rounds = append(m.rounds, r) }})
	t.Cleanup(c.Close)
	return c, m
}

// lastUser returns the last thing that the user said.
func lastUser(r llm.Request) string {
	text := r.Messages[len(r.Messages)-1].Text
	_, after, _ := strings.Cut(text, "]\n")
	return after
}

// says replies with a text.
func says(say func(string), pieces ...string) (llm.Reply, error) {
	for _, p := range pieces {
		say(p)
	}
	return llm.Reply{Text: strings.Join(pieces, "")}, nil
}

// calls replies with tool calls, such as `light {"on":true}`.
func calls(list ...string) (llm.Reply, error) {
	var r llm.Reply
	for i, call := range list {
		name, arguments, _ := strings.Cut(call, " ")
		if arguments == "" {
			arguments = "{}"
		}
		r.Calls = append(r.Calls, llm.Call{ID: fmt.Sprint("id", i), Name: name, Arguments: json.RawMessage(arguments)})
	}
	return r, nil
}

func TestTheModelCallsToolsUntilItAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, m := open(t, func(_ context.Context, r llm.Request, say func(string)) (llm.Reply, error) {
			switch len(r.Messages) {
			case 1:
				say("One moment.")
				return calls(`light {"on":true}`, "get_time")
			case 4:
				return calls("get_time")
			}
			reply, err := says(say, "It is ", "noon.")
			reply.Usage = llm.Usage{InputTokens: 90, OutputTokens: 8, FirstToken: time.Second, Duration: 2 * time.Second, Attempts: 1}
			return reply, err
		})
		turn := &fakeTurn{}
		c.Hear(turn, "What time is it?")
		synctest.Wait()
		c.Results(turn, []brain.Result{{Text: "on"}, {Text: "no clock", IsError: true}})
		synctest.Wait()
		c.Results(turn, []brain.Result{{Text: "noon"}})
		synctest.Wait()
		if got, want := turn.String(), `say One moment.|call light{"on":true} get_time{}|call get_time{}|say It is noon.|end`; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if got, want := fmt.Sprintf("%d rounds, the last %+v", len(m.rounds), m.rounds[2]), "3 rounds, the last {Model:fake Round:3 Calls:0 InputTokens:90 OutputTokens:8 FirstToken:1 Seconds:2 Attempts:1 Cost:0}"; got != want {
			t.Errorf("reported are %s, want %s", got, want)
		}
		if got, want := m.last(), `U What time is it?|A One moment. <light{"on":true}> <get_time{}>|T on|T no clock (error)|A <get_time{}>|T noon`; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
}

func TestANewMessageStopsTheReplyAndNotTheTools(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, m := open(t, func(ctx context.Context, r llm.Request, say func(string)) (llm.Reply, error) {
			switch lastUser(r) {
			case "light":
				return calls("light")
			case "count":
				say("one ")
				<-ctx.Done()
				say("too late")
				return llm.Reply{}, context.Cause(ctx)
			}
			return says(say, "All right.")
		})
		light, count, other := &fakeTurn{}, &fakeTurn{}, &fakeTurn{}
		c.Hear(light, "light")
		synctest.Wait()
		c.Hear(count, "count")
		synctest.Wait()
		c.Results(light, []brain.Result{{Text: "on"}}) // while the model speaks
		synctest.Wait()
		if got := light.String(); got != "call light{}" {
			t.Errorf("before the reply has ended: %s", got)
		}
		c.Interrupted(count, "one ", "one")
		synctest.Wait()
		c.Hear(other, "and now")
		synctest.Wait()
		if got, want := m.last(), "U light|A <light{}>|T "+stillRunning+"|U count|A one …|U and now|A All right.|U (The tool light, which you called earlier, has returned: on)"; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if got, want := fmt.Sprint(light, " ", count, " ", other), "call light{}|say All right.|end say one |end say All right.|end"; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
}

func TestTheHistoryHasOnlyWhatTheUserHasHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, m := open(t, func(_ context.Context, r llm.Request, say func(string)) (llm.Reply, error) {
			return says(say, "One two three.")
		})
		first, second, third := &fakeTurn{}, &fakeTurn{}, &fakeTurn{}
		c.Hear(first, "a")
		synctest.Wait()
		c.Interrupted(first, "One two three.", "One two")
		c.Hear(second, "b")
		synctest.Wait()
		c.Interrupted(second, "One two three.", "")
		c.Interrupted(nil, "Yes?", "") // the greeting
		c.Hear(third, "c")
		synctest.Wait()
		if got, want := m.last(), "U a|A One two …|U b|U c"; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
}

func TestAWrongCallIsCorrectedByTheModel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, m := open(t, func(_ context.Context, r llm.Request, say func(string)) (llm.Reply, error) {
			if len(r.Messages) == 1 {
				say("One moment.")
				reply, _ := calls("lamp", "light")
				reply.Calls[1].Problem = "the arguments are not a JSON object"
				return reply, nil
			}
			return says(say, "Sorry.")
		})
		turn := &fakeTurn{}
		c.Hear(turn, "a")
		synctest.Wait()
		if got, want := turn.String(), "say One moment.|say Sorry.|end"; got != want { // two responses
			t.Errorf("got %s, want %s", got, want)
		}
		c.Interrupted(turn, "Sorry.", "Sor")
		if got := show(c.(*conversation).history.messages()); !strings.HasSuffix(got, "|A Sor …") {
			t.Errorf("after the interruption the history is %s", got)
		}
		want := `U a|A One moment. <lamp{}> <light{}>|T there is no tool "lamp"; the tools are light, get_time, end_call (error)|T light: the arguments are not a JSON object; call it again (error)`
		if got := m.last(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
}

func TestTheModelCanHangUp(t *testing.T) {
	for _, row := range []struct {
		name  string
		reply func(r llm.Request, say func(string)) (llm.Reply, error)
		want  string
	}{
		{"with a farewell", func(_ llm.Request, say func(string)) (llm.Reply, error) {
			say("Bye!")
			return calls("end_call")
		}, "say Bye!|hang up|end"},
		{"without a word", func(llm.Request, func(string)) (llm.Reply, error) { return calls("end_call") }, "say Goodbye!|hang up|end"},
		{"and call a tool before", func(llm.Request, func(string)) (llm.Reply, error) { return calls("light", "end_call") }, "call light{}|say Goodbye!|hang up|end"},
	} {
		synctest.Test(t, func(t *testing.T) {
			c, _ := open(t, func(_ context.Context, r llm.Request, say func(string)) (llm.Reply, error) { return row.reply(r, say) })
			turn := &fakeTurn{}
			c.Hear(turn, "bye")
			synctest.Wait()
			if strings.Contains(row.want, "call light") {
				c.Results(turn, []brain.Result{{Text: "on"}})
				synctest.Wait()
			}
			if got := turn.String(); got != row.want {
				t.Errorf("%s: got %s, want %s", row.name, got, row.want)
			}
		})
	}
}

func TestALoopOfCallsEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, m := open(t, func(_ context.Context, r llm.Request, say func(string)) (llm.Reply, error) {
			if r.NoCalls {
				return says(say, "I give up.")
			}
			return calls("light")
		})
		turn := &fakeTurn{}
		c.Hear(turn, "a")
		for range maxRounds - 1 {
			synctest.Wait()
			c.Results(turn, []brain.Result{{Text: "on"}})
		}
		synctest.Wait()
		if got := turn.String(); !strings.HasSuffix(got, "|say I give up.|end") || strings.Count(got, "call") != maxRounds-1 {
			t.Errorf("got %s", got)
		}
		if len(m.requests) != maxRounds {
			t.Errorf("%d requests, want %d", len(m.requests), maxRounds)
		}
	})
}

func TestAReplyWithoutTextHasASubstitute(t *testing.T) {
	for _, row := range []struct {
		name  string
		first bool // the first reply calls a tool
		cut   string
		want  string
	}{
		{"after a tool", true, "", "call light{}|say The light is on.|end"},
		{"without a tool", false, "", "say I have no answer.|end"},
		{"because of a filter", false, "content_filter", "say I must not answer that.|end"},
	} {
		synctest.Test(t, func(t *testing.T) {
			c, _ := open(t, func(_ context.Context, r llm.Request, _ func(string)) (llm.Reply, error) {
				if row.first && len(r.Messages) == 1 {
					return calls("light")
				}
				return llm.Reply{Cut: row.cut}, nil
			})
			turn := &fakeTurn{}
			c.Hear(turn, "a")
			synctest.Wait()
			if row.first {
				c.Results(turn, []brain.Result{{Text: "The light is on."}})
				synctest.Wait()
			}
			if got := turn.String(); got != row.want {
				t.Errorf("%s: got %s, want %s", row.name, got, row.want)
			}
		})
	}
}

func TestAnErrorEndsTheTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, m := open(t, func(_ context.Context, r llm.Request, say func(string)) (llm.Reply, error) {
			if lastUser(r) == "fail" {
				say("I th")
				return llm.Reply{}, errors.New("the server has stopped")
			}
			return says(say, "Fine.")
		})
		first, second := &fakeTurn{}, &fakeTurn{}
		c.Hear(first, "fail")
		synctest.Wait()
		c.Hear(second, "again")
		synctest.Wait()
		if got, want := fmt.Sprint(first, " ", second), "say I th|end: the server has stopped say Fine.|end"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if got, want := m.last(), "U fail|A I th|U again"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

func TestACertainPhraseNeedsNoModel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &fakeModel{t: t, reply: func(_ context.Context, r llm.Request, say func(string)) (llm.Reply, error) { return says(say, "Yes.") }}
		c := (&Brain{Model: m, PhrasesFirst: true}).Open(brain.Start{Tools: func() []*tool.Spec { return tools }})
		t.Cleanup(c.Close)
		light, other, slow, last := &fakeTurn{}, &fakeTurn{}, &fakeTurn{}, &fakeTurn{}
		c.Hear(light, "Light on, please")
		c.Results(light, []brain.Result{{Text: "ok"}})
		c.Interrupted(light, "Done.", "Do")
		c.Hear(other, "Is it on?")
		synctest.Wait()
		c.Hear(slow, "light on")
		c.Hear(last, "and now?") // before the result
		synctest.Wait()
		c.Results(slow, []brain.Result{{Text: "no bulb", IsError: true}})
		synctest.Wait()
		if got, want := fmt.Sprint(light, " ", other, " ", slow, " ", last), "call light{}|say Done.|end say Yes.|end call light{}|say That did not work: no bulb|end say Yes.|end"; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		got := show(c.(*conversation).history.messages())
		if want := "U Light on, please\n(The tool light, which was called for this, has returned: ok)|A Do …|U Is it on?|A Yes.|U light on\n(The tool light, which was called for this, has failed: no bulb)|A That did not work: no bulb|U and now?|A Yes."; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if len(m.requests) != 2 {
			t.Errorf("%d requests, want 2", len(m.requests))
		}
		for range 3000 {
			turn := &fakeTurn{}
			c.Hear(turn, "light on")
			c.Results(turn, []brain.Result{{Text: "ok"}})
		}
		if n := len(c.(*conversation).history.exchanges); n > 1000 || len(c.(*conversation).withoutModel) > 0 {
			t.Errorf("%d exchanges are in the history, %v wait", n, c.(*conversation).withoutModel)
		}
	})
}

func TestPhrasesReplaceAModelThatDoesNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fail bool
		c, m := open(t, func(_ context.Context, r llm.Request, say func(string)) (llm.Reply, error) {
			if fail {
				return llm.Reply{}, &llm.Error{Model: "fake", Text: "nothing listens"}
			}
			return says(say, "Yes.")
		})
		say := func(text string) string {
			turn := &fakeTurn{}
			c.Hear(turn, text)
			synctest.Wait()
			if strings.HasSuffix(turn.String(), "call light{}") {
				c.Results(turn, []brain.Result{{Text: "ok"}})
				synctest.Wait()
			}
			return turn.String()
		}
		for _, row := range []struct {
			fail       bool
			text, want string
			requests   int
		}{
			{false, "light on", "say Yes.|end", 1}, // the model decides
			{true, "who are you?", "end: fake: nothing listens", 2},
			{true, "light on", "say " + onlyPhrases + "|call light{}|say Done.|end", 2},
			{true, "light on", "call light{}|say Done.|end", 2},
			{false, "who are you?", "say Yes.|end", 3},
			{true, "light on", "say " + onlyPhrases + "|call light{}|say Done.|end", 4},
			{true, "light on and sing", "end: fake: nothing listens", 5},
			{false, "hello", "say Yes.|end", 6},
			{false, "light on", "say Yes.|end", 7},
		} {
			fail = row.fail
			if got := say(row.text); got != row.want || len(m.requests) != row.requests {
				t.Errorf("%q: got %s after %d requests, want %s after %d", row.text, got, len(m.requests), row.want, row.requests)
			}
		}
	})
}

func TestAConversationThatIsTooLongIsShortened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, m := open(t, func(_ context.Context, r llm.Request, say func(string)) (llm.Reply, error) {
			if len(r.Messages) > 5 {
				return llm.Reply{}, &llm.Error{TooLong: true, Text: "too long"}
			}
			return says(say, "yes")
		})
		for i := range 5 {
			turn := &fakeTurn{}
			c.Hear(turn, fmt.Sprint(i))
			synctest.Wait()
			if got := turn.String(); got != "say yes|end" {
				t.Errorf("turn %d: %s", i, got)
			}
		}
		if got, want := m.last(), "U 2|A yes|U 3|A yes|U 4"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

func TestTheHistoryIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, m := open(t, func(_ context.Context, r llm.Request, say func(string)) (llm.Reply, error) { return says(say, "yes") })
		for range 30 {
			c.Hear(&fakeTurn{}, strings.Repeat("long ", 1000)) // about 1,430 tokens
			synctest.Wait()
		}
		last := m.requests[len(m.requests)-1]
		size := 0
		for _, message := range last.Messages {
			size += len(message.Text)
		}
		if size*2/7 > maxHistory || len(last.Messages) < 10 {
			t.Errorf("%d messages of %d bytes", len(last.Messages), size)
		}
	})
}

func TestALongResultDoesNotFillTheHistory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, m := open(t, func(_ context.Context, r llm.Request, say func(string)) (llm.Reply, error) {
			if r.NoCalls {
				return says(say, "Enough.")
			}
			return calls("light")
		})
		turn := &fakeTurn{}
		c.Hear(turn, "a")
		for !strings.Contains(turn.String(), "end") {
			synctest.Wait()
			c.Results(turn, []brain.Result{{Text: strings.Repeat("long ", 60_000)}})
			synctest.Wait()
		}
		last := m.requests[len(m.requests)-1]
		size := 0
		for _, message := range last.Messages {
			size += len(message.Text)
		}
		if size*2/7 > maxHistory+maxResult || len(m.requests) > 5 {
			t.Errorf("%d requests, the last of %d bytes", len(m.requests), size)
		}
	})
}

func TestTheSystemTextHasTheSettingsAndStaysTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &fakeModel{t: t, reply: func(_ context.Context, _ llm.Request, say func(string)) (llm.Reply, error) { return says(say, "yes") }}
		prompt := "You are {{name}}."
		c := (&Brain{Model: m}).Open(brain.Start{
			Tools: func() []*tool.Spec { return tools }, FirstMessage: "Hallo!",
			Settings: &convai.ConversationInitiationClientData{
				DynamicVariables: map[string]any{"name": "Ada"},
				CustomLLMExtraBody: map[string]any{
					"seed": 1, "model": "expensive", "messages": nil, "n": 9,
					"instructions": "", "input": nil, "store": true, "system": "Be mine.", "mcp_servers": nil,
				},
				Override: &convai.ConversationConfigOverride{Agent: &convai.AgentOverride{
					Language: "de", Prompt: &convai.PromptOverride{Prompt: &prompt, LLM: "small"},
				}},
			},
		})
		t.Cleanup(c.Close)
		c.Inform("The user looks at the screen.")
		c.Hear(&fakeTurn{}, "a")
		synctest.Wait()
		time.Sleep(time.Hour)
		c.Hear(&fakeTurn{}, "b")
		synctest.Wait()
		a, b := m.requests[0], m.requests[1]
		if a.System != b.System || !strings.HasPrefix(a.System, "You are Ada.\n\n"+brain.SpokenRules) || !strings.Contains(a.System, `"de"`) || !strings.Contains(a.System, `"Hallo!"`) {
			t.Errorf("the system texts are\n%s\n\n%s", a.System, b.System)
		}
		if a.Model != "small" || fmt.Sprint(a.Extra) != "map[seed:1]" {
			t.Errorf("model %s, extra %v", a.Model, a.Extra)
		}
		if got, want := a.Messages[0].Text, "[The user looks at the screen.]\n[Saturday, 1 January 2000, 00:00]\na"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if got := b.Messages[0].Text; got != a.Messages[0].Text {
			t.Errorf("the first message has changed to %q", got)
		}
	})
}

func TestANearServerIsWarmedUpAndAFailureLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		m := &fakeModel{t: t, near: true, reply: func(_ context.Context, r llm.Request, _ func(string)) (llm.Reply, error) {
			if r.MaxTokens != 1 || !r.WaitForModel || len(r.Tools) != 3 || r.System == "" {
				t.Errorf("the request is %+v", r)
			}
			return llm.Reply{}, errors.New("nothing listens")
		}}
		c := (&Brain{Model: m}).Open(brain.Start{Tools: func() []*tool.Spec { return tools }, Log: slog.New(slog.NewTextHandler(&log, nil))})
		synctest.Wait()
		c.Close()
		if !strings.Contains(log.String(), "the language model does not answer: nothing listens") {
			t.Errorf("the log is %s", log.String())
		}
	})
}

func TestCloseStopsTheModel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := open(t, func(ctx context.Context, _ llm.Request, _ func(string)) (llm.Reply, error) {
			<-ctx.Done()
			return llm.Reply{}, context.Cause(ctx)
		})
		c.Hear(&fakeTurn{}, "a")
		synctest.Wait()
		c.Close() // fails in the bubble if the goroutine stays
	})
}

// FuzzHistory lets users, tools and the model do anything in any order. Each request must follow
// the rules of the APIs, and each turn must end exactly once.
func FuzzHistory(f *testing.F) {
	f.Add([]byte("hchrihr"))
	f.Add([]byte("hCrhiRhchirrR"))
	f.Add([]byte("hxhsisshE"))
	f.Add([]byte("hcIhcIrrrr"))
	f.Add([]byte("pxrhxphrIr"))
	f.Add([]byte("hsthtiRhstrIhssti"))
	f.Fuzz(func(t *testing.T, script []byte) {
		if len(script) > 60 {
			return
		}
		synctest.Test(t, func(t *testing.T) { playHistory(t, script) })
	})
}

// playHistory plays a script: each letter is an event.
func playHistory(t *testing.T, script []byte) {
	next := make(chan byte) // how the model replies
	c, _ := open(t, func(ctx context.Context, r llm.Request, say func(string)) (llm.Reply, error) {
		for {
			select {
			case <-ctx.Done():
				return llm.Reply{}, context.Cause(ctx)
			case kind := <-next:
				switch kind {
				case 's':
					say("word ")
					continue
				case 'c':
					return calls("light", "nothing")
				case 'C':
					return calls("light", "get_time")
				case 't':
					return thoughts("light", "get_time")
				case 'e':
					return calls("end_call")
				case 'x':
					return llm.Reply{}, errors.New("failed")
				case 'l':
					return llm.Reply{}, &llm.Error{TooLong: true}
				}
				return says(say, "answer")
			}
		}
	})
	var turns []*fakeTurn
	open := map[*fakeTurn]int{} // the calls that were reported to have results already
	for i, event := range script {
		switch event {
		case 'h', 'p':
			turn := &fakeTurn{name: fmt.Sprint(i)}
			turns = append(turns, turn)
			if event == 'p' {
				c.Hear(turn, "light on")
			} else {
				c.Hear(turn, fmt.Sprint("message ", i))
			}
		case 'r', 'R': // results of the oldest or of the newest turn that waits
			for j := range turns {
				turn := turns[j]
				if event == 'R' {
					turn = turns[len(turns)-1-j]
				}
				lines := strings.Split(turn.String(), "|")
				n, last := 0, ""
				for _, line := range lines {
					if strings.HasPrefix(line, "call") {
						n, last = n+1, line
					}
				}
				if n > open[turn] {
					open[turn] = n
					c.Results(turn, make([]brain.Result, strings.Count(last, "{}")))
					break
				}
			}
		case 'i', 'I':
			if len(turns) > 0 {
				turn := turns[len(turns)-1]
				turn.mu.Lock()
				text := turn.last
				turn.mu.Unlock()
				c.Interrupted(turn, text, text[:len(text)/2])
			}
		default:
			select {
			case next <- event:
			default:
			}
		}
		synctest.Wait()
	}
	for _, turn := range turns {
		if got := turn.String(); strings.Count(got, "end") > 1 {
			t.Errorf("%q: turn %s is %s", script, turn.name, got)
		}
	}
}
