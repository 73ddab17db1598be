package script

import (
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// droppedLogInterval is how often one line about what a module drops is logged, at most.
const droppedLogInterval = time.Minute

// drops counts what the modules of one generation have dropped. Any goroutine may use it. The zero
// value is ready to use.
type drops struct {
	mu     sync.Mutex             // guards the fields below
	counts map[string]int         // by module
	lines  map[string]droppedLine // by module and what was dropped
}

// A droppedLine is a line that is logged again and again, with a growing number.
type droppedLine struct {
	count  int
	logged time.Time
}

// add counts n dropped things of a module. It returns the line to log, or "" if such a line has
// been logged less than droppedLogInterval ago.
func (d *drops) add(module, what string, n int, now time.Time) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.counts == nil {
		d.counts, d.lines = make(map[string]int), make(map[string]droppedLine)
	}
	d.counts[module] += n
	line := d.lines[module+" "+what]
	line.count += n
	due := line.logged.IsZero() || now.Sub(line.logged) >= droppedLogInterval
	if due {
		line.logged = now
	}
	d.lines[module+" "+what] = line
	if !due {
		return ""
	}
	return fmt.Sprintf("%s: %s are dropped, because the script does not take them fast enough: %d so far", module, what, line.count)
}

// addTo adds the counts to total.
func (d *drops) addTo(total map[string]int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for module, n := range d.counts {
		total[module] += n
	}
}

// CountDropped counts what a module has dropped: see luastd.DropCounter.
func (g *generation) CountDropped(module, what string, n int) {
	if line := g.drops.add(module, what, n, time.Now()); line != "" {
		g.log(slog.LevelWarn, line)
	}
}
