package localagent

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"moonlark/audio/pcm"
	"moonlark/engine/convai"
	"moonlark/engine/llm"
	"moonlark/engine/localagent/realtime"
	"moonlark/engine/localagent/realtime/openai"
	"moonlark/engine/localagent/realtime/realtimetest"
	"moonlark/engine/localagent/realtime/wire"
	"moonlark/engine/provider"
	"moonlark/engine/tool"
)

// wide is the format of sound in a conversation with a speech-to-speech service.
var wide = pcm.Format{Encoding: pcm.S16, Rate: 24000}

// serviceAt returns the service of a test server.
func serviceAt(s *realtimetest.Server) *openai.Service {
	return &openai.Service{Service: wire.Service{Endpoint: provider.Endpoint{Server: "test", Base: s.URL, Choice: "tiny", Near: true}}}
}

// openVoice opens a conversation with sound in which the agent does not greet the user.
func openVoice(t testing.TB, s *realtimetest.Server) *client {
	t.Helper()
	return openSilent(t, listenAgent(t, Options{Realtime: serviceAt(s), Tools: homeTools}))
}

func TestAServiceHearsAndSpeaks(t *testing.T) {
	for _, beta := range []bool{false, true} {
		t.Run(fmt.Sprint("beta ", beta), func(t *testing.T) {
			s := realtimetest.Serve(t, func(s *realtimetest.Session) {
				for s.IsOpen() && s.Sound() < wide.Bytes(200*time.Millisecond) {
					time.Sleep(time.Millisecond)
				}
				s.UserSpeaks("u1")
				s.Begin().Speak("a1", "Hello there.", time.Second).Done()
				s.Transcribe("u1", "Hi!")
			})
			s.Beta = beta
			c := connect(t, listenAgent(t, Options{Realtime: serviceAt(s), FirstSound: func(delay time.Duration) {
				t.Errorf("a delay of %v is reported, but the agent does not know when the user has stopped", delay)
			}}))
			c.sendFrame(`{"type":"conversation_initiation_client_data","conversation_config_override":{"agent":{"first_message":""}}}`)
			if m := await[*convai.ConversationInitiationMetadata](c); m.AgentOutputAudioFormat != "pcm_24000" || m.UserInputAudioFormat != "pcm_24000" {
				t.Errorf("the formats are %+v", m)
			}
			c.sendSound(wide, voice(200*time.Millisecond))
			var duration time.Duration
			var response *convai.AgentResponse
			var transcript *convai.UserTranscript
			last := false
			for response == nil || transcript == nil || !last {
				switch m := c.next().(type) {
				case *convai.Audio:
					duration += wide.Duration(len(m.Sound))
					last = m.IsFinal
				case *convai.AgentResponse:
					response = m
				case *convai.UserTranscript:
					transcript = m
				}
			}
			if response.Text != "Hello there." || transcript.Text != "Hi!" || duration != time.Second {
				t.Errorf("the agent has said %q to %q in %v", response.Text, transcript.Text, duration)
			}
			if transcript.EventID != response.EventID {
				t.Errorf("the transcript has event %d, the response %d", transcript.EventID, response.EventID)
			}
			if r := s.Requests()[0]; r.URL.Query().Get("model") != "tiny" || r.Header.Get("Authorization") != "" {
				t.Errorf("the handshake is %v with %v", r.URL, r.Header)
			}
		})
	}
}

