package scripttest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"moonlark/engine/bus"
	"moonlark/engine/convai"
	"moonlark/engine/localagent/brain"
	"moonlark/engine/permit"
	"moonlark/engine/script"
	"moonlark/engine/tool"
)

// A subject is a script under test that has been loaded.
//
// Its clock stands still while the script does something or waits for something outside of the
// process. When the script is at rest, and the test still waits for it, the clock moves forward to the
// next timer of the script. So a test never waits for the time to pass, and what the script does
// depends only on the test.
type subject struct {
	*testRun
	scripts *script.Scripts
	path    string

	moving sync.Mutex // locked while a goroutine decides whether the clock moves, and moves it

	mu           sync.Mutex // guards the fields below
	conversation brain.Conversation
	calls        int // number of tool calls so far
}

// newSubject loads the script under test, and lets it run until it is at rest. The caller holds t.mu.
func newSubject(ctx context.Context, t *testRun) (*subject, error) {
	f := t.file
	s := &subject{testRun: t, path: t.script}
	approvals := s.newApprovals()
	s.scripts = script.New(script.Options{
		Slots: f.slots, Heap: f.heap, Permissions: t.permissions(),
		Events: eventNames(), Emit: s.emit, Conversation: conversation{t.fakes, approvals},
		MCPServers: f.opts.MCPServers, Approvals: approvals,
		Clock: t.clock, Pins: t.pins, Screen: t.screen, Fakes: t.fakes, Coverage: f.opts.Coverage,
		Print:  func(name, text string) { t.print(name + ": " + text) },
		Log:    func(name string, level slog.Level, text string) { t.log(name, level, text) },
		Failed: func(_, text string) { t.fail(text) },
	})
	t.screen.Observe(s.screenEvent)
	stop := context.AfterFunc(ctx, s.scripts.Cancel)
	defer stop()
	_, err := s.scripts.Load(s.path)
	if err == nil {
		err = s.scripts.AwaitRest(ctx)
	}
	if err != nil {
		t.depend(append(s.scripts.Files(s.path), script.StatFile(s.path)))
		var load *script.LoadError
		if errors.As(err, &load) {
			t.depend(load.Files)
			if load.Hint != "" {
				err = fmt.Errorf("%w (%s)", err, load.Hint)
			}
		}
		s.scripts.Close()
		return nil, err
	}
	return s, nil
}

// log adds a line of the log to the output. The messages that only say that a test ends are left out.
func (t *testRun) log(name string, level slog.Level, text string) {
	if level >= slog.LevelInfo {
		t.print(level.String() + " " + name + ": " + text)
	}
}

// permissions returns the permissions of the script under test.
func (t *testRun) permissions() permit.Settings {
	p := t.file.opts.Permissions
	p.Data, p.ID = t.data, ""
	return p
}

// broker returns a Broker like that of the script under test. The caller must close it.
func (t *testRun) broker() (*permit.Broker, error) { return t.permissions().Broker(t.script, nil) }

// eventNames returns the names of all events that a conversation and Moonlark itself have.
func eventNames() []string { return append(convai.KnownServerTypes(), bus.ScriptNames()...) }

// emit dispatches an event that the script has emitted, as remote.Remote.Raise does.
func (s *subject) emit(name string, data json.RawMessage) error {
	if slices.Contains(eventNames(), name) {
		return fmt.Errorf("%s: the conversation has an event of that name", name)
	}
	fields := []byte("{}")
	if len(data) > 0 {
		fields, _ = json.Marshal(map[string]json.RawMessage{"data": data}) // data is JSON
	}
	s.scripts.Dispatch(script.Event{Type: name, Data: fields})
	return nil
}

// pollInterval is how often drive looks again when the script is at rest and no timer runs, but the
// test still waits for something.
const pollInterval = 2 * time.Millisecond

// drive lets the script run, and moves its clock, until done is closed.
func (s *subject) drive(ctx context.Context, done <-chan struct{}) error {
	for {
		moved, err := s.move(ctx, func() (end time.Time, ok bool) {
			select {
			case <-done:
				return time.Time{}, false
			default:
				return s.clock.Next()
			}
		})
		if err != nil {
			return err
		}
		if moved {
			continue
		}
		select {
		case <-done:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pollInterval):
		}
	}
}

// move waits until the script is at rest, and then calls end, which returns the time that the clock
// must not pass, or false if the clock must not move at all. move then moves the clock forward to
// the next timer, or to the end if no timer is due by then; moved reports whether a timer was due.
// Several tasks of a test may call move at the same time.
func (s *subject) move(ctx context.Context, end func() (time.Time, bool)) (moved bool, err error) {
	s.moving.Lock()
	defer s.moving.Unlock()
	if err := s.scripts.AwaitRest(ctx); err != nil {
		return false, err
	}
	if end, ok := end(); ok {
		return s.clock.Step(end), nil
	}
	return false, nil
}

// sleep moves the clock forward by d, and lets the script do what is due.
func (s *subject) sleep(ctx context.Context, d time.Duration) error {
	end := s.clock.Now().Add(d)
	for {
		moved, err := s.move(ctx, func() (time.Time, bool) { return end, true })
		if err != nil || !moved {
			return err
		}
	}
}

// call calls tools at the same time, and waits until all have returned.
func (s *subject) call(ctx context.Context, calls ...*callOf) ([]tool.Result, error) {
	results := make([]tool.Result, len(calls))
	done := make(chan struct{})
	var missing atomic.Int64 // number of calls without a result
	missing.Store(int64(len(calls)))
	for i, c := range calls {
		call := s.begin(c)
		call.Reply = func(_ *script.Call, r tool.Result) {
			results[i] = r
			if missing.Add(-1) == 0 {
				close(done)
			}
		}
		s.start(c, call, s.scripts.Call)
	}
	if err := s.drive(ctx, done); err != nil {
		return nil, err
	}
	return results, nil
}

// dispatch sends the script an event and waits until it is at rest.
func (s *subject) dispatch(ctx context.Context, event string, fields []byte) error {
	if !s.scripts.Listens(event) {
		return fmt.Errorf("%s does not handle the event %q", filepath.Base(s.path), event)
	}
	s.scripts.Dispatch(script.Event{Type: event, Data: fields})
	return s.scripts.AwaitRest(ctx)
}
