package remote

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"moonlark/engine/agentsettings"
	"moonlark/engine/bus"
	"moonlark/engine/convai"
	"moonlark/engine/dialog"
	"moonlark/engine/life"
	"moonlark/luastd"
)

func TestWithoutAConversationTheVerbsSaySo(t *testing.T) {
	waiting := life.New(life.Options{Bus: new(bus.Bus), Wait: true})
	for name, p := range map[string]Parts{"a program without conversations": {}, "no conversation yet": {Life: waiting}} {
		r := newRemote(p)
		for verb, err := range map[string]error{
			"Stop":     r.Stop(),
			"Say":      r.Say("hello"),
			"Context":  r.Context("it is dark", "light"),
			"Activity": r.Activity(),
			"Feedback": r.Feedback(1, "like"),
			"SendFile": r.SendFile("file_1", "look"),
			"Approve":  r.Approve("call_1", true),
		} {
			if !errors.Is(err, life.ErrNoConversation) {
				t.Errorf("%s: %s = %v, want %v", name, verb, err, life.ErrNoConversation)
			}
		}
		if got := r.Status(); got != "" {
			t.Errorf("%s: status %q, want none", name, got)
		}
	}
	if err := newRemote(Parts{}).Start(agentsettings.Settings{}, false); !errors.Is(err, life.ErrNoConversation) {
		t.Errorf("a program without conversations: Start = %v, want %v", err, life.ErrNoConversation)
	}
}

func TestTheVerbsSendTheirMessages(t *testing.T) {
	conv := newFakeConversation()
	r := newRemote(Parts{})
	r.SetDialog(dialog.New(conv, dialog.Options{Bus: new(bus.Bus), Turns: dialog.NewTurns()}))
	long := strings.Repeat("x", 1<<20) // Remote does not limit the length of a text; its callers do
	for _, row := range []struct {
		verb string
		err  error
		want string
	}{
		{"Say", r.Say("hello"), `{"type":"user_message","text":"hello"}`},
		{"Say of a long text", r.Say(long), `{"type":"user_message","text":"` + long + `"}`},
		{"Context", r.Context("it is dark", ""), `{"type":"contextual_update","text":"it is dark"}`},
		{"Context with an id", r.Context("it is light", "light"), `{"type":"contextual_update","text":"it is light","context_id":"light"}`},
		{"Activity", r.Activity(), `{"type":"user_activity"}`},
		{"Feedback", r.Feedback(7, "like"), `{"type":"feedback","event_id":7,"score":"like"}`},
		{"Feedback taken back", r.Feedback(7, ""), `{"type":"feedback","event_id":7,"score":null}`},
		{"SendFile", r.SendFile("file_1", ""), `{"type":"multimodal_message","file":{"type":"file_input","file_id":"file_1"}}`},
		{"SendFile with a text", r.SendFile("file_1", "look"), `{"type":"multimodal_message","text":{"type":"user_message","text":"look"},"file":{"type":"file_input","file_id":"file_1"}}`},
	} {
		if row.err != nil || len(conv.frames) == 0 || conv.frames[0] != row.want {
			t.Errorf("%s: got %.100q, %v, want %.100s", row.verb, conv.frames, row.err, row.want)
		}
		conv.frames = conv.frames[min(1, len(conv.frames)):]
	}
	if err := r.Approve("call_1", true); err == nil || err.Error() != "no call call_1 awaits approval" {
		t.Errorf("Approve of an unknown call = %v", err)
	}

	conv.err = convai.ErrBusy
	for verb, err := range map[string]error{
		"Say": r.Say("hello"), "Context": r.Context("x", ""), "Activity": r.Activity(), "Feedback": r.Feedback(1, ""), "SendFile": r.SendFile("f", ""),
	} {
		if !errors.Is(err, convai.ErrBusy) {
			t.Errorf("%s while too much is waiting to be sent = %v, want %v", verb, err, convai.ErrBusy)
		}
	}
}

func TestWithoutSoundTheVerbsOfSoundSaySo(t *testing.T) {
	r := newRemote(Parts{})
	for verb, err := range map[string]error{
		"SetVolume": r.SetVolume(0.5),
		"Mute":      r.Mute(true),
		"Listen":    r.Listen(true),
	} {
		if !errors.Is(err, luastd.ErrNoSound) {
			t.Errorf("%s = %v, want %v", verb, err, luastd.ErrNoSound)
		}
	}
	if r.Listening() {
		t.Error("Listening reports true")
	}
}

