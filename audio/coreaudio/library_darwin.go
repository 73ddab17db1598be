package coreaudio

import (
	"fmt"
	"sync"
	"unsafe"

	"github.com/ebitengine/purego"
)

// These are constants of CoreAudioTypes and AudioToolbox.
const (
	linearPCM       = 0x6c70636d // kAudioFormatLinearPCM, 'lpcm'
	floatSamples    = 1          // kAudioFormatFlagIsFloat
	sampleTimeValid = 1          // kAudioTimeStampSampleTimeValid
)

// A streamFormat is an AudioStreamBasicDescription of CoreAudioTypes.
type streamFormat struct {
	rate                                                                             float64
	format, flags, bytesPerPacket, framesPerPacket, bytesPerFrame, channels, bits, _ uint32
}

// A buffer is the beginning of an AudioQueueBuffer of AudioToolbox.
type buffer struct {
	capacity uint32
	data     unsafe.Pointer
	size     uint32 // number of bytes in data
}

// A timeStamp is an AudioTimeStamp of CoreAudioTypes.
type timeStamp struct {
	sampleTime float64
	_          uint64
	_          float64
	_          uint64
	_          [24]byte
	flags      uint32
	_          uint32
}

// A library has the functions of AudioToolbox that this package calls, and the callback.
type library struct {
	newInputQueue, allocate, enqueue, startQueue, disposeQueue uintptr

	// callback is the address of a function that macOS calls when a buffer is full. purego cannot
	// free callbacks, so there is only one.
	callback uintptr
}

// loadLibrary loads AudioToolbox when it is first called.
var loadLibrary = sync.OnceValues(func() (*library, error) {
	handle, err := purego.Dlopen("/System/Library/Frameworks/AudioToolbox.framework/AudioToolbox", purego.RTLD_LAZY|purego.RTLD_GLOBAL)
	if err != nil {
		return nil, err
	}
	lib := new(library)
	for name, function := range map[string]*uintptr{
		"AudioQueueNewInput":       &lib.newInputQueue,
		"AudioQueueAllocateBuffer": &lib.allocate,
		"AudioQueueEnqueueBuffer":  &lib.enqueue,
		"AudioQueueStart":          &lib.startQueue,
		"AudioQueueDispose":        &lib.disposeQueue,
	} {
		if *function, err = purego.Dlsym(handle, name); err != nil {
			return nil, err
		}
	}
	lib.callback = purego.NewCallback(bufferIsFull)
	return lib, nil
})

// bufferIsFull is an AudioQueueInputCallback. A thread of macOS calls it.
func bufferIsFull(number, _ uintptr, b *buffer, time *timeStamp, _ uintptr, _ uintptr) {
	if r, ok := recordings.Load(number); ok {
		r.(*recording).take(uintptr(unsafe.Pointer(b)), b, time)
	}
}

// newInput makes a queue that records in this format and calls callback with number.
func (l *library) newInput(format *streamFormat, callback, number uintptr, queue *uintptr) error {
	status, _, _ := purego.SyscallN(l.newInputQueue, uintptr(unsafe.Pointer(format)), callback, number, 0, 0, 0, uintptr(unsafe.Pointer(queue)))
	return check("AudioQueueNewInput", status)
}

// addBuffer adds an empty buffer of size bytes to the queue.
func (l *library) addBuffer(queue uintptr, size int) error {
	var b uintptr
	status, _, _ := purego.SyscallN(l.allocate, queue, uintptr(size), uintptr(unsafe.Pointer(&b)))
	if err := check("AudioQueueAllocateBuffer", status); err != nil {
		return err
	}
	status, _, _ = purego.SyscallN(l.enqueue, queue, b, 0, 0)
	return check("AudioQueueEnqueueBuffer", status)
}

func (l *library) start(queue uintptr) error {
	status, _, _ := purego.SyscallN(l.startQueue, queue, 0)
	return check("AudioQueueStart", status)
}

// dispose stops the queue, waits until its callback has returned, and frees the queue.
func (l *library) dispose(queue uintptr) {
	const now = 1
	purego.SyscallN(l.disposeQueue, queue, now)
}

// check returns an error if status, the result of a function of AudioToolbox, is not zero.
func check(function string, status uintptr) error {
	if code := int32(status); code != 0 {
		return fmt.Errorf("%s: error %d", function, code)
	}
	return nil
}
