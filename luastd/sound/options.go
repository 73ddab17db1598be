package sound

import (
	"encoding/json"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/audio"
	"moonlark/luastd/value"
)

// defaultDucked is by how much a sound is lowered while somebody speaks.
const defaultDucked = 0.8

// playOptions are the options of a sound. The fields are exported for the record of a test.
type playOptions struct {
	Volume   float64       `json:"volume"`
	FadeIn   time.Duration `json:"-"`
	Ducked   float64       `json:"-"`
	Speech   bool          `json:"speech,omitempty"`
	Loop     bool          `json:"loop,omitempty"`
	Priority int           `json:"priority,omitempty"`
}

// optionNames are the options of audio.play.
var optionNames = []string{"volume", "fade_in", "duck", "loop", "speech"}

// checkPlayOptions returns the options in argument n. Those that are not set have the values of
// defaults, and a text that is spoken is speech. more are names of further options.
func checkPlayOptions(L *lua.LState, n int, defaults playOptions, s *source, more ...string) playOptions {
	o := value.CheckOptions(L, n, append(more, optionNames...)...)
	p := defaults
	p.Speech = o.Bool("speech", defaults.Speech || s != nil && s.speech)
	if p.Speech {
		p.Ducked = 0
	}
	p.Volume = o.Number("volume", defaults.Volume, 0, 1)
	p.FadeIn = o.Seconds("fade_in", defaults.FadeIn, 0, maxFade)
	p.Loop = o.Bool("loop", defaults.Loop)
	if o.Get("duck") == lua.LFalse {
		p.Ducked = 0
	} else if o.Get("duck") != lua.LNil {
		p.Ducked = 1 - o.Number("duck", 0, 0, 1)
	}
	return p
}

// track returns the options of the track for a sound whose queue has this volume.
func (o playOptions) track(scale float64) audio.TrackOptions {
	return audio.TrackOptions{Volume: o.Volume * scale, FadeIn: o.FadeIn, Ducked: o.Ducked, Speech: o.Speech}
}

// json returns the options for the record of a test.
func (o playOptions) json() []byte {
	text, _ := json.Marshal(o) // cannot fail
	return text
}
