package sound

import (
	"context"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/audio"
	"moonlark/audio/device"
	"moonlark/audio/pcm"
	"moonlark/audio/wav"
	"moonlark/engine/permit"
	"moonlark/luastd"
	"moonlark/luastd/value"
)

const (
	maxRecording = 300 * time.Second
	minRecording = 50 * time.Millisecond
	// recordingGrace is how much longer than its length a recording may take, before the microphone
	// counts as not working.
	recordingGrace = 5 * time.Second

	minLevel = -60 // the level, in dBFS, that audio.levels shows as 0
)

// record is the Lua function audio.record.
func (p *Player) record(L *lua.LState) int {
	length := value.CheckTimeout(L, 1, minRecording, maxRecording)
	o := value.CheckOptions(L, 2, "until_silence", "rate")
	silence := o.Seconds("until_silence", 0, 100*time.Millisecond, maxRecording)
	rate := o.Int("rate", 16000, 8000, audio.Rate)
	luastd.CheckLoaded(L, p.rt, "audio.record")
	if err := p.rt.Permit().CheckDevice(permit.Mic, "record with the microphone"); err != nil {
		L.RaiseError("audio.record: %s", err)
	}
	p.own()
	length = p.rt.WaitLimit(length)
	size := int(length.Seconds()+1) * rate * 2
	budget := p.rt.Budget()
	if !budget.Take(size) {
		return value.PushFailure(L, "full", "%s", luastd.BudgetReason)
	}
	r := p.rt.Await(L, func(done func(any)) func() {
		ctx, cancel := context.WithTimeout(p.ctx, length+recordingGrace)
		go func() {
			defer cancel()
			defer budget.Give(size)
			done(p.takeRecording(ctx, luastd.Recording{Max: length, Silence: silence}, rate))
		}()
		return cancel
	}).(recording)
	if r.err != nil {
		if r.late {
			return value.PushFailure(L, "timeout", "the microphone records nothing")
		}
		return PushError(L, "audio.record", "", r.err)
	}
	L.Push(lua.LString(r.wav))
	L.Push(lua.LBool(r.voice))
	return 2
}

// A recording is the result of takeRecording.
type recording struct {
	wav   []byte
	voice bool // somebody has spoken
	late  bool // the microphone has recorded nothing
	err   error
}

// takeRecording records with the microphone.
func (p *Player) takeRecording(ctx context.Context, spec luastd.Recording, rate int) (r recording) {
	resampler, format := pcm.NewResampler(audio.Rate, rate), pcm.Format{Encoding: pcm.S16, Rate: rate}
	var data []byte
	var part []float32
	r.voice, r.err = p.rt.Sounds().Record(ctx, spec, func(sound []float32) {
		part = resampler.Append(part[:0], sound)
		data = format.Append(data, part)
	})
	if r.err != nil {
		r.late = ctx.Err() != nil && p.ctx.Err() == nil
		return r
	}
	data = format.Append(data, resampler.Flush(part[:0]))
	r.wav = append(wav.AppendHeader(nil, rate, 1, int64(len(data))), data...)
	return r
}

// levels is the Lua function audio.levels.
func (p *Player) levels(L *lua.LState) int {
	luastd.CheckLoaded(L, p.rt, "audio.levels")
	speaker, microphone, err := p.rt.Sounds().Levels()
	if err != nil {
		return PushError(L, "audio.levels", "", err)
	}
	t := L.CreateTable(0, 2)
	t.RawSetString("speaker", meter(speaker))
	t.RawSetString("microphone", meter(microphone))
	L.Push(t)
	return 1
}

// meter returns a level in dBFS as a number from 0 to 1.
func meter(level float64) lua.LNumber { return lua.LNumber(min(max(1-level/minLevel, 0), 1)) }

// devicesTimeout is how long the sound server may take to list its devices.
const devicesTimeout = 10 * time.Second

// devices is the Lua function audio.devices.
func (p *Player) devices(L *lua.LState) int {
	luastd.CheckLoaded(L, p.rt, "audio.devices")
	if err := p.rt.Permit().CheckDevice(permit.Sys, "list the sound devices", "audio"); err != nil {
		L.RaiseError("audio.devices: %s", err)
	}
	type lists struct{ speakers, microphones []device.Entry }
	timeout := p.rt.WaitLimit(devicesTimeout)
	all, ok := p.rt.Await(L, func(done func(any)) func() {
		ctx, cancel := context.WithTimeout(p.ctx, timeout)
		context.AfterFunc(ctx, func() { done(nil) })
		go func() {
			defer cancel()
			speakers, microphones, _ := p.rt.Sounds().Devices(ctx)
			done(lists{speakers, microphones})
		}()
		return cancel
	}).(lists)
	if !ok {
		return value.PushFailure(L, "timeout", "the sound server has not answered in %v", timeout)
	}
	t := L.CreateTable(0, 2)
	t.RawSetString("speakers", deviceList(L, all.speakers))
	t.RawSetString("microphones", deviceList(L, all.microphones))
	L.Push(t)
	return 1
}

func deviceList(L *lua.LState, devices []device.Entry) *lua.LTable {
	list := L.CreateTable(len(devices), 0)
	list.Metatable = value.ArrayMetatable(L)
	for _, d := range devices {
		t := L.CreateTable(0, 3)
		t.RawSetString("name", lua.LString(d.Name))
		t.RawSetString("description", lua.LString(d.Description))
		t.RawSetString("default", lua.LBool(d.Default))
		list.Append(t)
	}
	return list
}

// need returns the error of a call of function, if b lacks the permission for it: see
// luastd.Module.Need.
func need(b *permit.Broker, function, argument string, known bool) error {
	switch {
	case function == "record":
		return b.CheckDevice(permit.Mic, "record with the microphone")
	case function == "devices":
		return b.CheckDevice(permit.Sys, "list the sound devices", "audio")
	case !known:
		return nil // it may be a file of the script, which needs no permission
	}
	return needSource(b, argument)
}
