package sound

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/audio"
	"moonlark/luastd/value"
)

const (
	maxBeep  = 5 * time.Second
	maxTone  = 30 * time.Second // of all notes of audio.tone
	maxNotes = 256
	minHertz = 20
	maxHertz = 20000
	peak     = 0.25 // of a tone whose volume is 1

	softEdge = 10 * time.Millisecond // fade at both ends of a note, so that it does not click
)

// A note is a tone of a certain length. 0 hertz is a pause.
type note struct {
	hertz  float64
	length time.Duration
}

// shapes are the forms of a tone: each returns the value at a phase from 0 to 1.
var shapes = map[string]func(phase float64) float64{
	"sine":     func(x float64) float64 { return math.Sin(2 * math.Pi * x) },
	"triangle": func(x float64) float64 { return 4*math.Abs(x-0.5) - 1 },
	"square":   func(x float64) float64 { return math.Copysign(0.5, 0.5-x) },
	// a bell has overtones
	"bell": func(x float64) float64 {
		return (math.Sin(2*math.Pi*x) + 0.35*math.Sin(4*math.Pi*x) + 0.15*math.Sin(8*math.Pi*x)) / 1.5
	},
}

// chimes are the notes of audio.chime, which sound like bells.
var chimes = map[string][]note{
	"attention": {{784, 180 * time.Millisecond}, {1047, 500 * time.Millisecond}},
	"doorbell":  {{659, 500 * time.Millisecond}, {523, 900 * time.Millisecond}},
	"error":     {{330, 250 * time.Millisecond}, {262, 500 * time.Millisecond}},
	"success":   {{523, 120 * time.Millisecond}, {659, 120 * time.Millisecond}, {784, 500 * time.Millisecond}},
	"timer":     {{988, 150 * time.Millisecond}, {0, 80 * time.Millisecond}, {988, 150 * time.Millisecond}, {0, 80 * time.Millisecond}, {988, 400 * time.Millisecond}},
}

// samples returns the samples of the notes. A tone of the shape "bell" decays.
func samples(notes []note, shape string) []float32 {
	form := shapes[shape]
	var sound []float32
	for _, n := range notes {
		length := audio.Samples(n.length)
		soft := min(length/2, audio.Samples(softEdge))
		for i := range length {
			loud := peak
			if edge := min(i, length-1-i); edge < soft {
				loud *= float64(edge) / float64(soft)
			}
			if shape == "bell" {
				loud *= math.Exp(-4 * float64(i) / float64(length))
			}
			_, phase := math.Modf(n.hertz * float64(i) / audio.Rate)
			sound = append(sound, float32(loud*form(phase)))
		}
	}
	return sound
}

// toneSource returns the source for these notes.
func toneSource(name string, notes []note, shape string) *source {
	return &source{name: name, run: func(_ context.Context, write func(sound []float32) error) error {
		return write(samples(notes, shape))
	}}
}

// beep is the Lua function audio.beep.
func (p *Player) beep(L *lua.LState) int {
	hertz, seconds := float64(L.OptNumber(1, 880)), float64(L.OptNumber(2, 0.15))
	if !(hertz >= minHertz && hertz <= maxHertz) {
		L.ArgError(1, "20 to 20000 hertz expected")
	}
	if !(seconds > 0 && seconds <= maxBeep.Seconds()) {
		L.ArgError(2, "more than 0 and at most 5 seconds expected")
	}
	if fakes := p.rt.Fakes(); fakes != nil {
		fakes.Asked("session.beep", "", []byte(fmt.Sprintf("[%v,%v]", hertz, seconds)))
		L.Push(lua.LTrue)
		return 1
	}
	p.own()
	s := toneSource("the beep", []note{{hertz, time.Duration(seconds * float64(time.Second))}}, "sine")
	n := p.Start(L, "audio.beep", s, playOptions{Volume: 1})
	if n == 1 { // the handle
		L.Pop(1)
		L.Push(lua.LTrue)
	}
	return n
}

// tone is the Lua function audio.tone.
func (p *Player) tone(L *lua.LState) int {
	more := []string{"seconds", "shape"}
	o := value.CheckOptions(L, 2, append(more, optionNames...)...)
	length := o.Seconds("seconds", 200*time.Millisecond, time.Millisecond, maxTone)
	notes := checkNotes(L, 1, length)
	shape := o.Choice("shape", "sine", "triangle", "square", "bell")
	p.own()
	return p.Start(L, "audio.tone", toneSource("the tone", notes, shape), checkPlayOptions(L, 2, playOptions{Volume: 1}, nil, more...))
}

// checkNotes returns the notes in argument n: a number of hertz, or a list of numbers and of {hertz,
// seconds}. length is the length of a note that has none.
func checkNotes(L *lua.LState, n int, length time.Duration) []note {
	list, ok := L.CheckAny(n).(*lua.LTable)
	if !ok {
		return []note{{checkHertz(L, n, L.Get(n)), length}}
	}
	if list.Len() == 0 || list.Len() > maxNotes {
		L.ArgError(n, fmt.Sprintf("1 to %d notes expected", maxNotes))
	}
	var notes []note
	total := time.Duration(0)
	for i := range list.Len() {
		next := note{length: length}
		if pair, ok := list.RawGetInt(i + 1).(*lua.LTable); ok {
			seconds, ok := pair.RawGetInt(2).(lua.LNumber)
			if !ok || !(seconds > 0 && float64(seconds) <= maxTone.Seconds()) {
				L.ArgError(n, fmt.Sprintf("note %d must be {hertz, seconds} with more than 0 and at most 30 seconds", i+1))
			}
			next = note{checkHertz(L, n, pair.RawGetInt(1)), time.Duration(float64(seconds) * float64(time.Second))}
		} else {
			next.hertz = checkHertz(L, n, list.RawGetInt(i+1))
		}
		notes = append(notes, next)
		total += next.length
	}
	if total > maxTone {
		L.ArgError(n, "the notes take more than 30 seconds")
	}
	return notes
}

// checkHertz returns the pitch v of a note in argument n.
func checkHertz(L *lua.LState, n int, v lua.LValue) float64 {
	hertz, ok := v.(lua.LNumber)
	if !ok || hertz != 0 && !(hertz >= minHertz && hertz <= maxHertz) {
		L.ArgError(n, "a note of 20 to 20000 hertz expected, or 0 for a pause")
	}
	return float64(hertz)
}

// chime is the Lua function audio.chime.
func (p *Player) chime(L *lua.LState) int {
	name := L.CheckString(1)
	notes, ok := chimes[name]
	if !ok {
		L.ArgError(1, value.Quote(name)+" is not one of "+strings.Join(chimeNames(), ", "))
	}
	p.own()
	return p.Start(L, "audio.chime", toneSource("the chime "+name, notes, "bell"), checkPlayOptions(L, 2, playOptions{Volume: 1}, nil))
}

func chimeNames() (names []string) {
	for name := range chimes {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
