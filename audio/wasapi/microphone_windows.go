package wasapi

import (
	"cmp"
	"context"
	"fmt"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"

	"moonlark/audio"
)

const (
	// captureBuffer is how much recorded sound the device's buffer can contain. If the program does
	// not read for this long, sound is lost.
	captureBuffer = 400 * time.Millisecond

	chunk = audio.Rate / 50 // maximum number of samples that a sink gets at a time: 20 ms
)

// methods of IAudioCaptureClient
const (
	captureRead    method = 3
	captureRelease method = 4
)

// flags of a packet of recorded sound: AUDCLNT_BUFFERFLAGS_... of audioclient.h
const (
	packetAfterGap  = 1
	packetIsSilent  = 2
	packetTimeWrong = 4
)

// A Microphone records from a device of Windows.
type Microphone struct {
	device string        // never changes after NewMicrophone
	counts *audio.Counts // never changes after NewMicrophone
}

// NewMicrophone returns a microphone that records from the device with this ID or name. An empty name
// means the default device of Windows; if that changes, Record returns an error, and its next call
// uses the new one. counts.Overruns counts how often sound was lost; counts may be nil.
func NewMicrophone(device string, counts *audio.Counts) *Microphone {
	return &Microphone{device: device, counts: cmp.Or(counts, new(audio.Counts))}
}

var _ audio.Microphone = (*Microphone)(nil)

// String returns "wasapi" and the name of the device.
func (m *Microphone) String() string { return name(m.device) }

// Record implements [audio.Microphone]. It calls Windows and sink on the caller's goroutine, which
// stays on one thread meanwhile.
func (m *Microphone) Record(ctx context.Context, sink audio.Sink) error {
	if err := m.record(ctx, sink); err != nil {
		return fmt.Errorf("%v: %w", m, err)
	}
	return nil
}

func (m *Microphone) record(ctx context.Context, sink audio.Sink) error {
	done, err := useCOM()
	if err != nil {
		return err
	}
	defer done()
	event, err := windows.CreateEvent(nil, 0, 0, nil)
	if err != nil {
		return err
	}
	defer windows.CloseHandle(event)
	s, err := open(recording, m.device, captureBuffer, event)
	if err != nil {
		return err
	}
	r := &reader{stream: s, sink: sink, counts: m.counts, sound: make([]float32, chunk)}
	defer r.close()
	queryCounterSpeed.Call(uintptr(unsafe.Pointer(&r.frequency))) // succeeds on every Windows
	if err := r.client.call(start); err != nil {
		return err
	}
	for ctx.Err() == nil {
		if err := r.wait(); err != nil {
			return err
		}
		if err := r.readAll(); err != nil {
			return err
		}
	}
	return nil
}

// A reader reads packets of sound from an open device. Its fields receive the results of Windows, so
// that no call allocates memory.
type reader struct {
	*stream
	sink   audio.Sink
	counts *audio.Counts
	sound  []float32 // the samples that sink gets

	data      *float32 // the samples of the packet
	length    uint32   // number of samples in the packet
	flags     uint32
	position  uint64 // position of the first sample in the stream
	recorded  uint64 // when the first sample was recorded: the performance counter in units of 100 ns
	frequency int64  // how often the performance counter counts in a second
	counter   int64
	began     bool // a packet has been read
}

// readAll passes all packets in the buffer of the device to the sink.
func (r *reader) readAll() error {
	for {
		code, _, _ := syscall.SyscallN(r.service.methods[captureRead], r.service.this(), uintptr(unsafe.Pointer(&r.data)), uintptr(unsafe.Pointer(&r.length)),
			uintptr(unsafe.Pointer(&r.flags)), uintptr(unsafe.Pointer(&r.position)), uintptr(unsafe.Pointer(&r.recorded)))
		if err := check(code); err != nil {
			return err
		}
		if r.length == 0 { // AUDCLNT_S_BUFFER_EMPTY
			return nil
		}
		if r.flags&packetAfterGap != 0 && r.began {
			r.counts.Overruns.Add(1)
		}
		r.began = true
		r.moved = time.Now()
		r.pass()
		r.data = nil
		code, _, _ = syscall.SyscallN(r.service.methods[captureRelease], r.service.this(), uintptr(r.length))
		if err := check(code); err != nil {
			return err
		}
	}
}

// pass passes the packet to the sink, in chunks.
func (r *reader) pass() {
	packet, age := unsafe.Slice(r.data, r.length), r.age()
	for len(packet) > 0 {
		n := min(len(packet), chunk)
		sound := r.sound[:n]
		if r.flags&packetIsSilent != 0 {
			clear(sound)
		} else {
			copy(sound, packet)
		}
		packet = packet[n:]
		r.sink.Take(sound, age+audio.Duration(len(packet)))
	}
}

// age returns how long ago the last sample of the packet was recorded, or 0 if Windows does not know.
func (r *reader) age() time.Duration {
	if r.flags&packetTimeWrong != 0 || r.frequency == 0 {
		return 0
	}
	syscall.SyscallN(queryCounter.Addr(), uintptr(unsafe.Pointer(&r.counter))) // succeeds on every Windows
	seconds, rest := r.counter/r.frequency, r.counter%r.frequency
	now := time.Duration(seconds)*time.Second + time.Duration(rest*int64(time.Second)/r.frequency)
	return max(0, now-time.Duration(r.recorded)*100-audio.Duration(int(r.length)))
}
