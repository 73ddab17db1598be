package record

import (
	"encoding/binary"
	"fmt"
	"os"
	"strings"
	"time"

	"moonlark/audio"
	"moonlark/audio/pcm"
	"moonlark/audio/wav"
)

const (
	// soundRate is the number of samples per second of the recorded sound. Most agents hear and speak
	// with this rate or a lower one.
	soundRate  = 16000
	frameBytes = 4 // one sample of the user and one of the agent, of 16 bits each

	// soundInterval is the time between two writes of sound.
	soundInterval = 250 * time.Millisecond
	// soundDelay is the time between the moment at which sound is heard and the moment at which it is
	// written. It is not zero because microphones deliver sound late.
	soundDelay = 500 * time.Millisecond
	// maxSoundLag is the maximum time by which the writing may be late. Sound that is even later is
	// replaced by silence, because the devices keep only a little more than 2.5 s of it.
	maxSoundLag = 2 * time.Second
	// maxSoundGap is the maximum length of a part of the sound that is replaced by silence. If a part
	// is longer, for example because the machine was suspended, the Recorder begins a new file.
	maxSoundGap = time.Minute
	// headerInterval is the time between two updates of the sizes in the header of the file.
	headerInterval = 5 * time.Second
	// maxDeviation is how far a device's clock may deviate before the sound is aligned again.
	maxDeviation = 10 * time.Millisecond
)

// A SoundHeader is the part of a Header about the sound.
type SoundHeader struct {
	File   string  `json:"file"`   // the name of the WAV file in the same folder: left the user, right the agent
	Rate   int     `json:"rate"`   // samples per second
	Offset float64 `json:"offset"` // the time of the first sample, in seconds after Header.Time
}

// A soundFile is the WAV file of a recording. It belongs to the Recorder, whose mutex guards it.
type soundFile struct {
	file     *os.File
	began    time.Time     // the time of the first sample
	read     int64         // number of samples at audio.Rate that were read from each side
	sides    [2]side       // the user and the agent
	bytes    int64         // the size of file
	headerAt time.Time     // when the header was written last
	dropped  time.Duration // how much sound was replaced by silence because the disk was slow
	frames   []byte        // reusable buffer for the frames of one write
}

// A side is one channel of a soundFile.
type side struct {
	from      audio.Playback
	next      int64 // the number, in from, of the next sample to read; -1 before the first
	resampler *pcm.Resampler
	samples   []float32 // at audio.Rate; a reusable buffer
	ready     []float32 // the samples at soundRate that are not yet in the file
}

// beginSound creates the WAV file path and returns it. The first sample of the file is the sound at the
// time began. sounds[0] is the sound of the user, and sounds[1] that of the agent. It is an error if the file exists.
func beginSound(path string, began time.Time, sounds [2]audio.Playback) (*soundFile, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	s := &soundFile{file: file, began: began, bytes: wavHeader}
	for i, from := range sounds {
		s.sides[i] = side{from: from, next: -1, resampler: pcm.NewResampler(audio.Rate, soundRate)}
	}
	if err := s.writeHeader(began); err != nil {
		s.remove()
		return nil, err
	}
	return s, nil
}

// remove closes and removes the file.
func (s *soundFile) remove() {
	s.file.Close()
	os.Remove(s.file.Name())
}

// lag returns the length of the sound before the time end that has not been written yet.
func (s *soundFile) lag(end time.Time) time.Duration {
	return end.Sub(s.began.Add(audio.Duration(int(s.read))))
}

// write appends the sound before the time end to the file.
func (s *soundFile) write(end time.Time) error {
	if late := s.lag(end) - maxSoundLag; late > 0 {
		s.dropped += late
	}
	for s.lag(end) > audio.ChunkLength {
		n := min(audio.Samples(s.lag(end)), audio.Samples(soundInterval)) / 3 * 3
		until := s.began.Add(audio.Duration(int(s.read) + n))
		for i := range s.sides {
			s.sides[i].take(n, until, s.lag(end) > maxSoundLag)
		}
		s.read += int64(n)
	}
	frames := min(len(s.sides[0].ready), len(s.sides[1].ready))
	s.frames = s.frames[:0]
	for i := range frames {
		s.frames = binary.LittleEndian.AppendUint16(s.frames, uint16(pcm.ToS16(s.sides[0].ready[i])))
		s.frames = binary.LittleEndian.AppendUint16(s.frames, uint16(pcm.ToS16(s.sides[1].ready[i])))
	}
	for i := range s.sides {
		ready := s.sides[i].ready
		s.sides[i].ready = ready[:copy(ready, ready[frames:])]
	}
	n, err := s.file.WriteAt(s.frames, s.bytes)
	s.bytes += int64(n)
	if err == nil && end.Sub(s.headerAt) >= headerInterval {
		err = s.writeHeader(end)
	}
	return err
}

