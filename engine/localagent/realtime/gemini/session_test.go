package gemini_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
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
	"moonlark/engine/localagent/realtime/gemini"
	"moonlark/engine/localagent/realtime/wire"
	"moonlark/engine/provider"
	"moonlark/engine/testkit"
	"moonlark/engine/tool"
)

const timeout = 20 * time.Second

// A server stands in for the Live API. Each test says what the model hears and says. It refuses
// unknown fields, results of unknown calls, and a name of a tool that the real service refuses.
type server struct {
	t     testing.TB
	url   string
	plays []func(*connection)

	mu    sync.Mutex // guards conns
	conns []*connection
}

// A connection is a connection of the client.
type connection struct {
	t      testing.TB
	ws     *websocket.Conn
	setup  setup
	inputs chan string // what the client sends, except for sound, as short texts
	gone   chan struct{}
	mu     sync.Mutex // guards the fields below
	calls  map[string]bool
	sound  int
}

// setup has all fields that the service knows of those that Moonlark can send.
type setup struct {
	Model            string `json:"model"`
	GenerationConfig struct {
		ResponseModalities []string        `json:"responseModalities"`
		SpeechConfig       json.RawMessage `json:"speechConfig"`
		Temperature        float64         `json:"temperature"`
	} `json:"generationConfig"`
	SystemInstruction struct {
		Parts []struct {
			Text string `json:"text"`
		} `json:"parts"`
	} `json:"systemInstruction"`
	Tools []struct {
		FunctionDeclarations []struct {
			Name        string          `json:"name"`
			Description string          `json:"description"`
			Parameters  json.RawMessage `json:"parameters"`
		} `json:"functionDeclarations"`
	} `json:"tools"`
	RealtimeInputConfig json.RawMessage `json:"realtimeInputConfig"`
	SessionResumption   struct {
		Handle string `json:"handle"`
	} `json:"sessionResumption"`
	ContextWindowCompression json.RawMessage `json:"contextWindowCompression"`
	InputAudioTranscription  json.RawMessage `json:"inputAudioTranscription"`
	OutputAudioTranscription json.RawMessage `json:"outputAudioTranscription"`
}

// input is a message of the client after the setup.
type input struct {
	RealtimeInput *struct {
		Audio *struct {
			Data     []byte `json:"data"`
			MimeType string `json:"mimeType"`
		} `json:"audio"`
		Text           string    `json:"text"`
		ActivityStart  *struct{} `json:"activityStart"`
		ActivityEnd    *struct{} `json:"activityEnd"`
		AudioStreamEnd bool      `json:"audioStreamEnd"`
	} `json:"realtimeInput"`
	ClientContent *struct {
		Turns []struct {
			Role  string `json:"role"`
			Parts []struct {
				Text string `json:"text"`
			} `json:"parts"`
		} `json:"turns"`
		TurnComplete bool `json:"turnComplete"`
	} `json:"clientContent"`
	ToolResponse *struct {
		FunctionResponses []struct {
			ID       string            `json:"id"`
			Name     string            `json:"name"`
			Response map[string]string `json:"response"`
		} `json:"functionResponses"`
	} `json:"toolResponse"`
}

func serve(t testing.TB, plays ...func(*connection)) *server {
	s := &server{t: t, plays: plays}
	h := httptest.NewServer(http.HandlerFunc(s.serve))
	s.url = "ws" + strings.TrimPrefix(h.URL, "http")
	t.Cleanup(h.Close)
	return s
}

