package record

import (
	"errors"
	"sync"
	"time"

	"moonlark/audio"
	"moonlark/engine/bus"
)

// watchTimeout is how long the end of a recording waits until the events before it are written.
const watchTimeout = time.Second

// ErrNoFolder is the error of Switch.Begin if nothing says where recordings belong.
var ErrNoFolder = errors.New("nothing says where recordings belong: start with --record DIR or --data FOLDER")

// A Switch begins and ends recordings while the agent runs. There is at most one at a time. Any goroutine
// may call the methods.
type Switch struct {
	bus  *bus.Bus
	opts Options

	mu       sync.Mutex        // guards the fields below
	recorder *Recorder         // nil while nothing is recorded
	watched  *bus.Subscription // of the recorder
	sounds   []audio.Playback  // what the agent hears and what the speaker plays; nil without sound
	closed   bool
}

// NewSwitch returns a Switch for recordings of the events of a bus. Nothing is recorded before Begin.
func NewSwitch(b *bus.Bus, opts Options) *Switch { return &Switch{bus: b, opts: opts} }

// Begin begins a recording, unless there is one, and returns the name of its file. The name is empty
// while nothing can be written because the disk is full: the recorder tries again. An error says why
// there is no recording.
func (s *Switch) Begin() (file string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return "", errors.New("the program is ending")
	case s.opts.Folder == "":
		return "", ErrNoFolder
	case s.recorder == nil:
		recorder, err := Open(s.opts)
		if err != nil {
			return "", err
		}
		s.recorder, s.watched = recorder, recorder.Watch(s.bus)
		s.attachSounds()
	}
	if state := s.recorder.State(); state != nil {
		file = state.File
	}
	return file, nil
}

// AttachSound makes the recordings contain the sound of the conversations that begin after it and after
// Begin: see Recorder.AttachSound. Call it at most once.
func (s *Switch) AttachSound(user, agent audio.Playback) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sounds = []audio.Playback{user, agent}
	s.attachSounds()
}

// attachSounds attaches the sounds to the recorder, if there are both. The caller must hold s.mu.
func (s *Switch) attachSounds() {
	if s.recorder != nil && s.sounds != nil {
		s.recorder.AttachSound(s.sounds[0], s.sounds[1])
	}
}

// End ends the recording, and waits until the events that were published before are written, for at most
// a second. It returns the name of the file, which is empty if nothing is recorded. The error says that
// the end of the file could not be written.
func (s *Switch) End() (file string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.end()
}

// end does what End says. The caller must hold s.mu.
func (s *Switch) end() (file string, err error) {
	if s.recorder == nil {
		return "", nil
	}
	s.watched.Close(watchTimeout)
	if state := s.recorder.State(); state != nil {
		file = state.File
	}
	err = s.recorder.Close()
	s.recorder, s.watched = nil, nil
	return file, err
}

// Close ends the recording, as End does, and prevents further ones.
func (s *Switch) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	_, err := s.end()
	return err
}

// State returns where the events are recorded now, or nil if they are not.
func (s *Switch) State() *State {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.recorder == nil {
		return nil
	}
	return s.recorder.State()
}