// take reads n samples from s.from, the last of which was heard at the time end, and appends them to
// s.ready at soundRate. A sample that an earlier call has read is not read again. Samples that the device
// does not have, because it does not work, are silent. If isLost is true, all n samples are silent.
func (s *side) take(n int, end time.Time, isLost bool) {
	if cap(s.samples) < n {
		s.samples = make([]float32, n)
	}
	samples := s.samples[:n]
	clear(samples)
	last := s.from.SampleAt(end)
	first := last - int64(n)
	deviation := first - s.next
	switch limit := int64(audio.Samples(maxDeviation)); {
	case isLost:
		s.next = last
	case s.next < 0 || deviation > limit:
		s.from.Played(samples, first)
		s.next = last
	case deviation < -limit:
		if missing := int(min(-deviation, int64(n))); missing < n {
			s.from.Played(samples[missing:], s.next)
			s.next += int64(n - missing)
		}
	default:
		s.from.Played(samples, s.next)
		s.next += int64(n)
	}
	s.ready = s.resampler.Append(s.ready, samples)
}

// writeHeader writes the header with the sizes at this moment.
func (s *soundFile) writeHeader(now time.Time) error {
	s.headerAt = now
	_, err := s.file.WriteAt(stereoHeader(s.bytes-wavHeader), 0)
	return err
}

// close completes the header and closes the file.
func (s *soundFile) close() error {
	err := s.writeHeader(time.Now())
	if closed := s.file.Close(); err == nil {
		err = closed
	}
	return err
}

// wavHeader is the size of the header of a WAV file of a Recorder, in bytes.
const wavHeader = 44

// stereoHeader returns the header of a WAV file with two channels of 16 bits. dataBytes is the number of
// bytes of sound.
func stereoHeader(dataBytes int64) []byte { return wav.AppendHeader(nil, soundRate, 2, dataBytes) }

// AttachSound makes the Recorder also record the sound of each conversation that begins from now on, until
// Close. user is the sound that the agent hears, and agent is the sound that the speaker plays. Call
// AttachSound at most once.
func (r *Recorder) AttachSound(user, agent audio.Playback) {
	r.mu.Lock()
	r.sounds = [2]audio.Playback{user, agent}
	r.hasSounds = true
	r.mu.Unlock()
	r.running.Go(func() {
		tick := time.NewTicker(soundInterval)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				r.writeSound(time.Now())
			case <-r.stop:
				return
			}
		}
	})
}

// writeSound writes the sound that was heard until soundDelay before now. Without a conversation, it does
// nothing.
func (r *Recorder) writeSound(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sound == nil {
		return
	}
	end := now.Add(-soundDelay)
	if r.sound.lag(end) > maxSoundGap || r.sound.bytes > r.maxSound {
		if err := r.begin(true); err != nil {
			r.fail(err)
		}
		return
	}
	before := r.sound.dropped
	if err := r.sound.write(end); err != nil {
		r.fail(err)
		return
	}
	if before == 0 && r.sound.dropped > 0 {
		r.opts.Log.Warn("record: the disk is slow: parts of the sound are missing")
	}
}

// endSound writes the sound that was heard until now, and closes the file. Sound that the microphone has
// not delivered yet is replaced by silence. The caller holds r.mu.
func (r *Recorder) endSound() {
	if r.sound == nil {
		return
	}
	err := r.sound.write(time.Now())
	if closed := r.sound.close(); err == nil {
		err = closed
	}
	if err != nil {
		r.opts.Log.Warn(fmt.Sprintf("record: %v", err))
	}
	r.sound = nil
}

// soundPath returns the path of the sound that belongs to a recording.
func soundPath(recording string) string {
	return strings.TrimSuffix(recording, extension) + soundExtension
}
