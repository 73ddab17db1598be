package follow

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"sync"
	"time"

	"moonlark/engine/backoff"
	"moonlark/engine/bus"
	"moonlark/engine/fleet"
	"moonlark/engine/fleet/message"
	"moonlark/engine/health"
)

const (
	tickInterval = time.Second
	lookPause    = time.Second      // the shortest time between two readings of the wishes
	readInterval = 15 * time.Minute // how often the wishes are read anyway; a fifth more or less
	askTimeout   = 20 * time.Second // of a request to the hub
	ticksPerLook = 60               // ticks between two looks at the commands of wishes

	maxReported      = 50        // values of Report
	maxReportedBytes = 128 << 10 // bytes of the JSON of all, so that a state has less than message.MaxState
	maxReportedValue = 4 << 10   // bytes of the JSON of one
	maxReportedName  = 64        // bytes
)

// Options configure a Follower.
type Options struct {
	Carrier  Carrier
	Device   *fleet.Device // the Follower puts bundles into its store
	Bus      *bus.Bus      // its events are reported; it receives the log of the Follower
	Moonlark string        // version of the running program

	Health  func() health.Report    // as remote.Remote.Health returns it
	OK      func() (bool, []string) // ok and troubles of /healthz; may take seconds
	Metrics func() string           // metrics in the text format of Prometheus; nil if they are not reported

	// Command carries out a command, which is one that message.CheckVerb knows. It must return soon after
	// ctx is done. Several goroutines can call it at once.
	Command func(ctx context.Context, verb string, body []byte) message.Answer

	Share Share
	Spool string // folder that keeps the records that are not sent when the process ends; "" if they are lost

	// FetchWait is the longest time that a device waits before it begins to fetch a bundle: each waits for
	// a random time, so that not all ask the hub at once. Zero means a minute, a negative time none.
	FetchWait time.Duration
}

// Share says what a device reports besides its state, its log, and the events about bundles and
// connections.
type Share struct {
	Calls bool // tool calls with their arguments and results
	Talk  bool // what the user and the agent say
}

// A Follower makes a device follow the wishes of its fleet.
type Follower struct {
	opts  Options
	store fleet.Store
	boot  string // of message.Header
	queue *queue // of the records to send

	// These channels have room for one value. A value in them stands for any number of signals.
	changed   chan struct{}       // the state of the device has changed
	decide    chan struct{}       // a bundle has come into another phase
	connected chan struct{}       // a connection has been made: sendStates sends the state and the metrics
	again     chan struct{}       // a connection has been made: sendQueue sends the next record at once
	commands  chan []message.Once // the commands of the wishes

	fetched chan fetchResult // from the goroutine that fetches

	// The fields below belong to the goroutine of Run.
	wishes    wishes    // those that were read last
	read      bool      // wishes have been read
	readAt    time.Time // when the wishes are read next
	readPause backoff.Backoff
	lookedAt  time.Time // when they were read last
	atLeast   uint64    // the sequence that the hub must return then; 0 if any will do
	decideAt  time.Time // when to decide again after a fault of the disk; zero if there was none
	fetching  *fetching // nil if nothing is fetched now
	failed    fetchFailure
	installed installed
	link      Link            // that was shown last
	running   message.Running // that the Device had at the last tick
	waiting   string          // what a bundle waited for at the last tick
	ticks     int

	mu       sync.Mutex // guards the fields below
	seq      int64
	wanted   *message.Wanted
	reported map[string]json.RawMessage
	heard    time.Time
	said     map[string]string // the last texts of complainOnce
}

// New returns a Follower, which does nothing until Run is called.
func New(opts Options) *Follower {
	if opts.FetchWait == 0 {
		opts.FetchWait = time.Minute
	}
	return &Follower{
		opts: opts, store: opts.Device.Store(), boot: rand.Text(), queue: newQueue(),
		changed: make(chan struct{}, 1), decide: make(chan struct{}, 1), connected: make(chan struct{}, 1),
		again:    make(chan struct{}, 1),
		commands: make(chan []message.Once, 1), fetched: make(chan fetchResult, 1),
		readPause: backoff.Backoff{First: 5 * time.Second, Max: 5 * time.Minute, Jitter: true},
		failed:    fetchFailure{pause: backoff.Backoff{First: 5 * time.Second, Max: readInterval, Jitter: true}},
		reported:  make(map[string]json.RawMessage), said: make(map[string]string),
	}
}

// Run follows the wishes until ctx is done, and sends the last records. It must be called once.
// Neither the Carrier nor the Device may be closed before Run returns.
func (f *Follower) Run(ctx context.Context) {
	f.begin()
	subscription := f.opts.Bus.Subscribe(f.wants, f.receive)
	f.opts.Carrier.Serve(f.answer)
	var wg sync.WaitGroup
	for _, run := range []func(context.Context){f.sendQueue, f.sendStates, f.runCommands} {
		wg.Go(func() { run(ctx) })
	}
	f.follow(ctx)
	f.stopFetching()
	subscription.Close(time.Second)
	wg.Wait()
	f.sendRest(ctx)
	f.saveSpool()
}

// begin reads and writes what the store must have.
func (f *Follower) begin() {
	c := f.opts.Carrier
	if f.opts.Spool != "" {
		f.complain("the spool", f.queue.load(f.opts.Spool))
	}
	f.complain("the name of the device", f.store.Identify(c.Name(), c.Groups()))
	f.opts.Device.ShowLink("offline", "", time.Time{}, 0)
	f.readAt = time.Now()
}

