// Package script runs Lua scripts and the tool calls they answer. Each loaded
// copy of a script, a generation, has a Lua state of its own, and each state
// has one goroutine of its own, its executor, which no other ever stands in
// for: see executor. Everyone else sends it messages.
//
// The package knows Lua, not the wire: a [Call] comes in, a tool.Result goes
// out.
package script

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"moonlark/engine/agent"
	"moonlark/engine/tool"
	"moonlark/luastd"
)

// Options say what scripts run with. The zero value works.
type Options struct {
	Slots  *Slots   // run slots, to be shared by the process; nil makes some
	Heap   *Heap    // the bound on memory, likewise
	Events []string // the names that on() knows; empty for any

	// OwnEvents says that events of other names can come too. Then on() warns
	// only of those that look misspelt.
	OwnEvents bool

	// Conversation is what scripts reach by session; nil when there is none.
	Conversation luastd.Conversation

	Globals map[string]any // Go values and functions for every script, through gopher-luar

	// Env is asked for the environment variables that os.getenv may read,
	// beside those whose names begin with MOONLARK_. Nil has none. It is called
	// on executors and must not block.
	Env func(name string) (string, bool)

	// Print and Log take what scripts, and this package about them, have to
	// say. Both are called on executors and must not block. Nil drops it.
	Print func(script, text string)
	Log   func(script string, level slog.Level, text string)

	// Limits bound what one task may do.
	Limits Limits

	// LoadTimeout is how long a script's top level may take. Zero means 5 s.
	LoadTimeout time.Duration
}

// Scripts are the scripts of one agent: together they offer one set of tools.
// All methods may be called from any goroutine but an executor's.
type Scripts struct {
	opts      Options
	heap      *Heap      // its own, to be closed; nil when it was given one
	reloading sync.Mutex // held by Load and Reload: one at a time

	mu     sync.Mutex // guards what follows, and says what is published
	list   []*script
	tools  map[string]*offer
	closed bool
	trying *generation    // the one that is being loaded
	ended  chan struct{}  // closed with closed
	wg     sync.WaitGroup // generations being closed, or loaded again
}

// A script is one file and its generations.
type script struct {
	path string

	// Guarded by the mutex of the scripts.
	current *generation
	old     []*generation // retired, with calls under way; the oldest first
	failed  []File        // what the last load that failed depends on
	failure error         // why it did
	crashed time.Time     // when a generation last had to be renewed
	backOff time.Duration // before that
	past    usage         // of the generations that are no more
	cpu     time.Duration // that Lua had run when it was last asked
}

// New makes an empty set of scripts.
func New(opts Options) *Scripts {
	if opts.Slots == nil {
		opts.Slots = NewSlots(0)
	}
	s := &Scripts{tools: make(map[string]*offer), ended: make(chan struct{})}
	if opts.Heap == nil {
		opts.Heap = NewHeap(0)
		s.heap = opts.Heap
	}
	if opts.Print == nil {
		opts.Print = func(string, string) {}
	}
	if opts.Log == nil {
		opts.Log = func(string, slog.Level, string) {}
	}
	if opts.LoadTimeout == 0 {
		opts.LoadTimeout = 5 * time.Second
	}
	s.opts = opts
	return s
}

// A Summary is what a script offers.
type Summary struct {
	Path  string
	Tools []*tool.Spec // in the order of registration
	On    []string     // the events it handles, sorted
	Files []File       // that it depends on: itself, and what it required or looked for
	Agent agent.Settings
}

// Name is the script's file name, without its folder.
func (s Summary) Name() string { return filepath.Base(s.Path) }

func (g *generation) summary() Summary {
	sum := Summary{Path: g.path, Files: g.dependsOn()}
	for _, o := range g.tools {
		sum.Tools = append(sum.Tools, o.spec)
	}
	for event := range g.handlers {
		sum.On = append(sum.On, event)
	}
	slices.Sort(sum.On)
	if g.agent != nil {
		sum.Agent = g.agent.Settings
	}
	return sum
}

// Load loads scripts, in order, and publishes each. The first that cannot be
// loaded ends it with a *LoadError; those before it stay.
func (s *Scripts) Load(paths ...string) ([]Summary, error) {
	s.reloading.Lock()
	defer s.reloading.Unlock()
	var all []Summary
	for _, path := range paths {
		path = filepath.Clean(path)
		if s.find(path) != nil {
			return all, namedTwice(path)
		}
		g, err := s.build(path, snapshot{})
		if err != nil {
			return all, err
		}
		sc := &script{path: path}
		if err := s.publish(sc, g, nil, snapshot{}); err != nil {
			g.x.close()
			return all, err
		}
		all = append(all, g.summary())
	}
	return all, nil
}

// Check runs the top level of scripts and says what they offer together,
// without publishing any: none of their functions are called. The first that
// cannot be loaded ends it with a *LoadError.
func (s *Scripts) Check(paths ...string) ([]Summary, error) {
	s.reloading.Lock()
	defer s.reloading.Unlock()
	var all []Summary
	taken := make(map[string]*offer)
	var said *agentSettings
	for i, path := range paths {
		path = filepath.Clean(path)
		if slices.ContainsFunc(paths[:i], func(before string) bool { return filepath.Clean(before) == path }) {
			return all, namedTwice(path)
		}
		g, err := s.build(path, snapshot{})
		if err != nil {
			return all, err
		}
		g.x.close()
		for _, o := range g.tools {
			if other := taken[o.spec.Name]; other != nil {
				return all, conflict(o, other)
			}
			taken[o.spec.Name] = o
		}
		if g.agent != nil && said != nil {
			return all, rivals(g.agent, said)
		} else if g.agent != nil {
			said = g.agent
		}
		all = append(all, g.summary())
	}
	return all, nil
}

