package dialog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/audio"
	"moonlark/engine/bus"
	"moonlark/engine/convai"
	"moonlark/engine/life"
	"moonlark/engine/tool"
	"moonlark/engine/voice"
)

func TestAToolCallIsAnsweredOnce(t *testing.T) {
	play(t, Options{}, func(s *testDialog) {
		s.conv.receive(callMessage("x", "light"))
		s.conv.receive(callMessage("x", "light")) // the agent sends the tool call a second time
		if n := len(s.scripts.calls); n != 1 {
			t.Errorf("the tool ran %d times", n)
		}
		s.answer(tool.Result{Text: "on"})
		if got, want := s.conv.wire(), []string{`{"type":"client_tool_result","tool_call_id":"x","result":"on","is_error":false}`}; !slices.Equal(got, want) {
			t.Errorf("sent %q, want %q", got, want)
		}
		if calls, results := s.all(bus.ToolCall), s.all(bus.ToolResult); len(calls) != 1 || len(results) != 1 || calls[0].Script != "a.lua" {
			t.Errorf("published %+v, %+v", calls, results)
		}
		if logs := s.all(bus.Log); len(logs) != 1 || !strings.Contains(logs[0].Text, "twice") {
			t.Errorf("logged %+v", logs)
		}
	})
}

// A conversation with very many calls must not use more and more memory.
func TestOnlyTheLatestAnsweredCallsAreRemembered(t *testing.T) {
	play(t, Options{}, func(s *testDialog) {
		for i := range maxRecent + 100 {
			s.conv.receive(callMessage(fmt.Sprint(i), "light"))
			s.answer(tool.Result{Text: "on"})
		}
		if open, answered := len(s.calls), len(s.answered.known); open != 0 || answered != maxRecent {
			t.Errorf("%d open and %d answered calls are remembered, want 0 and %d", open, answered, maxRecent)
		}
		before := len(s.scripts.calls)
		s.conv.receive(callMessage(fmt.Sprint(maxRecent+99), "light"))
		if n := len(s.scripts.calls); n != before {
			t.Error("the latest call has run twice")
		}
		for i := range 2 {
			s.conv.receive(callMessage("", "light"))
			if n := len(s.scripts.calls); n != before+1 {
				t.Fatalf("call %d without an id did not run", i+1)
			}
			s.answer(tool.Result{Text: "on"})
		}
	})
}

func TestOnlyTheLatestAnnouncedCallsAreRemembered(t *testing.T) {
	play(t, Options{}, func(s *testDialog) {
		for i := range maxRecent + 100 {
			id := fmt.Sprint(i)
			s.conv.receive(&convai.AgentToolRequest{ToolName: "find", ToolCallID: id, ToolType: "webhook", ResponseTimeoutSecs: 5})
			s.conv.receive(&convai.AgentToolResponse{ToolName: "find", ToolCallID: id, ToolType: "webhook"})
		}
		turns := s.opts.Turns
		if len(turns.overCalls.known) != maxRecent || len(turns.announced) != 0 || len(s.timeouts) != 0 {
			t.Errorf("%d calls, %d open calls and %d timeouts are remembered", len(turns.overCalls.known), len(turns.announced), len(s.timeouts))
		}
		s.conv.receive(&convai.AgentToolRequest{ToolName: "find", ToolCallID: fmt.Sprint(maxRecent + 99), ToolType: "webhook"})
		if len(turns.announced) != 0 {
			t.Error("the latest call is open again")
		}
	})
}

