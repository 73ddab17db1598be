package phrases

import (
	"fmt"
	"slices"
	"strings"

	"moonlark/engine/localagent/brain"
	"moonlark/engine/tool"
)

// A plan is what the agent does in response to one sentence. It makes the calls, in the order of
// the sentence. When all calls have results, it says the results and then the text in say. A plan
// without calls always has a text.
type plan struct {
	calls []brain.Call
	say   string
	// the question at the end of the text in say; nil if say contains no question
	question *question
	hangUp   bool // the user said goodbye
}

// maxWords is the maximum number of words of a sentence. The brain does not try to understand a
// longer sentence, because that would take too long.
const maxWords = 500

// decide returns the plan for a sentence. asked is the question at the end of the previous plan, or
// nil.
func decide(sentence string, tools []*tool.Spec, asked *question) plan {
	p := planSentence(sentence, tools, asked)
	p.say = strings.ToValidUTF8(p.say, "\ufffd") // strings from Lua may contain any bytes
	return p
}

// planSentence returns the plan for a sentence. It tries to understand the sentence in the ways
// that the package comment lists.
func planSentence(sentence string, tools []*tool.Spec, asked *question) plan {
	if command, ok := strings.CutPrefix(strings.TrimSpace(sentence), "/"); ok {
		return slashCommand(command, tools)
	}
	p := splitWords(sentence)
	if len(p.words) > maxWords {
		return plan{say: "That is more than I can read at once. Can you say it in fewer words?"}
	}
	list := parsePhrases(tools)
	requests := splitRequests(list, p)
	anyTool := slices.ContainsFunc(requests, func(r request) bool { return r.intent != nil })
	anything := anyTool || slices.ContainsFunc(requests, func(r request) bool { return r.farewell })
	everything := anything && !slices.ContainsFunc(requests, func(r request) bool { return !r.understood() })

	if everything && anyTool {
		return planRequests(requests, tools)
	}
	if in := findExactName(tools, p); in != nil {
		return planIntents([]*intent{in}, nil)
	}
	if pl, ok := smallTalk(p, tools); ok {
		return pl
	}
	if everything {
		return planRequests(requests, tools)
	}
	if in := asked.answer(p, tools); in != nil {
		return planIntents([]*intent{in}, nil)
	}
	if anything {
		return planRequests(requests, tools)
	}
	return planWithoutPhrase(p, requests, list, tools, asked)
}

// planWithoutPhrase returns the plan for a sentence in which no phrase was found. It looks for the
// names of tools in the sentence.
func planWithoutPhrase(p piece, requests []request, list []phrase, tools []*tool.Spec, asked *question) plan {
	in, candidates := findByName(tools, p)
	if in == nil || asked != nil && in.tool.Name == asked.intent.tool.Name {
		if answer := asked.answerWithin(p, tools); answer != nil {
			in = answer
		}
	}
	if in != nil {
		return planIntents([]*intent{in}, nil)
	}
	if len(requests) > 1 {
		for i := range requests {
			requests[i].intent, _ = findByName(tools, requests[i].piece)
		}
		if slices.ContainsFunc(requests, func(r request) bool { return r.intent != nil }) {
			return planRequests(requests, tools)
		}
	}
	if in := findPhrase(list, p, false); in != nil {
		return planIntents([]*intent{in}, nil)
	}
	if len(candidates) > 0 {
		return plan{say: offer(candidates)}
	}
	return plan{say: notUnderstood(tools)}
}

// planRequests returns the plan for a sentence that consists of several requests. If no phrase fits
// a request, planRequests looks for the name of a tool in the request. The plan says which parts of
// the sentence were not understood.
func planRequests(requests []request, tools []*tool.Spec) plan {
	var intents []*intent
	var unknown []string
	hangUp, previousUnknown := false, false
	for _, r := range requests {
		if !r.understood() {
			r.intent, _ = findByName(tools, r.piece)
		}
		switch {
		case r.intent != nil:
			intents = append(intents, r.intent)
		case r.understood():
			hangUp = hangUp || r.farewell
		case previousUnknown: // report two neighbouring requests, as in "dance and sing", as one part
			unknown[len(unknown)-1] += " " + r.piece.String()
		default:
			unknown = append(unknown, r.piece.withoutFiller().String())
		}
		previousUnknown = !r.understood()
	}
	pl := planIntents(intents, unknown)
	if hangUp && pl.question == nil {
		pl.hangUp = true
		pl.say = strings.TrimSpace(pl.say + " " + goodbye)
	}
	return pl
}

// planIntents returns a plan that calls the tools whose arguments are complete. It asks for the
// missing argument of the first tool that lacks one. unknown is the parts of the sentence that were
// not understood; the plan mentions them.
func planIntents(intents []*intent, unknown []string) plan {
	var pl plan
	var say []string
	for _, in := range intents {
		call, err := in.call()
		switch missing := in.missing(); {
		case err == nil:
			pl.calls = append(pl.calls, call)
		case missing == "" || !canBeSaid(in.tool, missing):
			say = append(say, cannotBeSaid(in.tool, err))
		case pl.question == nil:
			pl.question = &question{in, missing}
		default:
			say = append(say, fmt.Sprintf("For %s I need to know the %s too: ask me again.", in.tool.Name, spokenName(missing)))
		}
	}
	for _, part := range unknown {
		say = append(say, fmt.Sprintf("I did not understand %q.", part))
	}
	if pl.question != nil {
		say = append(say, pl.question.String())
	}
	pl.say = strings.Join(say, " ")
	return pl
}

// canBeSaid reports whether the parameter can get its value from a sentence. Objects cannot.
func canBeSaid(spec *tool.Spec, parameter string) bool {
	s := schemaOf(spec, parameter)
	for s != nil && s.Type == "array" {
		s = s.Items
	}
	return s == nil || s.Type != "object"
}
