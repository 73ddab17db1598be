package dialog

// maxRecent is how many ids a recentIDs remembers.
const maxRecent = 1024

// A recentIDs remembers the ids of the latest maxRecent calls that are over, so that a second message
// about one of them can be ignored. The zero value is empty.
type recentIDs struct {
	known  map[string]struct{}
	order  []string // the keys of known; once there are maxRecent of them, a ring
	oldest int      // index of the oldest id in order, once order is a ring
}

func (r *recentIDs) has(id string) bool {
	_, ok := r.known[id]
	return ok
}

// add adds id, in place of the oldest one if maxRecent ids are remembered. It does nothing if id is
// remembered already.
func (r *recentIDs) add(id string) {
	switch {
	case r.has(id):
		return
	case r.known == nil:
		r.known = make(map[string]struct{})
	}
	if len(r.order) < maxRecent {
		r.order = append(r.order, id)
	} else {
		delete(r.known, r.order[r.oldest])
		r.order[r.oldest] = id
		r.oldest = (r.oldest + 1) % maxRecent
	}
	r.known[id] = struct{}{}
}
