package audio

// A ring contains the latest samples of a stream. The samples of the stream are numbered from 0.
// The length of a ring must be a power of two.
type ring []float32

// newRing returns a ring for 2.7 s of sound, which is more than any speaker buffers.
func newRing() ring { return make(ring, 1<<17) }

// index returns the index in the ring of sample number n.
func (r ring) index(n int64) int { return int(n) & (len(r) - 1) }

// write stores sound in the ring. first is the number of the first sample of sound.
func (r ring) write(first int64, sound []float32) {
	if excess := len(sound) - len(r); excess > 0 {
		first, sound = first+int64(excess), sound[excess:]
	}
	copy(r, sound[copy(r[r.index(first):], sound):])
}

// read fills dst with samples of the ring. first is the number of the first sample.
func (r ring) read(dst []float32, first int64) {
	n := copy(dst, r[r.index(first):])
	copy(dst[n:], r)
}

// readKnown fills dst with the samples from the number first on. next is the number of the next sample of
// the stream. A sample that is not in the ring is 0.
func (r ring) readKnown(dst []float32, first, next int64) {
	clear(dst)
	known := max(first, next-int64(len(r)), 0)
	if end := min(first+int64(len(dst)), next); known < end {
		r.read(dst[known-first:end-first], known)
	}
}

// move copies n samples: it copies sample number src+i to sample number dst+i. dst must be less
// than src.
func (r ring) move(dst, src, n int64) {
	for i := range n {
		r[r.index(dst+i)] = r[r.index(src+i)]
	}
}

// fadeOut fades a part of the samples to silence. first is the number of the first sample of this
// part, and end is the number of the sample after the last.
func (r ring) fadeOut(first, end int64) {
	for i := first; i < end; i++ {
		r[r.index(i)] *= 1 - float32(i-first)/float32(end-first)
	}
}
