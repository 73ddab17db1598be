package audio

// An envelope is a volume that changes in ramps. Its times are numbers of samples of the player's
// output. It can be rewound, because the player repeats samples after a flush.
type envelope struct {
	ramps [8]volumeRamp // the latest ramps, the oldest first; only the first count are valid
	count int
	first float32 // volume before the oldest ramp
}

// A volumeRamp is a change from one volume to another one.
type volumeRamp struct {
	from, to   float32
	begin, end int64 // numbers of the first sample of the change, and of the first sample after it
}

// at returns the volume of the sample with the number n.
func (e *envelope) at(n int64) float32 {
	for i := e.count - 1; i >= 0; i-- {
		switch r := e.ramps[i]; {
		case n >= r.end:
			return r.to
		case n >= r.begin:
			return r.from + (r.to-r.from)*float32(n-r.begin)/float32(r.end-r.begin)
		}
	}
	return e.first
}

// target returns the volume at which the latest ramp ends.
func (e *envelope) target() float32 {
	if e.count == 0 {
		return e.first
	}
	return e.ramps[e.count-1].to
}

// approach adds a ramp that begins at sample n, takes length samples and ends with the volume to,
// unless the latest ramp ends with this volume already.
func (e *envelope) approach(to float32, n, length int64) {
	if e.target() == to {
		return
	}
	r := volumeRamp{from: e.at(n), to: to, begin: n, end: n + max(length, 1)}
	if e.count == len(e.ramps) {
		e.first = e.ramps[0].to
		e.count = copy(e.ramps[:], e.ramps[1:])
	}
	e.ramps[e.count] = r
	e.count++
}

// rewind forgets the ramps that begin after sample n.
func (e *envelope) rewind(n int64) {
	for e.count > 0 && e.ramps[e.count-1].begin > n {
		e.count--
	}
}