func TestAToolCallWithFieldsOfAnotherTypeIsAnswered(t *testing.T) {
	play(t, Options{}, func(s *testDialog) {
		for i, fields := range []string{
			`"tool_name":"light","event_id":5.0,"expects_response":[]`, `"tool_name":"light","event_id":"x","parameters":null`, `"tool_name":7,"event_id":null`,
			`"event_id":1e400,"expects_response":"true"`,
		} {
			s.conv.receiveText(`{"type":"client_tool_call","client_tool_call":{"tool_call_id":"` + fmt.Sprint(i) + `",` + fields + `}}`)
			s.answer(tool.Result{Text: "on"})
			if got := s.conv.wire(); len(got) != 1 || !strings.Contains(got[0], `"result":"on"`) {
				t.Errorf("%s: sent %q", fields, got)
			}
		}
	})
}

func TestAToolCallWithoutAnIDRunsAndIsNotAnswered(t *testing.T) {
	play(t, Options{}, func(s *testDialog) {
		for range 2 {
			s.conv.receiveText(`{"type":"client_tool_call","client_tool_call":{"tool_name":"light","tool_call_id":null}}`)
			s.answer(tool.Result{Text: "on"})
		}
		if got := s.conv.wire(); len(got) > 0 || len(s.all(bus.ToolResult)) != 2 {
			t.Errorf("sent %q; published %+v", got, s.all(bus.ToolResult))
		}
	})
}

func TestAToolCallThatExpectsNoResponseGetsNone(t *testing.T) {
	play(t, Options{}, func(s *testDialog) {
		call := callMessage("x", "light")
		call.ExpectsResponse = new(false)
		s.conv.receive(call)
		s.answer(tool.Result{Text: "on"})
		if got := s.conv.wire(); len(got) > 0 || len(s.all(bus.ToolResult)) != 1 {
			t.Errorf("sent %q; published %+v", got, s.all(bus.ToolResult))
		}
	})
}

func TestAToolCallHasTheTimeoutThatTheAgentAnnounced(t *testing.T) {
	announce := func(id string, seconds int) *convai.AgentToolRequest {
		return &convai.AgentToolRequest{ToolName: "slow", ToolCallID: id, ToolType: "client", EventID: 1, ResponseTimeoutSecs: seconds}
	}
	play(t, Options{}, func(s *testDialog) {
		s.conv.receive(announce("before", 2))
		s.conv.receive(callMessage("before", "slow"))
		if got := s.scripts.calls[0].Timeout; got != 1500*time.Millisecond {
			t.Errorf("announced before the call: %v", got)
		}
		s.conv.receive(callMessage("after", "slow"))
		s.conv.receive(announce("after", 10))
		if got := s.scripts.shortened["after"]; got != 9500*time.Millisecond {
			t.Errorf("announced after the call: %v", got)
		}
		for _, seconds := range []int{0, -5} {
			delete(s.scripts.shortened, "after")
			s.conv.receive(announce("after", seconds))
			if _, ok := s.scripts.shortened["after"]; ok {
				t.Errorf("a timeout of %d s was believed", seconds)
			}
		}
		s.conv.receive(announce("after", math.MaxInt))
		if got := s.scripts.shortened["after"]; got != 24*time.Hour-answerMargin {
			t.Errorf("an endless timeout: %v", got)
		}
		s.answer(tool.Result{})
		// nothing happens, because the call named "before" has its result already
		s.conv.receive(announce("before", 1))
	})
}

func TestAResultThatCannotBeSentGoesToTheScripts(t *testing.T) {
	_, s := play(t, Options{}, func(s *testDialog) {
		s.conv.receive(callMessage("late", "light"))
		s.conv.receive(callMessage("queued", "light"))
		late, queued := s.scripts.calls[0], s.scripts.calls[1]
		queued.Reply(queued, tool.Result{Text: "written too late"})
		s.conv.unsent = s.conv.messages
		s.conv.end(&convai.CloseError{Code: 1000})
		synctest.Wait()
		late.Reply(late, tool.Result{Text: "done"})
	})
	orphans := s.all(bus.OrphanedResult)
	got := map[string]string{}
	for _, o := range orphans {
		got[o.CallID] = o.ConversationID + " " + o.Tool + " " + *o.Result
	}
	if len(orphans) != 2 || got["late"] != "conv_1 light done" || got["queued"] != "conv_1 light written too late" {
		t.Errorf("got %v", got)
	}
	if r := s.all(bus.ToolResult); len(r) != 2 || r[0].Orphaned || !r[1].Orphaned {
		t.Errorf("published %+v", r)
	}
}

