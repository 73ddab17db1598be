package openai_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"moonlark/engine/apikey"
	"moonlark/engine/convai"
	"moonlark/engine/llm"
	"moonlark/engine/localagent/brain"
	"moonlark/engine/localagent/realtime"
	"moonlark/engine/localagent/realtime/openai"
	"moonlark/engine/localagent/realtime/realtimetest"
	"moonlark/engine/localagent/realtime/wire"
	"moonlark/engine/provider"
	"moonlark/engine/tool"
)

// A recorder records what happens in a session, one line for each event.
type recorder struct {
	t     testing.TB
	lines chan string
	mu    sync.Mutex // guards texts
	texts map[string]string
}

func newRecorder(t testing.TB) *recorder {
	return &recorder{t: t, lines: make(chan string, 1000), texts: map[string]string{}}
}

func (r *recorder) AgentSound(string, []byte) {}
func (r *recorder) AgentText(item, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.texts[item] += text
}
func (r *recorder) AgentDone(item string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines <- "agent: " + r.texts[item]
}
func (r *recorder) UserBegan(string)           {}
func (r *recorder) UserText(item, text string) { r.lines <- "user: " + text }
func (r *recorder) Calls(calls []llm.Call) {
	line := "calls"
	for _, c := range calls {
		line += fmt.Sprintf(" %s=%s%s%s", c.ID, c.Name, c.Arguments, c.Problem)
	}
	r.lines <- line
}
func (r *recorder) ResponseDone(_ llm.Round, err error) {
	if err != nil {
		r.lines <- "error: " + err.Error()
	}
}
func (r *recorder) Failed(err error) {
	r.lines <- fmt.Sprintf("failed, final %v: %v", wire.IsFinal(err), err)
}

// expect waits for the lines.
func (r *recorder) expect(want ...string) {
	r.t.Helper()
	for _, line := range want {
		select {
		case got := <-r.lines:
			if got != line {
				r.t.Fatalf("got  %s\nwant %s", got, line)
			}
		case <-time.After(realtimetest.Timeout):
			r.t.Fatalf("nothing happens, want %s", line)
		}
	}
}

var tools = []*tool.Spec{{Name: "light", Description: "Switches the light"}}

// begin is the start of a conversation without a first message.
func begin() realtime.Start {
	return realtime.Start{Start: brain.Start{Tools: func() []*tool.Spec { return tools }}}
}

func at(url string) *openai.Service {
	return &openai.Service{Service: wire.Service{Endpoint: provider.Endpoint{Server: "test", Base: url, Choice: "tiny", Near: true}}}
}

// open opens a session and closes it at the end of the test.
func open(t testing.TB, s *openai.Service, start realtime.Start) (realtime.Session, *recorder) {
	r := newRecorder(t)
	session := s.Open(start, r)
	t.Cleanup(session.Close)
	return session, r
}

func TestTheSettingsOfAConversationReachTheService(t *testing.T) {
	t.Parallel()
	prompt := "You are {{name}}."
	settings := &convai.ConversationInitiationClientData{
		DynamicVariables:   map[string]any{"name": "Ada"},
		CustomLLMExtraBody: map[string]any{"tool_choice": "required", "tools": []any{}},
		Override: &convai.ConversationConfigOverride{
			Agent: &convai.AgentOverride{Language: "pt-br", Prompt: &convai.PromptOverride{Prompt: &prompt, LLM: "other"}},
			TTS:   &convai.TTSOverride{VoiceID: "marin", Speed: new(1.2)},
			ASR:   &convai.ASROverride{Keywords: []string{"Ada", "Bert"}},
		},
	}
	for _, row := range []struct {
		beta bool
		want map[string]string
	}{
		{false, map[string]string{
			"session.type": "realtime", "session.audio.output.voice": "marin", "session.audio.output.speed": "1.2", "session.tool_choice": "required",
			"session.audio.input.transcription.language": "pt", "session.audio.input.transcription.prompt": "Ada, Bert",
			"session.audio.input.turn_detection.type": "semantic_vad", "session.audio.input.format.rate": "24000", "session.audio.output.format.rate": "48000", "session.tools.0.name": "light",
			"session.output_modalities": `["audio"]`,
		}},
		{true, map[string]string{
			"session.type": "", "session.voice": "marin", "session.speed": "1.2", "session.input_audio_format": "pcm16",
			"session.input_audio_transcription.language": "pt", "session.turn_detection.type": "semantic_vad", "session.modalities": `["audio","text"]`,
		}},
	} {
		updates := make(chan realtimetest.Event, 1)
		s := realtimetest.Serve(t, func(s *realtimetest.Session) {
			e, _ := s.Next("session.update")
			updates <- e
		})
		s.Beta = row.beta
		service := at(s.URL)
		service.Choice, service.Detect = "", realtime.SemanticDetection
		if !row.beta {
			service.Extra = map[string]any{"audio": map[string]any{"output": map[string]any{"format": map[string]any{"rate": 48000}}}}
		}
		start := begin()
		start.Settings = settings
		open(t, service, start)
		e := <-updates
		for path, want := range row.want {
			if got := e.Get(path); got != want {
				t.Errorf("beta %v: %s is %q, want %q", row.beta, path, got, want)
			}
		}
		if text := e.Get("session.instructions"); !strings.HasPrefix(text, "You are Ada.\n") {
			t.Errorf("the instructions are %q", text)
		}
		if model := s.Sessions()[0].Model; model != "other" {
			t.Errorf("the model is %q", model)
		}
	}
}

