package localagent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/engine/convai"
	"moonlark/engine/localagent/brain"
	"moonlark/engine/tool"
)

// A slowBrain behaves like a brain that uses a language model: it answers each turn on a goroutine
// of its own, and passes the answer to the server in pieces.
type slowBrain struct {
	// answer says the answer to the user's message text. It returns early if ctx is cancelled.
	answer func(ctx context.Context, turn brain.Turn, text string)

	// proceed continues a turn after the results of its tool calls have arrived.
	proceed func(turn brain.Turn, results []brain.Result)

	mu    sync.Mutex // guards the fields below
	start brain.Start
	heard []string // one line for each interruption that the server has reported
}

func (b *slowBrain) Greeting([]*tool.Spec) string { return "Yes?" }

func (b *slowBrain) Open(start brain.Start) brain.Conversation {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.start = start
	ctx, cancel := context.WithCancel(context.Background())
	return &slowConversation{brain: b, ctx: ctx, cancel: cancel, cancelTurn: func() {}}
}

func (b *slowBrain) interruptions() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Join(b.heard, "|")
}

type slowConversation struct {
	brain      *slowBrain
	ctx        context.Context
	cancel     func()
	cancelTurn func() // stops the answer to the last message
	workers    sync.WaitGroup
}

func (c *slowConversation) Hear(turn brain.Turn, text string) {
	c.cancelTurn()
	ctx, cancel := context.WithCancel(c.ctx)
	c.cancelTurn = cancel
	c.workers.Go(func() { c.brain.answer(ctx, turn, text) })
}

func (c *slowConversation) Results(turn brain.Turn, results []brain.Result) {
	c.workers.Go(func() { c.brain.proceed(turn, results) })
}

func (c *slowConversation) Inform(string) {}

func (c *slowConversation) Interrupted(turn brain.Turn, text, heard string) {
	if turn != nil {
		c.cancelTurn()
	}
	c.brain.mu.Lock()
	defer c.brain.mu.Unlock()
	c.brain.heard = append(c.brain.heard, fmt.Sprintf("%q of %q", heard, text))
}

func (c *slowConversation) Close() {
	c.cancel()
	c.workers.Wait()
}

// sayWords says the words, one every 100 ms, and ends the turn. If ctx is cancelled, it says "too
// late" and ends the turn at once.
func sayWords(ctx context.Context, turn brain.Turn, words ...string) {
	for _, w := range words {
		select {
		case <-ctx.Done():
			// the client must not get this text, because the turn was interrupted
			turn.Say("too late ")
			turn.End(nil)
			return
		case <-time.After(100 * time.Millisecond):
			turn.Say(w + " ")
		}
	}
	turn.End(nil)
}

func TestBrainGetsTheSettingsOfTheClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &slowBrain{}
		c := connect(t, startAgent(t, Options{Brain: b, Tools: homeTools}))
		c.sendFrame(`{"type":"conversation_initiation_client_data","conversation_config_override":{"agent":{"first_message":"Well?","language":"de"}}}`)
		if got := c.awaitResponse(); got != "Well?" {
			t.Errorf("got %q", got)
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		if s := b.start; s.FirstMessage != "Well?" || s.Settings.Override.Agent.Language != "de" || len(s.Tools()) != len(homeTools()) {
			t.Errorf("got %+v", s)
		}
	})
}

func TestAnswerIsStreamedWhileTheBrainMakesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &slowBrain{answer: func(ctx context.Context, turn brain.Turn, _ string) { sayWords(ctx, turn, "one", "two", "three") }}
		c := openText(t, startAgent(t, Options{Brain: b}), true)
		c.say("count")
		start := time.Now()
		var parts []string
		for range 5 {
			p := await[*convai.AgentChatResponsePart](c)
			parts = append(parts, fmt.Sprintf("%s %q after %v", p.Part, p.Text, time.Since(start)))
		}
		want := `start "" after 100ms|delta "one " after 100ms|delta "two " after 200ms|delta "three " after 300ms|stop "" after 300ms`
		if got := strings.Join(parts, "|"); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if got := c.awaitResponse(); got != "one two three " {
			t.Errorf("got %q", got)
		}
	})
}

func TestBrainMayCallToolsInSeveralRounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		call := func(room string) brain.Call {
			return brain.Call{Tool: homeTools()[0], Arguments: json.RawMessage(`{"room":"` + room + `","on":true}`)}
		}
		round := 0
		b := &slowBrain{
			answer: func(_ context.Context, turn brain.Turn, _ string) {
				turn.Say("I will try.")
				turn.Call(call("hall"), call("kitchen"))
			},
			proceed: func(turn brain.Turn, results []brain.Result) {
				if round++; round == 1 {
					turn.Call(call("Living Room"))
					return
				}
				turn.Say(fmt.Sprintf("At last: %v", results))
				turn.End(nil)
			},
		}
		c := openText(t, startAgent(t, Options{Brain: b}), false)
		c.say("light")
		first, second := await[*convai.ClientToolCall](c), await[*convai.ClientToolCall](c)
		// the agent says this text before the tools have results
		before := await[*convai.AgentResponse](c)
		c.sendResult(second, "dark")
		c.sendResult(first, "dark")
		c.sendResult(await[*convai.ClientToolCall](c), "bright")
		after := await[*convai.AgentResponse](c)
		if before.Text != "I will try." || after.Text != "At last: [{bright false}]" || after.EventID <= before.EventID {
			t.Errorf("got %+v and %+v", before, after)
		}
	})
}

func TestACallWithoutCallsCompletesTheAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &slowBrain{answer: func(_ context.Context, turn brain.Turn, _ string) {
			turn.Say("One.")
			turn.Call()
			turn.Say("Two.")
			turn.End(nil)
		}}
		c := openText(t, startAgent(t, Options{Brain: b}), false)
		c.say("count")
		if first, second := c.awaitResponse(), c.awaitResponse(); first != "One." || second != "Two." {
			t.Errorf("got %q and %q", first, second)
		}
	})
}

func TestInterruptionStopsTheBrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &slowBrain{answer: func(ctx context.Context, turn brain.Turn, text string) {
			if text == "count" {
				sayWords(ctx, turn, "one", "two", "three", "four")
				return
			}
			turn.Say("All right.")
			turn.End(nil)
		}}
		c := openText(t, startAgent(t, Options{Brain: b}), true)
		c.say("count")
		time.Sleep(250 * time.Millisecond)
		c.say("stop")
		if got := await[*convai.AgentResponseCorrection](c); got.Corrected != "one two" {
			t.Errorf("got %+v", got)
		}
		if got := c.awaitResponse(); got != "All right." {
			t.Errorf("got %q", got)
		}
		if got, want := b.interruptions(), `"one two" of "one two "`; got != want {
			t.Errorf("the brain was told %s, want %s", got, want)
		}
	})
}

func TestToolOfAnInterruptedTurnStillHasAResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &slowBrain{
			answer: func(ctx context.Context, turn brain.Turn, text string) {
				if text == "light" {
					turn.Call(brain.Call{Tool: homeTools()[1], Arguments: json.RawMessage(`{}`)})
					return
				}
				sayWords(ctx, turn, "never", "mind")
			},
			proceed: func(turn brain.Turn, results []brain.Result) {
				turn.Say("By the way: " + results[0].Text)
				turn.End(nil)
			},
		}
		c := openText(t, startAgent(t, Options{Brain: b}), true)
		c.say("light")
		call := await[*convai.ClientToolCall](c)
		c.say("something else")
		if got := c.awaitResponse(); got != "never mind " {
			t.Errorf("got %q", got)
		}
		c.sendResult(call, "noon")
		if got := c.awaitResponse(); got != "By the way: noon" {
			t.Errorf("got %q", got)
		}
	})
}

func TestSpokenAnswerThatIsNotCompleteIsDroppedWhenTheUserGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &slowBrain{answer: func(ctx context.Context, turn brain.Turn, text string) {
			sayWords(ctx, turn, "you", "said", text)
		}}
		c := openSilent(t, startAgent(t, Options{Brain: b, TTS: toneVoice}))
		c.say("one")
		time.Sleep(150 * time.Millisecond)
		c.say("two")
		if r := c.awaitSpeech(); r.text != "you said two " || r.chars != r.text {
			t.Errorf("got %+v", r)
		}
		if got, want := b.interruptions(), `"" of "you "`; got != want {
			t.Errorf("the brain was told %s, want %s", got, want)
		}
	})
}

func TestErrorOfTheBrainIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &slowBrain{answer: func(_ context.Context, turn brain.Turn, text string) {
			if text == "fail" {
				turn.End(errors.New("model not found"))
				return
			}
			turn.Say("Fine.")
			turn.End(nil)
		}}
		c := openText(t, startAgent(t, Options{Brain: b}), false)
		c.say("fail")
		if got := await[*convai.ServerError](c); got.ErrorType != convai.EmbeddedAgentError || got.Message != "The agent could not answer: model not found" {
			t.Errorf("got %+v", got)
		}
		c.say("and now")
		if got := c.awaitResponse(); got != "Fine." {
			t.Errorf("got %q", got)
		}
	})
}

func TestBrainMayHangUpWithoutAWord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &slowBrain{answer: func(_ context.Context, turn brain.Turn, _ string) {
			turn.HangUp()
			turn.End(nil)
		}}
		c := openText(t, startAgent(t, Options{Brain: b}), false)
		c.say("bye")
		await[*convai.AgentToolResponse](c)
		c.awaitClose(1000, "")
	})
}

func TestBrainEndsWithTheConversation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan struct{})
		b := &slowBrain{answer: func(ctx context.Context, turn brain.Turn, _ string) {
			defer close(ended)
			<-ctx.Done()
			turn.Say("nobody hears this")
		}}
		c := openText(t, startAgent(t, Options{Brain: b}), false)
		c.say("think")
		synctest.Wait()
		c.ws.Close()
		<-ended
	})
}