func strict(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

func (s *server) serve(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("X-Goog-Api-Key") != "secret" || strings.Contains(r.URL.String(), "secret") {
		s.t.Errorf("the key is not in the header: %v", r.URL)
	}
	s.mu.Lock()
	n := len(s.conns)
	if n >= len(s.plays) {
		s.mu.Unlock()
		http.Error(w, `{"error":{"message":"the test has no more connections"}}`, http.StatusServiceUnavailable)
		return
	}
	c := &connection{t: s.t, inputs: make(chan string, 1000), gone: make(chan struct{}), calls: map[string]bool{}}
	s.conns = append(s.conns, c)
	s.mu.Unlock()
	defer close(c.gone)
	ws, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
	if err != nil {
		return
	}
	c.ws = ws
	defer ws.Close()
	_, data, err := ws.ReadMessage()
	var first struct {
		Setup setup `json:"setup"`
	}
	if err == nil {
		err = strict(data, &first)
	}
	if err != nil {
		s.t.Errorf("setup %s: %v", data, err)
		return
	}
	for _, d := range first.Setup.Tools[0].FunctionDeclarations {
		if strings.ContainsAny(d.Name[:1], "0123456789-") {
			s.t.Errorf("the name %s is refused", d.Name)
		}
	}
	c.setup = first.Setup
	c.send(`{"setupComplete":{}}`)
	played := make(chan struct{})
	go func() {
		defer close(played)
		s.plays[n](c)
	}()
	c.read()
	<-played
}

// read records what the client sends until it leaves.
func (c *connection) read() {
	defer close(c.inputs)
	for {
		_, data, err := c.ws.ReadMessage()
		if err != nil {
			return
		}
		var m input
		if err := strict(data, &m); err != nil {
			c.t.Errorf("input %s: %v", data, err)
			continue
		}
		switch {
		case m.ToolResponse != nil:
			for _, r := range m.ToolResponse.FunctionResponses {
				c.mu.Lock()
				if !c.calls[r.ID] {
					c.t.Errorf("a result of the unknown call %s", r.ID)
				}
				delete(c.calls, r.ID)
				c.mu.Unlock()
				c.inputs <- fmt.Sprintf("result %s %s %v", r.ID, r.Name, r.Response)
			}
		case m.ClientContent != nil:
			line := fmt.Sprintf("content %v", m.ClientContent.TurnComplete)
			for _, t := range m.ClientContent.Turns {
				line += "|" + t.Role + ": " + t.Parts[0].Text
			}
			c.inputs <- line
		case m.RealtimeInput == nil:
		case m.RealtimeInput.Audio != nil:
			if m.RealtimeInput.Audio.MimeType != "audio/pcm;rate=16000" {
				c.t.Errorf("the sound is %s", m.RealtimeInput.Audio.MimeType)
			}
			c.mu.Lock()
			c.sound += len(m.RealtimeInput.Audio.Data)
			c.mu.Unlock()
		case m.RealtimeInput.ActivityStart != nil:
			c.inputs <- "start"
		case m.RealtimeInput.ActivityEnd != nil:
			c.inputs <- "end"
		case m.RealtimeInput.AudioStreamEnd:
			c.inputs <- "microphone off"
		default:
			c.inputs <- "text " + m.RealtimeInput.Text
		}
	}
}

// send sends a message in a binary frame, as the real service does.
func (c *connection) send(messages ...string) {
	for _, m := range messages {
		c.ws.SetWriteDeadline(time.Now().Add(timeout))
		_ = c.ws.WriteMessage(websocket.BinaryMessage, []byte(m)) // the client may have left
	}
}

// speak sends sound and its text.
func (c *connection) speak(text string) {
	c.send(`{"serverContent":{"modelTurn":{"parts":[{"text":"thinking","thought":true},{"inlineData":{"mimeType":"audio/pcm;rate=24000","data":"`+base64.StdEncoding.EncodeToString(make([]byte, 4800))+`"}}]}}}`,
		`{"serverContent":{"outputTranscription":{"text":"`+text+`"}}}`)
}

// finish ends an answer.
func (c *connection) finish() {
	c.send(`{"serverContent":{"generationComplete":true}}`, `{"serverContent":{"turnComplete":true},"usageMetadata":{"promptTokenCount":7,"responseTokenCount":3}}`)
}

// call calls a tool.
func (c *connection) call(id, name, arguments string) {
	c.mu.Lock()
	c.calls[id] = true
	c.mu.Unlock()
	c.send(`{"toolCall":{"functionCalls":[{"id":"` + id + `","name":"` + name + `","args":` + arguments + `}]}}`)
}

// expect waits for what the client sends.
func (c *connection) expect(want string) {
	select {
	case got := <-c.inputs:
		if got != want {
			c.t.Errorf("the client has sent %q, want %q", got, want)
		}
	case <-time.After(timeout):
		c.t.Errorf("the client sends nothing, want %q", want)
	}
}

// A recorder records what happens in a session, one line for each event.
type recorder struct {
	t     testing.TB
	lines chan string
	mu    sync.Mutex // guards the fields below
	texts map[string]string
	sound int
}

func (r *recorder) AgentSound(_ string, sound []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sound += len(sound)
}
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
func (r *recorder) UserBegan(string)           { r.lines <- "user begins" }
func (r *recorder) UserText(item, text string) { r.lines <- "user: " + text }
func (r *recorder) Calls(calls []llm.Call) {
	for _, c := range calls {
		r.lines <- fmt.Sprintf("call %s=%s%s%s", c.ID, c.Name, c.Arguments, c.Problem)
	}
}
func (r *recorder) ResponseDone(round llm.Round, err error) {
	r.lines <- fmt.Sprintf("done %d %d %d %v", round.Round, round.Calls, round.InputTokens, err)
}
func (r *recorder) Failed(err error) { r.lines <- "failed: " + err.Error() }

func (r *recorder) expect(want ...string) {
	r.t.Helper()
	for _, line := range want {
		select {
		case got := <-r.lines:
			if got != line {
				r.t.Fatalf("got  %s\nwant %s", got, line)
			}
		case <-time.After(timeout):
			r.t.Fatalf("nothing happens, want %s", line)
		}
	}
}

var tools = []*tool.Spec{{Name: "light"}, {Name: "2nd"}}

func begin() realtime.Start {
	return realtime.Start{Start: brain.Start{Tools: func() []*tool.Spec { return tools }}}
}

func at(url string) *gemini.Service {
	return &gemini.Service{Service: wire.Service{Endpoint: provider.Endpoint{Server: "gemini", Base: url, Choice: "live", Near: true, Key: apikey.New("secret")}}}
}

func open(t testing.TB, s *gemini.Service, start realtime.Start) (realtime.Session, *recorder) {
	r := &recorder{t: t, lines: make(chan string, 1000), texts: map[string]string{}}
	session := s.Open(start, r)
	t.Cleanup(session.Close)
	return session, r
}

func TestAConversationWithGemini(t *testing.T) {
	t.Parallel()
	s := serve(t, func(c *connection) {
		c.expect(`text Say exactly the following, word for word, and nothing else: "Hello!"`)
		c.speak("Hello!")
		c.finish()
		c.send(`{"serverContent":{"inputTranscription":{"text":"Light "}}}`, `{"serverContent":{"inputTranscription":{"text":"on."}}}`)
		c.call("1", "light", `{"on":true}`)
		c.expect("result 1 light map[result:on]")
		c.call("2", "_2nd", `null`)
		c.expect("result 2 _2nd map[error:no]")
		c.speak("It is on.")
		c.finish()
		c.expect("content false|user: (It rains.)")
		c.expect("text Bye")
		c.speak("Good")
		c.speak("bye.")
		c.finish()
	})
	prompt := "You are Ada."
	start := begin()
	start.FirstMessage = "Hello!"
	start.Settings = &convai.ConversationInitiationClientData{
		CustomLLMExtraBody: map[string]any{"generationConfig": map[string]any{"temperature": 0.5}},
		Override: &convai.ConversationConfigOverride{
			Agent: &convai.AgentOverride{Prompt: &convai.PromptOverride{Prompt: &prompt}},
			TTS:   &convai.TTSOverride{VoiceID: "Puck"},
		},
	}
	session, r := open(t, at(s.url), start)
	r.expect("agent: Hello!", "done 1 0 7 <nil>", "user begins", "user: Light on.", `call 1=light{"on":true}`, "done 1 1 0 <nil>")
	session.Results([]realtime.Result{{CallID: "1", Text: "on"}})
	r.expect("call 2=2nd{}", "done 2 1 0 <nil>")
	session.Results([]realtime.Result{{CallID: "2", Text: "no", IsError: true}, {CallID: "3"}})
	r.expect("agent: It is on.", "done 3 0 7 <nil>")
	session.Inform("It rains.")
	session.Say("Bye")
	r.expect("agent: Goodbye.", "done 1 0 7 <nil>")
	setup := s.conns[0].setup
	if setup.Model != "models/live" || setup.GenerationConfig.Temperature != 0.5 || !strings.Contains(string(setup.GenerationConfig.SpeechConfig), `"Puck"`) || !strings.HasPrefix(setup.SystemInstruction.Parts[0].Text, "You are Ada.\n") {
		t.Errorf("the setup is %+v", setup)
	}
	if r.sound != 4*4800 {
		t.Errorf("%d bytes of sound", r.sound)
	}
}

func TestGeminiIsInterrupted(t *testing.T) {
	t.Parallel()
	s := serve(t, func(c *connection) {
		c.expect("text Hello")
		c.speak("One two ")
		c.send(`{"serverContent":{"interrupted":true}}`)
		c.speak("three.")
		c.send(`{"serverContent":{"turnComplete":true}}`, `{"serverContent":{"inputTranscription":{"text":"Stop."}}}`)
		c.speak("All right.")
		c.finish()
		c.call("1", "light", `{}`)
		c.send(`{"toolCallCancellation":{"ids":["1"]}}`)
		c.expect("text again")
		c.send(`{"serverContent":{"turnComplete":true}}`)
	})
	session, r := open(t, at(s.url), begin())
	session.Say("Hello")
	r.expect("user begins", "agent: One two ", "user: ", "done 1 0 0 <nil>", "user begins", "user: Stop.", "agent: All right.", "done 1 0 7 <nil>", "call 1=light{}", "done 1 1 0 <nil>")
	time.Sleep(50 * time.Millisecond) // until the cancellation has arrived
	session.Results([]realtime.Result{{CallID: "1", Text: "on"}})
	session.Say("again")
	r.expect("done 1 0 0 the model has answered nothing")
}

func TestAConnectionIsReplaced(t *testing.T) {
	t.Parallel()
	say := func(c *connection, text string) {
		c.speak(text)
		c.finish()
	}
	for _, row := range []struct {
		name  string
		first func(c *connection)
		then  []string // what the second connection gets first
	}{
		{"before its announced end", func(c *connection) {
			c.send(`{"sessionResumptionUpdate":{"newHandle":"h1","resumable":true}}`)
			say(c, "One.")
			c.send(`{"goAway":{"timeLeft":"50s"}}`)
		}, nil},
		{"after an error", func(c *connection) {
			c.send(`{"sessionResumptionUpdate":{"newHandle":"h1","resumable":true}}`)
			say(c, "One.")
			c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(1011, "Internal error encountered."), time.Now().Add(time.Second))
			c.ws.Close()
		}, nil},
		{"without a handle", func(c *connection) {
			say(c, "One.")
			c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(1008, "Operation is not implemented"), time.Now().Add(time.Second))
			c.ws.Close()
		}, []string{"content false|user: Hello|model: One."}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, func(c *connection) {
				c.expect("text Hello")
				row.first(c)
			}, func(c *connection) {
				for _, want := range row.then {
					c.expect(want)
				}
				c.expect("text There?")
				say(c, "Two "+c.setup.SessionResumption.Handle)
			})
			session, r := open(t, at(s.url), begin())
			session.Say("Hello")
			r.expect("agent: One.", "done 1 0 7 <nil>")
			<-s.conns[0].gone
			for {
				s.mu.Lock()
				n := len(s.conns)
				s.mu.Unlock()
				if n == 2 {
					break
				}
				time.Sleep(10 * time.Millisecond)
			}
			session.Say("There?")
			want := "agent: Two h1"
			if row.then != nil {
				want = "agent: Two "
			}
			r.expect(want)
		})
	}
}

