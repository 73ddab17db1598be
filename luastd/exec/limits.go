package exec

import "sync"

const (
	maxOfScript = 8  // maximal number of programs of a script that run at the same time
	maxOfAll    = 64 // maximal number of programs of all scripts that run at the same time

	// maxOutputs is the maximal sum of max_output of the programs of a script that run. It is apart
	// from luastd.Budget, so that programs whose output is full do not block the connections of the
	// script.
	maxOutputs = 64 << 20
)

// limits counts the running programs of a script. Any goroutine may use it.
type limits struct {
	mu      sync.Mutex // guards the fields below
	running int        // number of programs
	output  int        // sum of their max_output
}

// all counts the programs of all scripts. It is a variable of the package because the operating
// system also limits the programs of a process and not those of a script.
var all limits

// begin counts a program that is about to start, unless too many run. end counts its end. Any
// goroutine may call end.
func (l *limits) begin(maxOutput int) (end func(), f *failure) {
	if f := l.add(maxOfScript, maxOutput); f != nil {
		return nil, f
	}
	if f := all.add(maxOfAll, 0); f != nil {
		l.remove(maxOutput)
		return nil, f
	}
	return func() {
		l.remove(maxOutput)
		all.remove(0)
	}, nil
}

// add counts a program, unless that would exceed maxRunning or maxOutputs.
func (l *limits) add(maxRunning, output int) *failure {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.running >= maxRunning {
		return failed("busy", "%d programs are running already", l.running)
	}
	if l.output+output > maxOutputs {
		return failed("busy", "the programs that are running have a max_output of %d bytes together; the maximum is %d", l.output, maxOutputs)
	}
	l.running++
	l.output += output
	return nil
}

func (l *limits) remove(output int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running--
	l.output -= output
}
