package luastd

import (
	lua "github.com/yuin/gopher-lua"
)

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
	Talker
	Folder() string
}) {
	session := L.GetGlobal("session").(*lua.LTable)
	set(L, session, map[string]lua.LGFunction{
		"volume": sends(host, func(L *lua.LState, c Conversation) error {
			v := float64(L.CheckNumber(1))
			if !(v >= 0 && v <= 1) {
				L.ArgError(1, "a number from 0 to 1 expected")
			}
			return c.SetVolume(v)
		}),
		"mute":   sends(host, func(L *lua.LState, c Conversation) error { return c.Mute(L.CheckBool(1)) }),
		"listen": sends(host, func(L *lua.LState, c Conversation) error { return c.Listen(L.CheckBool(1)) }),
	})
	audio := L.NewTable()
	set(L, audio, map[string]lua.LGFunction{
		"play": sends(host, func(L *lua.LState, c Conversation) error {
			folder, name := host.Folder(), L.CheckString(1)
			err, _ := host.Await(L, func(done func(any)) func() {
				go func() { done(c.PlayFile(folder, name)) }()
				return nil
			}).(error)
			return err
		}),
		"beep": sends(host, func(L *lua.LState, c Conversation) error {
			hertz, seconds := float64(L.OptNumber(1, 880)), float64(L.OptNumber(2, 0.15))
			if !(hertz >= 20 && hertz <= highestBeep) {
				L.ArgError(1, "20 to 20000 hertz expected")
			}
			if !(seconds > 0 && seconds <= longestBeep) {
				L.ArgError(2, "more than 0 and at most 5 seconds expected")
			}
			return c.Beep(hertz, seconds)
		}),
	})
	L.SetGlobal("audio", audio)
}
