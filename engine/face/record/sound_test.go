package record

import (
	"encoding/binary"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/audio"
	"moonlark/engine/bus"
)

// A fakeDevice is a Playback whose sample number 0 is heard at the time began. It plays a square wave for
// the first half of each second. After the time stopped, unless that is zero, it does not work any more.
type fakeDevice struct {
	mu             sync.Mutex
	began, stopped time.Time
	reads          int
}

func (d *fakeDevice) SampleAt(t time.Time) int64 {
	if !d.stopped.IsZero() && t.After(d.stopped) {
		t = d.stopped
	}
	return int64(audio.Samples(t.Sub(d.began)))
}

func (d *fakeDevice) Played(dst []float32, first int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.reads++
	for i := range dst {
		n := first + int64(i)
		dst[i] = 0
		if at := d.began.Add(audio.Duration(int(n))); at.Sub(at.Truncate(time.Second)) < 500*time.Millisecond {
			dst[i] = 0.5
		}
	}
}

// recordSound records a conversation on a fake clock and returns the path of its recording.
func recordSound(t *testing.T, folder string, user, agent audio.Playback, talk func(r *Recorder)) string {
	t.Helper()
	r, err := Open(Options{Folder: folder})
	if err != nil {
		t.Fatal(err)
	}
	r.AttachSound(user, agent)
	time.Sleep(time.Millisecond) // the names of the files are the times
	r.Note(bus.Event{Type: bus.Connecting})
	r.Note(bus.Event{Type: bus.Status, Status: "connecting"})
	talk(r)
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	path, err := Find(folder)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// openSound opens the sound of a recording.
func openSound(t *testing.T, path string) *Sound {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	header, err := Read(f, func(bus.Event) {})
	if err != nil || header.Sound == nil {
		t.Fatalf("header %+v, %v", header, err)
	}
	s, err := OpenSound(path, header)
	if err != nil || s == nil {
		t.Fatalf("%v, %v", s, err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// edges returns the times at which the sound of a side begins, after more than 100 ms of silence. side is
// 0 for the user and 1 for the agent.
func edges(t *testing.T, s *Sound, side int) (at []time.Time) {
	t.Helper()
	data, err := io.ReadAll(s.Reader())
	if err != nil {
		t.Fatal(err)
	}
	quiet := 0
	for i, frame := 0, data[wavHeader:]; len(frame) >= frameBytes; i, frame = i+1, frame[frameBytes:] {
		if x := int16(binary.LittleEndian.Uint16(frame[2*side:])); math.Abs(float64(x)) < 3000 {
			quiet++
			continue
		}
		if quiet > soundRate/10 {
			at = append(at, s.Began().Add(time.Duration(i)*time.Second/soundRate))
		}
		quiet = 0
	}
	return at
}

func TestTheTwoSidesOfTheSoundAreAlignedWithTheEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		user, agent := &fakeDevice{began: time.Now().Add(-time.Hour)}, &fakeDevice{began: time.Now().Add(-123456 * time.Microsecond)}
		path := recordSound(t, t.TempDir(), user, agent, func(r *Recorder) {
			time.Sleep(5200 * time.Millisecond)
			if state := r.State(); state.Sound < 4*soundRate*frameBytes || state.Dropped > 0 {
				t.Errorf("state %+v", state)
			}
		})
		s := openSound(t, path)
		if d := s.Duration(); d < 5150*time.Millisecond || d > 5300*time.Millisecond { // also the end of the last sentence
			t.Errorf("the sound is %v long", d)
		}
		for side := range 2 {
			at := edges(t, s, side)
			if len(at) < 4 {
				t.Fatalf("side %d begins at %v", side, at)
			}
			for _, one := range at {
				if off := one.Sub(one.Round(time.Second)); off < -2*time.Millisecond || off > 2*time.Millisecond {
					t.Errorf("side %d is off by %v", side, off)
				}
			}
		}
		peaks, err := s.Peaks()
		if err != nil || len(peaks.User) != len(peaks.Agent) || len(peaks.User) < 90 || peaks.User[2] != 71 && peaks.User[12] != 71 {
			t.Errorf("peaks %+v, %v", peaks, err)
		}
	})
}

func TestADeviceThatDoesNotWorkIsSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		user := &fakeDevice{began: now.Add(-time.Hour), stopped: now.Add(1300 * time.Millisecond)}
		path := recordSound(t, t.TempDir(), user, &fakeDevice{began: now}, func(*Recorder) { time.Sleep(5 * time.Second) })
		s := openSound(t, path)
		if n, m := len(edges(t, s, 0)), len(edges(t, s, 1)); n > 2 || m < 4 {
			t.Errorf("the user begins %d times, and the agent %d times", n, m)
		}
	})
}

