package alsa

// A Device is a device of ALSA.
type Device struct {
	Name        string // the name to pass to New
	Description string // a description to show to users
	Captures    bool   // the device can record sound
}
