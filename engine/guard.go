package engine

import (
	"context"
	"log/slog"
	"time"

	"moonlark/engine/convai"
)

// userSpoke notes that the user is there. Any goroutine may call it.
func (t *talk) userSpoke() { t.heard.Store(int64(time.Since(t.began))) }

// quiet is for how long the user has said nothing.
func (t *talk) quiet() time.Duration { return time.Since(t.began) - time.Duration(t.heard.Load()) }

// toolDone looks for the tool by which an agent hangs up.
func (t *talk) toolDone(m *convai.AgentToolResponse) {
	if m.ToolName == convai.EndCall && !m.IsError && !m.IsBlocked {
		t.leave("the agent has ended the call")
	}
}

// guard ends a conversation that costs without being one: the user is not there
// any more, or it has lasted too long. It returns when ctx is done.
func (t *talk) guard(ctx context.Context) {
	tick := time.NewTicker(time.Second / 4)
	defer tick.Stop()
	told := time.Duration(0)
	t.e.dispatch(idleEvent, map[string]any{"seconds": 0}) // whatever was before
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		quiet := t.quiet()
		if second := quiet.Truncate(time.Second); second != told {
			told = second
			t.e.dispatch(idleEvent, map[string]any{"seconds": second.Seconds()})
		}
		switch {
		case t.e.opts.Idle > 0 && quiet >= t.e.opts.Idle:
			t.e.log("", slog.LevelInfo, "the user has said nothing for "+t.e.opts.Idle.String()+": the conversation is ended")
			t.leave("the user is gone")
			return
		case t.e.opts.Longest > 0 && time.Since(t.began) >= t.e.opts.Longest:
			t.e.log("", slog.LevelInfo, "the conversation has lasted "+t.e.opts.Longest.String()+": it is ended")
			t.leave("it has lasted long enough")
			return
		}
	}
}

// leave ends the conversation once the agent has finished with what is under
// way, and been heard to the end of it. It does not wait, and works once.
func (t *talk) leave(reason string) {
	t.stop.Do(func() {
		t.left.Store(true) // now: should the network cut it short meanwhile, nobody wants another
		t.e.leaving.Go(func() {
			ctx, cancel := context.WithTimeout(t.ctx, stopTime)
			defer cancel()
			t.e.turns.awaitReply(ctx)
			farewell, cancel := context.WithTimeout(t.ctx, farewellTime)
			defer cancel()
			t.e.drainVoice(farewell)
			if !t.e.opts.Wait {
				t.e.Stop()
				return
			}
			goodbye, cancel := context.WithTimeout(context.Background(), goodbyeTime)
			defer cancel()
			t.conv.Close(goodbye, reason)
		})
	})
}
