package session_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"moonlark/engine/agentsettings"
	"moonlark/luastd"
	"moonlark/luastd/luastdtest"
)

// A fakeConversation records the calls that a script makes.
type fakeConversation struct {
	luastd.Conversation
	calls []string
	err   error // every method returns this error
}

func (c *fakeConversation) record(format string, args ...any) error {
	c.calls = append(c.calls, fmt.Sprintf(format, args...))
	return c.err
}

func (c *fakeConversation) Say(text string) error         { return c.record("say %s", text) }
func (c *fakeConversation) Context(text, id string) error { return c.record("context %s %q", text, id) }
func (c *fakeConversation) Activity() error               { return c.record("activity") }
func (c *fakeConversation) Feedback(id int, score string) error {
	return c.record("feedback %d %q", id, score)
}
func (c *fakeConversation) SendFile(id, text string) error { return c.record("file %s %q", id, text) }
func (c *fakeConversation) Approve(id string, ok bool) error {
	return c.record("approve %s %v", id, ok)
}
func (c *fakeConversation) Stop() error                 { return c.record("stop") }
func (c *fakeConversation) Status() string              { return "connected" }
func (c *fakeConversation) SetVolume(v float64) error   { return c.record("volume %v", v) }
func (c *fakeConversation) Mute(muted bool) error       { return c.record("mute %v", muted) }
func (c *fakeConversation) Listen(listening bool) error { return c.record("listen %v", listening) }

func (c *fakeConversation) Start(_ agentsettings.Settings, preroll bool) error {
	return c.record("start %v", preroll)
}

func TestEachFunctionReachesTheConversation(t *testing.T) {
	c := &fakeConversation{}
	s := luastdtest.Open(t, luastdtest.Options{Conversation: c})
	for _, row := range []struct{ source, want, call string }{
		{`return session.send("hello")`, "true", "say hello"},
		{`return session.context("dark", "light")`, "true", `context dark "light"`},
		{`return session.context("dark")`, "true", `context dark ""`},
		{`return session.activity()`, "true", "activity"},
		{`return session.feedback(7, "like")`, "true", `feedback 7 "like"`},
		{`return session.feedback(7)`, "true", `feedback 7 ""`},
		{`return session.send_file("f1")`, "true", `file f1 ""`},
		{`return session.approve("c1", true)`, "true", "approve c1 true"},
		{`return session.start()`, "true", "start false"},
		{`return session.start { preroll = true, prompt = "be brief" }`, "true", "start true"},
		{`session.stop()`, "", "stop"},
		{`return session.status()`, "connected", ""},
		{`return session.volume(0.5)`, "true", "volume 0.5"},
		{`return session.mute(true)`, "true", "mute true"},
		{`return session.listen(false)`, "true", "listen false"},
	} {
		c.calls = nil
		if got := s.Run(row.source); got != row.want || strings.Join(c.calls, ", ") != row.call {
			t.Errorf("%s: got %s, calls %q; want %s, %s", row.source, got, c.calls, row.want, row.call)
		}
	}
}

func TestAFailureIsReturnedAndAMistakeIsRaised(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Conversation: &fakeConversation{err: errors.New("the queue is full")}})
	for source, want := range map[string]string{
		`return session.send("hello")`:                  "nil, the queue is full",
		`return session.volume(1)`:                      "nil, the queue is full",
		`session.stop()`:                                "",
		`return session.volume(2)`:                      "a.lua:1: bad argument #1 to volume (a number from 0 to 1 expected)",
		`return session.feedback(1, "good")`:            "a.lua:1: bad argument #2 to feedback ('like', 'dislike' or nil expected)",
		`return session.send()`:                         "a.lua:1: bad argument #1 to send (string expected, got nil)",
		`return session.start { prompt = print }`:       "a.lua:1: prompt: a function cannot be JSON",
		`return session.start { preroll = "no" }`:       "a.lua:1: preroll must be true or false, not a string",
		`return session.start { preroll = 1 }`:          "a.lua:1: preroll must be true or false, not a number",
		`return session.feedback(1.5, "like")`:          "a.lua:1: bad argument #1 to feedback (a whole number expected, got 1.5)",
		`return session.on_idle(0, print)`:              "a.lua:1: bad argument #1 to on_idle (a number of seconds, at least 1, expected)",
		`return session.on_idle(5, print)`:              "a.lua:1: session.on_idle: the script has loaded already: call it at the top level of the script",
		`return (session.start { promt = "x" } == nil)`: "a.lua:1: ",
	} {
		if got := s.Run(source); !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("%s: got %s, want %s", source, got, want)
		}
	}
}

