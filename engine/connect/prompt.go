package connect

import (
	"slices"
	"strings"

	"moonlark/engine/activity"
	"moonlark/engine/bus"
	"moonlark/engine/llm"
)

// maxPrompt is the maximal length of the texts of a request to a language model in an event, in
// characters.
const maxPrompt = 4000

// promptEvent returns the activity that shows a request to the language model: what the pages show in
// the tab "prompt". It has the newest messages, and the beginning of long ones.
func promptEvent(round int, r llm.Request) bus.Event {
	fields := map[string]any{"round": round, "messages": len(r.Messages), "tools": len(r.Tools), "system": activity.Cut(activity.Prefix(r.System), maxPrompt/4)}
	left := maxPrompt
	var lines []string
	for _, m := range slices.Backward(r.Messages) {
		line := activity.Cut(activity.Prefix(messageText(m)), maxPrompt/4)
		if left -= len([]rune(line)); left < 0 {
			lines = append(lines, "…")
			break
		}
		lines = append(lines, line)
	}
	if len(lines) > 0 {
		fields["newest"] = activity.Cut(lines[0], activity.MaxText)
	}
	slices.Reverse(lines)
	fields["prompt"] = strings.Join(lines, "\n")
	return bus.Event{Type: bus.Activity, Tab: "prompt", Fields: fields}
}

// messageText returns a message with its role, and the tools that it calls.
func messageText(m llm.Message) string {
	text := string(m.Role) + ": " + m.Text
	for _, c := range m.Calls {
		text += " → " + c.Name + " " + string(c.Arguments)
	}
	return text
}
