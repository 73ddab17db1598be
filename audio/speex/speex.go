//go:build linux && !static

// Package speex removes the agent's own voice from what the microphone hears,
// with libspeexdsp, where that is installed.
//
// It works on frames: the n-th frame heard is cleaned of what was played up to
// the n-th frame played. If the two are further apart than the canceller's tail,
// nothing is removed, and nothing says so.
package speex

import (
	"fmt"
	"runtime"
	"time"
	"unsafe"

	"moonlark/audio/internal/clib"
)

// A Canceller removes echo. One goroutine uses it at a time.
type Canceller struct {
	calls *calls
	echo  uintptr // C's state; zero once closed
	post  uintptr // likewise: what removes the rest, and noise

	mic, far, out []int16 // a frame each

	// The arguments of what is called for each frame. They are the same each
	// time, and would be allocated each time.
	cancel, clean []uintptr
}

// calls are the functions of libspeexdsp.
type calls struct {
	echoInit, echoCancel, echoControl, echoReset, echoDestroy clib.Func
	postInit, postRun, postControl, postDestroy               clib.Func
}

// What the control functions can be asked, from speex_echo.h and
// speex_preprocess.h.
const (
	echoSetRate = 24

	postSetDenoise = 0
	postSetAGC     = 2
	postSetEcho    = 24
)

// New makes a canceller of frames of that length, for sound of rate samples a
// second, which finds an echo that comes at most tail after the sound that it is
// of.
func New(rate int, frame, tail time.Duration) (*Canceller, error) {
	return open("libspeexdsp.so.1", rate, frame, tail)
}

func open(name string, rate int, frame, tail time.Duration) (*Canceller, error) {
	size, length := samples(rate, frame), samples(rate, tail)
	if rate < 8000 || rate > 48000 || size < 1 || size > rate || length < size || length > 4*rate {
		return nil, fmt.Errorf("speex: no canceller for frames of %v with a tail of %v at %d Hz", frame, tail, rate)
	}
	lib, err := clib.Open(name, "libspeexdsp1")
	if err != nil {
		return nil, fmt.Errorf("speex: %w", err)
	}
	var f calls
	if err := lib.Find(map[string]*clib.Func{
		"speex_echo_state_init":          &f.echoInit,
		"speex_echo_cancellation":        &f.echoCancel,
		"speex_echo_ctl":                 &f.echoControl,
		"speex_echo_state_reset":         &f.echoReset,
		"speex_echo_state_destroy":       &f.echoDestroy,
		"speex_preprocess_state_init":    &f.postInit,
		"speex_preprocess_run":           &f.postRun,
		"speex_preprocess_ctl":           &f.postControl,
		"speex_preprocess_state_destroy": &f.postDestroy,
	}); err != nil {
		return nil, fmt.Errorf("speex: %w", err)
	}

	c := &Canceller{
		calls: &f,
		echo:  f.echoInit.Pointer(uintptr(size), uintptr(length)),
		post:  f.postInit.Pointer(uintptr(size), uintptr(rate)),
		mic:   make([]int16, size),
		far:   make([]int16, size),
		out:   make([]int16, size),
	}
	if c.echo == 0 || c.post == 0 {
		c.Close()
		return nil, fmt.Errorf("speex: no memory for a tail of %v", tail)
	}
	c.cancel = []uintptr{c.echo, first(c.mic), first(c.far), first(c.out)}
	c.clean = []uintptr{c.post, first(c.out)}
	control(f.echoControl, c.echo, echoSetRate, int32(rate))
	control(f.postControl, c.post, postSetAGC, 0) // it would make the echo louder again
	control(f.postControl, c.post, postSetDenoise, 1)
	f.postControl.Int(c.post, postSetEcho, c.echo)
	return c, nil
}

// Frame is how many samples a frame has.
func (c *Canceller) Frame() int { return len(c.mic) }

// Cancel writes to out what mic holds without the echo of far, which is what was
// given to the speaker meanwhile. Each is one frame; out may be mic.
func (c *Canceller) Cancel(mic, far, out []float32) {
	n := len(c.mic)
	mic, far, out = mic[:n], far[:n], out[:n]
	if c.echo == 0 {
		copy(out, mic)
		return
	}
	toInt16(c.mic, mic)
	toInt16(c.far, far)
	c.calls.echoCancel.Int(c.cancel...)
	c.calls.postRun.Int(c.clean...)
	runtime.KeepAlive(c)
	for i, v := range c.out {
		out[i] = float32(v) / 32768
	}
}

// Reset forgets what the canceller has learnt of the room: for when sound was
// lost, or another device is used.
func (c *Canceller) Reset() {
	if c.echo != 0 {
		c.calls.echoReset.Int(c.echo)
	}
}

// Close gives C's memory back. After it, Cancel only copies.
func (c *Canceller) Close() {
	if c.post != 0 {
		c.calls.postDestroy.Int(c.post)
	}
	if c.echo != 0 {
		c.calls.echoDestroy.Int(c.echo)
	}
	c.echo, c.post = 0, 0
}

func samples(rate int, d time.Duration) int { return int(d * time.Duration(rate) / time.Second) }

func control(f clib.Func, state, request uintptr, value int32) {
	p := &value
	f.Int(state, request, uintptr(unsafe.Pointer(p)))
	runtime.KeepAlive(p)
}

// first is where C finds a frame. The canceller keeps the frame alive; nothing
// on the heap moves.
func first(frame []int16) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(frame))) }

func toInt16(to []int16, from []float32) {
	for i, v := range from {
		to[i] = int16(min(max(v*32768, -32768), 32767))
	}
}
