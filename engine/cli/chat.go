package cli

import (
	"context"
	"errors"
	"io"
	"time"

	"moonlark/engine/bus"
	"moonlark/engine/face/terminal"
	"moonlark/engine/remote"
)

// say sends the texts of --say to the agent and waits for the reply to each. It returns the cause of
// ctx when ctx is done before that.
func say(ctx context.Context, r *remote.Remote, texts []string) error {
	if err := r.AwaitGreeting(ctx); err != nil {
		return err
	}
	for _, text := range texts {
		if err := r.Say(text); err != nil {
			return err
		}
		if err := r.AwaitReply(ctx); err != nil {
			return err
		}
	}
	return nil
}

// chat sends each line of stdin to the agent. If interactive is false, the lines come from a pipe
// or a file: chat then waits for the reply to a line before it sends the next one, and returns when
// a line cannot be sent.
func chat(ctx context.Context, r *remote.Remote, lines *terminal.Terminal, interactive bool) error {
	if interactive {
		defer r.AttendApprovals(true)()
	}
	for first := true; ; first = false {
		line, err := lines.ReadLine(ctx)
		switch {
		case errors.Is(err, io.EOF):
			return r.AwaitReply(ctx)
		case errors.Is(err, terminal.ErrInterrupted):
			return nil
		case ctx.Err() != nil && first && !interactive: // nothing of stdin was sent
			return context.Cause(ctx)
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		}
		if interactive {
			answered, err := r.AnswerApproval(line)
			if err != nil {
				lines.Show(bus.Event{Type: bus.Error, Time: time.Now(), Text: err.Error()})
			}
			if answered || err != nil {
				continue
			}
		}
		// otherwise a late greeting would be taken for the reply to the first line
		if first {
			if err := r.AwaitGreeting(ctx); err != nil && interactive {
				return nil
			} else if err != nil {
				return err
			}
		}
		// the error can mean that Moonlark is reconnecting
		if err := r.Say(line); err != nil && interactive {
			lines.Show(bus.Event{Type: bus.Error, Time: time.Now(), Text: "not sent: " + err.Error()})
			continue
		} else if err != nil {
			return err
		}
		if !interactive {
			if err := r.AwaitReply(ctx); err != nil {
				return err
			}
		}
	}
}
