package command

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"moonlark/engine/process"
	"moonlark/engine/safetext"
	"moonlark/engine/speech"
)

const (
	// chunk is the duration of the sound that is written to a wake-word recogniser at a time.
	chunk = 40 * time.Millisecond

	// provenTime is how long a command has to run before it counts as working. A command that does
	// not exist ends sooner.
	provenTime = time.Second

	// readTimeout is the maximum time for which a command may stop reading sound. It is long
	// because a command may have to load a model first.
	readTimeout = 30 * time.Second

	// maxWord is the maximum length in bytes of the name of a wake word. A longer name is cut.
	maxWord = 100
)

// A WakeRecogniser runs a command that recognises wake words. The command reads sound from its
// standard input, as signed 16-bit mono samples, 16000 per second. It prints a line for each
// detection: the name of the word and, optionally, a tab and a score from 0 to 1.
type WakeRecogniser struct {
	Command string // command line of the recogniser
	// gets what the command writes to its standard error; nil means that it is dropped
	Log *slog.Logger

	restarts process.Restarts // the command's runs, for the log
}

var _ speech.WakeRecogniser = (*WakeRecogniser)(nil)

// String returns "exec:" and the command line, possibly shortened; see [process.Name].
func (w *WakeRecogniser) String() string { return process.Name(w.Command) }

// Recognise implements [speech.WakeRecogniser]. It returns an error if the command ends, closes its
// input or its output, or reads no sound for readTimeout.
func (w *WakeRecogniser) Recognise(ctx context.Context, read func(context.Context, []byte) error, working func(), detected func(speech.Detection)) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	c := commandOf(w.Command)
	c.Log, c.Restarts = w.Log, &w.restarts
	c.Stdin, c.StdinSize, c.Stdout = true, 4*format.Bytes(chunk), true
	p, err := process.Start(ctx, c)
	if err != nil {
		return err
	}
	defer p.Close()

	// This goroutine writes sound, another goroutine reads detections, and a timer calls working.
	// The first of the two goroutines that sees the command fail sets the reason, and stops the
	// other by cancelling ctx.
	var calling sync.Mutex // held during calls of working and detected
	proven := time.AfterFunc(provenTime, func() {
		calling.Lock()
		defer calling.Unlock()
		if ctx.Err() == nil {
			working()
		}
	})
	defer proven.Stop()
	var failing sync.Mutex // so that only the first failure ends the command with its reason
	fail := func(reason func() error) {
		failing.Lock()
		defer failing.Unlock()
		if ctx.Err() == nil {
			stop(reason())
		}
	}
	var reading sync.WaitGroup
	reading.Go(func() {
		process.ReadLines(p.Stdout, func(line string) {
			calling.Lock()
			defer calling.Unlock()
			working()
			if d, ok := parseDetection(line); ok {
				detected(d)
			}
		})
		fail(func() error { return p.Lost("the command has closed its output") })
	})
	err = write(ctx, p, read)
	fail(func() error {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return p.Fail(fmt.Errorf("the command has taken no sound for %v", readTimeout))
		}
		return p.Lost("the command has closed its input")
	})
	reading.Wait()
	calling.Lock() // waits until the timer has finished its call of working
	defer calling.Unlock()
	return context.Cause(ctx)
}

// write passes sound from read to the command until ctx is done or a write fails. It returns the
// error.
func write(ctx context.Context, p *process.Process, read func(context.Context, []byte) error) error {
	wire := make([]byte, format.Bytes(chunk))
	for {
		if err := read(ctx, wire); err != nil {
			return err
		}
		p.Stdin.SetWriteDeadline(time.Now().Add(readTimeout))
		if _, err := p.Stdin.Write(wire); err != nil {
			return err
		}
	}
}

// parseDetection returns the detection that a line of the command's output contains. It returns
// false if the line contains no word.
func parseDetection(line string) (speech.Detection, bool) {
	word, rest, _ := strings.Cut(line, "\t")
	score, err := strconv.ParseFloat(strings.TrimSpace(rest), 64)
	if err != nil || !(score >= 0 && score <= 1) {
		score = 0
	}
	word = safetext.Cut(safetext.Line(word), maxWord, "")
	return speech.Detection{Word: word, Score: score}, word != ""
}
