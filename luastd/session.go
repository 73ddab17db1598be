package luastd

import lua "github.com/yuin/gopher-lua"

// A Session is the conversation that a script takes part in.
type Session interface {
	SendText(text string) error    // a user message
	SendContext(text string) error // something the agent should know, without an answer
	StopSession() error            // asks for the end; results and farewell go out first
}

// openSession is the "session" module.
//
//	session.send(text)     -> true, or nil and why not: text becomes a user message
//	session.context(text)  -> true, or nil and why not: the agent is told text and does not answer it
//	session.stop()         ends the conversation, once what is under way has been sent
func openSession(L *lua.LState, host Session) {
	tell := func(send func(string) error) lua.LGFunction {
		return func(L *lua.LState) int {
			return outcome(L, send(L.CheckString(1)))
		}
	}
	session := L.NewTable()
	set(L, session, map[string]lua.LGFunction{
		"send":    tell(host.SendText),
		"context": tell(host.SendContext),
		"stop": func(L *lua.LState) int {
			raise(L, host.StopSession())
			return 0
		},
	})
	L.SetGlobal("session", session)
}
