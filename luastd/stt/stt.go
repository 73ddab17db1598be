// Package stt is the Lua module "stt": it turns recorded speech into text, by the speech to text that
// --stt names.
//
//	stt.transcribe(sound [, options]) -> text, "" if nothing is said; or nil, reason, code
//
// A sound has at most 120 s. At most 4 sounds are recognised at the same time for a script.
package stt

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"io"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/audio"
	"moonlark/audio/decode"
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

// Module is the Lua module "stt".
var Module = luastd.Module{Name: "stt", Open: open, Doc: doc, Manual: manual}

const (
	maxRunning     = 4
	maxSound       = 120 * time.Second
	maxVocabulary  = 200
	defaultTimeout = 30 * time.Second
	maxTimeout     = 600 * time.Second
)

// A module is the module of one Lua state. Only the executor's goroutine uses it.
type module struct {
	rt      luastd.Runtime
	running int // number of sounds that are being recognised
}

func open(L *lua.LState, rt luastd.Runtime) lua.LValue {
	m := &module{rt: rt}
	t := L.CreateTable(0, 1)
	value.SetFunctions(L, t, map[string]lua.LGFunction{"transcribe": m.transcribe})
	return t
}

// transcribe is the Lua function stt.transcribe.
func (m *module) transcribe(L *lua.LState) int {
	file := L.CheckString(1)
	o := value.CheckOptions(L, 2, "language", "vocabulary", "timeout")
	r := speech.Request{Language: o.String("language", ""), Vocabulary: o.StringList("vocabulary")}
	if len(r.Vocabulary) > maxVocabulary {
		L.ArgError(2, "vocabulary has more than 200 texts")
	}
	timeout := m.rt.WaitLimit(o.Timeout("timeout", defaultTimeout, maxTimeout))
	luastd.CheckLoaded(L, m.rt, "stt.transcribe")
	if m.running == maxRunning {
		return value.PushFailure(L, "busy", "%d sounds are being recognised already", maxRunning)
	}
	m.running++
	defer func() { m.running-- }()
	type result struct {
		text string
		err  error
	}
	got := m.rt.Await(L, func(done func(any)) func() {
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		go func() {
			defer cancel()
			text, err := recognise(ctx, m.rt, r, []byte(file))
			done(result{text, err})
		}()
		return cancel
	}).(result)
	if errors.Is(got.err, context.DeadlineExceeded) {
		return value.PushFailure(L, "timeout", "the speech was not recognised in %s", sockets.Seconds(timeout))
	}
	if got.err != nil {
		return sound.PushError(L, "stt.transcribe", "", got.err)
	}
	L.Push(lua.LString(got.text))
	return 1
}

// recognise returns the text that is spoken in the sound file.
func recognise(ctx context.Context, rt luastd.Runtime, r speech.Request, file []byte) (string, error) {
	size := 4 * audio.Samples(maxSound)
	if !rt.Budget().Take(size) {
		return "", sockets.Fail("full", "%s", luastd.BudgetReason)
	}
	defer rt.Budget().Give(size)
	samples, err := read(ctx, file)
	if err != nil {
		return "", err
	}
	text, err := rt.Sounds().Transcribe(ctx, r, samples)
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	return text, sound.SpeechError(err)
}

// read returns the samples of a sound file, at the rate audio.Rate.
func read(ctx context.Context, file []byte) (samples []float32, err error) {
	d, err := decode.New(bytes.NewReader(file), "")
	for err == nil {
		if samples, err = d.Append(samples); len(samples) > audio.Samples(maxSound) {
			return nil, sockets.Fail("too_large", "the sound is longer than %v seconds", maxSound.Seconds())
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
	if err != io.EOF {
		return nil, sockets.Fail("invalid", "%s", err)
	}
	return samples, nil
}