func TestFunctionsFailWithoutAConversation(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Source: `early = { session.send("hello") } early_status = session.status()`})
	for source, want := range map[string]string{
		`return session.send("hello")`: "nil, there is no conversation",
		`return session.status()`:      "waiting",
		`session.stop()`:               "a.lua:1: there is no conversation",
		`return early_status`:          "waiting",
		`return early[2]`:              "the script is still loading: call it in on_start(function() ... end)",
	} {
		if got := s.Run(source); got != want {
			t.Errorf("%s: got %s, want %s", source, got, want)
		}
	}
}

// A wrong argument must not be found only when there is a conversation.
func TestArgumentsAreCheckedBeforeTheConversation(t *testing.T) {
	const source = `function try(fn, ...) local _, why = pcall(fn, ...) return why end
		early = try(session.volume, "loud")`
	s := luastdtest.Open(t, luastdtest.Options{Source: source})
	for source, want := range map[string]string{
		`return early`:                                      "bad argument #1 to ",
		`return try(session.send)`:                          "bad argument #1 to ",
		`return try(session.send, {})`:                      "bad argument #1 to ",
		`return try(session.send_file, "f", {})`:            "bad argument #2 to ",
		`return try(session.context, "a", {})`:              "bad argument #2 to ",
		`return try(session.feedback, "x")`:                 "bad argument #1 to ",
		`return try(session.feedback, 1, "x")`:              "bad argument #2 to ",
		`return try(session.approve, "c")`:                  "bad argument #2 to ",
		`return try(session.start, "x")`:                    "bad argument #1 to ",
		`return try(session.start, { preroll = "no" })`:     "preroll must be true or false, not a string",
		`return try(session.start, { promt = "x" })`:        "unknown setting 'promt'",
		`return try(session.volume, 2)`:                     "bad argument #1 to ",
		`return try(session.mute, "no")`:                    "bad argument #1 to ",
		`return try(session.listen)`:                        "bad argument #1 to ",
		`return try(session.on_idle, 0, print)`:             "bad argument #1 to ",
		`return try(session.resume_context, 1)`:             "bad argument #1 to ",
		`return try(audio.beep, 1)`:                         "bad argument #1 to ",
		`return try(audio.play)`:                            "bad argument #1 to ",
		`return select(2, session.send(("x"):rep(300000)))`: "the text has 300000 bytes; 262144 are allowed",
	} {
		if got := s.Run(source); !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %s", source, got, want)
		}
	}
}

func TestTheStatusIsKnownWhileTheScriptLoads(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Source: `early = session.status()`, Conversation: &fakeConversation{}})
	if got := s.Run(`return early`); got != "connected" {
		t.Errorf("got %s, want connected", got)
	}
	s = luastdtest.Open(t, luastdtest.Options{Source: `early = session.status()`, Conversation: unstarted{}})
	if got := s.Run(`return early, session.status()`); got != "waiting, waiting" {
		t.Errorf("before the first conversation: got %s, want waiting, waiting", got)
	}
}

// unstarted is a conversation before the first connection.
type unstarted struct{ luastd.Conversation }

func (unstarted) Status() string { return "" }
