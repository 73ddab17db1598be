// Package host holds conversations on several machines. Somebody asks for a conversation, and one of the
// hosts that have a free slot starts it. If a host dies, the others go on with its conversations. The
// package knows no transport and no Lua: a [Carrier] has the connection with the hub, and an [Engine]
// runs the conversations.
//
// A host holds a conversation as long as it has the lease of the conversation, which it renews all the
// time. Others can take a lease that has expired or was released, and only one of them gets it. A
// conversation that was taken over is a new one for the agent, which is told what was said last.
//
// Each conversation has a goroutine that owns its lease, one that runs it, and one that stores what is
// said. A Host also has goroutines that watch for leases that expire, read the list of conversations,
// tell the others what the host does, and join or leave the group of hosts that have a free slot.
package host

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Options configure a Host. All fields but those with a default must be set.
type Options struct {
	ID      string // of the host; a name as bundle.CheckName allows it
	Carrier Carrier
	Engine  Engine

	Slots int           // how many conversations the host can hold
	TTL   time.Duration // how long the hub keeps a lease that is not renewed
	Drain time.Duration // how long running conversations may go on after the end of Run was asked for

	// Starts is how many conversations start at the same time; others wait. Zero means 4.
	Starts   int
	Moonlark string       // version of the program
	Log      *slog.Logger // nil means no log

	// Now is the monotonic clock. Nil means time.Now.
	Now func() time.Time
}

// An Engine runs conversations.
type Engine interface {
	// Open runs a conversation. It returns when the conversation has ended, or soon after ctx is done:
	// then the host no longer has the conversation, or hands it over to another one. Open calls
	// c.Started once the conversation runs.
	Open(ctx context.Context, c *Conversation) error
}

// A Host holds conversations. See New.
type Host struct {
	opts     Options
	store    Store         // of the leases
	boot     string        // random
	started  time.Time     // of the process, by the clock of the machine
	starting chan struct{} // has a value for each conversation that starts
	claiming chan struct{} // has a value for each lease that is being taken

	conversations sync.WaitGroup // counts those in held and reserved, and the attempts to take over others
	handover      chan struct{}  // closed when the time of the drain is over
	changed       chan struct{}  // has a value when the number of conversations or draining has changed
	reading       chan struct{}  // has a value when the list of conversations is to be read soon

	mu         sync.Mutex // guards the fields below
	held       map[string]*Conversation
	reserved   map[string]bool // the IDs of conversations that may soon be held: they have a slot
	considered map[string]bool // the IDs of conversations for which takeOver runs or is about to run
	leases     int64           // how many leases were taken
	passedOver bool            // a conversation was not taken over because there was no free slot
	draining   bool
}

const (
	defaultStarts = 4
	maxClaims     = 16
	// maxConsidered is how many conversations can wait to be taken over. The others are found when the
	// list of conversations is read.
	maxConsidered = 4096
)

// New makes a host. Run does everything.
func New(opts Options) *Host {
	if opts.Starts <= 0 {
		opts.Starts = defaultStarts
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	return &Host{
		opts: opts, store: opts.Carrier.Leases(), boot: rand.Text(), started: time.Now(),
		starting: make(chan struct{}, opts.Starts), claiming: make(chan struct{}, maxClaims),
		handover: make(chan struct{}), changed: make(chan struct{}, 1), reading: make(chan struct{}, 1),
		held: make(map[string]*Conversation), reserved: make(map[string]bool), considered: make(map[string]bool),
	}
}

// Run holds conversations until ctx is done. It then drains: it takes no new conversations, waits at
// most Options.Drain for those that run, ends the rest, and gives up their leases, so that other hosts
// go on with them at once. Run may be called only once.
func (h *Host) Run(ctx context.Context) {
	var always, working sync.WaitGroup // always: what also runs during the drain
	rest, end := context.WithCancel(context.Background())
	always.Go(func() { h.publishStatus(rest) })
	always.Go(func() { h.serve(rest) })
	working.Go(func() { h.watch(ctx) })
	working.Go(func() { h.readList(ctx) })
	<-ctx.Done()
	h.change(func() { h.draining = true })
	working.Wait()
	h.drain()
	end()
	always.Wait()
}

// drain returns when no conversation is left.
func (h *Host) drain() {
	ended := make(chan struct{})
	go func() {
		h.conversations.Wait()
		close(ended)
	}()
	if n := h.count(); n > 0 {
		h.opts.Log.Info(fmt.Sprintf("%d conversations may go on for %v", n, h.opts.Drain))
	}
	timer := time.NewTimer(h.opts.Drain)
	defer timer.Stop()
	select {
	case <-ended:
	case <-timer.C:
		h.opts.Log.Warn(fmt.Sprintf("%d conversations are handed over to other hosts", h.count()))
	}
	close(h.handover)
	<-ended
}

// count returns how many conversations the host has.
func (h *Host) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.held)
}

// change calls f with the lock, and wakes what depends on the number of conversations.
func (h *Host) change(f func()) {
	h.mu.Lock()
	f()
	if h.passedOver && h.isFree() {
		h.passedOver = false
		signal(h.reading)
	}
	h.mu.Unlock()
	signal(h.changed)
}

