//go:build linux && !static

// Package alsa records from a sound card where there is no sound server, with
// libasound, and lists the cards.
//
// What libasound says of its own accord is kept off the terminal; what it
// answers is in the errors.
package alsa

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"moonlark/audio"
	"moonlark/audio/internal/clib"
)

const (
	chunk    = audio.Rate / 50        // samples that are read at a time: 20 ms
	depth    = 400 * time.Millisecond // of the device's buffer: how late we can be
	look     = 50 * time.Millisecond  // after which it is seen at the latest that Record is to end
	patience = 2 * time.Second        // with no sound at all, before the device counts as lost
)

// A Microphone is a device of ALSA's.
type Microphone struct {
	device string
	counts *audio.Counts
}

// New makes a microphone of the device of that name: "default", or as
// "plughw:CARD=Device", which, unlike "hw:", converts what the device cannot do.
// Empty means "default".
// What goes wrong is counted in counts, if that is not nil.
func New(device string, counts *audio.Counts) *Microphone {
	return &Microphone{cmp.Or(device, "default"), cmp.Or(counts, new(audio.Counts))}
}

var _ audio.Microphone = (*Microphone)(nil)

// String is "alsa" and the device.
func (m *Microphone) String() string { return "alsa " + m.device }

// Record implements [audio.Microphone]. Everything happens on the goroutine that
// calls it.
func (m *Microphone) Record(ctx context.Context, sink audio.Sink) error {
	c, err := open(m.device)
	if err != nil {
		return fmt.Errorf("%v: %w", m, err)
	}
	defer c.close()
	if err := m.record(ctx, c, sink); err != nil {
		return fmt.Errorf("%v: %w", m, err)
	}
	return nil
}

func (m *Microphone) record(ctx context.Context, c *capture, sink audio.Sink) error {
	if code := c.lib.start.Int(c.pcm); code < 0 {
		return c.lib.failure(code)
	}
	silent := -patience // waited in vain; the first sound may take longer
	for ctx.Err() == nil {
		waited, err := m.hear(c, sink)
		if err != nil {
			return err
		}
		// Not by the clock, which goes on while we are stopped.
		if silent += waited; waited == 0 {
			silent = 0
		} else if silent >= patience {
			return fmt.Errorf("no sound for %v", patience)
		}
	}
	return nil
}

// hear gives sink what there is to hear, and otherwise says how long it has
// waited for it.
func (m *Microphone) hear(c *capture, sink audio.Sink) (waited time.Duration, err error) {
	n := c.lib.wait.Int(c.waitArgs...)
	if n == 0 {
		return look, nil
	}
	if n > 0 {
		n = c.lib.read.Long(c.readArgs...)
	}
	if n > 0 {
		sink.Take(c.sound(n), c.age())
		return 0, nil
	}
	if n < 0 && n != -int(unix.EAGAIN) { // a plugin can say that there is sound when there is not
		if err := m.recover(c, n); err != nil {
			return 0, err
		}
	}
	time.Sleep(time.Millisecond) // rather than try it all day
	return time.Millisecond, nil
}

// recover goes on after what can be gone on after, which is sound that nobody
// read in time.
func (m *Microphone) recover(c *capture, code int) error {
	if code == -int(unix.EPIPE) {
		m.counts.Overruns.Add(1)
	}
	if code := c.lib.recover.Int(c.pcm, uintptr(code), 1); code < 0 {
		return c.lib.failure(code)
	}
	if code := c.lib.start.Int(c.pcm); code < 0 && code != -int(unix.EBADFD) { // it runs already
		return c.lib.failure(code)
	}
	return nil
}

// A capture is a device that has been opened.
type capture struct {
	lib   *library
	pcm   uintptr // C's handle
	heard []int16
	gives []float32 // heard, as a sink wants it
	since []int     // one number: what the device says is between the air and us, in samples

	// The arguments of what is called for each chunk, which are always the same.
	waitArgs, readArgs, delayArgs []uintptr
}

// What to ask libasound for, from its pcm.h.
const (
	streamCapture     = 1
	nonBlocking       = 1
	accessInterleaved = 3
	formatS16         = 2 // the little-endian one
)

