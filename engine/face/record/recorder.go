// Package record writes the events of an agent to files, and reads these recordings.
//
// A recording is the stream of events: one JSON object a line, the same that --json prints and pages
// get. Its first line, of the type "recording", says what was recorded. What people have said is in
// it, so only the owner can read the files.
package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"moonlark/audio"
	"moonlark/engine/bus"
)

const (
	// maxTotal is the maximum size of all recordings in a folder, in bytes.
	maxTotal = 1 << 30
	// maxFile is the size from which a new file is begun, in bytes.
	maxFile = 32 << 20
	// minFile is the size from which a new conversation begins a new file, in bytes.
	minFile = 1 << 20
	// retryInterval is the time after which the recorder tries again to write, after an error.
	retryInterval = time.Minute

	// maxSound is the size of the sound from which a new file is begun, in bytes: about half an hour.
	maxSound = 128 << 20

	extension, soundExtension = ".jsonl", ".wav"
)

// A Header is the first line of a recording.
type Header struct {
	Type    string    `json:"type"` // "recording"
	Time    time.Time `json:"time"`
	Version string    `json:"version"` // of the program
	Scripts []Script  `json:"scripts"`
	// Sound is about the sound of the recording; nil if there is none.
	Sound *SoundHeader `json:"sound,omitempty"`
}

// A Script is a script that ran during a recording.
type Script struct {
	Name string `json:"name"`
	Hash string `json:"sha256,omitempty"` // of the file's content; empty if it could not be read
}

// Options are the options of a Recorder.
type Options struct {
	Folder  string          // where the files are written; it is made if it does not exist
	Version string          // the version of the program
	Scripts func() []Script // returns the scripts for the first line of a file
	Level   slog.Level      // the lowest level of the lines of the log that are recorded
	Log     *slog.Logger    // where problems are logged; nil means nowhere
}

// A Recorder writes the events of an agent to files in a folder. Together they have at most 1 GiB:
// the oldest recordings are removed. Any goroutine may call the methods.
type Recorder struct {
	opts              Options
	maxTotal, maxFile int64 // the constants above, except in tests
	maxSound          int64
	stop              chan struct{} // closed by Close; ends the goroutine of AttachSound
	running           sync.WaitGroup

	mu     sync.Mutex // guards the fields below
	file   *os.File   // nil after an error and after Close
	bytes  int64      // the size of file
	failed time.Time  // when the last error occurred; zero if the recorder works
	closed bool
	phase  bus.PhaseTracker

	hasSounds      bool              // AttachSound has been called
	sounds         [2]audio.Playback // valid if hasSounds is set
	inConversation bool              // there is a conversation, or it is being connected
	sound          *soundFile        // nil between two conversations, and without sound
}

// Open makes the folder and begins the first file. A full disk is no error, because the agent works without a
// recording: the recorder logs it and tries again. If Open returns no error, the caller must call Close.
func Open(opts Options) (*Recorder, error) {
	r := &Recorder{opts: opts, maxTotal: maxTotal, maxFile: maxFile, maxSound: maxSound, stop: make(chan struct{})}
	if r.opts.Log == nil {
		r.opts.Log = slog.New(slog.DiscardHandler)
	}
	switch err := r.begin(false); {
	case errors.Is(err, syscall.ENOSPC):
		r.fail(err)
	case err != nil:
		return nil, err
	}
	return r, nil
}

// Watch makes the Recorder receive the events of a bus, until the caller closes the subscription that
// Watch returns.
func (r *Recorder) Watch(b *bus.Bus) *bus.Subscription {
	return b.Subscribe(func(t bus.Type) bool { return t.IsForPages() }, r.Note)
}

// Note writes an event to the file, and then a Phase event if the event has changed the phase of the
// conversation.
// Watch calls it for the events of the bus.
func (r *Recorder) Note(e bus.Event) {
	if e.IsBelow(r.opts.Level) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if change, changed := r.phase.Note(e); changed {
		defer r.record(change)
	}
	r.record(e)
}

// record writes an event to the file. The caller holds r.mu.
func (r *Recorder) record(e bus.Event) {
	line, err := e.Line()
	if err != nil {
		r.opts.Log.Warn("record: " + err.Error())
		return
	}
	if e.Type == bus.Status {
		r.inConversation = e.Status != "waiting" && e.Status != "ended"
	}
	withSound := r.hasSounds && r.inConversation
	full := r.bytes > r.maxFile || beginsConversation(e) && (r.bytes > min(minFile, r.maxFile) || r.isRemoved()) || withSound && r.sound == nil
	switch {
	case r.closed, r.file == nil && time.Since(r.failed) < retryInterval:
		return
	case r.file == nil, full:
		if err := r.begin(withSound); err != nil {
			r.fail(err)
			return
		}
	}
	if err := r.write(line); err != nil {
		r.fail(err)
	}
	if !r.inConversation {
		r.endSound()
	}
}

// write writes a line to the file. The caller holds r.mu, except in Open.
func (r *Recorder) write(line []byte) error {
	n, err := r.file.Write(line)
	r.bytes += int64(n)
	return err
}

// beginsConversation reports whether a conversation begins with the event. A Connecting event comes only
// once, when the program starts.
func beginsConversation(e bus.Event) bool {
	return e.Type == bus.Connecting || e.Type == bus.Status && e.Status == "connecting"
}

