package command

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

// A Listener is a command that gets sound and prints lines: what it hears.
type Listener struct {
	Command string
	Options Options
	Piece   int // bytes that it gets at a time

	// Sound fills a piece. The error is the cause of the context.
	Sound func(context.Context, []byte) error

	// Line is called for each line that it prints, of which longer ones than
	// 1024 bytes come in pieces, and Works once it has run for Proven; one at a
	// time.
	Line   func(string)
	Works  func()
	Proven time.Duration
}

// learning is how long a command may take no sound: one may load a model first.
const learning = 30 * time.Second

// Run runs the command until ctx is done, and returns nil then; or else, when it
// ends, closes its output or takes no sound for half a minute, why.
func (l *Listener) Run(ctx context.Context) error {
	hears, sound, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("%s: %w", Name(l.Command), err)
	}
	defer sound.Close()
	lines, prints, err := os.Pipe()
	if err != nil {
		hears.Close()
		return fmt.Errorf("%s: %w", Name(l.Command), err)
	}
	defer lines.Close()
	shorten(sound, 4*l.Piece)
	p, err := start(l.Command, l.Options, hears, prints)
	hears.Close()
	prints.Close()
	if err != nil {
		return fmt.Errorf("%s: %w", Name(l.Command), err)
	}
	defer p.end()
	// Whichever half ends first ends the other.
	running, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	unhook := context.AfterFunc(running, func() {
		p.end()
		now := time.Now() // if something has left the group and holds a pipe
		lines.SetReadDeadline(now)
		sound.SetWriteDeadline(now)
	})
	defer unhook()
	var telling sync.Mutex
	proven := time.AfterFunc(l.Proven, func() {
		telling.Lock()
		defer telling.Unlock()
		if running.Err() == nil {
			l.Works()
		}
	})
	defer proven.Stop()
	var once sync.Once
	var why error // the first that was noticed: ending it makes for more
	lost := func(closed string) error {
		once.Do(func() { why = p.why(closed) })
		return why
	}
	var reading sync.WaitGroup
	reading.Go(func() {
		l.read(lines, &telling)
		stop(lost("the command has closed its output"))
	})
	err = l.write(running, sound)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded) && running.Err() == nil:
		p.end()
		err = p.said(fmt.Errorf("the command has taken no sound for %v", learning))
	case running.Err() == nil:
		err = lost("the command has closed its input")
	}
	stop(err)
	reading.Wait()
	telling.Lock() // nothing is told any more
	defer telling.Unlock()
	if ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("%s: %w", Name(l.Command), context.Cause(running))
}

// read tells of lines until there are no more.
func (l *Listener) read(lines *os.File, telling *sync.Mutex) {
	in := bufio.NewReaderSize(lines, maxLine)
	for {
		b, _, err := in.ReadLine() // a longer line comes in pieces
		if line := strings.ToValidUTF8(string(b), "?"); line != "" {
			telling.Lock()
			l.Line(line)
			telling.Unlock()
		}
		if err != nil {
			return
		}
	}
}

// write gives sound to the command until ctx is done or it takes no more.
func (l *Listener) write(ctx context.Context, sound *os.File) error {
	piece := make([]byte, l.Piece)
	for {
		if err := l.Sound(ctx, piece); err != nil {
			return err
		}
		sound.SetWriteDeadline(time.Now().Add(learning))
		if ctx.Err() != nil { // it has set one, too
			return context.Cause(ctx)
		}
		if _, err := sound.Write(piece); err != nil {
			return err
		}
	}
}
