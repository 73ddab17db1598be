package scripttest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/bus"
	"moonlark/engine/guess"
	"moonlark/engine/screen"
	"moonlark/engine/script"
	"moonlark/luastd/value"
)

// A fakeScreen is what a test sees of the kiosk's screen, and touches. The screen is a real one without
// pages.
type fakeScreen struct{ t *testRun }

func (fakeScreen) String() string { return "screen" }

// screenEvent passes an event of the screen on to the script. Any goroutine may call it.
func (s *subject) screenEvent(e screen.Event) {
	event := bus.FromScreen(e)
	if name := event.ScriptName(); name != "" && s.scripts.Listens(name) {
		data, _ := json.Marshal(event.ScriptFields()) // they are strings, numbers and booleans
		s.scripts.Dispatch(script.Event{Type: name, Data: data})
	}
}

// Answer implements luastd.Fakes.
func (f *fakes) Answer(_ string, choices []string) (choice string, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.answers) == 0 || f.answers[0] != "" && !slices.Contains(choices, f.answers[0]) {
		return "", false
	}
	choice = f.answers[0]
	f.answers = f.answers[1:]
	return choice, true
}

// screen is the Lua function t.screen.
func (f *testFile) screen(L *lua.LState, t *testRun) int {
	L.Push(&lua.LUserData{Value: fakeScreen{t}, Env: L.Env, Metatable: f.screens})
	return 1
}

// screenMetatable returns the metatable of the screens of tests.
func (f *testFile) screenMetatable(L *lua.LState) *lua.LTable {
	return value.HandleMetatable[fakeScreen](L, "screen", map[string]lua.LGFunction{
		"text": f.screenText, "document": f.screenDocument, "press": f.pressScreen, "answer": f.answerScreen, "wake": f.wakeScreen,
	}, nil)
}

// useScreen lets do use the screen while the task waits, when the script is loaded and at rest.
func (f *testFile) useScreen(L *lua.LState, method string, do func(ctx context.Context, s *subject) error) {
	t := value.CheckHandle[fakeScreen](L, "a screen", "screen:"+method+"()").t
	f.mu.Lock()
	current := f.current
	f.mu.Unlock()
	if current != t || t.ended {
		L.RaiseError("screen:%s: the screen belongs to another test", method)
	}
	f.withScript(L, t, func(ctx context.Context, s *subject) error {
		if err := s.scripts.AwaitRest(ctx); err != nil {
			return err
		}
		return do(ctx, s)
	})
}

// screenText is the Lua method screen:text.
func (f *testFile) screenText(L *lua.LState) int {
	text := ""
	f.useScreen(L, "text", func(_ context.Context, s *subject) error {
		text = s.screen.Document().Text()
		return nil
	})
	L.Push(lua.LString(text))
	return 1
}

// screenDocument is the Lua method screen:document.
func (f *testFile) screenDocument(L *lua.LState) int {
	var document []byte
	f.useScreen(L, "document", func(_ context.Context, s *subject) (err error) {
		document, err = json.Marshal(s.screen.Document())
		return err
	})
	L.Push(toLua(L, json.RawMessage(document)))
	return 1
}

// pressScreen is the Lua method screen:press.
func (f *testFile) pressScreen(L *lua.LState) int {
	text := L.CheckString(2)
	var say string
	f.useScreen(L, "press", func(ctx context.Context, s *subject) error {
		touch, err := findTouch(s.screen.Document(), text)
		if err != nil {
			return err
		}
		reaction, err := s.touch(ctx, touch)
		say = reaction.Say
		return err
	})
	if say == "" {
		L.Push(lua.LNil)
	} else {
		L.Push(lua.LString(say))
	}
	return 1
}

// touch touches the screen, and lets the script do what follows.
func (s *subject) touch(ctx context.Context, t screen.Touch) (screen.Reaction, error) {
	reaction, err := s.screen.Touch(t)
	if err == nil {
		err = s.scripts.AwaitRest(ctx)
	}
	return reaction, err
}

// findTouch returns the touch of the button, the choice or the card with this text.
func findTouch(d screen.Document, text string) (screen.Touch, error) {
	if d.Ask != nil {
		for _, c := range d.Ask.Choices {
			if c.Text == text {
				return screen.Touch{Key: c.Key, Action: screen.Choose}, nil
			}
		}
	}
	var known []string
	for _, b := range append(d.Buttons(), d.Idle.Asks...) {
		if b.Text == text {
			return screen.Touch{Key: b.Key, Action: screen.Press}, nil
		}
		known = append(known, b.Text)
	}
	if len(known) == 0 {
		return screen.Touch{}, fmt.Errorf("the screen has no button %q: it has none at all", text)
	}
	return screen.Touch{}, fmt.Errorf("the screen has no button %q%s; it has %s", text, guess.DidYouMean(text, known), strings.Join(known, ", "))
}

// answerScreen is the Lua method screen:answer.
func (f *testFile) answerScreen(L *lua.LState) int {
	choice := L.OptString(2, "")
	f.useScreen(L, "answer", func(ctx context.Context, s *subject) error {
		d := s.screen.Document()
		if d.Ask == nil { // the next question
			s.fakes.mu.Lock()
			defer s.fakes.mu.Unlock()
			s.fakes.answers = append(s.fakes.answers, choice)
			return nil
		}
		touch := screen.Touch{Action: screen.Dismiss}
		if choice != "" {
			i := slices.IndexFunc(d.Ask.Choices, func(b screen.Button) bool { return b.Text == choice })
			if i < 0 {
				return fmt.Errorf("the question %q has no choice %q", d.Ask.Title, choice)
			}
			touch.Key, touch.Action = d.Ask.Choices[i].Key, screen.Choose
		}
		_, err := s.touch(ctx, touch)
		return err
	})
	return 0
}

// wakeScreen is the Lua method screen:wake.
func (f *testFile) wakeScreen(L *lua.LState) int {
	f.useScreen(L, "wake", func(ctx context.Context, s *subject) error {
		_, err := s.touch(ctx, screen.Touch{Action: screen.Wake})
		return err
	})
	return 0
}
