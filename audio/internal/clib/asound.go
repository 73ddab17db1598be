//go:build linux && !static

package clib

import "github.com/ebitengine/purego"

// OpenALSA loads libasound, under that name, and tells it, and JACK, which it may try, to keep
// what they think off the terminal.
func OpenALSA(name string) (*Library, error) {
	lib, err := Open(name, "libasound2")
	if err != nil {
		return nil, err
	}

	// The handler is a function of C that does nothing and ignores what it is
	// given. A callback into Go would do as well, if it did not mean that Go runs
	// on any thread that a plugin of ALSA's may have.
	var setHandler, nothing Func
	if lib.Find(map[string]*Func{"snd_lib_error_set_handler": &setHandler, "snd_asoundlib_version": &nothing}) == nil {
		setHandler.Int(uintptr(nothing))
		quietJACK(nothing)
	}
	return lib, nil
}

// quietJACK makes JACK's client library call nothing where it would print.
func quietJACK(nothing Func) {
	handle, err := purego.Dlopen("libjack.so.0", purego.RTLD_NOW|purego.RTLD_GLOBAL)
	if err != nil {
		return // then ALSA has no use for it either
	}
	jack := &Library{"libjack.so.0", handle}
	var onError, onInfo Func
	if jack.Find(map[string]*Func{"jack_set_error_function": &onError, "jack_set_info_function": &onInfo}) == nil {
		onError.Int(uintptr(nothing))
		onInfo.Int(uintptr(nothing))
	}
}