func TestALostCallIsAnsweredWithAText(t *testing.T) {
	t.Parallel()
	s := serve(t, func(c *connection) {
		c.expect("text Light!")
		c.call("1", "light", `{}`)
		c.ws.Close()
	}, func(c *connection) {
		c.expect("content false|user: Light!")
		c.expect("text (The tool light, which you called earlier, has returned: on)")
		c.speak("It is on.")
		c.finish()
	})
	session, r := open(t, at(s.url), begin())
	session.Say("Light!")
	r.expect("call 1=light{}", "done 1 1 0 <nil>", "done 2 0 0 <nil>")
	session.Results([]realtime.Result{{CallID: "1", Text: "on"}})
	r.expect("agent: It is on.")
}

func TestChangedToolsNeedAnotherConnection(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	list := tools
	s := serve(t, func(c *connection) {
		c.send(`{"sessionResumptionUpdate":{"newHandle":"h1","resumable":true}}`)
		<-c.gone1()
	}, func(c *connection) {
		c.speak(c.setup.Tools[0].FunctionDeclarations[0].Name)
		c.finish()
	})
	start := begin()
	start.Tools = func() []*tool.Spec {
		mu.Lock()
		defer mu.Unlock()
		return list
	}
	_, r := open(t, at(s.url), start)
	for {
		s.mu.Lock()
		n := len(s.conns)
		s.mu.Unlock()
		if n == 1 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	mu.Lock()
	list = []*tool.Spec{{Name: "new"}}
	mu.Unlock()
	r.expect("agent: new")
}

// gone1 returns a channel that is closed when the client has sent everything and left.
func (c *connection) gone1() <-chan struct{} {
	left := make(chan struct{})
	go func() {
		defer close(left)
		for range c.inputs {
		}
	}()
	return left
}

func TestTheClientCanNoticeWhenTheUserSpeaks(t *testing.T) {
	t.Parallel()
	s := serve(t, func(c *connection) {
		c.expect("start")
		c.expect("end")
		c.send(`{"serverContent":{"inputTranscription":{"text":"Hi."}}}`)
		c.speak("Hello.")
		c.finish()
	})
	service := at(s.url)
	service.Detect = realtime.LocalDetection
	session, r := open(t, service, begin())
	session.BeginSpeech()
	session.Sound(make([]byte, 3200))
	session.EndSpeech()
	r.expect("user begins", "user: Hi.", "agent: Hello.")
}

// The service closes a connection on which activityEnd comes without activityStart.
func TestEachConnectionIsToldThatTheUserSpeaks(t *testing.T) {
	t.Parallel()
	s := serve(t, func(c *connection) {
		c.expect("start")
		c.ws.Close()
	}, func(c *connection) {
		c.expect("start")
		c.expect("end")
		c.speak("Hello.")
		c.finish()
	})
	service := at(s.url)
	service.Detect = realtime.LocalDetection
	session, r := open(t, service, begin())
	session.BeginSpeech()
	for range 100 { // more than is kept while there is no connection
		session.Sound(make([]byte, 3200))
	}
	testkit.Until(t, "the session connects again", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.conns) == 2
	})
	session.EndSpeech()
	r.expect("agent: Hello.")
}

