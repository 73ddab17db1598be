package web

// These constants limit what a ring keeps, unless StreamOptions say something else.
const (
	ringEvents = 2000
	ringBytes  = 2 << 20
)

// An entry is one event in a ring.
type entry struct {
	seq   uint64 // the number of the event: 1 for the first event of the process; 0 for an activity
	order uint64 // the place of the event among all events and activities
	kind  string // the type of the event
	line  []byte // the event as JSON, without a newline
}

// A ring keeps the newest events, at most maxEvents of them with maxBytes together. It is not safe
// for use by several goroutines.
type ring struct {
	maxEvents, maxBytes int // fixed

	entries []entry
	bytes   int    // the size of all lines together
	last    uint64 // the number of the newest event, 0 before the first
}

// add adds an event, and removes the oldest events until both limits are kept.
func (r *ring) add(kind string, order uint64, line []byte) {
	r.last++
	r.entries = append(r.entries, entry{r.last, order, kind, line})
	r.bytes += len(line)
	for len(r.entries) > r.maxEvents || r.bytes > r.maxBytes && len(r.entries) > 1 {
		r.bytes -= len(r.entries[0].line)
		r.entries[0] = entry{}
		r.entries = r.entries[1:]
	}
}

// after returns the events whose number is greater than seq, and how many of these events the ring no
// longer has.
func (r *ring) after(seq uint64) (events []entry, lost int) {
	if seq >= r.last {
		return nil, 0
	}
	first := r.entries[0].seq
	if seq+1 < first {
		return r.entries, int(first - seq - 1)
	}
	return r.entries[seq+1-first:], 0
}
