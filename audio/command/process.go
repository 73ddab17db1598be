// Package command has a speaker and a microphone that are programs: a command
// line that reads sound from its standard input, or writes it to its standard
// output, as signed 16-bit little-endian samples of one channel.
//
// The command runs in a shell, and everything it starts is in a group with it:
// whatever the reason, when Play or Record returns, all of that has ended.
package command

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"moonlark/audio"
	"moonlark/audio/pcm"
)

// DefaultRate is how many samples a second a command reads or writes when it
// is not said.
const DefaultRate = 16000

const (
	grace    = time.Second            // from being asked to end to being made to
	patience = 3 * time.Second        // without any sound moving; parec moves some every 2 s
	settling = 200 * time.Millisecond // from closing its end of the pipe to having ended
	maxLine  = 1024                   // bytes of what a command says on standard error
)

// Options are the settings of a [Speaker] or a [Microphone]. Zero values work.
type Options struct {
	// Rate is how many samples a second the command reads or writes. It is told
	// in the environment as MOONLARK_RATE. Zero means DefaultRate.
	Rate int

	// Log gets what the command says on standard error. Nil drops it.
	Log *slog.Logger

	// Counts get late wake-ups and lost sound. Nil counts nothing.
	Counts *audio.Counts
}

func (o Options) rate() int { return cmp.Or(o.Rate, DefaultRate) }

func (o Options) format() pcm.Format {
	return pcm.Format{Encoding: pcm.S16, Rate: o.rate()}
}

func (o Options) counts() *audio.Counts {
	if o.Counts == nil {
		return new(audio.Counts)
	}
	return o.Counts
}

// A process is a command that runs, with all that it has started.
type process struct {
	group  group         // what it has started
	exited chan struct{} // closed once the shell has ended
	heard  chan struct{} // closed once nothing more comes on standard error
	stderr *os.File

	ending sync.Once
	ended  chan struct{} // closed once nothing is left of it

	status error  // of the shell; written before exited is closed
	last   string // said on standard error; written before heard is closed
}

// start runs a command line. It does not close stdin and stdout. The process
// runs until end is called.
func start(line string, opts Options, stdin, stdout *os.File) (*process, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer w.Close()
	cmd := shell(line)
	cmd.Env = append(os.Environ(), "MOONLARK_RATE="+strconv.Itoa(opts.rate()))
	cmd.Stderr = w
	if stdin != nil { // in an interface, a nil file is not nil
		cmd.Stdin = stdin
	}
	if stdout != nil {
		cmd.Stdout = stdout
	}
	p := &process{
		exited: make(chan struct{}),
		heard:  make(chan struct{}),
		ended:  make(chan struct{}),
		stderr: r,
	}
	if err := cmd.Start(); err != nil {
		r.Close()
		return nil, err
	}
	p.group = newGroup(cmd)
	go p.listen(opts.Log)
	go p.wait(cmd)
	return p, nil
}

// wait collects the shell when it ends.
func (p *process) wait(cmd *exec.Cmd) {
	p.status = cmd.Wait()
	close(p.exited)
}

// listen logs what the command says, and remembers the last of it.
func (p *process) listen(log *slog.Logger) {
	defer close(p.heard)
	in := bufio.NewReaderSize(p.stderr, maxLine)
	for {
		b, _, err := in.ReadLine() // a longer line comes in pieces
		if line := strings.TrimSpace(strings.ToValidUTF8(string(b), "?")); line != "" {
			p.last = line
			if log != nil {
				log.Info(line)
			}
		}
		if err != nil {
			return
		}
	}
}

// end ends the command and all that it has started, and returns once nothing of
// it is left: what does not end when it is asked to is killed. Any goroutine
// can call it, and more than once.
func (p *process) end() {
	p.ending.Do(func() {
		if !p.gone() {
			p.group.terminate()
		}
		if !p.goneWithin(grace) {
			p.group.kill()
			p.goneWithin(settling) // longer only if nobody collects orphans here
		}
		<-p.exited
		p.group.close()
		if !waitFor(p.heard, settling) { // something has left the group and holds the pipe
			p.stderr.SetReadDeadline(time.Now())
		}
		<-p.heard
		p.stderr.Close()
		close(p.ended)
	})
	<-p.ended
}

func (p *process) goneWithin(d time.Duration) bool {
	for begin := time.Now(); !p.gone(); time.Sleep(10 * time.Millisecond) {
		if time.Since(begin) > d {
			return false
		}
	}
	return true
}

// gone says whether nothing is left of the command.
func (p *process) gone() bool {
	select {
	case <-p.exited:
		return !p.group.alive()
	default:
		return false
	}
}

// why ends the command, after it has closed its end of the pipe, and says how
// it came to that.
func (p *process) why(closed string) error {
	alone := waitFor(p.exited, settling)
	p.end()
	return p.said(p.how(alone, closed))
}

func (p *process) how(alone bool, closed string) error {
	var exit *exec.ExitError
	switch {
	case !alone:
		return errors.New(closed)
	case p.status == nil:
		return errors.New("the command has ended")
	case errors.As(p.status, &exit):
		return errors.New(exit.String()) // "exit status 1", "signal: killed"
	}
	return p.status
}

// said is err with the last that the command said. Call it after end.
func (p *process) said(err error) error {
	if p.last == "" {
		return err
	}
	return fmt.Errorf("%w: %s", err, p.last)
}

func waitFor(done <-chan struct{}, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-done:
		return true
	case <-t.C:
		return false
	}
}

// Name is what a carrier of a command line is called.
func Name(line string) string {
	const most = 40
	if r := []rune(line); len(r) > most {
		line = string(r[:most-3]) + "..."
	}
	return "exec:" + line
}
