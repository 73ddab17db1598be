package record

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"moonlark/engine/bus"
)

// maxLine is the maximum length of one line of a recording, in bytes.
const maxLine = 16 << 20

// Read reads a recording and calls each for each event. The error names the line in which there is a
// mistake. The last line may be cut off, as after a power failure.
func Read(from io.Reader, each func(bus.Event)) (Header, error) {
	var header Header
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, maxLine)
	lines.Split(completeLines)
	n := 1
	for ; lines.Scan(); n++ {
		if n == 1 {
			if err := json.Unmarshal(lines.Bytes(), &header); err != nil || header.Type != "recording" {
				return header, fmt.Errorf("line 1: this is not a recording: it does not begin with {\"type\":\"recording\",...}")
			}
			continue
		}
		var e bus.Event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return header, fmt.Errorf("line %d: %w", n, err)
		}
		if bus.Of(e.Type) == nil {
			continue // an event of a newer version of the program
		}
		each(e)
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return header, fmt.Errorf("line %d: it has more than %d bytes", n, maxLine)
	case err != nil:
		return header, fmt.Errorf("line %d: %w", n, err)
	}
	if header.Type == "" {
		return header, fmt.Errorf("the file is empty")
	}
	return header, nil
}

// Find returns the path of the recording that a user has named: a file, or the newest recording in a
// folder.
func Find(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() {
		return path, err
	}
	entries, err := os.ReadDir(path) // in the order of the names
	if err != nil {
		return "", err
	}
	for _, e := range slices.Backward(entries) {
		if isRecordingName(e.Name()) {
			return filepath.Join(path, e.Name()), nil
		}
	}
	return "", fmt.Errorf("%s has no recording", path)
}

// completeLines is a bufio.SplitFunc that leaves out a last line without a newline.
func completeLines(data []byte, atEOF bool) (advance int, token []byte, err error) {
	advance, token, err = bufio.ScanLines(data, false)
	if advance == 0 && atEOF {
		return len(data), nil, err
	}
	return advance, token, err
}

// A ToolCall is a tool call in a recording, with its result.
type ToolCall struct {
	Tool    string
	Args    json.RawMessage // an object; empty if the call had no arguments
	Result  string
	IsError bool
}

// ToolCalls reads the tool calls of a recording that have a result, in the order in which they began.
func ToolCalls(from io.Reader) ([]ToolCall, error) {
	type running struct {
		call ToolCall
		done bool
	}
	var all []*running
	open := map[string]*running{}
	_, err := Read(from, func(e bus.Event) {
		switch e.Type {
		case bus.Disconnected:
			clear(open) // the ids of another conversation may be the same
		case bus.ToolCall:
			if e.Source != "" {
				return // a person has tried the tool
			}
			one := &running{call: ToolCall{Tool: e.Tool, Args: e.Args}}
			all = append(all, one)
			open[e.CallID] = one
		case bus.ToolResult:
			if one := open[e.CallID]; one != nil && e.Result != nil {
				one.call.Result, one.call.IsError, one.done = *e.Result, e.IsError, true
				delete(open, e.CallID)
			}
		}
	})
	var calls []ToolCall
	for _, one := range all {
		if one.done {
			calls = append(calls, one.call)
		}
	}
	return calls, err
}