func TestANewSessionKnowsWhatWasSaid(t *testing.T) {
	t.Parallel()
	items := make(chan string, 20)
	talk := func(s *realtimetest.Session) {
		s.UserSpeaks("u1")
		s.Begin().Speak("a1", "Good morning to you.", time.Second).Done()
		s.Transcribe("u1", "Good morning.")
	}
	next := func(s *realtimetest.Session) {
		for range 4 {
			e, _ := s.Next("conversation.item.create")
			items <- e.Get("item.role") + "/" + e.Get("item.content.0.type") + "/" + e.Get("item.content.0.text")
		}
		s.Asked().Speak("b1", "Here I am.", 10*time.Millisecond).Done()
	}
	for _, row := range []struct {
		name string
		beta bool
		end  func(s *realtimetest.Session) // how the first session ends
	}{
		{"because it is old", false, func(*realtimetest.Session) {}},
		{"because it has expired", false, func(s *realtimetest.Session) {
			s.Send(realtimetest.Object{"type": "error", "error": realtimetest.Object{"type": "invalid_request_error", "code": "session_expired", "message": "Your session hit the maximum duration of 60 minutes."}})
			s.Close(1001, "session_expired")
		}},
		{"because the connection is lost", true, func(s *realtimetest.Session) { s.Cut() }},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			said := make(chan bool, 1)
			s := realtimetest.Serve(t, func(s *realtimetest.Session) {
				talk(s)
				s.Wait(said)
				row.end(s)
			}, next)
			s.Beta = row.beta
			service := at(s.URL)
			if row.name == "because it is old" {
				service.RenewAfter = time.Millisecond
			}
			session, r := open(t, service, begin())
			r.expect("agent: Good morning to you.", "user: Good morning.")
			session.Interrupted("a1", 500*time.Millisecond, "Good morning")
			session.Inform("It rains.")
			said <- true
			<-s.Sessions()[0].Over()
			session.Say("Are you there?")
			r.expect("agent: Here I am.")
			kind := "output_text"
			if row.beta {
				kind = "text"
			}
			for _, want := range []string{"user/input_text/Good morning.", "assistant/" + kind + "/Good morning", "system/input_text/It rains.", "user/input_text/Are you there?"} {
				if got := <-items; got != want {
					t.Errorf("got  %s\nwant %s", got, want)
				}
			}
		})
	}
}

func TestASessionIsNotRenewedWhileSomethingHappens(t *testing.T) {
	t.Parallel()
	finish := make(chan bool, 1)
	s := realtimetest.Serve(t, func(s *realtimetest.Session) {
		s.UserSpeaks("u1")
		s.Begin().Call("c1", "light", `{}`).Done()
		s.Next("conversation.item.create")
		a := s.Asked().Open("a1").Text("a1", "It is on.").Sound("a1", 100*time.Millisecond)
		s.Wait(finish)
		a.Shut("a1", "It is on.").Done()
		<-s.Gone()
	}, func(s *realtimetest.Session) { <-s.Gone() })
	service := at(s.URL)
	service.RenewAfter = time.Millisecond
	session, r := open(t, service, begin())
	r.expect("calls c1=light{}")
	time.Sleep(2200 * time.Millisecond) // two ticks
	session.Results([]realtime.Result{{CallID: "c1", Text: "on"}})
	time.Sleep(2200 * time.Millisecond)
	if n := len(s.Sessions()); n != 1 {
		t.Errorf("%d sessions, want 1", n)
	}
	finish <- true
	r.expect("agent: It is on.")
	<-s.Sessions()[0].Over()
}

