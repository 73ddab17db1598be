package work

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"moonlark/engine/tool"
)

const (
	// DefaultJobs is how many calls a Worker carries out at the same time, if nothing else is said.
	DefaultJobs = 4

	// confirmTime is how long a worker waits for the caller to confirm that it begins.
	confirmTime = time.Second
)

// WorkerOptions configure a Worker.
type WorkerOptions struct {
	Server Server
	// Run carries out a call and returns its result. It returns an error when ctx is done, and only then. It
	// is called on a goroutine of its own.
	Run func(ctx context.Context, tool string, r Request) (tool.Result, error)

	Jobs   int    // how many calls are carried out at the same time; 0 means DefaultJobs
	Bundle string // digest of the bundle that the worker runs; "" if it runs none
	// Log is called with warnings. Any goroutine calls it, and it must not block. Nil drops them.
	Log func(level slog.Level, text string)
}

// A Worker carries out the calls of tools for other programs. Each call has a goroutine of its own. Any
// goroutine may call the methods.
type Worker struct {
	opts   WorkerOptions
	ctx    context.Context // ends when the running calls must end
	cancel context.CancelFunc
	kept   *kept

	setting sync.Mutex         // held by SetTools and Close
	served  map[string]*served // the tools, by name; nil after Close; guarded by setting

	mu      sync.Mutex // guards the fields below
	running int        // calls that are being carried out, or wait for the confirmation of the caller
	idle    sync.WaitGroup
	closing bool
}

// A served tool is one whose calls a Worker takes.
type served struct {
	isIdempotent bool
	stop         func()
}

// NewWorker returns a Worker without tools. Close must be called.
func NewWorker(opts WorkerOptions) *Worker {
	opts.Jobs = cmp.Or(opts.Jobs, DefaultJobs)
	if opts.Log == nil {
		opts.Log = func(slog.Level, string) {}
	}
	w := &Worker{opts: opts, kept: newKept(), served: make(map[string]*served)}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	return w
}

// SetTools takes calls of these tools from now on, and no more of others. The error says which of them
// cannot be served; the Worker serves the others. After Close, SetTools does nothing.
func (w *Worker) SetTools(specs []*tool.Spec) error {
	w.setting.Lock()
	defer w.setting.Unlock()
	if w.served == nil {
		return nil
	}
	wanted := make(map[string]bool) // whether the tool is idempotent, by name
	for _, spec := range specs {
		wanted[spec.Name] = spec.Hints != nil && spec.Hints.Idempotent
	}
	w.stop(func(name string, s *served) bool {
		isIdempotent, ok := wanted[name]
		return !ok || isIdempotent != s.isIdempotent
	})
	var failures []error
	for name, isIdempotent := range wanted {
		if w.served[name] != nil {
			continue
		}
		stop, err := w.opts.Server.Serve(name, func(r Request, from Peer) { w.handle(name, isIdempotent, r, from) })
		if err != nil {
			failures = append(failures, err)
			continue
		}
		w.served[name] = &served{isIdempotent, stop}
	}
	return errors.Join(failures...)
}

// stop serves no more of the tools for which isUnwanted returns true. The caller holds setting. Each tool
// is stopped on a goroutine of its own, because the hub may let each of them wait.
func (w *Worker) stop(isUnwanted func(string, *served) bool) {
	var stopped sync.WaitGroup
	for name, s := range w.served {
		if isUnwanted(name, s) {
			stopped.Go(s.stop)
			delete(w.served, name)
		}
	}
	stopped.Wait()
}

// Close takes no more calls, and waits for those that run. When ctx is done, it ends them. The callers of
// idempotent tools then try another worker.
func (w *Worker) Close(ctx context.Context) {
	defer context.AfterFunc(ctx, w.cancel)()
	w.mu.Lock()
	w.closing = true
	w.mu.Unlock()
	w.setting.Lock()
	w.stop(func(string, *served) bool { return true })
	w.served = nil
	w.setting.Unlock()
	w.idle.Wait()
	w.cancel()
}

// handle replies to a request, and begins to carry out the call if it takes it. It does not block.
func (w *Worker) handle(name string, isIdempotent bool, r Request, from Peer) {
	if len(r.Args) > tool.MaxOffloadedArguments {
		w.reply(name, from, Refusal(w.opts.Server.Name(), fmt.Errorf("its arguments have %d bytes; %d are allowed", len(r.Args), tool.MaxOffloadedArguments)))
		return
	}
	if isIdempotent && w.answerKnown(name, from, w.kept.find(keyOf(name, r), from)) {
		return
	}
	if !w.reserve() {
		w.reply(name, from, Reply{Kind: Busy})
		return
	}
	go func() {
		defer w.release()
		w.carryOut(name, isIdempotent, r, from)
	}()
}

// reserve reports whether another call can run now. If so, release must be called.
func (w *Worker) reserve() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closing || w.running >= w.opts.Jobs {
		return false
	}
	w.running++
	w.idle.Add(1)
	return true
}

func (w *Worker) release() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running--
	w.idle.Done()
}

// carryOut takes a call, carries it out if the caller confirms that, and sends the result.
func (w *Worker) carryOut(name string, isIdempotent bool, r Request, from Peer) {
	deadline := time.Now().Add(r.Left)
	ctx, cancel := context.WithDeadline(w.ctx, deadline)
	defer cancel()
	confirm, cancelConfirm := context.WithTimeout(ctx, confirmTime)
	defer cancelConfirm()
	if err := from.Accept(confirm, w.sign(Reply{Kind: Accepted})); err != nil {
		// The caller has gone on to another worker. But if only its confirmation is late, it waits for a reply.
		if confirm.Err() != nil {
			w.reply(name, from, Reply{Kind: Busy})
		}
		return
	}
	key := keyOf(name, r)
	if isIdempotent && w.answerKnown(name, from, w.kept.begin(key, from)) {
		return // another attempt of the same call has begun meanwhile
	}
	result, err := w.opts.Run(ctx, name, r)
	reply := Reply{Kind: Done, Result: result}
	switch {
	case err != nil && w.ctx.Err() != nil:
		reply = Reply{Kind: Ended}
	case err != nil:
		reply.Result = tool.Failed(tool.ClientTimeout, "%s took longer than %v and was stopped", name, r.Left)
	case len(result.Text) > tool.MaxResult:
		reply.Result = tool.Failed(tool.ExternalClient, "%s returned %d bytes; %d are allowed", name, len(result.Text), tool.MaxResult)
	}
	peers := []Peer{from}
	if isIdempotent {
		peers = w.kept.end(key, reply)
	}
	for _, p := range peers {
		w.reply(name, p, reply)
	}
}

// answerKnown replies to an attempt of a call that the worker has carried out already, or carries out now.
// It returns false if it does neither. c is what is kept about the call.
func (w *Worker) answerKnown(name string, from Peer, c keptCall) bool {
	switch c.state {
	case hasResult:
		w.reply(name, from, Reply{Kind: Done, Result: c.result})
	case inProgress:
		w.reply(name, from, Reply{Kind: Accepted})
	}
	return c.state != unknown
}

// reply sends a reply.
func (w *Worker) reply(name string, to Peer, r Reply) {
	if err := to.Reply(w.sign(r)); err != nil {
		w.opts.Log(slog.LevelWarn, fmt.Sprintf("a reply (%s) to a call of %s was not sent: %v", r.Kind, name, err))
	}
}

// sign returns the reply with the name and the bundle of the worker.
func (w *Worker) sign(r Reply) Reply {
	r.Worker, r.Bundle = w.opts.Server.Name(), w.opts.Bundle
	return r
}