func TestAServiceRunsToolsAndGoesOn(t *testing.T) {
	outputs := make(chan string, 10)
	s := realtimetest.Serve(t, func(s *realtimetest.Session) {
		s.UserSpeaks("u1")
		s.Begin().Speak("a1", "One moment.", 100*time.Millisecond).
			Call("c1", "set_light", `{"room":"hall","on":true}`).Call("c2", "nothing", `{}`).Call("c3", "get_time", `["no object"]`).Done()
		for range 3 {
			e, _ := s.Next("conversation.item.create")
			outputs <- e.Get("item.call_id") + " " + e.Get("item.output")
		}
		s.Asked().Speak("a2", "The light is on.", 100*time.Millisecond).Done()
	})
	rounds := make(chan llm.Round, 10)
	c := openSilent(t, listenAgent(t, Options{Realtime: serviceAt(s), Tools: homeTools, Report: func(r llm.Round) { rounds <- r }}))
	var call *convai.ClientToolCall
	said := ""
	for call == nil || said == "" { // the call may come before the response or after it
		switch m := c.next().(type) {
		case *convai.ClientToolCall:
			call = m
		case *convai.AgentResponse:
			said = m.Text
		}
	}
	if call.ToolName != "set_light" || string(call.Parameters) != `{"room":"hall","on":true}` {
		t.Errorf("the call is %+v", call)
	}
	if said != "One moment." {
		t.Errorf("the agent has said %q before the result", said)
	}
	c.sendResult(call, "on")
	if got := c.awaitResponse(); got != "The light is on." {
		t.Errorf("the agent has said %q after the result", got)
	}
	for _, want := range []string{"c1 on", `c2 Error: there is no tool "nothing"; the tools are set_light, get_time, remind, recite, end_call`, "c3 Error: get_time: the arguments are not a JSON object; call it again"} {
		if got := <-outputs; got != want {
			t.Errorf("the output is %q, want %q", got, want)
		}
	}
	if r := <-rounds; r.Model != "test tiny" || r.Round != 1 || r.Calls != 3 || r.InputTokens != 20 || r.OutputTokens != 10 {
		t.Errorf("the first round is %+v", r)
	}
	if r := <-rounds; r.Round != 2 || r.Calls != 0 {
		t.Errorf("the second round is %+v", r)
	}
}

func TestTheServiceSpeaksTheFirstMessage(t *testing.T) {
	instructions := make(chan string, 1)
	s := realtimetest.Serve(t, func(s *realtimetest.Session) {
		e, _ := s.Next("response.create")
		instructions <- e.Get("response.instructions")
		s.Greet().Speak("a1", "Good day.", 2*time.Second).Done()
	})
	c := connect(t, listenAgent(t, Options{Realtime: serviceAt(s), FirstMessage: "Good day."}))
	c.send(&convai.ConversationInitiationClientData{})
	var responses []string
	for end := false; !end; {
		switch m := c.next().(type) {
		case *convai.AgentResponse:
			responses = append(responses, fmt.Sprint(m.Text, " ", m.EventID))
		case *convai.Audio:
			end = m.IsFinal
		}
	}
	if want := []string{"Good day. 1"}; !slices.Equal(responses, want) {
		t.Errorf("the agent has said %q, want %q", responses, want)
	}
	if got := <-instructions; !strings.Contains(got, `"Good day."`) {
		t.Errorf("the instructions are %q", got)
	}
}

func TestAConversationWithoutSoundHasTheFirstMessageAtOnce(t *testing.T) {
	s := realtimetest.Serve(t, func(s *realtimetest.Session) {
		e, _ := s.Next("conversation.item.create")
		if e.Get("item.role") != "assistant" || e.Get("item.content.0.text") != "Good day." {
			t.Errorf("the first item is %s", e.Raw)
		}
		e, _ = s.Next("conversation.item.create")
		s.Asked().Write("a1", "You have said: "+e.Get("item.content.0.text")).Done()
	})
	c := connect(t, listenAgent(t, Options{Realtime: serviceAt(s), FirstMessage: "Good day."}))
	c.send(&convai.ConversationInitiationClientData{Override: &convai.ConversationConfigOverride{Conversation: &convai.ConversationOverride{TextOnly: new(true)}}})
	if got := c.awaitResponse(); got != "Good day." {
		t.Errorf("the agent has said %q", got)
	}
	c.say("hello")
	parts := ""
	for {
		m := c.next()
		if p, ok := m.(*convai.AgentChatResponsePart); ok {
			parts += p.Text
		}
		if r, ok := m.(*convai.AgentResponse); ok {
			if r.Text != "You have said: hello" || parts != r.Text {
				t.Errorf("the agent has said %q, in parts %q", r.Text, parts)
			}
			return
		}
	}
}

