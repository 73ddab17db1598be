package luastd

import (
	lua "github.com/yuin/gopher-lua"
)

// A Sounder is the speaker and the microphone. The errors say why there is no
// sound; none of the methods waits, but for PlayFile.
type Sounder interface {
	SetVolume(volume float64) error // from 0 to 1
	Mute(muted bool) error
	Listen(listening bool) error
	Beep(hertz, seconds float64) error

	// PlayFile reads a WAV file of the script's folder, and plays it. It is
	// called on a goroutine of its own.
	PlayFile(name string) error
}

const (
	longestBeep = 5     // seconds
	highestBeep = 20000 // hertz
)

// openSound is the "audio" module, and the functions of "session" that are
// about sound.
//
//	session.volume(v)         -> true, or nil and why not: how loud everything is, 0 to 1
//	session.mute(muted)       -> true, or nil and why not: nobody hears the microphone
//	session.listen(listening) -> true, or nil and why not: the agent hears it, or silence
//	audio.play(file)          -> true once it plays, or nil and why not: a WAV file beside the script
//	audio.beep([hertz [, seconds]]) -> true, or nil and why not; 880 Hz and 0.15 s if left out
func openSound(L *lua.LState, host interface {
	Waiter
	Sounder
}) {
	session := L.GetGlobal("session").(*lua.LTable)
	set(L, session, map[string]lua.LGFunction{
		"volume": func(L *lua.LState) int {
			v := float64(L.CheckNumber(1))
			if !(v >= 0 && v <= 1) {
				L.ArgError(1, "a number from 0 to 1 expected")
			}
			return outcome(L, host.SetVolume(v))
		},
		"mute":   func(L *lua.LState) int { return outcome(L, host.Mute(L.CheckBool(1))) },
		"listen": func(L *lua.LState) int { return outcome(L, host.Listen(L.CheckBool(1))) },
	})
	audio := L.NewTable()
	set(L, audio, map[string]lua.LGFunction{
		"play": func(L *lua.LState) int {
			name := L.CheckString(1)
			err, _ := host.Await(L, func(done func(any)) func() {
				go func() { done(host.PlayFile(name)) }()
				return nil
			}).(error)
			return outcome(L, err)
		},
		"beep": func(L *lua.LState) int {
			hertz, seconds := float64(L.OptNumber(1, 880)), float64(L.OptNumber(2, 0.15))
			if !(hertz >= 20 && hertz <= highestBeep) {
				L.ArgError(1, "20 to 20000 hertz expected")
			}
			if !(seconds > 0 && seconds <= longestBeep) {
				L.ArgError(2, "more than 0 and at most 5 seconds expected")
			}
			return outcome(L, host.Beep(hertz, seconds))
		},
	})
	L.SetGlobal("audio", audio)
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
