// Package session is the Lua module "session", with which a script controls the conversation with
// the agent. A function that returns true returns nil and the reason instead if there is no
// conversation, or if nothing more can be sent.
//
//	session.send(text)                -> true; sends text as a user message
//	session.send_file(id [, text])    -> true; sends a file that was uploaded to the conversation
//	session.context(text [, id])      -> true; tells the agent text, which the agent does not answer
//	session.activity()                -> true; tells the agent that the user is present
//	session.feedback(event_id, score) -> true; score is "like", "dislike", or nil to withdraw it
//	session.approve(call_id, approved) -> true; allows or refuses an MCP tool call
//	session.start([settings])         -> true; asks for a conversation
//	session.stop()                       ends the conversation after the results have been sent
//	session.status()                  -> "waiting", "connecting", "connected", "reconnecting" or "ended"
//	session.on_idle(seconds, fn)         runs fn(seconds) when nobody has said anything for that time
//	session.resume_context(fn)           tells the agent the text that fn() returns, after a lost
//	                                     conversation has been replaced by a new one
//	session.volume(v)                 -> true; sets the volume of all sound, from 0 to 1
//	session.mute(muted)               -> true; switches the microphone off and on
//	session.listen(listening)         -> true; decides whether the agent hears the microphone or silence
package session

import (
	_ "embed"
	"errors"
	"fmt"
	"math"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/agentsettings"
	"moonlark/luastd"
	"moonlark/luastd/value"
)

//go:embed doc.lua
var doc string

//go:embed manual.md
var manual string

// Module is the Lua module "session".
var Module = luastd.Module{Name: "session", Open: open, Doc: doc, Manual: manual}

func open(L *lua.LState, rt luastd.Runtime) lua.LValue {
	// do returns a Lua function that calls check first and then uses the conversation.
	do := func(check func(*lua.LState) (func(luastd.Conversation) error, error)) lua.LGFunction {
		return luastd.InConversation(rt, check)
	}
	module := L.CreateTable(0, 16)
	value.SetFunctions(L, module, map[string]lua.LGFunction{
		"send": do(func(L *lua.LState) (func(luastd.Conversation) error, error) {
			text := L.CheckString(1)
			return func(c luastd.Conversation) error { return c.Say(text) }, checkLength(text)
		}),
		"send_file": do(func(L *lua.LState) (func(luastd.Conversation) error, error) {
			id, text := L.CheckString(1), L.OptString(2, "")
			return func(c luastd.Conversation) error { return c.SendFile(id, text) }, checkLength(text)
		}),
		"context": do(func(L *lua.LState) (func(luastd.Conversation) error, error) {
			text, id := L.CheckString(1), L.OptString(2, "")
			return func(c luastd.Conversation) error { return c.Context(text, id) }, checkLength(text)
		}),
		"activity": do(func(*lua.LState) (func(luastd.Conversation) error, error) {
			return luastd.Conversation.Activity, nil
		}),
		"feedback": do(func(L *lua.LState) (func(luastd.Conversation) error, error) {
			id, score := int(value.CheckInteger(L, 1)), L.OptString(2, "")
			if score != "" && score != "like" && score != "dislike" {
				L.ArgError(2, "'like', 'dislike' or nil expected")
			}
			return func(c luastd.Conversation) error { return c.Feedback(id, score) }, nil
		}),
		"approve": do(func(L *lua.LState) (func(luastd.Conversation) error, error) {
			id, approved := L.CheckString(1), L.CheckBool(2)
			return func(c luastd.Conversation) error { return c.Approve(id, approved) }, nil
		}),
		"start": do(start),
		"stop": func(L *lua.LState) int {
			c, err := rt.Conversation()
			value.Raise(L, err)
			c.Stop() // an error means that there is no conversation, so there is nothing to stop
			return 0
		},
		"status": func(L *lua.LState) int {
			L.Push(lua.LString(rt.Status()))
			return 1
		},
		"on_idle":        onIdle(rt),
		"resume_context": resumeContext(rt),
		"volume": do(func(L *lua.LState) (func(luastd.Conversation) error, error) {
			v := float64(L.CheckNumber(1))
			if !(v >= 0 && v <= 1) {
				L.ArgError(1, "a number from 0 to 1 expected")
			}
			return func(c luastd.Conversation) error { return c.SetVolume(v) }, nil
		}),
		"mute": do(func(L *lua.LState) (func(luastd.Conversation) error, error) {
			muted := L.CheckBool(1)
			return func(c luastd.Conversation) error { return c.Mute(muted) }, nil
		}),
		"listen": do(func(L *lua.LState) (func(luastd.Conversation) error, error) {
			listening := L.CheckBool(1)
			return func(c luastd.Conversation) error { return c.Listen(listening) }, nil
		}),
	})
	return module
}

