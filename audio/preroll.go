package audio

import "time"

const (
	// Preroll is the length of the sound from before a conversation that the recorder keeps for the
	// agent.
	Preroll = 1500 * time.Millisecond

	// MaxWait is how much more sound the recorder keeps while a conversation is being connected:
	// Preroll+MaxWait instead of Preroll.
	MaxWait = 10 * time.Second
)

// A prerollBuffer is a first-in, first-out buffer of samples. If new samples do not fit, they
// replace the oldest samples.
type prerollBuffer struct {
	samples []float32 // the samples; the length of this slice is the capacity of the buffer
	first   int       // index of the oldest sample
	count   int       // number of samples in the buffer
}

// add appends sound to the buffer and removes the oldest samples that do not fit any more.
func (b *prerollBuffer) add(sound []float32) {
	if excess := len(sound) - len(b.samples); excess > 0 {
		sound = sound[excess:]
	}
	if excess := b.count + len(sound) - len(b.samples); excess > 0 {
		b.skip(excess)
	}
	at := (b.first + b.count) % len(b.samples)
	copy(b.samples, sound[copy(b.samples[at:], sound):])
	b.count += len(sound)
}

// take moves the oldest samples from the buffer to dst, as many as fit, and returns their number.
func (b *prerollBuffer) take(dst []float32) int {
	n := min(len(dst), b.count)
	copied := copy(dst[:n], b.samples[b.first:])
	copy(dst[copied:n], b.samples)
	b.skip(n)
	return n
}

// skip removes the n oldest samples from the buffer.
func (b *prerollBuffer) skip(n int) {
	b.first, b.count = (b.first+n)%len(b.samples), b.count-n
}

// moveFrom discards the samples in b and moves all samples of other to b.
func (b *prerollBuffer) moveFrom(other *prerollBuffer) {
	b.first, b.count = 0, 0
	for other.count > 0 {
		n := min(other.count, len(other.samples)-other.first)
		b.add(other.samples[other.first : other.first+n])
		other.skip(n)
	}
}

// Expect makes the recorder keep all sound until Begin or Forget is called, beginning with the last
// Preroll before the call. Call it before a conversation is connected, so that nothing that the
// user says meanwhile is lost. If the connection takes too long, only the latest Preroll+MaxWait of
// the sound is kept.
func (r *Recorder) Expect() { r.resizePreroll(Preroll + MaxWait) }

// Forget undoes Expect: only the last Preroll of the sound is kept. Call it when the conversation
// could not be connected.
func (r *Recorder) Forget() { r.resizePreroll(Preroll) }

// resizePreroll sets the capacity of the preroll buffer to d and keeps the latest samples that fit.
func (r *Recorder) resizePreroll(d time.Duration) {
	// allocate the buffer before mu is locked, so that mu is locked only for a short time
	resized := prerollBuffer{samples: make([]float32, Samples(d))}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.preroll.samples) != len(resized.samples) {
		resized.moveFrom(&r.preroll)
		r.preroll = resized
	}
}

// catchUp sends the next part of the preroll and reports whether any samples were left to send.
// buffer holds the part, which is at most as long as buffer. Since the parts are short, the
// microphone's goroutine never waits long for mu.
func (r *Recorder) catchUp(buffer []float32) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	if r.catchingUp {
		n = r.preroll.take(buffer)
	}
	r.catchingUp = n > 0
	if n == 0 {
		r.preroll.skip(r.preroll.count)
		return false
	}
	r.sendSound(buffer[:n])
	return true
}