func TestALostAnswerIsAskedForAgainAndALostCallAnswered(t *testing.T) {
	t.Parallel()
	results := make(chan string, 1)
	s := realtimetest.Serve(t, func(s *realtimetest.Session) {
		s.Asked()
		s.Cut()
	}, func(s *realtimetest.Session) {
		s.Next("conversation.item.create")
		s.Asked().Call("c1", "light", `{"on":true}`).Done()
		s.Cut()
	}, func(s *realtimetest.Session) {
		s.Next("conversation.item.create")
		e, _ := s.Next("conversation.item.create")
		results <- e.Get("item.role") + " " + e.Get("item.content.0.text")
		s.Asked().Speak("a1", "The light is on.", 10*time.Millisecond).Done()
	})
	session, r := open(t, at(s.URL), begin())
	session.Say("Light!")
	r.expect(`calls c1=light{"on":true}`)
	for len(s.Sessions()) < 3 {
		time.Sleep(10 * time.Millisecond)
	}
	session.Results([]realtime.Result{{CallID: "c1", Text: "on"}, {CallID: "unknown", Text: "x"}})
	r.expect("agent: The light is on.")
	if got, want := <-results, "system (The tool light, which you called earlier, has returned: on)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestOnlyACompleteAnswerRunsTools(t *testing.T) {
	t.Parallel()
	s := realtimetest.Serve(t, func(s *realtimetest.Session) {
		s.UserSpeaks("u1")
		a := s.Begin().Call("c1", "light", `{"on":tr`)
		s.UserBegins("u2") // cancels the answer
		a.Done()
		s.UserEnds("u2")
		s.Begin().Call("c2", "light", `"{\"on\": false}"`).Call("c2", "light", `{"on": false}`).Done()
		s.Transcribe("u1", "on")
		s.Transcribe("u2", "off")
	})
	_, r := open(t, at(s.URL), begin())
	r.expect(`calls c2=light{"on": false}`, "user: on", "user: off")
}

// The service begins an answer by itself in the same moment in which the client asks for one.
func TestTwoAnswersAtTheSameTimeAreHarmless(t *testing.T) {
	t.Parallel()
	s := realtimetest.Serve(t, func(s *realtimetest.Session) {
		s.Next("session.update")
		a := s.Quiet() // the client does not know of it yet
		s.Next("response.create")
		a.Announce().Speak("a1", "First.", 10*time.Millisecond).Done()
		s.Asked().Speak("a2", "Second.", 10*time.Millisecond).Done()
	})
	session, r := open(t, at(s.URL), begin())
	for len(s.Sessions()) == 0 || !s.Sessions()[0].IsAnswering() {
		time.Sleep(time.Millisecond)
	}
	session.Say("Hello")
	r.expect("agent: First.", "agent: Second.")
}

func TestAToolLoopEnds(t *testing.T) {
	t.Parallel()
	const rounds = 10
	s := realtimetest.Serve(t, func(s *realtimetest.Session) {
		s.UserSpeaks("u1")
		a := s.Begin()
		for i := range rounds {
			a.Call(fmt.Sprint("c", i), "light", `{}`).Done()
			e, _ := s.Next("response.create")
			if i == rounds-1 && e.Get("response.tool_choice") != "none" {
				t.Errorf("the last answer is asked for with %s", e.Raw)
			}
			a = s.Greet()
		}
		a.Speak("a1", "Enough.", 10*time.Millisecond).Done()
	})
	session, r := open(t, at(s.URL), begin())
	for i := range rounds {
		r.expect(fmt.Sprintf("calls c%d=light{}", i))
		session.Results([]realtime.Result{{CallID: fmt.Sprint("c", i), Text: "on"}})
	}
	r.expect("agent: Enough.")
}

func TestAFailedAnswerIsReported(t *testing.T) {
	t.Parallel()
	s := realtimetest.Serve(t, func(s *realtimetest.Session) {
		s.Asked().Fail("The model has a headache")
		s.Asked().Done()
		e, _ := s.Next("response.create")
		s.Send(realtimetest.Object{"type": "error", "error": realtimetest.Object{"type": "server_error", "code": "rate_limit_exceeded", "message": "Slow down", "event_id": e.Get("event_id")}})
	})
	session, r := open(t, at(s.URL), begin())
	for _, want := range []string{"test tiny: The model has a headache", "the model has answered nothing", "test tiny: Slow down"} {
		session.Say("Hello")
		r.expect("error: " + want)
	}
}

