//go:build linux && !static

package clib

import "github.com/ebitengine/purego"

// alsaHint tells the user how to install libasound. Debian 13 and Ubuntu 24.04 have renamed the
// package, and their apt-get does not accept the old name.
const alsaHint = "apt-get install libasound2t64, or libasound2 before Debian 13 and Ubuntu 24.04"

// OpenALSA loads libasound. name is the file name of the library, such as "libasound.so.2".
// OpenALSA prevents libasound, and the library of JACK that libasound may load, from printing
// messages on the terminal.
func OpenALSA(name string) (*Library, error) {
	lib, err := Open(name, alsaHint)
	if err != nil {
		return nil, err
	}

	// libasound passes its messages to a handler. As the handler, OpenALSA sets a C function that
	// does nothing and ignores its arguments. A handler written in Go would run on threads that
	// belong to plugins of ALSA.
	var setHandler, doNothing Func
	if lib.Find(map[string]*Func{"snd_lib_error_set_handler": &setHandler, "snd_asoundlib_version": &doNothing}) == nil {
		setHandler.Int(uintptr(doNothing))
		silenceJACK(doNothing)
	}
	return lib, nil
}

// silenceJACK makes the client library of JACK pass its messages to doNothing, so that they are not
// printed.
func silenceJACK(doNothing Func) {
	handle, err := purego.Dlopen("libjack.so.0", purego.RTLD_NOW|purego.RTLD_GLOBAL)
	if err != nil {
		return // libjack is not installed, so ALSA cannot load libjack either
	}
	jack := &Library{"libjack.so.0", handle}
	var onError, onInfo Func
	if jack.Find(map[string]*Func{"jack_set_error_function": &onError, "jack_set_info_function": &onInfo}) == nil {
		onError.Int(uintptr(doNothing))
		onInfo.Int(uintptr(doNothing))
	}
}
