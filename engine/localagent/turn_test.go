package localagent

import (
	"sync/atomic"
	"testing"
	"time"

	"moonlark/engine/convai"
	"moonlark/engine/tool"
)

func TestToolTurnKeepsTheOrderOfTheProtocol(t *testing.T) {
	c := talk(t, listen(t, Options{Tools: house}), false)
	c.say("turn on the hall light")
	request := await[*convai.AgentToolRequest](c)
	call := c.next().(*convai.ClientToolCall)
	if call.ToolName != "set_light" || string(call.Parameters) != `{"on":true,"room":"hall"}` || !call.WantsResult() ||
		call.EventID != 2 || request.ToolCallID != call.ToolCallID || request.ResponseTimeoutSecs != 20 {
		t.Errorf("got %+v after %+v", call, request)
	}
	c.result(call, `{"room":"hall","on":true}`)
	if done := c.next().(*convai.AgentToolResponse); done.ToolCallID != call.ToolCallID || done.IsError || !done.IsCalled {
		t.Errorf("got %+v", done)
	}
	said := c.next().(*convai.AgentResponse)
	if want := "room: hall, on: yes"; said.Text != want || said.EventID != 2 {
		t.Errorf("got %+v, want %q", said, want)
	}
	if complete := c.next().(*convai.AgentResponseComplete); complete.EventID != 2 {
		t.Errorf("got %+v", complete)
	}
}

func TestTwoToolsAreCalledTogether(t *testing.T) {
	c := talk(t, listen(t, Options{Tools: house}), false)
	c.say("turn on the hall light and tell me the time")
	light := await[*convai.ClientToolCall](c)
	clock := await[*convai.ClientToolCall](c) // before the light has been answered
	c.result(clock, "It is noon.")
	c.result(light, "ok")
	if got, want := c.answer(), "Done. It is noon."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSlowToolHoldsUpNothing(t *testing.T) {
	c := talk(t, listen(t, Options{Tools: house}), true)
	c.say("turn on the hall light")
	slow := await[*convai.ClientToolCall](c)
	c.say("what time is it")
	c.result(await[*convai.ClientToolCall](c), "noon")
	quick := await[*convai.AgentResponse](c)
	c.result(slow, "The light is on.")
	late := await[*convai.AgentResponse](c)
	if quick.Text != "noon" || late.Text != "The light is on." || late.EventID <= quick.EventID {
		t.Errorf("got %+v and then %+v", quick, late)
	}
}

func TestErrorOfToolIsSpoken(t *testing.T) {
	c := talk(t, listen(t, Options{Tools: house}), false)
	for _, row := range []struct {
		why    string
		result convai.ClientToolResult
		called bool
	}{
		{"is_error", convai.ClientToolResult{Result: "no such room", IsError: true}, true},
		{"an error type means an error", convai.ClientToolResult{Result: "no such room", ErrorType: "external_client"}, true},
		{"a tool the user rejected was not called", convai.ClientToolResult{Result: "no such room", ErrorType: "user_rejected"}, false},
	} {
		c.say("turn on the hall light")
		row.result.ToolCallID = await[*convai.ClientToolCall](c).ToolCallID
		c.send(&row.result)
		done := await[*convai.AgentToolResponse](c)
		if got, want := c.answer(), "That did not work: no such room"; got != want || !done.IsError || done.IsCalled != row.called {
			t.Errorf("%s: got %q and %+v, want %q", row.why, got, done, want)
		}
	}
}

func TestToolThatDoesNotAnswerTimesOut(t *testing.T) {
	spec := &tool.Spec{Name: "dig", Phrases: []string{"dig"}, Timeout: 30 * time.Millisecond}
	c := talk(t, listen(t, Options{Tools: these(spec), ToolMargin: 20 * time.Millisecond}), false)
	start := time.Now()
	c.say("dig")
	call := await[*convai.ClientToolCall](c)
	if done := await[*convai.AgentToolResponse](c); !done.IsError {
		t.Errorf("got %+v", done)
	}
	if got, want := c.answer(), "That did not work: dig did not answer within 50ms."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if took := time.Since(start); took < 50*time.Millisecond {
		t.Errorf("after %v", took)
	}
	c.result(call, "late")
	c.result(call, "twice")
	c.send(&convai.ClientToolResult{ToolCallID: "call_none", Result: "of no call"})
	c.say("thanks")
	if got, want := c.answer(), "You are welcome."; got != want {
		t.Errorf("after a late result: got %q, want %q", got, want)
	}
}

func TestToolsMayChangeBetweenTurns(t *testing.T) {
	var specs atomic.Pointer[[]*tool.Spec]
	specs.Store(&[]*tool.Spec{})
	c := talk(t, listen(t, Options{Tools: func() []*tool.Spec { return *specs.Load() }}), false)
	c.say("open sesame")
	if got := c.answer(); got != noTools {
		t.Errorf("got %q, want %q", got, noTools)
	}
	specs.Store(&[]*tool.Spec{{Name: "open_door", Phrases: []string{"open sesame"}}})
	c.say("open sesame")
	if call := await[*convai.ClientToolCall](c); call.ToolName != "open_door" {
		t.Errorf("got %+v", call)
	}
}

func TestQuestionIsAskedAndAnswered(t *testing.T) {
	c := talk(t, listen(t, Options{Tools: house}), false)
	c.say("turn on the light")
	if got, want := c.answer(), "Which room: kitchen, hall or Living Room?"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	c.send(&convai.MultimodalMessage{Text: &convai.UserMessage{Text: "the living room"}})
	if call := await[*convai.ClientToolCall](c); string(call.Parameters) != `{"on":true,"room":"Living Room"}` {
		t.Errorf("got %s", call.Parameters)
	}
}