func open(device string) (*capture, error) {
	lib, err := load("libasound.so.2")
	if err != nil {
		return nil, err
	}
	pcm, name := new(uintptr), clib.Bytes(device)
	code := lib.open.Int(uintptr(unsafe.Pointer(pcm)), uintptr(unsafe.Pointer(&name[0])), streamCapture, nonBlocking)
	runtime.KeepAlive(name)
	if code < 0 {
		return nil, lib.failure(code)
	}
	c := &capture{lib: lib, pcm: *pcm, heard: make([]int16, chunk), gives: make([]float32, chunk), since: make([]int, 1)}
	c.waitArgs = []uintptr{c.pcm, uintptr(look.Milliseconds())}
	c.readArgs = []uintptr{c.pcm, uintptr(unsafe.Pointer(&c.heard[0])), chunk}
	c.delayArgs = []uintptr{c.pcm, uintptr(unsafe.Pointer(&c.since[0]))}
	if err := c.configure(); err != nil {
		c.close()
		if strings.HasPrefix(device, "hw:") {
			err = fmt.Errorf("%w; try plug%s, which converts", err, device)
		}
		return nil, err
	}
	return c, nil
}

// configure asks for what we want of the device.
func (c *capture) configure() error {
	box := new(uintptr)
	if code := c.lib.paramsNew.Int(uintptr(unsafe.Pointer(box))); code < 0 {
		return c.lib.failure(code)
	}
	params := *box
	defer c.lib.paramsFree.Int(params)

	period, buffer := uint32(audio.Duration(chunk).Microseconds()), uint32(depth.Microseconds())
	for _, code := range []int{ // in this order; after one that fails, the others do no harm
		c.lib.paramsAny.Int(c.pcm, params),
		c.lib.setResample.Int(c.pcm, params, 1),
		c.lib.setAccess.Int(c.pcm, params, accessInterleaved),
		c.lib.setFormat.Int(c.pcm, params, formatS16),
		c.lib.setChannels.Int(c.pcm, params, 1),
		c.lib.setRate.Int(c.pcm, params, audio.Rate, 0),
		c.lib.setPeriod.Int(c.pcm, params, uintptr(unsafe.Pointer(&period)), 0),
		c.lib.setBuffer.Int(c.pcm, params, uintptr(unsafe.Pointer(&buffer)), 0),
		c.lib.setParams.Int(c.pcm, params),
	} {
		if code < 0 {
			return c.lib.failure(code)
		}
	}
	return nil
}

// sound is the first n samples heard.
func (c *capture) sound(n int) []float32 {
	for i, v := range c.heard[:n] {
		c.gives[i] = float32(v) / 32768
	}
	return c.gives[:n]
}

// age is how long ago the sound that was read last was in the air.
func (c *capture) age() time.Duration {
	if c.lib.delay.Int(c.delayArgs...) < 0 || c.since[0] < 0 {
		return 0
	}
	return audio.Duration(c.since[0])
}

func (c *capture) close() { c.lib.close.Int(c.pcm) }

// A library is the part of libasound that we call.
type library struct {
	open, close, start, wait, read, recover, delay clib.Func
	paramsNew, paramsFree, paramsAny, setParams    clib.Func
	setResample, setAccess, setFormat, setChannels clib.Func
	setRate, setPeriod, setBuffer                  clib.Func
	errorText, hints, hintsFree, hint, free        clib.Func
}

func load(name string) (*library, error) {
	lib, err := clib.OpenALSA(name)
	if err != nil {
		return nil, err
	}
	var l library
	return &l, lib.Find(map[string]*clib.Func{
		"snd_pcm_open":                           &l.open,
		"snd_pcm_close":                          &l.close,
		"snd_pcm_start":                          &l.start,
		"snd_pcm_wait":                           &l.wait,
		"snd_pcm_readi":                          &l.read,
		"snd_pcm_recover":                        &l.recover,
		"snd_pcm_delay":                          &l.delay,
		"snd_pcm_hw_params_malloc":               &l.paramsNew,
		"snd_pcm_hw_params_free":                 &l.paramsFree,
		"snd_pcm_hw_params_any":                  &l.paramsAny,
		"snd_pcm_hw_params":                      &l.setParams,
		"snd_pcm_hw_params_set_rate_resample":    &l.setResample,
		"snd_pcm_hw_params_set_access":           &l.setAccess,
		"snd_pcm_hw_params_set_format":           &l.setFormat,
		"snd_pcm_hw_params_set_channels":         &l.setChannels,
		"snd_pcm_hw_params_set_rate":             &l.setRate,
		"snd_pcm_hw_params_set_period_time_near": &l.setPeriod,
		"snd_pcm_hw_params_set_buffer_time_near": &l.setBuffer,
		"snd_strerror":                           &l.errorText,
		"snd_device_name_hint":                   &l.hints,
		"snd_device_name_free_hint":              &l.hintsFree,
		"snd_device_name_get_hint":               &l.hint,
		"free":                                   &l.free, // libc's, found through libasound
	})
}

// failure is what ALSA says of a code.
func (l *library) failure(code int) error {
	return errors.New(clib.Text(l.errorText.Pointer(uintptr(code))))
}