// isRemoved reports whether somebody has removed the file. The caller holds r.mu.
func (r *Recorder) isRemoved() bool {
	if r.file == nil {
		return false
	}
	_, err := os.Stat(r.file.Name())
	return errors.Is(err, fs.ErrNotExist)
}

// fail closes the file after an error. The caller holds r.mu, except in Open.
func (r *Recorder) fail(err error) {
	if r.sound != nil {
		r.sound.close() // without the rest of the sound: the disk may be full
		r.sound = nil
	}
	r.closeFiles()
	if r.failed.IsZero() {
		r.opts.Log.Warn(fmt.Sprintf("record: %v: nothing is recorded; trying again each minute", err))
	}
	r.failed = time.Now()
}

// closeFiles closes the file and that of the sound. The caller holds r.mu, except in Open.
func (r *Recorder) closeFiles() error {
	r.endSound()
	if r.file == nil {
		return nil
	}
	err := r.file.Close()
	r.file = nil
	return err
}

// begin closes the file, makes the folder and room in it, and begins a new file, and with withSound a
// file for the sound. If it returns an error, there is no new file. The caller holds r.mu, except in Open.
func (r *Recorder) begin(withSound bool) error {
	r.closeFiles()
	if err := os.MkdirAll(r.opts.Folder, 0o700); err != nil {
		return err
	}
	if err := r.makeRoom(); err != nil {
		return err
	}
	now := time.Now()
	name := now.UTC().Format("2006-01-02T15-04-05.000000Z") + extension // the order of the names is that of the times
	file, err := os.OpenFile(filepath.Join(r.opts.Folder, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	header := Header{Type: "recording", Time: now, Version: r.opts.Version, Scripts: []Script{}}
	if r.opts.Scripts != nil {
		header.Scripts = append(header.Scripts, r.opts.Scripts()...)
	}
	if withSound {
		if r.sound, err = beginSound(soundPath(file.Name()), now, r.sounds); err == nil {
			header.Sound = &SoundHeader{File: filepath.Base(r.sound.file.Name()), Rate: soundRate}
		}
	}
	var line []byte
	if err == nil {
		line, err = json.Marshal(header)
	}
	if err == nil {
		r.file, r.bytes = file, 0
		err = r.write(append(line, '\n'))
	}
	if err != nil { // the disk may be full: a file for each try would be left
		file.Close()
		os.Remove(file.Name())
		if r.sound != nil {
			r.sound.remove()
		}
		r.file, r.sound = nil, nil
		return err
	}
	r.failed = time.Time{}
	return nil
}

// makeRoom removes the oldest recordings, with their sound, until there is room for one more.
func (r *Recorder) makeRoom() error {
	entries, err := os.ReadDir(r.opts.Folder)
	if err != nil {
		return err
	}
	sizes := map[string]int64{} // the total size of the files of a recording, by the name without extension
	total := int64(0)
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || !isRecordingName(e.Name()) && !isSoundName(e.Name()) {
			continue
		}
		sizes[strings.TrimSuffix(e.Name(), filepath.Ext(e.Name()))] += info.Size()
		total += info.Size()
	}
	room := r.maxFile
	if r.hasSounds {
		room += r.maxSound
	}
	for _, base := range slices.Sorted(maps.Keys(sizes)) {
		if total <= r.maxTotal-room {
			break
		}
		for _, name := range []string{base + soundExtension, base + extension} {
			err := os.Remove(filepath.Join(r.opts.Folder, name))
			if err != nil && !errors.Is(err, fs.ErrNotExist) { // another program may record in the same folder
				return err
			}
		}
		total -= sizes[base]
	}
	return nil
}

// isRecordingName reports whether a Recorder has chosen this name for a file.
func isRecordingName(name string) bool {
	base, ok := strings.CutSuffix(name, extension)
	_, err := time.Parse("2006-01-02T15-04-05.000000Z", base)
	return ok && err == nil
}

// isSoundName reports whether a Recorder has chosen this name for a file with sound.
func isSoundName(name string) bool {
	base, ok := strings.CutSuffix(name, soundExtension)
	return ok && isRecordingName(base+extension)
}

// A State says where the events are recorded.
type State struct {
	File  string `json:"file"`  // the name of the file in the folder
	Bytes int64  `json:"bytes"` // its size
	// Sound is the size of the file with the sound; 0 if no sound is recorded now.
	Sound int64 `json:"sound,omitempty"`
	// Dropped is how much of the sound of the file is missing because the disk was slow, in seconds.
	Dropped float64 `json:"dropped,omitempty"`
}

// State returns where the events are recorded now, or nil if they are not.
func (r *Recorder) State() *State {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file == nil {
		return nil
	}
	state := &State{File: filepath.Base(r.file.Name()), Bytes: r.bytes}
	if r.sound != nil {
		state.Sound, state.Dropped = r.sound.bytes, r.sound.dropped.Seconds()
	}
	return state
}

// Close ends the recording. Events that come later are ignored.
func (r *Recorder) Close() error {
	r.mu.Lock()
	if !r.closed {
		close(r.stop)
	}
	r.closed = true
	r.mu.Unlock()
	r.running.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.closeFiles()
}