func TestRaiseChecksTheName(t *testing.T) {
	b := new(bus.Bus)
	var raised []bus.Event
	b.Attach(bus.Receiver{Wants: func(bus.Type, string) bool { return true }, Receive: func(e bus.Event) { raised = append(raised, e) }})
	r := newRemote(Parts{
		Bus: b, Scripts: newScripts(t, `on("*", function() end) on("bell", function() end)`),
		Events: []string{"ping", "status"},
	})
	const malformed = "want a letter, then letters, digits, '_', '.' and '-', at most 64 in all"
	for _, row := range []struct{ name, why string }{
		{"ping", "the conversation has an event of that name"},
		{"status", "the conversation has an event of that name"},
		{"*", malformed},
		{"", malformed},
		{"1st", malformed},
		{"with space", malformed},
		{"line\n", malformed},
		{strings.Repeat("x", 65), malformed},
	} {
		var wrong *EventNameError
		if err := r.Raise(row.name, nil); !errors.As(err, &wrong) || wrong.Name != row.name || wrong.Why != row.why {
			t.Errorf("Raise(%q) = %v, want an EventNameError: %s", row.name, err, row.why)
		}
	}
	if len(raised) > 0 {
		t.Errorf("names that were refused were published: %+v", raised)
	}
	var wrong *EventNameError
	if err := r.Raise(strings.Repeat("x", 1000), nil); !errors.As(err, &wrong) || len(wrong.Name) != 100 {
		t.Errorf("Raise with a name of 1000 letters = %v, want an error with 100 of them", err)
	}
	for _, row := range []struct{ name, data, want string }{
		{"bell", ``, ``},
		{"bell", `{"type":"ping","at":[1]}`, `{"data":{"type":"ping","at":[1]}}`},
		{strings.Repeat("x", 64), `null`, `{"data":null}`},
		{"a.b-c_1", `1`, `{"data":1}`},
	} {
		raised = nil
		if err := r.Raise(row.name, json.RawMessage(row.data)); err != nil {
			t.Errorf("Raise(%q, %s) = %v", row.name, row.data, err)
		}
		if len(raised) != 1 {
			t.Errorf("Raise(%q, %s) published %d events, want 1", row.name, row.data, len(raised))
			continue
		}
		if e := raised[0]; e.Type != bus.Raised || e.Message.Name != row.name || string(e.Message.Fields) != row.want {
			t.Errorf("Raise(%q, %s) published %s %s %s", row.name, row.data, e.Type, e.Message.Name, e.Message.Fields)
		}
	}
	raised = nil
	if err := r.Raise("bell", json.RawMessage(`{`)); err == nil || !strings.HasPrefix(err.Error(), "data: ") {
		t.Errorf("Raise with invalid data = %v", err)
	}
	if len(raised) > 0 {
		t.Errorf("Raise with invalid data published %+v", raised)
	}
}

func TestRaiseNeedsAScriptThatListens(t *testing.T) {
	r := newRemote(Parts{Scripts: newScripts(t, `on("bell", function() end)`)})
	if err := r.Raise("door", nil); err == nil || err.Error() != "no script listens for door" {
		t.Errorf("Raise = %v", err)
	}
	if err := r.Raise("bell", nil); err != nil {
		t.Errorf("Raise = %v", err)
	}
}

func TestCallRunsATool(t *testing.T) {
	r := newRemote(Parts{Scripts: newScripts(t, `
		register_tool("light", function(args) return "the light is " .. args.on end)
		register_tool("endless", function() sleep(3600) end)
	`)})
	var names []string
	for _, spec := range r.Tools() {
		names = append(names, spec.Name)
	}
	if want := []string{"light", "endless"}; !slices.Equal(names, want) {
		t.Errorf("the tools are %q, want %q", names, want)
	}
	if got, err := r.Call(t.Context(), "light", json.RawMessage(`{"on":"red"}`)); err != nil || got.Text != "the light is red" || got.IsError {
		t.Errorf("got %+v, %v", got, err)
	}
	if got, err := r.Call(t.Context(), "lihgt", nil); err != nil || !got.IsError || !strings.Contains(got.Text, "there is no tool 'lihgt'") {
		t.Errorf("got %+v, %v", got, err)
	}
	why := errors.New("the caller has left")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	if _, err := r.Call(ctx, "endless", nil); !errors.Is(err, why) {
		t.Errorf("got %v, want %v", err, why)
	}
}

func TestHealthHasTheStateOfThePartsThatExist(t *testing.T) {
	r := newRemote(Parts{Scripts: newScripts(t, `register_tool("light", function() end)`)})
	report := r.Health()
	if report.Status != "" || report.Speaker != nil || report.Microphone != nil || report.Sound != nil || report.Stuck != "" || report.Writing != 0 {
		t.Errorf("without a conversation and sound: %+v", report)
	}
	if len(report.Scripts) != 1 || report.Scripts[0].Name != "a.lua" || report.Scripts[0].Tools != 1 || report.MemoryLimit == 0 {
		t.Errorf("the scripts: %+v, memory limit %d", report.Scripts, report.MemoryLimit)
	}
	if silent := r.Silent(t.Context()); len(silent) > 0 {
		t.Errorf("these scripts do not respond: %q", silent)
	}
	r.SetDialog(dialog.New(newFakeConversation(), dialog.Options{Bus: new(bus.Bus), Turns: dialog.NewTurns()}))
	if report := r.Health(); report.Writing != 3 || !strings.Contains(report.Stuck, "not handled any more") {
		t.Errorf("in a conversation that is stuck: %+v", report)
	}
}

func TestTheWaitsEndWithTheirContext(t *testing.T) {
	turns := dialog.NewTurns()
	r := newRemote(Parts{Turns: turns})
	r.SetDialog(dialog.New(newFakeConversation(), dialog.Options{Bus: new(bus.Bus), Turns: turns}))
	why := errors.New("no time")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	if err := r.AwaitGreeting(ctx); !errors.Is(err, why) {
		t.Errorf("AwaitGreeting = %v, want %v", err, why)
	}
	if err := r.AwaitReply(ctx); err != nil {
		t.Errorf("AwaitReply before anything was said = %v, want nil", err)
	}
	if err := r.Say("hello"); err != nil {
		t.Fatal(err)
	}
	if err := r.AwaitReply(ctx); !errors.Is(err, why) {
		t.Errorf("AwaitReply = %v, want %v", err, why)
	}
}
