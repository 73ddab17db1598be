package terminal

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"moonlark/engine/bus"
	"moonlark/engine/safetext"
)

// toolCall remembers a tool call until its result comes, because both are shown together. It
// returns nil: there is nothing to show yet.
func (d *describer) toolCall(e bus.Event) []block {
	if len(d.calls) == maxCalls {
		d.calls = slices.Delete(d.calls, 0, 1)
	}
	d.calls = append(d.calls, e)
	return nil
}

// takeCall returns the tool call to which a result belongs, and forgets it. If there is no such
// call, it returns the result, because a result also has the tool's name.
func (d *describer) takeCall(result bus.Event) bus.Event {
	for i, c := range d.calls {
		if c.CallID == result.CallID {
			d.calls = slices.Delete(d.calls, i, i+1)
			if c.Tool == "" {
				c.Tool = result.Tool
			}
			return c
		}
	}
	return result
}

// ongoingCall returns a text block of one row for a tool call that has no result yet.
func (d *describer) ongoingCall(c bus.Event, cols int) block {
	return d.callWithoutResult(c, " "+d.ellipsis, cols)
}

// unansweredCall returns a text block of one row for a tool call that will get no result.
func (d *describer) unansweredCall(c bus.Event, cols int) block {
	return d.callWithoutResult(c, " "+d.arrow+" no result", cols)
}

func (d *describer) callWithoutResult(c bus.Event, tail string, cols int) block {
	name, args, end := d.signature(c, cols/2)
	args = clip(args, cols-width(name+end+tail), d.ellipsis)
	return block{kind: noteBlock, text: []span{{normal, name}, {dim, args + end + tail}}}
}

// signature returns the three parts of the text "name(arguments)": the name, "(arguments" and ")".
// The name is shortened to cols columns.
func (d *describer) signature(c bus.Event, cols int) (name, args, end string) {
	return clip(safetext.Line(c.Tool), cols, d.ellipsis), "(" + formatArguments(c.Args), ")"
}

// toolResult returns text blocks for a tool call and its result. Both are in one row if they fit.
// If they do not fit, an error is in the rows below the call. On a narrow screen any result is in a
// row below the call.
func (d *describer) toolResult(e bus.Event, cols int) []block {
	name, args, end := d.signature(d.takeCall(e), cols/2)
	mark, text := span{dim, d.arrow + " "}, ""
	if e.Result != nil {
		text = *e.Result
	}
	if e.IsError {
		mark = span{bad, d.cross + " "}
		// Most errors have the type external_client, so it is not shown.
		if e.ErrorType != "" && e.ErrorType != "external_client" {
			text = e.ErrorType + ": " + text
		}
	}
	line, tail := safetext.Line(safetext.Cut(text, 4<<10, "")), d.resultTail(e)
	if line == "" {
		line = `""`
	}
	room := cols - width(name+end+mark.text+tail) - 1
	argsWidth, lineWidth := width(args), width(line)
	if argsWidth+lineWidth > room && (e.IsError || cols < narrowCols) {
		call := []span{{normal, name}, {dim, clip(args, cols-width(name+end), d.ellipsis) + end}}
		below := []span{mark, {normal, clip(line, max(cols-4-width(mark.text+tail), cols/2), d.ellipsis)}, {dim, tail}}
		if e.IsError {
			below = []span{mark, {normal, d.shortenError(text)}, {dim, tail}}
		}
		return []block{{kind: noteBlock, text: call}, {kind: noteBlock, indent: 2, hang: 2, text: below}}
	}
	// The shorter of arguments and result is not cut if it needs at most half of the row.
	if argsWidth+lineWidth > room {
		args = clip(args, max(room/2, room-lineWidth), d.ellipsis)
		line = clip(line, room-width(args), d.ellipsis)
	}
	return []block{{kind: noteBlock, text: []span{{normal, name}, {dim, args + end + " "}, mark, {normal, line}, {dim, tail}}}}
}

// narrowCols is the width, in columns, below which a screen is narrow: a tool call and its result
// get two rows if they do not fit into one.
const narrowCols = 60

// resultTail returns the text after a tool result: how long the call took, and "too late" if the
// result came after the conversation had ended.
func (d *describer) resultTail(e bus.Event) string {
	tail := ""
	if t := duration(e.Seconds); t != "" {
		tail = " " + d.dot + " " + t
	}
	if e.Orphaned {
		tail += " " + d.dot + " too late"
	}
	return tail
}

// shortenError cuts the text of an error to at most 12 lines and 1000 bytes.
func (d *describer) shortenError(text string) string {
	const maxRows, maxBytes = 12, 1000
	text = strings.TrimSpace(text)
	short := safetext.Cut(text, maxBytes, "")
	if lines := strings.SplitAfter(short, "\n"); len(lines) > maxRows {
		short = strings.Join(lines[:maxRows], "")
	}
	if len(short) < len(text) {
		short = strings.TrimSpace(short) + " " + d.ellipsis
	}
	return short
}

// formatArguments formats the arguments of a tool call on one line, such as "a: 1, b: 2", in the
// order of the JSON text. If raw is not a JSON object, it returns raw on one line.
func formatArguments(raw json.RawMessage) string {
	if string(raw) == "null" {
		return ""
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return safetext.Line(string(raw))
	}
	var fields []string
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return safetext.Line(string(raw))
		}
		var v json.RawMessage
		if err := dec.Decode(&v); err != nil {
			return safetext.Line(string(raw))
		}
		fields = append(fields, key.(string)+": "+formatValue(v))
	}
	return safetext.Line(strings.Join(fields, ", "))
}

// formatValue formats one JSON value without unnecessary white space and escapes.
func formatValue(v json.RawMessage) string {
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