// The user interrupts an answer. The service must learn how much of each item was heard.
func TestTheUserInterruptsWhatTheServiceSays(t *testing.T) {
	long := strings.Repeat("one two three ", 100) // takes longer than a slow machine
	for _, row := range []struct {
		name string
		// talk begins the answer that is interrupted
		talk     func(a *realtimetest.Answer)
		text     bool   // the user writes in place of speaking
		complete bool   // the answer has arrived completely
		want     string // what the client of the service sends because of that; N is a number
	}{
		{"while it is made", func(a *realtimetest.Answer) { a.Open("a1").Text("a1", long).Sound("a1", time.Minute) }, false, false, "truncate a1 N"},
		{"after all of it has arrived", func(a *realtimetest.Answer) { a.Speak("a1", "one two three", time.Minute).Done() }, false, true, "truncate a1 N"},
		{"with a second item", func(a *realtimetest.Answer) {
			a.Speak("a1", "one two three", time.Minute).Speak("a2", "four", time.Second).Done()
		}, false, true, "truncate a1 N, delete a2"},
		{"by a message", func(a *realtimetest.Answer) { a.Open("a1").Text("a1", long).Sound("a1", time.Minute) }, true, false, "cancel, truncate a1 N"},
		{"by a message after all of it has arrived", func(a *realtimetest.Answer) { a.Speak("a1", "one two three", time.Minute).Done() }, true, true, "truncate a1 N"},
	} {
		t.Run(row.name, func(t *testing.T) {
			heard, interrupted := make(chan bool, 1), make(chan string, 1)
			s := realtimetest.Serve(t, func(s *realtimetest.Session) {
				s.UserSpeaks("u1")
				a := s.Begin()
				row.talk(a)
				s.Wait(heard)
				if !row.text {
					s.UserBegins("u2")
					s.UserEnds("u2")
					s.Begin().Speak("b1", "All right.", 100*time.Millisecond).Done()
					interrupted <- s.Interruptions(strings.Count(row.want, ",") + 1)
					return
				}
				interrupted <- s.Interruptions(strings.Count(row.want, ",") + 1)
				s.Asked().Speak("b1", "All right.", 100*time.Millisecond).Done()
			})
			done := make(chan llm.Round, 10)
			c := openSilent(t, listenAgent(t, Options{Realtime: serviceAt(s), Report: func(r llm.Round) { done <- r }}))
			await[*convai.Audio](c)
			await[*convai.Audio](c)
			if row.complete {
				<-done
			}
			time.Sleep(20 * time.Millisecond) // the user hears some of it
			if row.text {
				c.say("stop")
			}
			heard <- true
			stopped := await[*convai.Interruption](c)
			correction := await[*convai.AgentResponseCorrection](c)
			if correction.EventID != stopped.EventID || len(correction.Corrected) >= len(correction.Original) {
				t.Errorf("the correction is %+v after the interruption of %d", correction, stopped.EventID)
			}
			if m := await[*convai.AgentResponse](c); m.Text != "All right." || m.EventID <= stopped.EventID {
				t.Errorf("the next answer is %+v, after the interruption of %d", m, stopped.EventID)
			}
			got := <-interrupted
			pattern := strings.Split(row.want, "N")
			begin, rest, _ := strings.Cut(got, pattern[0])
			number, end, _ := strings.Cut(rest+",", ",")
			if ms, err := strconv.Atoi(number); begin != "" || err != nil || ms < 1 || ms > 60_000 || strings.TrimSuffix(","+end, ",") != strings.TrimSuffix(pattern[1], ",") {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

func TestWhatWasHeardCompletelyIsNotTruncated(t *testing.T) {
	s := realtimetest.Serve(t, func(s *realtimetest.Session) {
		s.UserSpeaks("u1")
		s.Begin().Speak("a1", "one", 50*time.Millisecond).Done()
		s.Next("response.create") // because of the message below
		s.Greet().Speak("a2", "two", 50*time.Millisecond).Done()
	})
	c := openVoice(t, s)
	await[*convai.AgentResponseComplete](c)
	time.Sleep(100 * time.Millisecond) // until it was played
	c.say("go on")
	if got := c.awaitResponse(); got != "two" {
		t.Errorf("the agent has said %q", got)
	}
	if log := s.Sessions()[0].Log(); strings.Contains(log, "truncate") || strings.Contains(log, "delete") {
		t.Errorf("the client has sent %s", log)
	}
}

func TestTheUserMaySpeakWhileAToolRuns(t *testing.T) {
	waiting := make(chan bool, 1)
	s := realtimetest.Serve(t, func(s *realtimetest.Session) {
		s.UserSpeaks("u1")
		s.Begin().Call("c1", "get_time", `{}`).Done()
		s.Wait(waiting)
		s.UserSpeaks("u2")
		a := s.Begin().Open("a1").Text("a1", "Still here.").Sound("a1", 100*time.Millisecond)
		e, _ := s.Next("conversation.item.create") // while the service answers
		if e.Get("item.output") != "noon" {
			t.Errorf("the output is %s", e.Raw)
		}
		a.Shut("a1", "Still here.").Done()
		s.Asked().Speak("a2", "It is noon.", 100*time.Millisecond).Done()
	})
	c := openVoice(t, s)
	call := await[*convai.ClientToolCall](c)
	waiting <- true
	await[*convai.Audio](c)
	c.sendResult(call, "noon")
	for _, want := range []string{"Still here.", "It is noon."} {
		if got := c.awaitResponse(); got != want {
			t.Errorf("the agent has said %q, want %q", got, want)
		}
	}
}

func TestLateTextsOfTheUserHaveTheOrderOfTheirItems(t *testing.T) {
	s := realtimetest.Serve(t, func(s *realtimetest.Session) {
		s.UserSpeaks("u1")
		s.Begin().Speak("a1", "one", 50*time.Millisecond).Done()
		s.UserSpeaks("u2")
		s.Begin().Speak("a2", "two", 50*time.Millisecond).Done()
		s.UserBegins("u3") // the service takes it for noise
		s.UserSpeaks("u4")
		s.Transcribe("u2", "second")
		s.Transcribe("u4", "fourth")
		s.Transcribe("u1", "first")
	})
	c := openVoice(t, s)
	last := 0
	for _, want := range []string{"first", "second", "fourth"} {
		m := await[*convai.UserTranscript](c)
		if m.Text != want || m.EventID <= last {
			t.Errorf("got %+v after event %d, want %s", m, last, want)
		}
		last = m.EventID
	}
}

func TestTheModelCanHangUpInSpeech(t *testing.T) {
	for name, play := range map[string]func(s *realtimetest.Session){
		"after a farewell": func(s *realtimetest.Session) {
			s.Begin().Speak("a1", "Goodbye!", 50*time.Millisecond).Call("c1", "end_call", `{}`).Done()
		},
		"without a word": func(s *realtimetest.Session) {
			s.Begin().Call("c1", "end_call", `{}`).Done()
			s.Asked().Speak("a1", "Goodbye!", 50*time.Millisecond).Done()
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := realtimetest.Serve(t, func(s *realtimetest.Session) {
				s.UserSpeaks("u1")
				play(s)
			})
			c := openVoice(t, s)
			if got := c.awaitResponse(); got != "Goodbye!" {
				t.Errorf("the agent has said %q", got)
			}
			if m := await[*convai.AgentToolResponse](c); m.ToolName != "end_call" {
				t.Errorf("got %+v", m)
			}
			c.awaitClose(1000, "the agent ended the conversation")
		})
	}
}

func TestAChangedListOfToolsReachesTheService(t *testing.T) {
	tools := fixedTools(&tool.Spec{Name: "old"})()
	var mu sync.Mutex
	changed := make(chan bool, 1)
	s := realtimetest.Serve(t, func(s *realtimetest.Session) {
		s.Wait(changed)
		s.Next("session.update") // the first one
		s.Next("session.update")
		s.UserSpeaks("u1")
		s.Begin().Speak("a1", strings.Join(s.Tools(), " "), 50*time.Millisecond).Done()
	})
	c := openSilent(t, listenAgent(t, Options{Realtime: serviceAt(s), Tools: func() []*tool.Spec {
		mu.Lock()
		defer mu.Unlock()
		return tools
	}}))
	mu.Lock()
	tools = []*tool.Spec{{Name: "new"}}
	mu.Unlock()
	changed <- true
	if got := c.awaitResponse(); got != "new end_call" {
		t.Errorf("the tools are %s", got)
	}
}

func TestMoonlarkCanNoticeWhenTheUserSpeaks(t *testing.T) {
	s := realtimetest.Serve(t, func(s *realtimetest.Session) {
		s.Next("input_audio_buffer.commit")
		s.Committed("u1")
		s.Asked().Speak("a1", fmt.Sprint(s.Sound()), 50*time.Millisecond).Done()
		s.Transcribe("u1", "Hello")
	})
	service := serviceAt(s)
	service.Detect = realtime.LocalDetection
	c := openSilent(t, listenAgent(t, Options{Realtime: service}))
	c.sendSound(wide, silence(5*time.Second), voice(time.Second), silence(time.Second))
	var answer, text string
	for answer == "" || text == "" {
		switch m := c.next().(type) {
		case *convai.AgentResponse:
			answer = m.Text
		case *convai.UserTranscript:
			text = m.Text
		}
	}
	bytes, err := strconv.Atoi(answer)
	if sent := wide.Duration(bytes); err != nil || sent < 1500*time.Millisecond || sent > 2600*time.Millisecond {
		t.Errorf("the service has got %v of sound, want about 2 s", sent)
	}
	if text != "Hello" {
		t.Errorf("the user has said %q", text)
	}
}

func TestSilenceFollowsWhenTheMicrophoneIsSwitchedOff(t *testing.T) {
	s := realtimetest.Serve(t, func(s *realtimetest.Session) {
		for s.IsOpen() && s.Sound() < wide.Bytes(200*time.Millisecond) {
			time.Sleep(time.Millisecond)
		}
		s.UserBegins("u1")
		for s.IsOpen() && s.Sound() < wide.Bytes(1200*time.Millisecond) { // the client sends only 200 ms
			time.Sleep(time.Millisecond)
		}
		s.UserEnds("u1")
		s.Begin().Speak("a1", "Yes?", 50*time.Millisecond).Done()
	})
	c := openVoice(t, s)
	c.sendSound(wide, voice(200*time.Millisecond))
	if got := c.awaitResponse(); got != "Yes?" {
		t.Errorf("the agent has said %q", got)
	}
}

func TestAConversationWithAServiceEndsAfterAnHour(t *testing.T) {
	s := realtimetest.Serve(t, func(s *realtimetest.Session) { <-s.Gone() })
	c := openSilent(t, listenAgent(t, Options{Realtime: serviceAt(s), MaxRealtime: 50 * time.Millisecond}))
	c.awaitClose(1000, "the conversation has lasted as long as it may")
}

func TestAnotherAudioFormatIsConverted(t *testing.T) {
	s := realtimetest.Serve(t, func(s *realtimetest.Session) {
		for s.IsOpen() && s.Sound() < wide.Bytes(900*time.Millisecond) {
			time.Sleep(time.Millisecond)
		}
		s.UserSpeaks("u1")
		s.Begin().Speak("a1", "Yes?", time.Second).Done()
	})
	narrow := pcm.Format{Encoding: pcm.ULaw, Rate: 8000}
	c := openSilent(t, listenAgent(t, Options{Realtime: serviceAt(s), AgentFormat: narrow, UserFormat: narrow}))
	c.sendSound(narrow, voice(time.Second))
	bytes := 0
	for last := false; !last; {
		m := await[*convai.Audio](c)
		bytes, last = bytes+len(m.Sound), m.IsFinal
	}
	if got := narrow.Duration(bytes); (got - time.Second).Abs() > 10*time.Millisecond {
		t.Errorf("the client has got %v, want 1 s", got)
	}
}
