// Package tts is the Lua module "tts": it speaks texts, whether there is a conversation or not, by
// the text to speech that --tts names.
//
//	tts.say(text [, options]) -> the sound (see package sound); or nil, reason, code
//	tts.wav(text [, options]) -> the bytes of a WAV file; or nil, reason, code
//
// A text has at most 8 KiB, a WAV file 16 MiB. At most 4 texts are spoken at the same time for a
// script.
package tts

import (
	"context"
	_ "embed"
	"errors"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/audio"
	"moonlark/audio/pcm"
	"moonlark/audio/wav"
	"moonlark/engine/speech"
	"moonlark/luastd"
	"moonlark/luastd/sockets"
	"moonlark/luastd/sound"
	"moonlark/luastd/value"
)

//go:embed doc.lua
var doc string

//go:embed manual.md
var manual string

// Module is the Lua module "tts".
var Module = luastd.Module{Name: "tts", Open: open, Doc: doc, Manual: manual}

const (
	maxRunning     = 4
	maxWAV         = 16 << 20 // bytes of a WAV file
	defaultTimeout = 60 * time.Second
	maxTimeout     = 600 * time.Second
	defaultRate    = 24000
)

// A module is the module of one Lua state. Only the executor's goroutine uses it.
type module struct {
	rt      luastd.Runtime
	player  *sound.Player
	running int // number of texts that are being turned into WAV files
}

func open(L *lua.LState, rt luastd.Runtime) lua.LValue {
	m := &module{rt: rt, player: sound.NewPlayer(L, rt)}
	t := L.CreateTable(0, 2)
	value.SetFunctions(L, t, map[string]lua.LGFunction{"say": m.say, "wav": m.wav})
	return t
}

// say is the Lua function tts.say.
func (m *module) say(L *lua.LState) int {
	text := sound.CheckText(L, 1, L.CheckString(1))
	return m.player.Say(L, "tts.say", text, 2)
}

// wav is the Lua function tts.wav.
func (m *module) wav(L *lua.LState) int {
	text := sound.CheckText(L, 1, L.CheckString(1))
	o := value.CheckOptions(L, 2, append([]string{"rate", "timeout"}, sound.VoiceOptions...)...)
	u := speech.Utterance{Text: text, Voice: sound.CheckVoice(o)}
	rate := o.Int("rate", defaultRate, 8000, audio.Rate)
	timeout := m.rt.WaitLimit(o.Timeout("timeout", defaultTimeout, maxTimeout))
	luastd.CheckLoaded(L, m.rt, "tts.wav")
	if m.running == maxRunning {
		return value.PushFailure(L, "busy", "%d texts are being spoken already", maxRunning)
	}
	m.running++
	defer func() { m.running-- }()
	type result struct {
		wav []byte
		err error
	}
	r := m.rt.Await(L, func(done func(any)) func() {
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		go func() {
			defer cancel()
			file, err := speak(ctx, m.rt.Sounds(), u, rate)
			done(result{file, err})
		}()
		return cancel
	}).(result)
	if errors.Is(r.err, context.DeadlineExceeded) {
		return value.PushFailure(L, "timeout", "the text was not spoken in %s", sockets.Seconds(timeout))
	}
	if r.err != nil {
		return sound.PushError(L, "tts.wav", "", r.err)
	}
	L.Push(lua.LString(r.wav))
	return 1
}

// speak returns the sound of a text as a WAV file.
func speak(ctx context.Context, sounds luastd.Sounds, u speech.Utterance, rate int) ([]byte, error) {
	resampler, format := pcm.NewResampler(audio.Rate, rate), pcm.Format{Encoding: pcm.S16, Rate: rate}
	var data []byte
	var part []float32
	err := sounds.Speak(ctx, u, func(sound []float32) error {
		part = resampler.Append(part[:0], sound)
		if data = format.Append(data, part); len(data) > maxWAV {
			return sockets.Fail("too_large", "the sound has more than %d bytes", maxWAV)
		}
		return nil
	})
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, sound.SpeechError(err)
	}
	data = format.Append(data, resampler.Flush(part[:0]))
	return append(wav.AppendHeader(nil, rate, 1, int64(len(data))), data...), nil
}
