package terminal

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"moonlark/engine/event"
)

// called remembers a call until its result comes.
func (w *wording) called(e event.Event) []entry {
	if len(w.calls) == maxCalls {
		w.calls = w.calls[1:]
	}
	w.calls = append(w.calls, e)
	return nil
}

// take is the call that a result belongs to. One that was not seen is made up
// from the result.
func (w *wording) take(result event.Event) event.Event {
	for i, c := range w.calls {
		if c.CallID == result.CallID {
			w.calls = append(w.calls[:i:i], w.calls[i+1:]...)
			if c.Tool == "" {
				c.Tool = result.Tool
			}
			return c
		}
	}
	return result
}

// underway is a call that has no result yet, on one row.
func (w *wording) underway(c event.Event, cols int) entry {
	return w.without(c, " "+w.dots, cols)
}

// unanswered is a call that gets no result any more.
func (w *wording) unanswered(c event.Event, cols int) entry {
	return w.without(c, " "+w.arrow+" no result", cols)
}

func (w *wording) without(c event.Event, tail string, cols int) entry {
	name, args, end := w.signature(c, cols/2)
	args = clip(args, cols-width(name+end+tail), w.dots)
	return entry{kind: note, text: []span{{normal, name}, {dim, args + end + tail}}}
}

// signature is name(arguments) in its parts. The name is at most w columns.
func (w *wording) signature(c event.Event, cols int) (name, args, end string) {
	return clip(oneLine(c.Tool), cols, w.dots), "(" + arguments(c.Args), ")"
}

// result is a call and what came of it on one row. Where that is too little,
// what came of it stands below: an error that does not fit, and anything in a
// narrow window.
func (w *wording) result(e event.Event, cols int) []entry {
	name, args, end := w.signature(w.take(e), cols/2)
	mark, text := span{dim, w.arrow + " "}, ""
	if e.Result != nil {
		text = *e.Result
	}
	if e.IsError {
		mark = span{bad, w.cross + " "}
		if e.ErrorType != "" && e.ErrorType != "external_client" { // that is most of them
			text = e.ErrorType + ": " + text
		}
	}
	line, tail := oneLine(head(text, 4<<10)), w.tail(e)
	if line == "" {
		line = `""`
	}
	room := cols - width(name+end+mark.text+tail) - 1
	a, r := width(args), width(line)
	if a+r > room && (e.IsError || cols < narrow) {
		call := []span{{normal, name}, {dim, clip(args, cols-width(name+end), w.dots) + end}}
		below := []span{mark, {normal, clip(line, max(cols-4-width(mark.text+tail), cols/2), w.dots)}, {dim, tail}}
		if e.IsError {
			below = []span{mark, {normal, w.few(text)}, {dim, tail}}
		}
		return []entry{{kind: note, text: call}, {kind: note, indent: 2, hang: 2, text: below}}
	}
	if a+r > room { // the shorter one in full, if it takes no more than half
		args = clip(args, max(room/2, room-r), w.dots)
		line = clip(line, room-width(args), w.dots)
	}
	return []entry{{kind: note, text: []span{{normal, name}, {dim, args + end + " "}, mark, {normal, line}, {dim, tail}}}}
}

// narrow is how many columns are too few to show both halves of a call on one
// row, when one of them has to be shortened.
const narrow = 60

// tail is what stands after a result.
func (w *wording) tail(e event.Event) string {
	tail := ""
	if t := took(e.Seconds); t != "" {
		tail = " " + w.dot + " " + t
	}
	if e.Orphaned {
		tail += " " + w.dot + " too late" // the conversation was over
	}
	return tail
}

// few is an error in full, as far as it can be taken in at once.
func (w *wording) few(text string) string {
	const rows, size = 12, 1000
	text = strings.TrimSpace(text)
	short := head(text, size)
	if lines := strings.SplitAfter(short, "\n"); len(lines) > rows {
		short = strings.Join(lines[:rows], "")
	}
	if len(short) < len(text) {
		short = strings.TrimSpace(short) + " " + w.dots
	}
	return short
}

// arguments are the arguments of a call as one would write them: the fields of
// the object, in the order they came.
func arguments(raw json.RawMessage) string {
	if string(raw) == "null" {
		return ""
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return oneLine(string(raw))
	}
	var fields []string
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return oneLine(string(raw))
		}
		var v json.RawMessage
		if err := dec.Decode(&v); err != nil {
			return oneLine(string(raw))
		}
		fields = append(fields, key.(string)+": "+value(v))
	}
	return oneLine(strings.Join(fields, ", "))
}

// value is a JSON value on one line. A string is spelled as it reads, not as
// it was sent.
func value(v json.RawMessage) string {
	var s string
	if json.Unmarshal(v, &s) == nil && string(v) != "null" {
		return strconv.Quote(s)
	}
	var b bytes.Buffer
	if json.Compact(&b, v) != nil {
		return string(v)
	}
	return b.String()
}
