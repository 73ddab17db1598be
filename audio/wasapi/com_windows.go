package wasapi

import (
	"fmt"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	ole32             = windows.NewLazySystemDLL("ole32.dll")
	coCreateInstance  = ole32.NewProc("CoCreateInstance")
	propVariantClear  = ole32.NewProc("PropVariantClear")
	kernel32          = windows.NewLazySystemDLL("kernel32.dll")
	queryCounter      = kernel32.NewProc("QueryPerformanceCounter")
	queryCounterSpeed = kernel32.NewProc("QueryPerformanceFrequency")
)

// An object is a COM object. Its first word points to the table of its methods.
type object struct {
	methods *[32]uintptr
}

// A method is the index of a method in the table of an object. The numbers come from the order of
// the methods in the headers mmdeviceapi.h, audioclient.h and propsys.h of the Windows SDK. The first
// three methods of each interface are those of IUnknown.
type method int

const release method = 2

// call calls a method of the object. It returns an error if the method does. It allocates memory:
// code that runs for each piece of sound uses syscall.SyscallN with o.methods and o.this instead.
//
//go:uintptrescapes
func (o *object) call(m method, args ...uintptr) error {
	code, _, _ := syscall.SyscallN(o.methods[m], append([]uintptr{o.this()}, args...)...)
	return check(code)
}

// this returns the first argument of each method of the object.
func (o *object) this() uintptr { return uintptr(unsafe.Pointer(o)) }

// release frees the object. It may be called for nil.
func (o *object) release() {
	if o != nil {
		_ = o.call(release) // the result is the number of references, not an error code
	}
}

// A failure is an error code of COM that is not a success.
type failure uint32

// These are error codes of WASAPI and COM, from audioclient.h and winerror.h.
const (
	deviceInvalidated failure = 0x88890004
	deviceInUse       failure = 0x8889000a
	noService         failure = 0x88890010
	accessDenied      failure = 0x80070005
	notFound          failure = 0x80070490
	changedMode       failure = 0x80010106
)

// check returns the error for a result of a COM function, or nil if the result means success.
func check(code uintptr) error {
	if int32(code) >= 0 {
		return nil
	}
	return failure(uint32(code))
}

// Error describes the error for people.
func (f failure) Error() string {
	switch f {
	case deviceInvalidated:
		return "the device was removed or its settings have changed"
	case deviceInUse:
		return "another program uses the device alone"
	case noService:
		return "the Windows audio service is not running"
	case accessDenied:
		return "access is denied: allow desktop apps to use the microphone in the privacy settings of Windows"
	case notFound:
		return "there is no such device"
	}
	return fmt.Sprintf("error %#x: %v", uint32(f), syscall.Errno(f))
}

// useCOM prepares the calling goroutine for calls of COM, and keeps it on its thread. The caller must
// call done on the same goroutine after the last call.
func useCOM() (done func(), err error) {
	runtime.LockOSThread()
	err = windows.CoInitializeEx(0, windows.COINIT_MULTITHREADED)
	if code, ok := err.(syscall.Errno); ok {
		err = check(uintptr(code)) // 1 means that the thread is prepared already, which is a success
	}
	if err != nil {
		runtime.UnlockOSThread()
		return nil, err
	}
	return func() { windows.CoUninitialize(); runtime.UnlockOSThread() }, nil
}

// create makes an object of a class of COM.
func create(class, iface *windows.GUID) (*object, error) {
	if err := coCreateInstance.Find(); err != nil {
		return nil, err
	}
	const anyContext = 23 // CLSCTX_ALL
	var o *object
	code, _, _ := coCreateInstance.Call(uintptr(unsafe.Pointer(class)), 0, anyContext, uintptr(unsafe.Pointer(iface)), uintptr(unsafe.Pointer(&o)))
	if err := check(code); err != nil {
		return nil, err
	}
	return o, nil
}
