package wasapi

import (
	"errors"
	"fmt"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"

	"moonlark/audio"
)

const (
	// waitTimeout is the longest time that a goroutine waits for the device before it checks the
	// device again.
	waitTimeout = 100 * time.Millisecond

	// idleTimeout is how long a device may move no sound. After that it counts as lost.
	idleTimeout = 2 * time.Second

	// defaultInterval is how often a stream on the default device checks whether another device has
	// become the default device.
	defaultInterval = time.Second
)

var errOtherDefault = errors.New("another device is now the default device")

var (
	clientID  = guid("{1CB9AD4C-DBFA-4C32-B178-C2F568A703B2}") // IAudioClient
	renderID  = guid("{F294ACFC-3146-4483-A7BF-ADDCA7C260E2}") // IAudioRenderClient
	captureID = guid("{C8ADBD64-E71E-48A0-A4DE-185C395CD317}") // IAudioCaptureClient
)

// methods of IAudioClient
const (
	initialize     method = 3
	bufferSize     method = 4
	currentPadding method = 6
	start          method = 10
	stop           method = 11
	reset          method = 12
	setEvent       method = 13
	service        method = 14
)

// A waveFormat is a WAVEFORMATEX of mmeapi.h, whose last field is followed by no padding there.
type waveFormat struct {
	tag           uint16
	channels      uint16
	rate          uint32
	bytesPerSec   uint32
	bytesPerFrame uint16
	bits          uint16
	extra         uint16
}

const floatFormat = 3 // WAVE_FORMAT_IEEE_FLOAT

// A stream is an open device. Only the goroutine that has opened it may use it.
type stream struct {
	devices devices
	flow    flow
	id      string // ID of the device if it was opened because it is the default device, or ""
	client  *object
	service *object // an IAudioRenderClient or an IAudioCaptureClient
	event   windows.Handle
	size    uint32 // length of the device's buffer in samples

	number  uint32    // receives results of calls
	checked time.Time // when the stream last looked for the default device
	moved   time.Time // when the device last moved sound
}

// open opens a device with a buffer for sound of length buffer. Windows sets event whenever the
// device has moved sound. The caller must have called useCOM, and closes the stream.
func open(f flow, name string, buffer time.Duration, event windows.Handle) (*stream, error) {
	d, err := openDevices()
	if err != nil {
		return nil, err
	}
	s := &stream{devices: d, flow: f, event: event, checked: time.Now(), moved: time.Now()}
	if err := s.open(name, buffer); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *stream) open(name string, buffer time.Duration) error {
	const anyContext = 23 // CLSCTX_ALL
	device, err := s.devices.find(s.flow, name)
	if err != nil {
		return err
	}
	defer device.release()
	if name == "" {
		if s.id, err = identify(device); err != nil {
			return err
		}
	}
	if err := device.call(activate, uintptr(unsafe.Pointer(clientID)), anyContext, 0, uintptr(unsafe.Pointer(&s.client))); err != nil {
		return err
	}
	// AUDCLNT_STREAMFLAGS_EVENTCALLBACK, _AUTOCONVERTPCM and _SRC_DEFAULT_QUALITY
	const shared, flags = 0, 0x00040000 | 0x80000000 | 0x08000000
	format := waveFormat{floatFormat, 1, audio.Rate, 4 * audio.Rate, 4, 32, 0}
	length := uintptr(buffer / 100) // in units of 100 ns
	if err := s.client.call(initialize, shared, flags, length, 0, uintptr(unsafe.Pointer(&format)), 0); err != nil {
		return fmt.Errorf("format: %w", err)
	}
	if err := s.client.call(setEvent, uintptr(s.event)); err != nil {
		return err
	}
	id := renderID
	if s.flow == recording {
		id = captureID
	}
	if err := s.client.call(service, uintptr(unsafe.Pointer(id)), uintptr(unsafe.Pointer(&s.service))); err != nil {
		return err
	}
	return s.client.call(bufferSize, uintptr(unsafe.Pointer(&s.size)))
}

// close stops the device and frees everything that open has made. It may be called for a stream that
// is open in part.
func (s *stream) close() {
	if s.client != nil {
		_ = s.client.call(stop)
	}
	s.service.release()
	s.client.release()
	s.devices.release()
}

// wait waits until the device has moved sound, until somebody else sets the event, or for waitTimeout.
// It returns an error if the device is lost.
func (s *stream) wait() error {
	if _, err := windows.WaitForSingleObject(s.event, uint32(waitTimeout.Milliseconds())); err != nil {
		return err
	}
	now := time.Now()
	if now.Sub(s.moved) > idleTimeout {
		return fmt.Errorf("the device has moved no sound for %v", idleTimeout)
	}
	if s.id != "" && now.Sub(s.checked) > defaultInterval {
		s.checked = now
		if id := s.devices.standardID(s.flow); id != "" && id != s.id {
			return errOtherDefault
		}
	}
	return nil
}

// padding returns how many samples are in the device's buffer.
func (s *stream) padding() (int, error) {
	code, _, _ := syscall.SyscallN(s.client.methods[currentPadding], s.client.this(), uintptr(unsafe.Pointer(&s.number)))
	return int(s.number), check(code)
}
