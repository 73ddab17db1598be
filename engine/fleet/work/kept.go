package work

import (
	"crypto/sha256"
	"sync"
	"time"

	"moonlark/engine/tool"
)

const (
	// keepTime is how long a worker keeps the result of a call.
	keepTime = 10 * time.Minute
	// maxKeptBytes limits the results that a worker keeps. The oldest ones are dropped first.
	maxKeptBytes = 32 << 20
	// entrySize is how many bytes an entry without a result counts for.
	entrySize = 512
	// maxPeers is how many attempts of one call wait for its result. The others get none.
	maxPeers = 8
)

// kept has the calls of idempotent tools that a worker carries out, and the results of the latest ones. A
// second attempt of a call gets the same result. Any goroutine may call its methods. What is too old is
// dropped at the next call.
type kept struct {
	mu    sync.Mutex // guards the fields below
	calls map[callKey]*keptCall
	ended []callKey // the calls that have results, oldest first
	bytes int       // of the results
}

// A callKey identifies a call. It has the arguments, so that a wrong identifier does not lead to the result
// of another call.
type callKey struct {
	tool, call string
	args       [sha256.Size]byte
}

// A keptCall is a call that is carried out, or has been.
type keptCall struct {
	state  callState
	peers  []Peer // the attempts that wait for the result, if state is inProgress
	ended  time.Time
	result tool.Result // if state is hasResult
}

// A callState says what a worker knows about a call.
type callState int

const (
	unknown    callState = iota
	inProgress           // the call is carried out
	hasResult
)

func newKept() *kept { return &kept{calls: make(map[callKey]*keptCall)} }

func keyOf(name string, r Request) callKey { return callKey{name, r.Call, sha256.Sum256(r.Args)} }

// find returns what is kept about a call, and the zero keptCall if that is nothing. If the call is carried
// out now, from gets its result too.
func (k *kept) find(key callKey, from Peer) keptCall {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.findLocked(key, from)
}

// begin is like find, but if nothing is kept about the call, it records that it is carried out from now on.
func (k *kept) begin(key callKey, from Peer) keptCall {
	k.mu.Lock()
	defer k.mu.Unlock()
	c := k.findLocked(key, from)
	if c.state == unknown {
		k.calls[key] = &keptCall{state: inProgress, peers: []Peer{from}}
	}
	return c
}

func (k *kept) findLocked(key callKey, from Peer) keptCall {
	k.drop(time.Now())
	c := k.calls[key]
	if c == nil {
		return keptCall{}
	}
	if c.state == inProgress && len(c.peers) < maxPeers {
		c.peers = append(c.peers, from)
	}
	return *c
}

// end records the reply to a call that begin has recorded, and returns those who wait for it. A reply
// without a result is not kept.
func (k *kept) end(key callKey, reply Reply) []Peer {
	k.mu.Lock()
	defer k.mu.Unlock()
	c := k.calls[key]
	peers := c.peers
	if reply.Kind != Done {
		delete(k.calls, key)
		return peers
	}
	now := time.Now()
	*c = keptCall{state: hasResult, ended: now, result: reply.Result}
	k.ended = append(k.ended, key)
	k.bytes += entrySize + len(reply.Result.Text)
	k.drop(now)
	return peers
}

// drop drops the results that are too old or too many. The mutex must be locked.
func (k *kept) drop(now time.Time) {
	for len(k.ended) > 0 && (k.bytes > maxKeptBytes || now.Sub(k.calls[k.ended[0]].ended) >= keepTime) {
		oldest := k.ended[0]
		k.ended = k.ended[1:]
		k.bytes -= entrySize + len(k.calls[oldest].result.Text)
		delete(k.calls, oldest)
	}
}
