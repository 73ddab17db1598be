package phrases

import (
	"moonlark/engine/localagent/brain"
	"moonlark/engine/tool"
)

// Calls returns the tool calls that a sentence means without doubt. It returns nil if there is any
// doubt: a part of the sentence fits no phrase or the phrases of two tools, a value is free text, a
// required argument is missing, or the sentence says goodbye.
func Calls(sentence string, tools []*tool.Spec) []brain.Call {
	p := splitWords(sentence)
	if len(p.words) == 0 || len(p.words) > maxWords {
		return nil
	}
	list := parsePhrases(tools)
	var calls []brain.Call
	for _, r := range splitRequests(list, p) {
		switch {
		case r.empty:
			continue
		case r.intent == nil || r.intent.freeWords > 0 || r.intent.isAmbiguous(list, r.piece):
			return nil
		}
		call, err := r.intent.call()
		if err != nil {
			return nil
		}
		calls = append(calls, call)
	}
	return calls
}

// isAmbiguous reports whether a phrase of another tool fits the piece as well as the phrase of the
// intent.
func (in *intent) isAmbiguous(list []phrase, p piece) bool {
	var others []phrase
	for _, ph := range list {
		if ph.tool != in.tool {
			others = append(others, ph)
		}
	}
	other := findPhrase(others, p, true)
	return other != nil && !in.fitsBetter(other)
}

// Answer returns what the agent says after the calls that [Calls] has returned. results are the
// results of the calls, in their order.
func Answer(results []brain.Result) string {
	var parts []string
	for _, r := range results {
		parts = append(parts, spokenResult(r.Text, r.IsError))
	}
	return joinSentences(parts)
}
