package luastd

import (
	"errors"
	"math"

	lua "github.com/yuin/gopher-lua"
)

// A Talker knows the conversation.
type Talker interface {
	// Conversation is the one that the script takes part in. The error is that
	// there is none to be had: it is too early, or the script runs without.
	Conversation() (Conversation, error)
}

// A Conversation is the agent and its user, as a script can reach them. None of
// its methods waits, but for PlayFile. The errors say why something cannot be.
type Conversation interface {
	SendText(text string) error                   // a user message
	SendContext(text, id string) error            // something the agent should know; the newest with an id counts
	SendActivity() error                          // the user is there
	SendFeedback(eventID int, score string) error // "like", "dislike", or "" to take it back
	SendFile(fileID, text string) error           // a file that was uploaded, with or without a text
	Approve(callID string, approved bool) error   // of an MCP tool call that awaits it, once
	Start(settings []byte, preroll bool) error    // asks for a conversation; settings are JSON
	Stop() error                                  // asks for the end; results and farewell go out first
	Status() string                               // "waiting", "connecting", "connected", "reconnecting" or "ended"

	SetVolume(volume float64) error // from 0 to 1
	Mute(muted bool) error
	Listen(listening bool) error
	Beep(hertz, seconds float64) error

	// PlayFile plays a WAV file, by its name in a folder that it must not lead
	// out of. It is called on a goroutine of its own.
	PlayFile(folder, name string) error
}

// openSession is the "session" module. What returns true returns nil and why not
// when there is no conversation, or nothing more can be sent.
//
//	session.send(text)                   -> true: text becomes a user message
//	session.send_file(id [, text])       -> true: so does a file that was uploaded to the conversation
//	session.context(text [, id])         -> true: the agent is told text and does not answer it
//	session.activity()                   -> true: the agent is told that the user is there
//	session.feedback(event_id, score)    -> true: "like", "dislike", or nil to take it back
//	session.approve(call_id, approved)   -> true: an MCP tool call may run, or not
//	session.start([settings])            -> true: a conversation is asked for
//	session.stop()                       ends the conversation, once what is under way has been sent
//	session.status()                     -> "waiting", "connecting", "connected", "reconnecting" or "ended"
//	session.on_idle(seconds, fn)         fn(seconds) runs once the user has said nothing for so long
//	session.resume_context(fn)           what fn() returns is told to the agent of a conversation
//	                                     that takes the place of one that was cut short
func openSession(L *lua.LState, host interface {
	Talker
	Registrar
	Caller
}) {
	session := L.NewTable()
	set(L, session, map[string]lua.LGFunction{
		"send": sends(host, func(L *lua.LState, c Conversation) error { return c.SendText(L.CheckString(1)) }),
		"send_file": sends(host, func(L *lua.LState, c Conversation) error {
			return c.SendFile(L.CheckString(1), L.OptString(2, ""))
		}),
		"context": sends(host, func(L *lua.LState, c Conversation) error {
			return c.SendContext(L.CheckString(1), L.OptString(2, ""))
		}),
		"activity": sends(host, func(_ *lua.LState, c Conversation) error { return c.SendActivity() }),
		"feedback": sends(host, func(L *lua.LState, c Conversation) error {
			id, score := L.CheckInt(1), L.OptString(2, "")
			if score != "" && score != "like" && score != "dislike" {
				L.ArgError(2, "'like', 'dislike' or nil expected")
			}
			return c.SendFeedback(id, score)
		}),
		"approve": sends(host, func(L *lua.LState, c Conversation) error {
			return c.Approve(L.CheckString(1), L.CheckBool(2))
		}),
		"start": sends(host, start),
		"stop": func(L *lua.LState) int {
			c, err := host.Conversation()
			raise(L, err)
			raise(L, c.Stop())
			return 0
		},
		"status": func(L *lua.LState) int {
			status := ""
			if c, err := host.Conversation(); err == nil {
				status = c.Status()
			}
			L.Push(lua.LString(status))
			return 1
		},
		"on_idle":        onIdle(host),
		"resume_context": resumeContext(host),
	})
	L.SetGlobal("session", session)
}

// sends makes a function of what sends something in the conversation.
func sends(host Talker, send func(*lua.LState, Conversation) error) lua.LGFunction {
	return func(L *lua.LState) int {
		c, err := host.Conversation()
		if err == nil {
			err = send(L, c)
		}
		return outcome(L, err)
	}
}

// outcome pushes true, or nil and what went wrong.
func outcome(L *lua.LState, err error) int {
	if err != nil {
		L.Push(lua.LNil)
		L.Push(lua.LString(err.Error()))
		return 2
	}
	L.Push(lua.LTrue)
	return 1
}

// start asks for a conversation. A mistake in the settings raises.
func start(L *lua.LState, c Conversation) error {
	settings := L.OptTable(1, L.NewTable())
	preroll := lua.LVAsBool(settings.RawGetString("preroll"))
	text, err := settingsJSON(settings)
	raise(L, err)
	err = c.Start(text, preroll)
	var mistake Mistake
	if errors.As(err, &mistake) {
		raise(L, mistake)
	}
	return err
}

// A Mistake is an error of a Conversation that is the script's own, and raises.
type Mistake struct{ Err error }

func (m Mistake) Error() string { return m.Err.Error() }

// settingsJSON is a table of settings as JSON, without preroll, which is no
// setting of the agent's.
func settingsJSON(t *lua.LTable) ([]byte, error) {
	was := t.RawGetString("preroll")
	t.RawSetString("preroll", lua.LNil)
	defer t.RawSetString("preroll", was)
	return AppendJSON(nil, t, maxSettings)
}

// maxSettings is how long the settings of an agent may be, as JSON: a prompt
// can be long.
const maxSettings = 256 << 10

// onIdle watches the event that tells, each second, for how long the user has
// said nothing.
func onIdle(host interface {
	Registrar
	Caller
}) lua.LGFunction {
	return func(L *lua.LState) int {
		after, fn := float64(L.CheckNumber(1)), L.CheckFunction(2)
		if !(after >= 1) || math.IsInf(after, 0) {
			L.ArgError(1, "a number of seconds, 1 at least, expected")
		}
		told := false
		raise(L, host.On("idle", L.NewFunction(func(L *lua.LState) int {
			seconds := float64(lua.LVAsNumber(L.CheckTable(1).RawGetString("seconds")))
			if seconds < after {
				told = false
				return 0
			}
			if told {
				return 0
			}
			told = true
			call(L, host, fn, lua.LNumber(seconds))
			return 0
		})))
		return 0
	}
}

// resumeContext tells the agent of a conversation that takes the place of
// another what fn says.
func resumeContext(host interface {
	Talker
	Registrar
	Caller
}) lua.LGFunction {
	return func(L *lua.LState) int {
		fn := L.CheckFunction(1)
		raise(L, host.On("reconnected", L.NewFunction(func(L *lua.LState) int {
			results := call(L, host, fn)
			if len(results) == 0 || results[0] == lua.LNil {
				return 0
			}
			text, ok := results[0].(lua.LString)
			if !ok {
				L.RaiseError("session.resume_context: the function returned a %s, a string is wanted", results[0].Type())
			}
			c, err := host.Conversation()
			raise(L, err)
			raise(L, c.SendContext(string(text), ""))
			return 0
		})))
		return 0
	}
}

// call calls fn, and raises what it raises.
func call(L *lua.LState, host Caller, fn *lua.LFunction, args ...lua.LValue) []lua.LValue {
	results, err := host.Try(append([]lua.LValue{fn}, args...))
	raise(L, err)
	return results
}