// A server may send anything. The conversation goes on, or it ends with the reason.
func TestBrokenServersAreSurvived(t *testing.T) {
	t.Parallel()
	created := `{"type":"session.created","session":{"type":"realtime"}}`
	for _, row := range []struct {
		name string
		play func(ws *websocket.Conn)
		want string
	}{
		{"an error in place of a session", func(ws *websocket.Conn) {
			send(ws, `{"type":"error","error":{"message":"no money","code":"insufficient_quota"}}`)
		}, "failed, final true: test tiny: no money"},
		{"an error before the session is set up", func(ws *websocket.Conn) {
			send(ws, created, `{"type":"error","error":{"message":"Unknown parameter: 'session.x'.","code":"unknown_parameter"}}`)
		}, "failed, final true: test tiny: Unknown parameter: 'session.x'."},
		{"an API that is shut off", func(ws *websocket.Conn) {
			ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(4000, "beta_api_shape_disabled"), time.Now().Add(time.Second))
		}, "failed, final true: test tiny: the service has closed the connection: beta_api_shape_disabled"},
		{"no JSON", func(ws *websocket.Conn) { send(ws, "hello") },
			"failed, final false: test tiny: the server sends something else than the Realtime API: hello"},
		{"silence", func(ws *websocket.Conn) {}, "failed, final false: test tiny: the session was not set up within 200ms"},
		{"silence after the beginning", func(ws *websocket.Conn) { send(ws, created) }, "failed, final false: test tiny: the session was not set up within 200ms"},
		{"nothing but unknown events", func(ws *websocket.Conn) {
			for range 1001 {
				send(ws, `{"type":"news"}`)
			}
		}, "failed, final false: test tiny: the server does not send session.created"},
		{"a huge message", func(ws *websocket.Conn) {
			send(ws, created, `{"type":"`+strings.Repeat("x", 17<<20)+`"}`)
		}, "failed, final false: test tiny: websocket: read limit exceeded"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				ws, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
				if err != nil {
					return
				}
				defer ws.Close()
				go row.play(ws)
				for {
					if _, _, err := ws.ReadMessage(); err != nil {
						return
					}
				}
			}))
			t.Cleanup(server.Close)
			service := at("ws" + strings.TrimPrefix(server.URL, "http"))
			service.SetupTimeout = 200 * time.Millisecond
			if row.name == "a huge message" {
				service.SetupTimeout = 0
			}
			_, r := open(t, service, begin())
			r.expect(row.want)
		})
	}
}

func send(ws *websocket.Conn, messages ...string) {
	for _, m := range messages {
		if ws.WriteMessage(websocket.TextMessage, []byte(m)) != nil {
			return
		}
	}
}

func TestStrangeEventsAreIgnored(t *testing.T) {
	t.Parallel()
	s := realtimetest.Serve(t, func(s *realtimetest.Session) {
		for _, text := range []string{
			`null`, `[]`, `{}`, `"x"`, `{"type":5}`, `{"type":"response.done"}`, `{"type":"response.done","response":null}`, `{"type":"response.done","response":[]}`,
			`{"type":"response.output_audio.delta"}`, `{"type":"response.output_audio.delta","item_id":7,"delta":{}}`, `{"type":"response.output_audio.delta","item_id":"x","delta":"no base64"}`,
			`{"type":"response.done","response":{"status":"completed","output":[{"type":"function_call"},null,{"type":"function_call","name":"light","call_id":""}],"usage":5}}`,
			`{"type":"error"}`, `{"type":"error","error":"text"}`, `{"type":"conversation.item.added","item":{"content":5}}`, `{"type":"response.output_item.added"}`,
			`{"type":"response.output_item.done","item":{"type":"function_call","call_id":5}}`, `{"type":"input_audio_buffer.committed"}`,
			`{"type":"conversation.item.input_audio_transcription.completed","item_id":"nobody","transcript":"x"}`, `{"type":"response.function_call_arguments.done"}`, `{"type":"response.done"}`,
			`{"type":"response.created"}`, `{"type":"response.created"}`, `{"type":"response.done","response":{"status":"strange"}}`, `{"type":"ping"}`,
		} {
			s.SendText(text)
		}
		s.Asked().Speak("a1", "Alive.", 10*time.Millisecond).Done()
	})
	session, r := open(t, at(s.URL), begin())
	session.Say("Hello")
	for {
		select {
		case line := <-r.lines:
			if line == "agent: Alive." {
				return
			}
			if line != "agent: " && line != "user: " && line != "error: the model has answered nothing" {
				t.Errorf("got %s", line)
			}
		case <-time.After(realtimetest.Timeout):
			t.Fatal("the session does not go on")
		}
	}
}

