package process

import (
	"sync"
	"time"

	"moonlark/engine/repeat"
)

const (
	// A command that has run for provenTime has worked. The lines of its next run are new.
	provenTime = 10 * time.Second

	maxRestartLines = 100 // maximum number of different lines that a Restarts remembers
)

// A Restarts keeps a command that is started again and again from filling the log. A line that the
// command already wrote to its standard error in an earlier run is not logged again but counted, and
// logged at the 10th, 100th, 1000th run and so on. All runs of the command share one Restarts in
// [Command.Restarts]. The zero value is ready to use. Any goroutine may use it.
type Restarts struct {
	mu      sync.Mutex // guards the fields below
	run     int        // number of the current run, from 1
	started time.Time  // when the current run started
	proven  bool       // the last run has lasted for provenTime
	lines   map[string]*restartLine
}

// A restartLine is a line that the command has written.
type restartLine struct {
	run   int  // number of the last run that has written the line
	runs  int  // number of runs that have written the line
	shown bool // the line is logged in this run
}

// begin notes that a run of the command begins.
func (r *Restarts) begin() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lines == nil || r.proven {
		r.lines, r.run = make(map[string]*restartLine), 0
	}
	r.run++
	r.started, r.proven = time.Now(), false
}

// end notes that the current run has ended.
func (r *Restarts) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.proven = time.Since(r.started) >= provenTime
}

// log returns the line as it is to be logged. It reports false if the line is not to be logged.
func (r *Restarts) log(line string) (string, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := repeat.Key(line)
	known := r.lines[key]
	switch {
	case known == nil && len(r.lines) < maxRestartLines:
		known = &restartLine{run: r.run, runs: 1, shown: true}
		r.lines[key] = known
	case known == nil:
		return line, r.run == 1 // no space to remember the line
	case known.run != r.run:
		known.run = r.run
		known.runs++
		known.shown = repeat.Shown(known.runs)
	}
	return line + repeat.Suffix(known.runs), known.shown
}