func TestTheEndingDependsOnTheCloseCode(t *testing.T) {
	for _, row := range []struct {
		err  error
		want life.How
	}{
		{&convai.CloseError{Code: 1000}, life.Closed},
		{&convai.CloseError{Code: 1001}, life.CutOff},
		{&convai.CloseError{Code: 1002}, life.CutOff},
		{&convai.CloseError{Code: 1005}, life.CutOff},
		{&convai.CloseError{Code: 1008, Hint: "a hint"}, life.Refused},
		{&convai.CloseError{Code: 1011}, life.CutOff},
		{&convai.CloseError{Code: 4000}, life.CutOff},
		{io.ErrUnexpectedEOF, life.CutOff},
	} {
		ending, s := play(t, Options{}, func(s *testDialog) { s.conv.end(row.err) })
		var ended *EndedError
		if ending.How != row.want || !errors.Is(ending.Err, row.err) || errors.As(ending.Err, &ended) != (row.want != life.Closed) {
			t.Errorf("%v: got %+v, want %v", row.err, ending, row.want)
		}
		if d := s.all(bus.Disconnected); len(d) != 1 || d[0].ConversationID != "conv_1" || d[0].Hint != ending.Hint {
			t.Errorf("%v: published %+v", row.err, d)
		}
	}
	if ending, _ := play(t, Options{}, func(s *testDialog) { s.cancel() }); ending.How != life.Stopped || ending.Err != nil {
		t.Errorf("the end of the program: %+v", ending)
	}
}

func TestLeaveWaitsForRunningToolCallsAndTheLastReply(t *testing.T) {
	ending, s := play(t, Options{}, func(s *testDialog) {
		s.conv.receive(callMessage("x", "bye"))
		if !s.Leave("User ended conversation") {
			t.Error("Leave says that the conversation has ended")
		}
		time.Sleep(time.Second)
		s.answer(tool.Result{Text: "see you"})
		s.conv.receive(&convai.AgentResponse{Text: "Goodbye!", EventID: 2})
		s.conv.receive(&convai.AgentResponseComplete{EventID: 2})
		<-s.conv.over
		synctest.Wait()
		if s.Leave("again") {
			t.Error("Leave says that the conversation goes on")
		}
	})
	if ending.How != life.Stopped || len(s.conv.sent) != 1 {
		t.Errorf("it ended with %+v, and sent %q", ending, s.conv.sent)
	}
}

