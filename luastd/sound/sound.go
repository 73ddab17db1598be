// Package sound is the Lua module "audio": it plays and records sound, whether there is a
// conversation or not.
//
//	audio.play(source [, options])     -> handle; or nil, reason, code
//	audio.announce(source [, options]) -> handle; or nil, reason, code
//	audio.queue([options])             -> queue: sounds that are played one after the other
//	audio.tone(notes [, options])      -> handle; or nil, reason, code
//	audio.chime(name [, options])      -> handle; or nil, reason, code
//	audio.beep([hertz [, seconds]])    -> true; or nil, reason, code
//	audio.stop([fade])                    ends all sounds of the script
//	audio.playing()                    -> whether a sound of the script plays
//	audio.record(seconds [, options])  -> WAV bytes, whether somebody spoke; or nil, reason, code
//	audio.levels()                     -> {speaker =, microphone =}, from 0 to 1; or nil, reason, code
//	audio.devices()                    -> {speakers =, microphones =}; or nil, reason, code
//
//	handle:wait([timeout])             -> true, or false if the sound was stopped; or nil, reason, code
//	handle:stop([fade])  :pause()  :resume()  :volume(v [, fade])  :playing()  :position()
//	queue:add(source [, options])      -> handle; or nil, reason, code
//	queue:skip([fade])  :clear()  :stop([fade])  :pause()  :resume()  :volume(v [, fade])
//	queue:length()  :current()
//
// A source is the path of a file, the bytes of a file, a URL, or {say = text}. Each sound has a
// goroutine, which reads and decodes the source and writes the samples to a track of package audio.
// The speaker's goroutine never waits for it. The executor's goroutine only starts and stops sounds.
//
// 16 sounds can play at the same time, in all scripts together. A queue has at most 1,000 sounds, and
// a script 16 queues. A recording has at most 300 s.
package sound

import (
	"context"
	_ "embed"
	"slices"
	"sync"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/luastd"
	"moonlark/luastd/http"
	"moonlark/luastd/value"
)

//go:embed doc.lua
var doc string

//go:embed manual.md
var manual string

// Module is the Lua module "audio".
var Module = luastd.Module{
	Name: "audio", Open: open, Doc: doc, Manual: manual,
	Needs: []permit.Kind{permit.Read, permit.Net, permit.Mic, permit.Sys}, Need: need,
	NeedFunctions: []string{"play", "announce", "record", "devices"},
}

const (
	maxFade   = 60 * time.Second
	maxQueues = 16
	// openTimeout is how long a source may take until its first sound.
	openTimeout = 30 * time.Second
)

// A Player plays the sounds of one Lua state. Package tts uses it too.
type Player struct {
	rt      luastd.Runtime
	handles *lua.LTable // the metatable of handles
	queues  *lua.LTable // the metatable of queues
	fetcher *http.Fetcher
	ctx     context.Context // done when the generation has ended
	end     context.CancelFunc
	running sync.WaitGroup // the goroutines that read sources

	// Only the executor's goroutine uses the fields below.
	owned         bool // close has been registered
	made          int  // number of queues
	announcements *queue

	mu  sync.Mutex // guards all
	all []*Handle  // the sounds that have not ended
}

// NewPlayer returns a Player for the script of rt.
func NewPlayer(L *lua.LState, rt luastd.Runtime) *Player {
	p := &Player{rt: rt}
	p.ctx, p.end = context.WithCancel(context.Background())
	p.handles = handleMetatable(L, p)
	p.queues = queueMetatable(L, p)
	return p
}

func open(L *lua.LState, rt luastd.Runtime) lua.LValue {
	p := NewPlayer(L, rt)
	t := L.CreateTable(0, 12)
	value.SetFunctions(L, t, map[string]lua.LGFunction{
		"play": p.play, "announce": p.announce, "queue": p.newQueue,
		"tone": p.tone, "chime": p.chime, "beep": p.beep,
		"stop": p.stopAll, "playing": p.playing,
		"record": p.record, "levels": p.levels, "devices": p.devices,
	})
	return t
}

// own registers close, so that nothing plays on when the generation has ended.
func (p *Player) own() {
	if !p.owned {
		p.owned = true
		p.fetcher = http.NewFetcher(p.rt)
		p.rt.Own(p.close)
	}
}

// close ends all sounds, and returns when nothing is read any more.
func (p *Player) close() {
	p.end()
	p.running.Wait()
}

// add adds a sound to those that have not ended.
func (p *Player) add(h *Handle) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all = append(p.all, h)
}

// remove removes a sound that has ended.
func (p *Player) remove(h *Handle) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all = slices.DeleteFunc(p.all, func(other *Handle) bool { return other == h })
}

// sounds returns the sounds that have not ended.
func (p *Player) sounds() []*Handle {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.all)
}

// play is the Lua function audio.play.
func (p *Player) play(L *lua.LState) int {
	s := p.checkSource(L, 1, "audio.play")
	o := checkPlayOptions(L, 2, playOptions{Volume: 1, Ducked: defaultDucked}, s)
	return p.Start(L, "audio.play", s, o)
}

// stopAll is the Lua function audio.stop.
func (p *Player) stopAll(L *lua.LState) int {
	fade := optFade(L, 1)
	for _, h := range p.sounds() {
		h.stop(fade)
	}
	return 0
}

// playing is the Lua function audio.playing.
func (p *Player) playing(L *lua.LState) int {
	L.Push(lua.LBool(slices.ContainsFunc(p.sounds(), (*Handle).isPlaying)))
	return 1
}

// optFade returns argument n, which must be the length of a fade in seconds; it may be left out.
func optFade(L *lua.LState, n int) time.Duration {
	if value.IsNone(L.Get(n)) {
		return 50 * time.Millisecond
	}
	return value.CheckTimeout(L, n, 0, maxFade)
}