// maxText is the maximal length of a text that a script may send to the agent, in bytes.
const maxText = 256 << 10

// checkLength returns an error if text is longer than maxText.
func checkLength(text string) error {
	if len(text) > maxText {
		return fmt.Errorf("the text has %d bytes; %d are allowed", len(text), maxText)
	}
	return nil
}

// start reads the settings in the table that is argument 1, and returns a function that asks for a
// conversation with these settings. It raises an error if the settings are wrong.
func start(L *lua.LState) (func(luastd.Conversation) error, error) {
	settings := L.OptTable(1, L.NewTable())
	preroll, err := value.OptionalBool(settings, "preroll")
	value.Raise(L, err)
	text, err := settingsJSON(settings)
	value.Raise(L, err)
	parsed, err := agentsettings.Parse(text)
	value.Raise(L, err)
	return func(c luastd.Conversation) error { return c.Start(parsed, preroll) }, nil
}

// settingsJSON returns the table t, which has settings for the agent, as JSON. It leaves out the
// field preroll, which is not a setting of the agent.
func settingsJSON(t *lua.LTable) ([]byte, error) {
	preroll := t.RawGetString("preroll")
	t.RawSetString("preroll", lua.LNil)
	defer t.RawSetString("preroll", preroll)
	return value.Append(nil, t, luastd.MaxAgentSettings)
}

// onIdle returns the Lua function session.on_idle. The function handles the event "idle", which
// comes once a second and says how long the user has said nothing.
func onIdle(rt luastd.Runtime) lua.LGFunction {
	return func(L *lua.LState) int {
		timeout, fn := float64(L.CheckNumber(1)), L.CheckFunction(2)
		if !(timeout >= 1) || math.IsInf(timeout, 0) {
			L.ArgError(1, "a number of seconds, at least 1, expected")
		}
		called := false // fn has been called since the user last said something
		raise(L, "session.on_idle", rt.On("idle", L.NewFunction(func(L *lua.LState) int {
			seconds := float64(lua.LVAsNumber(L.CheckTable(1).RawGetString("seconds")))
			if seconds < timeout {
				called = false
				return 0
			}
			if called {
				return 0
			}
			called = true
			call(L, rt, fn, lua.LNumber(seconds))
			return 0
		})))
		return 0
	}
}

// resumeContext returns the Lua function session.resume_context. The function handles the event
// "reconnected".
func resumeContext(rt luastd.Runtime) lua.LGFunction {
	return func(L *lua.LState) int {
		fn := L.CheckFunction(1)
		raise(L, "session.resume_context", rt.On("reconnected", L.NewFunction(func(L *lua.LState) int {
			results := call(L, rt, fn)
			if len(results) == 0 || results[0] == lua.LNil {
				return 0
			}
			text, ok := results[0].(lua.LString)
			if !ok {
				L.RaiseError("session.resume_context: the function must return a string, not %s", value.TypeName(results[0]))
			}
			value.Raise(L, checkLength(string(text)))
			c, err := rt.Conversation()
			value.Raise(L, err)
			value.Raise(L, c.Context(string(text), ""))
			return 0
		})))
		return 0
	}
}

// raise raises err, which Registrar.On has returned to the function name. If err is nil, raise does
// nothing.
func raise(L *lua.LState, name string, err error) {
	if errors.Is(err, luastd.ErrLoaded) {
		err = fmt.Errorf("%s: %w", name, luastd.ErrLoaded)
	}
	value.Raise(L, err)
}

// call calls fn with args and returns its results. If fn raises an error, call raises the error
// too.
func call(L *lua.LState, rt luastd.Caller, fn *lua.LFunction, args ...lua.LValue) []lua.LValue {
	results, err := rt.Try(append([]lua.LValue{fn}, args...))
	value.Raise(L, err)
	return results
}