func (s *Scripts) find(path string) *script {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sc := range s.list {
		if sc.path == path {
			return sc
		}
	}
	return nil
}

// Tools are the tools on offer now, script by script.
func (s *Scripts) Tools() []*tool.Spec {
	s.mu.Lock()
	defer s.mu.Unlock()
	var specs []*tool.Spec
	for _, sc := range s.list {
		for _, o := range sc.current.tools {
			specs = append(specs, o.spec)
		}
	}
	return specs
}

// Owner is the file name of the script that offers a tool, "" when none does.
func (s *Scripts) Owner(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o := s.tools[name]; o != nil {
		return o.gen.name()
	}
	return ""
}

// Files are the files that the script at path depends on: itself, and what it
// required or looked for, in its present generation and in the last that could
// not be loaded.
func (s *Scripts) Files(path string) []File {
	sc := s.find(filepath.Clean(path))
	if sc == nil {
		return nil
	}
	s.mu.Lock()
	current, failed := sc.current, sc.failed
	s.mu.Unlock()
	return append(current.dependsOn(), failed...)
}

// Call runs a tool. c.Reply gets the answer, once, be it that there is no such
// tool.
func (s *Scripts) Call(c *Call) {
	s.mu.Lock()
	o, err := s.tools[c.Name], error(nil)
	closed, renewing := s.closed, ""
	switch {
	case o == nil || closed:
	case o.gen.renewing != "":
		renewing = o.gen.renewing
	default:
		err = c.queue(o)
	}
	s.mu.Unlock()
	switch {
	case closed:
		c.answer(shuttingDown)
	case o == nil:
		var known []string
		for _, spec := range s.Tools() {
			known = append(known, spec.Name)
		}
		c.answer(unknownTool(c.Name, known))
	case renewing != "":
		c.answer(tool.Failed(tool.ExternalClient, "%s cannot run now: %s, and its script is being loaded again; try again in a moment", c.Name, renewing))
	case err != nil:
		c.answer(tool.Failed(tool.ExternalClient, "%s is busy: %v; try again in a moment", c.Name, err))
	}
}

var shuttingDown = tool.Failed(tool.ExternalClient, "shutting down")

// Agent is what the scripts say about the agent.
func (s *Scripts) Agent() agent.Settings {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sc := range s.list {
		if a := sc.current.agent; a != nil {
			return a.Settings
		}
	}
	return agent.Settings{}
}

// Listens says whether any script handles events of this type.
func (s *Scripts) Listens(event string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.list, func(sc *script) bool { return sc.current.listens(event) })
}

// Dispatch gives an event to every script that handles its type, in the order
// of the calls of Dispatch. It does not wait for the handlers.
func (s *Scripts) Dispatch(e Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sc := range s.list {
		if sc.current.listens(e.Type) {
			sc.current.x.box.put(&message{class: anEvent, event: &e})
		}
	}
}

// Drain admits no more calls, waits for those under way until ctx is done, and
// answers the rest.
func (s *Scripts) Drain(ctx context.Context) {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.ended)
	}
	if s.trying != nil { // it will never be published: do not wait for it
		s.trying.giveUp(shuttingDown.Text)
	}
	s.mu.Unlock()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		left := s.underWay()
		if len(left) == 0 {
			return
		}
		select {
		case <-ctx.Done():
			for _, c := range left {
				c.abandon(shuttingDown)
			}
			ctx = context.Background() // the last Reply may be on its way in another goroutine
		case <-tick.C:
		}
	}
}

// underWay are the calls that have not been answered.
func (s *Scripts) underWay() []*Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	var calls []*Call
	for _, sc := range s.list {
		for _, g := range append(slices.Clone(sc.old), sc.current) {
			for c := range g.calls {
				if !c.replied.Load() {
					calls = append(calls, c)
				}
			}
		}
	}
	return calls
}

// Close runs every script's on_unload, ends the executors, and returns once all
// their goroutines have ended. Calls still under way are answered first.
func (s *Scripts) Close() {
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	s.Drain(ended)
	s.reloading.Lock()
	s.mu.Lock()
	list := s.list
	s.list, s.tools = nil, nil
	s.mu.Unlock()
	s.reloading.Unlock() // not while waiting: what is to be loaded again may be waiting for it
	for _, sc := range list {
		s.wg.Go(func() {
			g := sc.current
			g.x.box.put(&message{do: func() { g.stepDown(shuttingDown.Text) }})
			g.awaitUnload(shuttingDown.Text)
			g.x.close()
		})
		for _, g := range sc.old {
			s.wg.Go(g.x.close)
		}
	}
	s.wg.Wait()
	if s.heap != nil {
		s.heap.Close()
	}
}

// endIfDrained closes a retired generation once its last call has ended. The
// caller holds mu.
func (s *Scripts) endIfDrained(g *generation) {
	if !g.retired || len(g.calls) > 0 {
		return
	}
	for _, sc := range s.list {
		if i := slices.Index(sc.old, g); i >= 0 {
			sc.old = slices.Delete(sc.old, i, i+1)
			sc.past.add(g)
			s.wg.Go(g.leave)
		}
	}
}

func namedTwice(path string) error { return &LoadError{Text: path + ": named twice"} }

// rivals are two scripts that both say how the agent is to be.
func rivals(a, other *agentSettings) error {
	return &LoadError{
		Text: fmt.Sprintf("%s: agent is said at %s too", a.place, other.place),
		Hint: "one script says how the agent is to be, for all",
	}
}

func conflict(o, other *offer) error {
	return &LoadError{
		Text: fmt.Sprintf("%s: the tool %s is registered by %s too", o.spec.Source, o.spec.Name, other.spec.Source),
		Hint: "give one of them another name",
	}
}
