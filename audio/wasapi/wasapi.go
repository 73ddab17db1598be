// Package wasapi plays and records sound through WASAPI, the sound system of Windows. It calls
// Windows directly and needs no C compiler.
//
// Windows converts the sound of the devices to the format of package audio.
package wasapi

// A Device is a speaker or a microphone in the result of Devices.
type Device struct {
	Name        string // ID of the device
	Description string // name of the device for people
	Default     bool
}

// name returns the name of a device to show to users.
func name(device string) string {
	if device == "" {
		return "wasapi"
	}
	return "wasapi " + device
}
