package center

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"moonlark/engine/fleet/message"
	"moonlark/engine/safetext"
)

// Logs are the events to print.
type Logs struct {
	Device string         // empty for all devices
	Kinds  []message.Kind // LogKind, CallKind and EventKind, as wanted
	Since  time.Time      // events that the hub has received since then
	Follow bool           // also those that arrive, until the context is done

	// Describe returns an event for people, in lines; "" leaves the event out. Nil means that each event is
	// printed as a JSON object on a line.
	Describe func(message.Event) string
}

// Print writes the events to w. It returns the first error of the hub or of w, and nil when ctx is done.
func (l Logs) Print(ctx context.Context, hub Hub, w io.Writer) error {
	until, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	write := l.writeText
	if l.Describe == nil {
		write = writeJSON
	}
	err := hub.Events(until, l.Device, l.Kinds, l.Since, l.Follow, func(kind message.Kind, e message.Event) {
		if until.Err() == nil {
			if err := write(w, kind, e); err != nil {
				cancel(err)
			}
		}
	})
	if ctx.Err() != nil {
		return nil
	}
	if cause := context.Cause(until); cause != nil {
		return cause
	}
	return err
}

// writeText writes the lines of an event, each with the time and the name of the device.
func (l Logs) writeText(w io.Writer, _ message.Kind, e message.Event) error {
	return WriteLines(w, e, l.Describe(e))
}

// WriteLines writes text about an event, with the time and the name of the device before each line. It writes
// nothing if the text is empty.
func WriteLines(w io.Writer, e message.Event, text string) error {
	text = strings.TrimRight(text, "\n")
	if text == "" {
		return nil
	}
	start := fmt.Sprintf("%s  %-16s  ", e.Time.Local().Format("2006-01-02 15:04:05"), clean(e.Device))
	_, err := fmt.Fprintf(w, "%s%s\n", start, strings.ReplaceAll(safetext.Text(text), "\n", "\n"+start))
	return err
}

// writeJSON writes an event as a JSON object on one line.
func writeJSON(w io.Writer, kind message.Kind, e message.Event) error {
	line, err := json.Marshal(struct {
		Kind message.Kind `json:"kind"`
		message.Event
	}{kind, e})
	if err != nil {
		return nil // the event of the device is not JSON
	}
	_, err = fmt.Fprintf(w, "%s\n", safetext.JSON(line))
	return err
}
