//go:build linux && !static

// Package speex removes the sound of the speaker from the sound of the microphone, with libspeexdsp
// if that is installed.
//
// A canceller processes pairs of frames: one frame of the microphone's sound and one of the
// speaker's sound. It removes an echo only if the speaker's sound reaches the microphone within the
// time tail, which is an argument of New. Otherwise the echo remains, without an error.
package speex

import (
	"fmt"
	"time"
	"unsafe"

	"moonlark/audio/internal/clib"
)

// A Canceller removes the echo of the speaker's sound from the microphone's sound. Only one
// goroutine at a time may use it.
type Canceller struct {
	lib  *library
	echo uintptr // libspeexdsp's handle of the echo canceller; 0 after Close
	// libspeexdsp's handle of a filter that removes noise and the rest of the echo; 0 after Close
	post uintptr

	mic, far, out []int16 // buffers of one frame each

	cancel *clib.Call // removes the echo of far from mic and writes the result to out
	clean  *clib.Call // removes noise and the rest of the echo from the buffer out
}

// A library contains the functions of libspeexdsp that this package calls.
type library struct {
	echoInit, echoCancel, echoControl, echoDestroy clib.Func
	postInit, postRun, postControl, postDestroy    clib.Func
}

// These are request numbers of libspeexdsp's control functions. Its header files speex_echo.h and
// speex_preprocess.h define them.
const (
	echoSetRate = 24

	postSetDenoise = 0
	postSetAGC     = 2 // automatic gain control
	postSetEcho    = 24
)

// New returns a canceller for sound with rate samples per second. frame is the length of a frame.
// The canceller removes the echo that reaches the microphone at most tail after the speaker's sound
// was played. The caller must close the canceller.
func New(rate int, frame, tail time.Duration) (*Canceller, error) {
	return open("libspeexdsp.so.1", rate, frame, tail)
}

// open does the work of New. name is the file name of the library.
func open(name string, rate int, frame, tail time.Duration) (*Canceller, error) {
	size, length := samples(rate, frame), samples(rate, tail)
	if rate < 8000 || rate > 48000 || size < 1 || size > rate || length < size || length > 4*rate {
		return nil, fmt.Errorf("speex: no canceller for frames of %v with a tail of %v at %d Hz", frame, tail, rate)
	}
	lib, err := loadLibrary(name)
	if err != nil {
		return nil, fmt.Errorf("speex: %w", err)
	}
	c := &Canceller{
		lib:  lib,
		echo: lib.echoInit.Pointer(uintptr(size), uintptr(length)),
		post: lib.postInit.Pointer(uintptr(size), uintptr(rate)),
		mic:  make([]int16, size),
		far:  make([]int16, size),
		out:  make([]int16, size),
	}
	if c.echo == 0 || c.post == 0 {
		c.Close()
		return nil, fmt.Errorf("speex: no memory for a tail of %v", tail)
	}
	c.cancel = lib.echoCancel.Prepare(clib.Number(c.echo), pointer(c.mic), pointer(c.far), pointer(c.out))
	c.clean = lib.postRun.Prepare(clib.Number(c.post), pointer(c.out))
	control(lib.echoControl, c.echo, echoSetRate, int32(rate))
	// automatic gain control would make the remaining echo louder again
	control(lib.postControl, c.post, postSetAGC, 0)
	control(lib.postControl, c.post, postSetDenoise, 1)
	lib.postControl.Int(c.post, postSetEcho, c.echo)
	return c, nil
}

// loadLibrary loads libspeexdsp and finds the functions that this package calls. name is the file
// name of the library, such as "libspeexdsp.so.1".
func loadLibrary(name string) (*library, error) {
	lib, err := clib.Open(name, "apt-get install libspeexdsp1")
	if err != nil {
		return nil, err
	}
	var l library
	return &l, lib.Find(map[string]*clib.Func{
		"speex_echo_state_init":          &l.echoInit,
		"speex_echo_cancellation":        &l.echoCancel,
		"speex_echo_ctl":                 &l.echoControl,
		"speex_echo_state_destroy":       &l.echoDestroy,
		"speex_preprocess_state_init":    &l.postInit,
		"speex_preprocess_run":           &l.postRun,
		"speex_preprocess_ctl":           &l.postControl,
		"speex_preprocess_state_destroy": &l.postDestroy,
	})
}

// Frame returns the number of samples in a frame.
func (c *Canceller) Frame() int { return len(c.mic) }

// Cancel removes the echo of far from mic and writes the result to out. mic is one frame of the
// microphone's sound, far is the sound that the speaker played at the same time, and all three have
// the length of one frame. out may be the same slice as mic.
func (c *Canceller) Cancel(mic, far, out []float32) {
	n := len(c.mic)
	mic, far, out = mic[:n], far[:n], out[:n]
	if c.echo == 0 {
		copy(out, mic)
		return
	}
	toInt16(c.mic, mic)
	toInt16(c.far, far)
	c.cancel.Int()
	c.clean.Int()
	for i, v := range c.out {
		out[i] = float32(v) / 32768
	}
}

// Close frees the memory that libspeexdsp uses. After Close, Cancel only copies mic to out.
func (c *Canceller) Close() {
	if c.post != 0 {
		c.lib.postDestroy.Int(c.post)
	}
	if c.echo != 0 {
		c.lib.echoDestroy.Int(c.echo)
	}
	c.echo, c.post = 0, 0
}

func samples(rate int, d time.Duration) int { return int(d * time.Duration(rate) / time.Second) }

// control sets an integer parameter of libspeexdsp. f is a control function, state is the handle of
// an echo canceller or filter, and request is the number of the parameter.
func control(f clib.Func, state, request uintptr, value int32) {
	f.Int(state, request, uintptr(unsafe.Pointer(&value)))
}

// pointer returns the memory of a frame as an argument for a C function.
func pointer(frame []int16) clib.Arg { return clib.Pointer(unsafe.Pointer(unsafe.SliceData(frame))) }

func toInt16(to []int16, from []float32) {
	for i, v := range from {
		to[i] = int16(min(max(v*32768, -32768), 32767))
	}
}
