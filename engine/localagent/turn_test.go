package localagent

import (
	"testing"
	"testing/synctest"
	"time"

	"moonlark/engine/convai"
	"moonlark/engine/tool"
)

func TestToolTurnKeepsTheOrderOfTheProtocol(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := openText(t, startAgent(t, Options{Tools: homeTools}), false)
		c.say("turn on the hall light")
		request := await[*convai.AgentToolRequest](c)
		call := c.next().(*convai.ClientToolCall)
		if call.ToolName != "set_light" || string(call.Parameters) != `{"on":true,"room":"hall"}` || !call.WantsResult() ||
			call.EventID != 2 || request.ToolCallID != call.ToolCallID || request.ResponseTimeoutSecs != 20 {
			t.Errorf("got %+v after %+v", call, request)
		}
		c.sendResult(call, `{"room":"hall","on":true}`)
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
	})
}

func TestTwoToolsOfATurnRunTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := openText(t, startAgent(t, Options{Tools: homeTools}), false)
		c.say("turn on the hall light and tell me the time")
		light := await[*convai.ClientToolCall](c)
		// the agent calls this tool before the other tool call has a result
		clock := await[*convai.ClientToolCall](c)
		c.sendResult(clock, "It is noon.")
		c.sendResult(light, "ok")
		if got, want := c.awaitResponse(), "Done. It is noon."; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestSlowToolDoesNotDelayTheNextTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := openText(t, startAgent(t, Options{Tools: homeTools}), true)
		c.say("turn on the hall light")
		slow := await[*convai.ClientToolCall](c)
		c.say("what time is it")
		c.sendResult(await[*convai.ClientToolCall](c), "noon")
		quick := await[*convai.AgentResponse](c)
		c.sendResult(slow, "The light is on.")
		late := await[*convai.AgentResponse](c)
		if quick.Text != "noon" || late.Text != "The light is on." || late.EventID <= quick.EventID {
			t.Errorf("got %+v and then %+v", quick, late)
		}
	})
}

func TestAgentSaysTheErrorOfATool(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := openText(t, startAgent(t, Options{Tools: homeTools}), false)
		for _, row := range []struct {
			why    string
			result convai.ClientToolResult
			called bool
		}{
			{"a result with is_error", convai.ClientToolResult{Result: "no such room", IsError: true}, true},
			{"a result with an error type is an error", convai.ClientToolResult{Result: "no such room", ErrorType: "external_client"}, true},
			{"a tool that the user rejected was not called", convai.ClientToolResult{Result: "no such room", ErrorType: "user_rejected"}, false},
		} {
			c.say("turn on the hall light")
			row.result.ToolCallID = await[*convai.ClientToolCall](c).ToolCallID
			c.send(&row.result)
			done := await[*convai.AgentToolResponse](c)
			if got, want := c.awaitResponse(), "That did not work: no such room"; got != want || !done.IsError || done.IsCalled != row.called {
				t.Errorf("%s: got %q and %+v, want %q", row.why, got, done, want)
			}
		}
	})
}

func TestToolThatDoesNotAnswerTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		spec := &tool.Spec{Name: "dig", Phrases: []string{"dig"}, Timeout: 30 * time.Millisecond}
		c := openText(t, startAgent(t, Options{Tools: fixedTools(spec), ToolMargin: 20 * time.Millisecond}), false)
		c.say("dig")
		call := await[*convai.ClientToolCall](c)
		start := time.Now()
		if done := await[*convai.AgentToolResponse](c); !done.IsError {
			t.Errorf("got %+v", done)
		}
		if took := time.Since(start); took != 50*time.Millisecond {
			t.Errorf("timed out after %v", took)
		}
		if got, want := c.awaitResponse(), "That did not work: dig did not answer within 50ms."; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		c.sendResult(call, "late")
		c.sendResult(call, "twice")
		c.send(&convai.ClientToolResult{ToolCallID: "call_none", Result: "of no call"})
		c.say("thanks")
		if got, want := c.awaitResponse(), "You are welcome."; got != want {
			t.Errorf("after a late result: got %q, want %q", got, want)
		}
	})
}

func TestTooManyRunningToolsAreAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := openText(t, startAgent(t, Options{Tools: homeTools}), false)
		for range maxToolCalls {
			c.say("what time is it")
			await[*convai.ClientToolCall](c)
		}
		c.say("what time is it")
		if got, want := c.awaitResponse(), "That did not work: the agent is still waiting for 256 tools"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestToolsMayChangeBetweenTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		specs := make(chan []*tool.Spec, 1)
		current := func() []*tool.Spec {
			s := <-specs
			specs <- s
			return s
		}
		specs <- nil
		c := openText(t, startAgent(t, Options{Tools: current}), false)
		c.say("open sesame")
		if got := c.awaitResponse(); got != noTools {
			t.Errorf("got %q, want %q", got, noTools)
		}
		<-specs
		specs <- []*tool.Spec{{Name: "open_door", Phrases: []string{"open sesame"}}}
		c.say("open sesame")
		if call := await[*convai.ClientToolCall](c); call.ToolName != "open_door" {
			t.Errorf("got %+v", call)
		}
	})
}

// noTools is what the brain of package phrases says if the agent has no tools.
const noTools = "I have no tools yet. Add one with register_tool in your script, and I can use it at once."

func TestQuestionIsAskedAndAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := openText(t, startAgent(t, Options{Tools: homeTools}), false)
		c.say("turn on the light")
		if got, want := c.awaitResponse(), "Which room: kitchen, hall or Living Room?"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		c.send(&convai.MultimodalMessage{Text: &convai.UserMessage{Text: "the living room"}})
		if call := await[*convai.ClientToolCall](c); string(call.Parameters) != `{"on":true,"room":"Living Room"}` {
			t.Errorf("got %s", call.Parameters)
		}
	})
}