func TestTheMicrophoneIsReportedOff(t *testing.T) {
	t.Parallel()
	s := serve(t, func(c *connection) { c.expect("microphone off") })
	session, _ := open(t, at(s.url), begin())
	for {
		session.Sound(make([]byte, 320))
		s.mu.Lock()
		n := len(s.conns)
		s.mu.Unlock()
		if n == 1 {
			s.conns[0].mu.Lock()
			heard := s.conns[0].sound
			s.conns[0].mu.Unlock()
			if heard > 0 {
				break
			}
		}
		time.Sleep(time.Millisecond)
	}
	<-time.After(2500 * time.Millisecond)
}

func TestARefusedSetupSaysWhy(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer ws.Close()
		ws.ReadMessage()
		ws.WriteMessage(websocket.BinaryMessage, []byte(`{"strange":true}`))
		ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(1007, "API key secret not valid."), time.Now().Add(time.Second))
	}))
	t.Cleanup(server.Close)
	_, r := open(t, at("ws"+strings.TrimPrefix(server.URL, "http")), begin())
	r.expect("failed: gemini live: the service has closed the connection: API key (key) not valid.")
	service := at("ws://127.0.0.1:1")
	service.Choice = ""
	if _, err := service.Probe(t.Context(), begin()); err == nil || !strings.Contains(err.Error(), "--realtime gemini:MODEL") {
		t.Errorf("without a model: %v", err)
	}
}