func TestARefusedHandshakeSaysWhy(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/elsewhere" {
			http.Redirect(w, r, "/v1/realtime", http.StatusFound)
			return
		}
		w.WriteHeader(401)
		fmt.Fprintf(w, `{"error":{"message":"Incorrect API key: %s"}}`, r.Header.Get("Authorization"))
	}))
	t.Cleanup(server.Close)
	service := at("ws" + strings.TrimPrefix(server.URL, "http"))
	service.Key, service.KeyName = apikey.New("secret"), "OPENAI_API_KEY"
	_, err := service.Probe(t.Context(), begin())
	if want := "test tiny: HTTP 401: Incorrect API key: Bearer (key) (check the key in OPENAI_API_KEY)"; err == nil || err.Error() != want || !wire.IsFinal(err) {
		t.Errorf("got %v, want %s", err, want)
	}
	service.Base += "/elsewhere"
	var failure *llm.Error
	if _, err := service.Probe(t.Context(), begin()); !errors.As(err, &failure) || failure.Status != 302 {
		t.Errorf("a redirect: %v", err)
	}
	service.Base = "ws://127.0.0.1:1"
	if _, err := service.Probe(t.Context(), begin()); err == nil || !strings.Contains(err.Error(), "nothing listens at 127.0.0.1:1") || wire.IsFinal(err) {
		t.Errorf("without a server: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := service.Probe(ctx, begin()); !errors.Is(err, context.Canceled) {
		t.Errorf("after a cancellation: %v", err)
	}
	service.Server, service.Choice = "openai", ""
	if _, err := service.Probe(t.Context(), begin()); err == nil || !strings.Contains(err.Error(), "name one, as in --realtime openai:MODEL") {
		t.Errorf("without a model: %v", err)
	}
}

func TestAServiceCanBeProbed(t *testing.T) {
	t.Parallel()
	s := realtimetest.Serve(t, func(s *realtimetest.Session) { <-s.Gone() })
	if took, err := at(s.URL).Probe(t.Context(), begin()); err != nil || took <= 0 {
		t.Errorf("Probe = %v, %v", took, err)
	}
}

func TestCloseDoesNotWaitForTheService(t *testing.T) {
	t.Parallel()
	silent := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(silent.Close)
	session := at("ws"+strings.TrimPrefix(silent.URL, "http")).Open(begin(), newRecorder(t))
	began := time.Now()
	session.Say("Hello")
	session.Sound(make([]byte, 1<<20))
	session.Close()
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("Close took %v", took)
	}
}

// While the user speaks, the service is asked for nothing, whoever notices the speech. The client
// learns neither from an earlier sentence nor from a lost connection that the user has ended.
func TestNothingIsAskedForWhileTheUserSpeaks(t *testing.T) {
	for name, play := range map[string]func(s *realtimetest.Session){
		"after a lost connection":   func(s *realtimetest.Session) { s.Cut() },
		"after an earlier sentence": func(s *realtimetest.Session) { s.Committed("u1"); s.Cut() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ready, log := make(chan bool), make(chan string, 1)
			s := realtimetest.Serve(t, func(s *realtimetest.Session) {
				s.Next("conversation.item.create")
				play(s)
			}, func(s *realtimetest.Session) {
				s.Next("conversation.item.create") // what was said before
				close(ready)
				s.Asked().Speak("a1", "Yes?", 0).Done()
				log <- s.Log()
			})
			service := at(s.URL)
			service.Detect = realtime.LocalDetection
			session, r := open(t, service, begin())
			session.BeginSpeech()
			session.Sound(make([]byte, 4800))
			session.Say("Hello?")
			<-ready
			session.Sound(make([]byte, 4800))
			session.EndSpeech()
			for line := ""; line != "agent: Yes?"; {
				line = <-r.lines
			}
			if got := <-log; !strings.HasSuffix(got, "input_audio_buffer.commit response.create") {
				t.Errorf("the client has sent %s", got)
			}
		})
	}
}