func TestLeaveWaitsAtMostTwoSeconds(t *testing.T) {
	began := time.Time{}
	var took time.Duration
	play(t, Options{}, func(s *testDialog) {
		s.conv.receive(callMessage("x", "slow"))
		began = time.Now()
		s.Leave("User ended conversation")
		<-s.conv.over
		took = time.Since(began)
	})
	if took != 2*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestADialogThatBreaksAfterLeaveIsNotReplaced(t *testing.T) {
	ending, _ := play(t, Options{}, func(s *testDialog) {
		s.conv.receive(callMessage("x", "stop"))
		s.Leave("User ended conversation")
		s.conv.end(io.ErrUnexpectedEOF)
	})
	if ending.How != life.Stopped {
		t.Errorf("it ended with %+v", ending)
	}
}

func TestTheEndOfTheLastDialogEndsTheProgram(t *testing.T) {
	ended := 0
	play(t, Options{EndProgram: func() { ended++ }}, func(s *testDialog) {
		s.Leave("User ended conversation")
		synctest.Wait()
		select {
		case <-s.conv.over:
			t.Error("the conversation was closed before the scripts could end")
		default:
		}
	})
	if ended != 1 {
		t.Errorf("the program was ended %d times", ended)
	}
}

func TestToolCallsAreAnsweredBeforeTheProgramClosesTheConversation(t *testing.T) {
	var s *testDialog
	order := ""
	_, _ = play(t, Options{Shutdown: func() {
		order += "calls, "
		s.answer(tool.Result{Text: "shutting down", IsError: true})
	}}, func(started *testDialog) {
		s = started
		s.conv.receive(callMessage("x", "slow"))
		s.cancel()
		<-s.conv.over
		order += "close"
	})
	if order != "calls, close" || len(s.conv.sent) != 1 {
		t.Errorf("the order was %q; sent %q", order, s.conv.sent)
	}
}

func TestTheToolEndCallEndsTheDialogUnlessItFailed(t *testing.T) {
	for _, row := range []struct {
		message convai.Message
		ends    bool
	}{
		{&convai.AgentToolResponse{ToolName: "end_call", ToolType: "system", IsCalled: true}, true},
		{&convai.AgentToolResponseFullPayload{AgentToolResponse: convai.AgentToolResponse{ToolName: "end_call", ToolType: "system"}}, true},
		{&convai.AgentToolResponse{ToolName: "end_call", ToolType: "system", IsError: true}, false},
		{&convai.AgentToolResponseFullPayload{AgentToolResponse: convai.AgentToolResponse{ToolName: "end_call", IsBlocked: true}}, false},
		{&convai.AgentToolResponse{ToolName: "light", ToolType: "client"}, false},
	} {
		ending, _ := play(t, Options{}, func(s *testDialog) {
			s.conv.receive(row.message)
			time.Sleep(time.Minute)
		})
		if got := ending.How == life.Stopped; got != row.ends {
			t.Errorf("%+v ended the dialog: %v", row.message, got)
		}
	}
}

func TestADialogEndsWhenItIsSilentForTooLong(t *testing.T) {
	var took time.Duration
	ending, s := play(t, Options{Idle: 10 * time.Second}, func(s *testDialog) {
		began := time.Now()
		time.Sleep(6 * time.Second)
		s.conv.receive(&convai.UserTranscript{Text: "I am here", EventID: 1})
		time.Sleep(6 * time.Second)
		if err := s.Say("still here"); err != nil {
			t.Error(err)
		}
		s.conv.receive(&convai.AgentResponse{Text: "Good.", EventID: 2})
		s.conv.receive(&convai.AgentResponseComplete{EventID: 2})
		time.Sleep(6 * time.Second)
		s.NoteActivity()
		<-s.conv.over
		took = time.Since(began)
	})
	if ending.How != life.Stopped || took != 28*time.Second {
		t.Errorf("it ended after %v with %+v", took, ending)
	}
	if logs := s.all(bus.Log); len(logs) != 1 || !strings.Contains(logs[0].Text, "nobody has said anything for 10s") {
		t.Errorf("logged %+v", logs)
	}
}

func TestEachSecondOfSilenceIsPublished(t *testing.T) {
	_, s := play(t, Options{}, func(s *testDialog) {
		time.Sleep(2600 * time.Millisecond)
		s.conv.receive(&convai.UserTranscript{Text: "hm", EventID: 1})
		time.Sleep(1600 * time.Millisecond)
	})
	var got []float64
	for _, e := range s.all(bus.Idle) {
		got = append(got, e.Seconds)
	}
	if want := []float64{0, 1, 2, 0, 1}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestADialogEndsWhenItHasLastedTooLong(t *testing.T) {
	ending, s := play(t, Options{MaxLength: 5 * time.Second}, func(s *testDialog) {
		for range 20 {
			s.conv.receive(&convai.UserTranscript{Text: "and another thing", EventID: 1})
			time.Sleep(time.Second)
		}
	})
	if logs := s.all(bus.Log); ending.How != life.Stopped || len(logs) != 1 || !strings.Contains(logs[0].Text, "has lasted 5s") {
		t.Errorf("it ended with %+v; logged %+v", ending, logs)
	}
}

func TestAMessageThatCannotBeSentBeginsNoTurn(t *testing.T) {
	play(t, Options{}, func(s *testDialog) {
		s.conv.busy = convai.ErrBusy
		if err := s.Say("hello"); !errors.Is(err, convai.ErrBusy) {
			t.Errorf("Say = %v", err)
		}
		if err := s.opts.Turns.AwaitReply(t.Context()); err != nil || len(s.all(bus.User)) > 0 {
			t.Errorf("AwaitReply = %v, published %+v", err, s.all(bus.User))
		}
	})
}

func TestMessagesReachTheBusWithTheirFields(t *testing.T) {
	_, s := play(t, Options{}, func(s *testDialog) {
		s.scripts.listens = map[string]bool{"agent_chat_response_part": true, "vad_score": true, "of_tomorrow": true}
		s.conv.receive(&convai.AgentResponse{Text: "Hello.", EventID: 1})
		s.conv.receive(&convai.AgentChatResponsePart{Text: "Hel", Part: convai.PartDelta, EventID: 1})
		s.conv.receive(&convai.AgentChatResponsePart{Text: "lo", Part: convai.PartDelta, EventID: 1})
		s.conv.receive(&convai.AgentChatResponsePart{Text: "other", Part: convai.PartDelta, EventID: 2})
		s.conv.receive(&convai.VADScore{Score: 0.25})
		s.conv.receiveText(`{"type":"of_tomorrow","new":{"a":1}}`)
		s.conv.receive(&convai.ServerError{Message: "too loud", ErrorType: "noise"})
	})
	if e := s.all(bus.Agent); len(e) != 1 || e[0].Text != "Hello." || e[0].Message != nil {
		t.Errorf("no script listens for agent_response: %+v", e)
	}
	if e := s.all(bus.Error); len(e) != 1 || e[0].Text != "noise: too loud" {
		t.Errorf("error: %+v", e)
	}
	parts := s.all(bus.AgentPart)
	merged, ok := parts[1].Message.Merge(parts[0].Message)
	if !ok || !strings.Contains(string(merged.Fields), `"Hello"`) {
		t.Errorf("two pieces of one response: %v, %+v", ok, merged)
	}
	if _, ok := parts[2].Message.Merge(merged); ok {
		t.Error("pieces of two responses were merged")
	}
	var names []string
	for _, e := range s.all(bus.AgentMessage) {
		if e.Message != nil {
			names = append(names, e.Message.Name+string(e.Message.Fields))
		}
	}
	if want := []string{`vad_score{"vad_score":0.25}`, `of_tomorrow{"type":"of_tomorrow","new":{"a":1}}`}; !slices.Equal(names, want) {
		t.Errorf("got %q, want %q", names, want)
	}
}

// The silence that ends a dialog counts from the end of what is heard and of what tools do.
func TestADialogIsNotSilentWhileTheAgentSpeaksOrAToolRuns(t *testing.T) {
	speech := &convai.Audio{Sound: make([]byte, 2*16000*30), EventID: 1} // 30 s
	for _, row := range []struct {
		name  string
		do    func(s *testDialog)
		after time.Duration // time until the end of the dialog, which is 10 s after the last activity
	}{
		{"speech of the agent", func(s *testDialog) { s.conv.receive(speech) }, 40 * time.Second},
		{"a text of the agent", func(s *testDialog) {
			time.Sleep(5 * time.Second)
			s.conv.receive(&convai.AgentResponse{Text: "Hello.", EventID: 1})
		}, 15 * time.Second},
		{"a sound that a script plays", func(s *testDialog) {
			if err := playSilence(s.opts.Voice, 20*time.Second); err != nil {
				t.Error(err)
			}
		}, 30 * time.Second},
		{"music that a script plays", func(s *testDialog) {
			if err := playSilence(s.opts.Voice, 10*time.Minute); err != nil {
				t.Error(err)
			}
		}, 70 * time.Second},
		{"a tool", func(s *testDialog) {
			s.conv.receive(callMessage("x", "slow"))
			time.Sleep(25 * time.Second)
			s.answer(tool.Result{Text: "done"})
		}, 35 * time.Second},
		{"a tool of the server", func(s *testDialog) {
			s.conv.receive(&convai.AgentToolRequest{ToolName: "find", ToolCallID: "x", ToolType: "webhook", ResponseTimeoutSecs: 60})
			time.Sleep(25 * time.Second)
			s.conv.receive(&convai.AgentToolResponse{ToolName: "find", ToolCallID: "x", ToolType: "webhook"})
		}, 35 * time.Second},
		{"a tool of the server that does not respond", func(s *testDialog) {
			s.conv.receive(&convai.AgentToolRequest{ToolName: "find", ToolCallID: "x", ToolType: "webhook"})
		}, 30 * time.Second},
		{"a user who is still speaking", func(s *testDialog) {
			for range 6 {
				time.Sleep(5 * time.Second)
				s.conv.receive(&convai.TentativeUserTranscript{Text: "and then", EventID: 1})
			}
		}, 40 * time.Second},
	} {
		t.Run(row.name, func(t *testing.T) {
			var took time.Duration
			_, s := play(t, Options{Idle: 10 * time.Second, Voice: anyVoice}, func(s *testDialog) {
				began := time.Now()
				row.do(s)
				<-s.conv.over
				took = time.Since(began)
			})
			// after a tool, the end waits up to 2 s for a reply of the agent
			if took < row.after || took > row.after+2500*time.Millisecond {
				t.Errorf("the dialog ended after %v, want %v", took, row.after)
			}
			for _, e := range s.all(bus.Idle) {
				if e.Seconds > 10 {
					t.Errorf("published a silence of %v s", e.Seconds)
				}
			}
		})
	}
}

// An agent on the same machine can reply to a result before Send has returned.
func TestAReplyThatComesWhileTheResultIsBeingSentCompletesTheTurn(t *testing.T) {
	play(t, Options{}, func(s *testDialog) {
		s.conv.receive(callMessage("x", "light"))
		s.conv.onSend = func() {
			s.opts.Turns.agentSpoke(2)
			s.opts.Turns.agentEnded()
		}
		s.answer(tool.Result{Text: "on"})
		began := time.Now()
		if err := s.opts.Turns.AwaitReply(context.Background()); err != nil || time.Since(began) > announceTime {
			t.Errorf("AwaitReply = %v after %v", err, time.Since(began))
		}
	})
}

// playSilence plays silence as the sound of a script.
func playSilence(v *voice.Voice, d time.Duration) error {
	t := v.NewTrack(audio.TrackOptions{Volume: 1})
	go func() {
		t.Write(context.Background(), make([]float32, audio.Samples(d)))
		t.End()
	}()
	// In the test of music, the dialog ends later, and the goroutine must have ended then.
	time.AfterFunc(65*time.Second, func() { t.Stop(0) })
	return v.Play(t)
}

func TestTheRoundTripIsThatOfTheNewestPing(t *testing.T) {
	play(t, Options{}, func(s *testDialog) {
		if got := s.RoundTrip(); got != 0 {
			t.Errorf("before the first ping: %v", got)
		}
		slow, quick := 120, 34
		for _, ms := range []*int{nil, &slow, &quick, nil} {
			s.conv.receive(&convai.Ping{EventID: 1, PingMS: ms})
		}
		if got := s.RoundTrip(); got != 34*time.Millisecond {
			t.Errorf("got %v", got)
		}
	})
}
