//go:build linux && !static

package alsa

import (
	"errors"

	"moonlark/audio/internal/clib"
)

// A library holds the functions of libasound that this package calls.
type library struct {
	open, close, start, wait, read, recover, delay clib.Func
	paramsNew, paramsFree, paramsAny, setParams    clib.Func
	setResample, setAccess, setFormat, setChannels clib.Func
	setRate, setPeriod, setBuffer                  clib.Func
	errorText, hints, hintsFree, hint, free        clib.Func
}

// loadLibrary loads libasound and finds the functions that this package calls. name is the file
// name of the library, such as "libasound.so.2".
func loadLibrary(name string) (*library, error) {
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
		// a function of the C library, which libasound loads
		"free": &l.free,
	})
}

// failure returns an error with libasound's text for an error code.
func (l *library) failure(code int) error {
	return errors.New(clib.String(l.errorText.Pointer(uintptr(code))))
}
