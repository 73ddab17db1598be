package audio

// A ring holds the newest of a stream whose samples are counted from its
// beginning. Its length is a power of two.
type ring []float32

// newRing makes one that holds more than any speaker has in advance: 2.7 s.
func newRing() ring { return make(ring, 1<<17) }

// at is where in r a sample is.
func (r ring) at(n int64) int { return int(n) & (len(r) - 1) }

// write puts sound in, the first of it being sample from.
func (r ring) write(from int64, sound []float32) {
	if more := len(sound) - len(r); more > 0 {
		from, sound = from+int64(more), sound[more:]
	}
	copy(r, sound[copy(r[r.at(from):], sound):])
}

// read copies what there is from a sample on.
func (r ring) read(dst []float32, from int64) {
	n := copy(dst, r[r.at(from):])
	copy(dst[n:], r)
}

// move moves n samples from one place to an earlier one.
func (r ring) move(to, from, n int64) {
	for i := range n {
		r[r.at(to+i)] = r[r.at(from+i)]
	}
}

// fadeOut lets what is between two samples fall silent.
func (r ring) fadeOut(from, to int64) {
	for i := from; i < to; i++ {
		r[r.at(i)] *= 1 - float32(i-from)/float32(to-from)
	}
}
