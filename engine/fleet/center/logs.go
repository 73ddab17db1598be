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
	text := strings.TrimRight(l.Describe(e), "\n")
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
	_, err = fmt.Fprintf(w, "%s\n", escapeControls(line))
	return err
}

// escapeControls escapes the control characters that encoding/json does not escape, and that some terminals
// obey.
func escapeControls(line []byte) string {
	var b strings.Builder
	for _, r := range string(line) {
		if r >= 0x7f && r <= 0x9f {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