// isFree reports whether there is a free slot. The caller holds mu.
func (h *Host) isFree() bool { return !h.draining && len(h.held)+len(h.reserved) < h.opts.Slots }

// signal puts a value into a channel with room for one, unless it has one.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

var (
	errNoSlot = errors.New("the host has no free slot")
	errHeld   = errors.New("the host has the conversation already")
)

// reserve keeps a slot for the conversation, until unreserve or begin is called.
func (h *Host) reserve(id string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.held[id] != nil || h.reserved[id]:
		return errHeld
	case !h.isFree():
		return errNoSlot
	}
	h.reserved[id] = true
	h.conversations.Add(1)
	signal(h.changed)
	return nil
}

func (h *Host) unreserve(id string) {
	h.change(func() { delete(h.reserved, id) })
	h.conversations.Done()
}

// takeLease takes the lease of a conversation. The error wraps ErrTaken if another host has it.
func (h *Host) takeLease(ctx context.Context, id string) (*lease, error) {
	h.mu.Lock()
	h.leases++
	n := h.leases
	h.mu.Unlock()
	value, err := json.Marshal(holder{Host: h.opts.ID, Boot: h.boot, N: n})
	if err != nil {
		return nil, err
	}
	return take(ctx, h.store, conversationPrefix+id, value, h.opts.TTL, h.opts.Now)
}

// serve is in the group of the hosts that are asked to start conversations whenever there is a free slot,
// until ctx is done.
func (h *Host) serve(ctx context.Context) {
	var stop func()
	for {
		h.mu.Lock()
		free := h.isFree()
		h.mu.Unlock()
		switch {
		case free && stop == nil:
			var err error
			if stop, err = h.opts.Carrier.ServeStarts(h.answerStart); err != nil {
				h.opts.Log.Error("no conversations can be started here: " + err.Error())
			}
		case !free && stop != nil:
			stop()
			stop = nil
		}
		select {
		case <-h.changed:
		case <-ctx.Done():
			if stop != nil {
				stop()
			}
			return
		}
	}
}

// answerStart answers a request to start a conversation. Several goroutines may call it at once.
func (h *Host) answerStart(request []byte) []byte {
	a := answer{Host: h.opts.ID}
	received := h.opts.Now()
	r, err := parseRequest(request)
	if err == nil {
		err = h.reserve(r.ID)
		a.Busy = errors.Is(err, errNoSlot)
	}
	if err == nil {
		if err = h.start(r, received); err != nil {
			h.unreserve(r.ID)
		}
	}
	if err != nil {
		a.Error = err.Error()
	}
	return encode(a)
}

// start makes the lease and the record of a new conversation, and begins it. There is a slot for it. It
// begins nothing when the caller no longer waits.
func (h *Host) start(r startRequest, received time.Time) error {
	limit := h.opts.TTL / 3
	if r.LeftMS > 0 {
		limit = min(limit, time.Duration(r.LeftMS)*time.Millisecond)
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	l, err := h.takeLease(ctx, r.ID)
	if errors.Is(err, ErrTaken) {
		return errors.New("there is a conversation with this ID already")
	}
	if err != nil {
		return err
	}
	rec := record{Request: r.Request, First: l.revision, Fence: l.revision}
	revision, err := h.opts.Carrier.Records().Create(ctx, r.ID, encode(rec))
	if errors.Is(err, ErrTaken) {
		h.releaseLease(l)
		return errors.New("there is a conversation with this ID already, which another host will take over")
	}
	if err == nil && h.opts.Now().Sub(received) >= limit {
		err = errors.New("the conversation could not be started in time")
	}
	if err != nil {
		h.removeRecord(l, r.ID)
		h.releaseLease(l)
		return err
	}
	h.begin(l, rec, revision, nil)
	return nil
}

// removeRecord deletes the record of a conversation that is not begun, which the hub may have stored although
// its answer has not arrived. l is the lease of the conversation.
func (h *Host) removeRecord(l *lease, id string) {
	ctx, cancel := context.WithTimeout(context.Background(), l.timeout())
	defer cancel()
	records := h.opts.Carrier.Records()
	text, revision, err := records.Read(ctx, id)
	if errors.Is(err, ErrNone) {
		return
	}
	var rec record
	if err == nil {
		err = json.Unmarshal(text, &rec)
	}
	if err == nil && rec.First == l.revision {
		err = records.Delete(ctx, id, revision)
	}
	if err != nil {
		h.opts.Log.Warn("conversation " + id + ": it was not started, but another host may find its record: " + err.Error())
	}
}

func (h *Host) releaseLease(l *lease) {
	if err := l.release(context.Background()); err != nil {
		h.opts.Log.Warn("the lease " + l.key + " could not be given up, and will expire: " + err.Error())
	}
}

// encode returns the JSON of a value of this package.
func encode(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // cannot happen: all fields have been parsed from JSON, or are texts and numbers
	}
	return text
}
