package dialog

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"moonlark/engine/bus"
	"moonlark/engine/convai"
)

const (
	limitsInterval = 250 * time.Millisecond // interval at which watchLimits checks the limits

	// lastReplyTimeout is the maximum time, after Leave, for the running tool calls and the agent's
	// last reply. lastWordsTimeout is the maximum time, at the end of a dialog, to play the agent's
	// last words.
	lastReplyTimeout = 2 * time.Second
	lastWordsTimeout = 30 * time.Second
)

// NoteActivity records that the user or the agent has just spoken or typed, or that a tool has just
// run. A silence is counted from then on. Any goroutine may call it.
func (d *Dialog) NoteActivity() { d.silentSince.Store(int64(time.Since(d.began))) }

// silence returns how much time has passed since the last call of NoteActivity.
func (d *Dialog) silence() time.Duration {
	return time.Since(d.began) - time.Duration(d.silentSince.Load())
}

// busy reports whether a tool runs or the user hears something at this moment.
func (d *Dialog) busy() bool {
	return d.opts.Turns.toolsRun() || d.opts.Voice != nil && d.opts.Voice.Plays()
}

// watchLimits ends the dialog when it has been silent for Options.Idle, or when the dialog
// has lasted for Options.MaxLength. It publishes an Idle event for each second of silence. It
// returns when ctx is done.
func (d *Dialog) watchLimits(ctx context.Context) {
	tick := time.NewTicker(limitsInterval)
	defer tick.Stop()
	published, wasBusy := time.Duration(0), false
	// this event with zero seconds says that the silence of the previous dialog is over
	d.opts.Bus.Publish(bus.Event{Type: bus.Idle})
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		busy := d.busy()
		if busy || wasBusy { // the silence must not begin before the sound or the tool has ended
			d.NoteActivity()
		}
		wasBusy = busy
		silence := d.silence()
		if second := silence.Truncate(time.Second); second != published {
			published = second
			d.opts.Bus.Publish(bus.Event{Type: bus.Idle, Seconds: second.Seconds()})
		}
		switch {
		case d.opts.Idle > 0 && silence >= d.opts.Idle:
			d.log(slog.LevelInfo, fmt.Sprintf("nobody has said anything for %v: the conversation is ended", d.opts.Idle))
			d.Leave("the user is gone")
			return
		case d.opts.MaxLength > 0 && time.Since(d.began) >= d.opts.MaxLength:
			d.log(slog.LevelInfo, fmt.Sprintf("the conversation has lasted %v: it is ended", d.opts.MaxLength))
			d.Leave("it has lasted long enough")
			return
		}
	}
}

// watchForEndCall ends the dialog if m says that the agent has called the system tool end_call.
func (d *Dialog) watchForEndCall(m *convai.AgentToolResponse) {
	if m.ToolName == convai.EndCall && !m.IsError && !m.IsBlocked {
		d.Leave("the agent has ended the call")
	}
}

// Leave ends the dialog after the running tool calls have been answered and the agent's last reply
// has been heard. Leave returns at once, without waiting for that. Only the first call has an
// effect. Leave reports false when the conversation has ended already. Any goroutine may call it.
func (d *Dialog) Leave(reason string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ended || d.left {
		return !d.ended
	}
	d.left = true // set at once, so that a broken connection is not replaced from now on
	d.leaving.Go(func() {
		reply, cancel := context.WithTimeout(d.ctx, lastReplyTimeout)
		defer cancel()
		d.opts.Turns.AwaitReply(reply)
		words, cancel := context.WithTimeout(d.ctx, lastWordsTimeout)
		defer cancel()
		d.awaitSilence(words)
		if d.opts.EndProgram != nil {
			d.opts.EndProgram()
			return
		}
		d.close(reason)
	})
	return true
}