func TestStrangeMessagesAreIgnored(t *testing.T) {
	t.Parallel()
	s := serve(t, func(c *connection) {
		c.send(`{}`, `{"news":1}`, `null`, `[]`, `5`, `{"serverContent":null}`, `{"serverContent":{"modelTurn":{"parts":[null,{"inlineData":{"mimeType":"audio/pcm","data":"???"}}]}}}`,
			`{"toolCall":{}}`, `{"toolCall":{"functionCalls":[{},{"id":"1"},{"name":"x"}]}}`, `{"toolCallCancellation":{}}`, `{"goAway":{}}`, `{"sessionResumptionUpdate":{}}`, `{"usageMetadata":"x"}`, "no JSON")
		c.expect("text Hello")
		c.speak("Alive.")
		c.finish()
	})
	session, r := open(t, at(s.url), begin())
	session.Say("Hello")
	r.expect("agent: Alive.")
}

// Sound that was sent before the connection was open is followed by silence. The service must learn
// that, or it waits for the rest of the sentence.
func TestTheMicrophoneIsReportedOffAfterEarlySound(t *testing.T) {
	t.Parallel()
	done := make(chan struct{})
	s := serve(t, func(c *connection) {
		defer close(done)
		c.expect("microphone off")
	})
	session, _ := open(t, at(s.url), begin())
	session.Sound(make([]byte, 320))
	<-done
}

