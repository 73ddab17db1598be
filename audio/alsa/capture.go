//go:build linux && !static

package alsa

import (
	"fmt"
	"strings"
	"time"
	"unsafe"

	"moonlark/audio"
	"moonlark/audio/internal/clib"
)

const (
	// chunk is the number of samples that one call reads from the device: 20 ms of sound.
	chunk = audio.Rate / 50

	// bufferLength is how much sound the device's buffer can contain. If the program does not read
	// for this long, sound is lost.
	bufferLength = 400 * time.Millisecond

	// waitTimeout is the longest time that one call of snd_pcm_wait waits for sound. Record checks
	// whether its context is done only after such a call.
	waitTimeout = 50 * time.Millisecond
)

// These constants of libasound have the values that its header file pcm.h defines.
const (
	streamCapture     = 1
	nonBlocking       = 1
	accessInterleaved = 3
	formatS16         = 2 // 16-bit little-endian samples
)

// A capture is an ALSA device that is open for recording. Only one goroutine may use a capture.
type capture struct {
	lib *library
	pcm uintptr // libasound's handle of the open device

	wire  []int16   // samples of the chunk that was read last, in the format of the device
	sound []float32 // samples of the chunk that was read last, as float32 numbers for a sink

	wait  *clib.Call // waits until the device has recorded sound, for at most waitTimeout
	read  *clib.Call // reads a chunk from the device into the field wire
	delay *clib.Call // stores the delay of the device, in samples, in *lag
	// delay of the device in samples, as the field delay stores it
	lag *int
}

// openCapture opens an ALSA device for recording and sets its format. device is the name of the
// device, such as "default". The caller closes the capture.
func openCapture(device string) (*capture, error) {
	lib, err := loadLibrary("libasound.so.2")
	if err != nil {
		return nil, err
	}
	pcm, name := new(uintptr), clib.Bytes(device)
	code := lib.open.Int(uintptr(unsafe.Pointer(pcm)), uintptr(unsafe.Pointer(&name[0])), streamCapture, nonBlocking)
	if code < 0 {
		return nil, lib.failure(code)
	}
	c := &capture{lib: lib, pcm: *pcm, wire: make([]int16, chunk), sound: make([]float32, chunk), lag: new(int)}
	handle := clib.Number(c.pcm)
	c.wait = lib.wait.Prepare(handle, clib.Number(uintptr(waitTimeout.Milliseconds())))
	c.read = lib.read.Prepare(handle, clib.Pointer(unsafe.Pointer(&c.wire[0])), clib.Number(chunk))
	c.delay = lib.delay.Prepare(handle, clib.Pointer(unsafe.Pointer(c.lag)))
	if err := c.configure(); err != nil {
		c.close()
		if strings.HasPrefix(device, "hw:") {
			err = fmt.Errorf("%w; try plug%s, which converts", err, device)
		}
		return nil, err
	}
	return c, nil
}

// configure sets the sample format of the device and the length of its buffer.
func (c *capture) configure() error {
	box := new(uintptr)
	if code := c.lib.paramsNew.Int(uintptr(unsafe.Pointer(box))); code < 0 {
		return c.lib.failure(code)
	}
	params := *box
	defer c.lib.paramsFree.Int(params)

	period, buffer := uint32(audio.Duration(chunk).Microseconds()), uint32(bufferLength.Microseconds())
	// Go evaluates all elements, and so makes all calls, before the loop begins. If one call fails,
	// the calls after it do no harm.
	for _, code := range []int{
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

// samples returns the first n samples of the chunk that was read last. The result is valid until
// the next call.
func (c *capture) samples(n int) []float32 {
	for i, v := range c.wire[:n] {
		c.sound[i] = float32(v) / 32768
	}
	return c.sound[:n]
}

// age returns how long ago the device recorded the sample that was read last, or 0 if the device
// does not know.
func (c *capture) age() time.Duration {
	if c.delay.Int() < 0 || *c.lag < 0 {
		return 0
	}
	return audio.Duration(*c.lag)
}

func (c *capture) close() { c.lib.close.Int(c.pcm) }
