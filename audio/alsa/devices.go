//go:build linux && !static

package alsa

import (
	"fmt"
	"runtime"
	"strings"
	"unsafe"

	"moonlark/audio/internal/clib"
)

// Devices are the devices that ALSA knows, in its order.
func Devices() ([]Device, error) {
	lib, err := load("libasound.so.2")
	if err != nil {
		return nil, fmt.Errorf("alsa: %w", err)
	}
	kind, list := clib.Bytes("pcm"), new(*uintptr)
	code := lib.hints.Int(^uintptr(0), uintptr(unsafe.Pointer(&kind[0])), uintptr(unsafe.Pointer(list))) // -1: of all cards
	runtime.KeepAlive(kind)
	if code < 0 {
		return nil, fmt.Errorf("alsa: %w", lib.failure(code))
	}
	defer lib.hintsFree.Int(uintptr(unsafe.Pointer(*list)))

	var devices []Device
	for i := 0; ; i++ {
		hint := *(*uintptr)(unsafe.Add(unsafe.Pointer(*list), i*int(unsafe.Sizeof(uintptr(0)))))
		if hint == 0 {
			return devices, nil
		}
		way := lib.value(hint, "IOID") // nothing for both
		devices = append(devices, Device{
			Name:        lib.value(hint, "NAME"),
			Description: strings.ReplaceAll(lib.value(hint, "DESC"), "\n", ", "),
			Captures:    way != "Output",
			Plays:       way != "Input",
		})
	}
}

// value is what a hint says under that name.
func (l *library) value(hint uintptr, name string) string {
	id := clib.Bytes(name)
	text := l.hint.Pointer(hint, uintptr(unsafe.Pointer(&id[0])))
	runtime.KeepAlive(id)
	if text == 0 {
		return ""
	}
	defer l.free.Int(text)
	return clib.Text(text)
}