// The service refuses the end of a sentence whose beginning it does not know.
func TestTheServiceLearnsThatTheUserHasBegunToSpeak(t *testing.T) {
	t.Parallel()
	t.Run("more than the sound that is kept", func(t *testing.T) {
		t.Parallel()
		done := make(chan struct{})
		s := serve(t, func(c *connection) {
			defer close(done)
			c.expect("start")
			c.expect("end")
		})
		service := at(s.url)
		service.Detect = realtime.LocalDetection
		session, _ := open(t, service, begin())
		session.BeginSpeech()
		for range 80 {
			session.Sound(make([]byte, 3200)) // 0.1 s
		}
		session.EndSpeech()
		<-done
	})
	t.Run("on the connection before", func(t *testing.T) {
		t.Parallel()
		spoken, lost, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
		s := serve(t, func(c *connection) {
			c.expect("start")
			<-spoken
			c.ws.NetConn().Close()
			close(lost)
		}, func(c *connection) {
			defer close(done)
			c.expect("start")
			c.expect("end")
		})
		service := at(s.url)
		service.Detect = realtime.LocalDetection
		session, _ := open(t, service, begin())
		session.BeginSpeech()
		close(spoken)
		<-lost
		for s.connections() < 2 {
			time.Sleep(time.Millisecond)
		}
		session.EndSpeech()
		<-done
	})
}

// connections returns the number of connections so far.
func (s *server) connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}