// follow is the loop of the goroutine of Run.
func (f *Follower) follow(ctx context.Context) {
	ticks := time.NewTicker(tickInterval)
	defer ticks.Stop()
	for {
		select {
		case n := <-f.opts.Carrier.Notices():
			f.notice(ctx, n)
		case <-f.decide:
			f.choose(ctx)
		case r := <-f.fetched:
			f.finishFetching(ctx, r)
		case <-ticks.C:
			f.tick(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// notice handles a notice. It reads the wishes once a second at most.
func (f *Follower) notice(ctx context.Context, n Notice) {
	if n.Connected {
		f.failed.at = time.Time{} // try at once
		signal(f.connected)
		signal(f.again)
	}
	f.atLeast = max(f.atLeast, n.Sequence)
	if time.Since(f.lookedAt) >= lookPause {
		f.look(ctx)
	} else {
		f.readAt = time.Now() // at the next tick
	}
}

// tick does what is due.
func (f *Follower) tick(ctx context.Context) {
	f.showLink()
	now := time.Now()
	running, waiting := f.opts.Device.Running(), f.opts.Device.Health().Waiting
	if running != f.running || waiting != f.waiting {
		f.running, f.waiting = running, waiting
		signal(f.changed)
		f.choose(ctx)
	}
	if f.ticks++; f.ticks%ticksPerLook == 0 {
		f.postCommands()
	}
	switch {
	case !now.Before(f.readAt):
		f.look(ctx)
	case !f.decideAt.IsZero() && !now.Before(f.decideAt), f.failed.isDue(now) && f.fetching == nil:
		f.choose(ctx)
	}
}

// showLink shows the state of the connection in the health of the device, and logs when it, or the
// reason why there is none, changes.
func (f *Follower) showLink() {
	link := f.opts.Carrier.Link()
	f.mu.Lock()
	heard := f.heard
	f.mu.Unlock()
	status := "offline"
	if link.Connected {
		status = "connected"
	}
	f.opts.Device.ShowLink(status, link.Reason, heard, f.queue.dropped())
	switch before := f.link; {
	case link.Connected && !before.Connected:
		f.log(slog.LevelInfo, "connected with the fleet "+f.opts.Carrier.Fleet())
	case !link.Connected && (before.Connected || link.Reason != "" && link.Reason != before.Reason):
		f.log(slog.LevelWarn, "no connection with the fleet "+f.opts.Carrier.Fleet()+": "+cut(link.Reason))
	}
	f.link = link
}

// noteHeard records that the hub has answered.
func (f *Follower) noteHeard() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.heard = time.Now()
}

// readLater returns when the wishes are to be read again if nothing else happens.
func readLater() time.Time {
	spread := readInterval / 5
	return time.Now().Add(readInterval - spread + mathrand.N(2*spread))
}

// Report sets a value that the state of the device shows to the centre; nil deletes it. value must be
// JSON. Any goroutine may call it. The error says which limit is exceeded.
func (f *Follower) Report(name string, value json.RawMessage) error {
	if len(value) > 0 {
		var escaped bytes.Buffer // as it is in the record
		json.HTMLEscape(&escaped, value)
		value = escaped.Bytes()
	}
	switch {
	case name == "" || len(name) > maxReportedName:
		return fmt.Errorf("the name is empty or longer than %d bytes", maxReportedName)
	case len(value) > maxReportedValue:
		return fmt.Errorf("the value of %s has %d bytes: the limit is %d", name, len(value), maxReportedValue)
	case value != nil && !json.Valid(value):
		return fmt.Errorf("the value of %s is not JSON", name)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if value == nil {
		delete(f.reported, name)
	} else if _, known := f.reported[name]; !known && len(f.reported) >= maxReported {
		return fmt.Errorf("%d values are reported already: the limit is %d", len(f.reported), maxReported)
	} else if sum := f.reportedBytes() - len(f.reported[name]) + len(value); sum > maxReportedBytes {
		return fmt.Errorf("with %s, all reported values have %d bytes: the limit is %d", name, sum, maxReportedBytes)
	} else {
		f.reported[name] = value
	}
	signal(f.changed)
	return nil
}

// reportedBytes returns how long the values of Report are. f.mu must be locked.
func (f *Follower) reportedBytes() (sum int) {
	for _, value := range f.reported {
		sum += len(value)
	}
	return sum
}

// answer answers a live command. The goroutines of the Carrier call it.
func (f *Follower) answer(ctx context.Context, verb string, body []byte) message.Answer {
	if err := message.CheckVerb(verb); err != nil {
		return message.Answer{Status: 404, Body: err.Error()}
	}
	if len(body) > message.MaxCommand {
		return message.Answer{Status: 413, Body: fmt.Sprintf("the body has %d bytes: the limit is %d", len(body), message.MaxCommand)}
	}
	return f.opts.Command(ctx, verb, body)
}

func (f *Follower) log(level slog.Level, text string) { f.opts.Bus.Log("", level, "fleet: "+text) }

// complain logs an error about something, unless the last one about it was the same. nil says that there
// is none any more.
func (f *Follower) complain(about string, err error) {
	if err == nil {
		f.complainOnce(about, "")
	} else {
		f.complainOnce(about, about+": "+cut(err.Error()))
	}
}

// complainOnce logs a text, unless the last one about the same was equal. There must be few values of
// about, which are kept. An empty text says that there is no reason to complain any more.
func (f *Follower) complainOnce(about, text string) {
	f.mu.Lock()
	again := f.said[about] == text
	f.said[about] = text
	f.mu.Unlock()
	if text != "" && !again {
		f.log(slog.LevelError, text)
	}
}

// signal puts a value into a channel that has none.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
