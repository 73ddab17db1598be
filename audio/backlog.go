package audio

// A backlog is the newest of a stream, as much of it as it has room for.
type backlog struct {
	room  []float32
	first int // where the oldest is
	count int
}

// add appends sound. What there is no room for goes from the beginning.
func (b *backlog) add(sound []float32) {
	if more := len(sound) - len(b.room); more > 0 {
		sound = sound[more:]
	}
	if more := b.count + len(sound) - len(b.room); more > 0 {
		b.skip(more)
	}
	at := (b.first + b.count) % len(b.room)
	copy(b.room, sound[copy(b.room[at:], sound):])
	b.count += len(sound)
}

// take moves the oldest into dst, and says how much that was.
func (b *backlog) take(dst []float32) int {
	n := min(len(dst), b.count)
	done := copy(dst[:n], b.room[b.first:])
	copy(dst[done:n], b.room)
	b.skip(n)
	return n
}

func (b *backlog) skip(n int) {
	b.first, b.count = (b.first+n)%len(b.room), b.count-n
}

// move takes over what another has, which is nothing then.
func (b *backlog) move(from *backlog) {
	b.first, b.count = 0, 0
	for from.count > 0 {
		n := min(from.count, len(from.room)-from.first)
		b.add(from.room[from.first : from.first+n])
		from.skip(n)
	}
}