func TestOnlyConversationsAreRecordedWithSound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		device := &fakeDevice{began: time.Now()}
		folder := t.TempDir()
		path := recordSound(t, folder, device, device, func(r *Recorder) {
			time.Sleep(2 * time.Second)
			r.Note(bus.Event{Type: bus.Status, Status: "waiting"})
			if r.State().Sound != 0 {
				t.Error("the sound is recorded after the conversation")
			}
			device.mu.Lock()
			reads := device.reads
			device.mu.Unlock()
			time.Sleep(time.Minute)
			if device.reads != reads {
				t.Error("the sound is read after the conversation")
			}
			r.Note(bus.Event{Type: bus.Status, Status: "connecting"})
			time.Sleep(2 * time.Second)
		})
		if d := openSound(t, path).Duration(); d > 3*time.Second {
			t.Errorf("the sound of the second conversation is %v long", d)
		}
		sounds, _ := filepath.Glob(folder + "/*.wav")
		if names := recordings(t, folder); len(sounds) != 2 || len(names) != 3 {
			t.Errorf("files %q and %q", names, sounds)
		}
		for _, name := range sounds {
			if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%v: %v", err, info)
			}
		}
	})
}

// After kill -9 or a power failure, the header is that of the last update, and the last frame may be cut.
func TestTheSoundIsReadableAfterThePowerFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		device := &fakeDevice{began: time.Now()}
		folder := t.TempDir()
		var copied []byte
		path := recordSound(t, folder, device, device, func(r *Recorder) {
			time.Sleep(8 * time.Second)
			names, _ := filepath.Glob(folder + "/*.wav")
			var err error
			if copied, err = os.ReadFile(names[0]); err != nil {
				t.Fatal(err)
			}
		})
		if stated := binary.LittleEndian.Uint32(copied[40:]); stated == 0 || int(stated) >= len(copied)-wavHeader {
			t.Errorf("the header states %d bytes of %d: it is not updated at intervals", stated, len(copied))
		}
		if err := os.WriteFile(soundPath(path), append(copied, 1, 2, 3), 0o600); err != nil {
			t.Fatal(err)
		}
		s := openSound(t, path)
		if d := s.Duration(); d < 7*time.Second {
			t.Errorf("the sound is %v long", d)
		}
		data, err := io.ReadAll(s.Reader())
		if stated := binary.LittleEndian.Uint32(data[40:]); err != nil || int(stated) != len(data)-wavHeader || len(data)%frameBytes != 0 {
			t.Errorf("%v: the header states %d bytes of %d", err, stated, len(data))
		}
		if err := os.WriteFile(soundPath(path), []byte("RIFF...."), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenSound(path, Header{Sound: &SoundHeader{}}); err == nil || !strings.Contains(err.Error(), "not the sound") {
			t.Errorf("another file is taken for the sound: %v", err)
		}
		os.Remove(soundPath(path))
		if s, err := OpenSound(path, Header{Sound: &SoundHeader{}}); s != nil || err != nil {
			t.Errorf("without a file: %v, %v", s, err)
		}
	})
}

func TestLateSoundIsSilenceAndCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		device := &fakeDevice{began: time.Now()}
		path := recordSound(t, t.TempDir(), device, device, func(r *Recorder) {
			time.Sleep(time.Second)
			r.writeSound(time.Now().Add(10 * time.Second)) // as if the disk had taken 10 s
			time.Sleep(12 * time.Second)
			if d := r.State().Dropped; d < 6 || d > 10 {
				t.Errorf("%v s are counted", d)
			}
		})
		s := openSound(t, path)
		if d := s.Duration(); d < 11*time.Second {
			t.Errorf("the sound is %v long", d)
		}
		at := edges(t, s, 0)
		if last := at[len(at)-1]; last.Sub(last.Round(time.Second)).Abs() > 2*time.Millisecond || len(at) > 6 {
			t.Errorf("the sound begins at %v", at)
		}
	})
}

func TestTheOldestRecordingsAreRemovedWithTheirSound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		device := &fakeDevice{began: time.Now()}
		folder := t.TempDir()
		recordSound(t, folder, device, device, func(r *Recorder) {
			r.mu.Lock()
			r.maxTotal, r.maxFile, r.maxSound = 2<<20, 1<<10, 256<<10 // 4 s of sound
			r.mu.Unlock()
			time.Sleep(90 * time.Second)
		})
		total := int64(0)
		sounds, _ := filepath.Glob(folder + "/*.wav")
		for _, name := range append(sounds, recordings(t, folder)...) {
			info, err := os.Stat(name)
			if err != nil {
				t.Fatal(err)
			}
			total += info.Size()
		}
		if total > 2<<20 || total < 1<<20 {
			t.Errorf("the recordings have %d bytes", total)
		}
		for _, name := range sounds {
			if _, err := os.Stat(strings.TrimSuffix(name, soundExtension) + extension); err != nil {
				t.Error(err)
			}
		}
	})
}
