//go:build linux && !static

package alsa

import (
	"fmt"
	"strings"
	"unsafe"

	"moonlark/audio/internal/clib"
)

// Devices returns the devices that ALSA lists, in the order in which ALSA lists them.
func Devices() ([]Device, error) {
	lib, err := loadLibrary("libasound.so.2")
	if err != nil {
		return nil, fmt.Errorf("alsa: %w", err)
	}
	const allCards = ^uintptr(0) // libasound expects -1 for "all cards"
	kind, list := clib.Bytes("pcm"), new(*uintptr)
	code := lib.hints.Int(allCards, uintptr(unsafe.Pointer(&kind[0])), uintptr(unsafe.Pointer(list)))
	if code < 0 {
		return nil, fmt.Errorf("alsa: %w", lib.failure(code))
	}
	defer lib.hintsFree.Int(uintptr(unsafe.Pointer(*list)))

	var devices []Device
	for i := 0; ; i++ { // list points to a C array that ends with a zero
		hint := *(*uintptr)(unsafe.Add(unsafe.Pointer(*list), i*int(unsafe.Sizeof(uintptr(0)))))
		if hint == 0 {
			return devices, nil
		}
		// "Input", "Output", or empty for a device that records and plays
		direction := lib.hintField(hint, "IOID")
		devices = append(devices, Device{
			Name:        lib.hintField(hint, "NAME"),
			Description: strings.ReplaceAll(lib.hintField(hint, "DESC"), "\n", ", "),
			Captures:    direction != "Output",
		})
	}
}

// hintField returns one field of a device's description, such as "NAME", or "" if the device has no
// such field. hint is libasound's pointer to the description.
func (l *library) hintField(hint uintptr, name string) string {
	id := clib.Bytes(name)
	text := l.hint.Pointer(hint, uintptr(unsafe.Pointer(&id[0])))
	if text == 0 {
		return ""
	}
	defer l.free.Int(text)
	return clib.String(text)
}
