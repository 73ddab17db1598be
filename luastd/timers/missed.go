package timers

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/luastd"
	"moonlark/luastd/files"
	"moonlark/luastd/value"
)

const (
	// lastRunsFile is the file in the data folder of the script with the times of lastRuns.
	lastRunsFile = "timers.json"
	maxLastRuns  = 1 << 20 // maximal size of the file, in bytes
	maxNames     = 2048    // maximal number of names in the file
	maxName      = 100     // maximal length of a name, in bytes
	diskTimeout  = 10 * time.Second
)

// lastRuns are the times of the latest runs of the timers with the option missed = "run", by name,
// in seconds since 1970. A timer that has not run yet has the time at which it was made. They are
// kept in a file, so that a run that was missed while the program did not run can be made up for.
type lastRuns struct {
	runner *files.Runner
	times  map[string]float64
	used   map[string]bool // the names of the timers of this generation

	writing sync.Mutex             // held while the file is written
	content atomic.Pointer[[]byte] // the newest content of the file
}

// write writes the newest content to the file at p. Any goroutine may call it.
func (l *lastRuns) write(p permit.Place) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	content := *l.content.Load()
	if err := p.Reserve(files.SizeOf(p), int64(len(content))); err != nil {
		return err
	}
	return p.Replace(permit.Replacement{Mode: 0o600, Sync: true, Write: func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	}})
}

// shrink removes the names that have not been used for longest, if there are more than maxNames.
// The names of timers of this generation stay: there are fewer.
func (l *lastRuns) shrink() {
	if len(l.times) <= maxNames {
		return
	}
	var unused []string
	for name := range l.times {
		if !l.used[name] {
			unused = append(unused, name)
		}
	}
	slices.SortFunc(unused, func(a, b string) int { return cmp.Compare(l.times[a], l.times[b]) })
	for _, name := range unused[:min(len(unused), len(l.times)-maxNames)] {
		delete(l.times, name)
	}
}

// makeUp changes the schedule and the run of a timer for the option missed. function is the Lua
// function that makes the timer.
func (m *module) makeUp(L *lua.LState, function string, options value.Options, s *luastd.Schedule, r *luastd.Run) {
	if options.Choice("missed", "skip", "run") == "skip" {
		return
	}
	name := options.String("name", "")
	if name == "" {
		L.ArgError(3, `missed = "run" needs a name, under which the time of the latest run is kept`)
	}
	if len(name) > maxName {
		L.ArgError(3, fmt.Sprintf("with missed = \"run\", the name has at most %d bytes", maxName))
	}
	if m.last == nil {
		if last := m.readLastRuns(L, function); m.last == nil { // another task may have read the file meanwhile
			m.last = last
		}
	}
	if m.last.used[name] {
		L.ArgError(3, "there is another timer with the name "+value.Quote(name))
	}
	m.last.used[name] = true

	seconds, known := m.last.times[name]
	last, _ := value.Time(seconds)
	regular, isFirst := s.Next, true
	s.Next = func(t time.Time) time.Time {
		if known && isFirst && !m.Loading() {
			isFirst = false
			if missed := regular(last); !missed.IsZero() && missed.Before(t) {
				return t.Add(time.Millisecond)
			}
		}
		return regular(t)
	}
	fn := r.Fn
	r.Fn = L.NewFunction(func(L *lua.LState) int {
		m.keepLastRun(L, function, name)
		L.Insert(fn, 1)
		L.Call(L.GetTop()-1, 0)
		return 0
	})
	if !known { // from now on, a run can be missed
		begin := L.NewFunction(func(L *lua.LState) int {
			m.keepLastRun(L, function, name)
			return 0
		})
		if err := m.Spawn(begin, nil); err != nil {
			value.Raise(L, err)
		}
	}
}

// readLastRuns reads the file. It raises an error if the file cannot be read.
func (m *module) readLastRuns(L *lua.LState, function string) *lastRuns {
	l := &lastRuns{runner: files.NewRunner(m), times: make(map[string]float64), used: make(map[string]bool)}
	content, err := l.runner.Run(L, function, diskTimeout, func(ctx context.Context) (any, error) {
		p, err := m.Permit().Resolve(lastRunsFile, false)
		if err != nil {
			return nil, err
		}
		f, info, err := files.OpenToRead(ctx, p)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return l.runner.ReadAll(ctx, f, info.Size(), maxLastRuns)
	})
	if err == nil {
		err = json.Unmarshal([]byte(content.(string)), &l.times)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		L.RaiseError("%s: %s", function, files.Explain(lastRunsFile, err).Reason)
	}
	if l.times == nil {
		l.times = make(map[string]float64)
	}
	return l
}

// keepLastRun writes that the timer called name runs now. If that is not possible, it logs a
// warning.
func (m *module) keepLastRun(L *lua.LState, function, name string) {
	now := m.Now()
	if now.Year() < luastd.FirstYear {
		return
	}
	m.last.times[name] = float64(value.TimeNumber(now))
	m.last.shrink()
	content, err := json.Marshal(m.last.times)
	if err == nil {
		m.last.content.Store(&content)
		_, err = m.last.runner.Run(L, function, diskTimeout, func(context.Context) (any, error) {
			p, err := m.Permit().Resolve(lastRunsFile, true)
			if err != nil {
				return nil, err
			}
			return nil, m.last.write(p)
		})
	}
	if err != nil {
		m.Log(slog.LevelWarn, fmt.Sprintf("%s: the time of the run of %q could not be kept: %s", function, name, files.Explain(lastRunsFile, err).Reason))
	}
}
