package wire

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"moonlark/engine/backoff"
	"moonlark/engine/llm"
)

const (
	// After maxTries connections in a row that were lost, or could not be opened, the Loop gives up.
	// A connection that has lasted for stableAfter sets the count back to zero.
	maxTries    = 5
	stableAfter = time.Minute

	// After maxBroken messages that are no messages of the API, a connection counts as lost.
	maxBroken = 20
)

// A Loop keeps a connection to a service open: when one is lost, it opens another one. It calls its
// functions on the goroutine that has called Run, except for Tick, which it calls on a goroutine of
// its own.
type Loop struct {
	// Connect opens a connection and sets a session up on it.
	Connect func(ctx context.Context) (*Conn, error)
	// Begin is called with each new connection, before the first message is read.
	Begin func(*Conn)
	// Handle handles a message. It returns false if data is no message of the API.
	Handle func(data []byte) bool
	// End is called when a connection is over. It reports whether the session has closed it to open
	// another one.
	End func() (renewed bool)
	// Tick is called every second.
	Tick func(now time.Time)
	// Failed is called with the reason when the Loop gives up. After that, the Loop calls no
	// function except for Tick.
	Failed func(err error)
	// Explain returns an error for people, without the key.
	Explain func(err error) *llm.Error

	Log *slog.Logger // must be set
}

// Run keeps a connection open until ctx ends or the Loop gives up. When Run returns, all
// connections are closed, and the goroutine of Tick has ended.
func (l *Loop) Run(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	var ticker sync.WaitGroup
	defer ticker.Wait()
	defer cancel()
	ticker.Go(func() { l.tick(ctx) })
	pause := backoff.Backoff{First: 250 * time.Millisecond, Max: 4 * time.Second}
	for tries := 0; ; {
		began := time.Now()
		conn, err := l.Connect(ctx)
		final, renewed := IsFinal(err), false
		if err == nil {
			l.Begin(conn)
			err = l.read(ctx, conn)
			renewed = l.End()
			conn.Close()
		}
		if ctx.Err() != nil {
			return
		}
		if renewed {
			continue
		}
		if time.Since(began) > stableAfter {
			tries = 0
			pause.Reset()
		}
		if tries++; final || tries == maxTries {
			l.Failed(l.Explain(err))
			return
		}
		l.Log.Info("connecting to the speech-to-speech service again", "why", l.Explain(err).Text)
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause.Next()):
		}
	}
}

// read passes the messages of the service to Handle until the connection ends. It returns the
// reason.
func (l *Loop) read(ctx context.Context, conn *Conn) error {
	defer context.AfterFunc(ctx, conn.Abort)()
	for broken := 0; ; {
		data, err := conn.Read()
		if err != nil {
			return err
		}
		if l.Handle(data) {
			continue
		}
		if broken++; broken == maxBroken {
			return errors.New("the service sends messages that do not belong to its API")
		}
		l.Log.Warn("the speech-to-speech service has sent a message that does not belong to its API")
	}
}

// tick calls Tick every second until ctx ends.
func (l *Loop) tick(ctx context.Context) {
	ticks := time.NewTicker(time.Second)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticks.C:
			l.Tick(now)
		}
	}
}
