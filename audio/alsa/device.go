package alsa

// A Device is something that sound can be recorded from or played on.
type Device struct {
	Name        string // as New wants it
	Description string // for a person
	Captures    bool
	Plays       bool
}
