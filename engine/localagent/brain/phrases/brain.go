// Package phrases contains a brain for the embedded agent that needs no language model. The brain
// tries to understand a sentence in the following ways, and uses the first one that works:
//
//  1. The sentence is a command such as "/set_light {"on":true}": the name of a tool with
//     arguments.
//  2. The whole sentence is a phrase of a tool, such as "turn {on} the {room} light". Polite words
//     at the beginning and the end are ignored.
//  3. The sentence is the name of a tool.
//  4. The sentence is small talk: a greeting, thanks, "help", "goodbye".
//  5. Parts of the sentence, between commas and words such as "and", are phrases of tools.
//  6. The sentence answers the question that the agent asked last.
//  7. The sentence contains every word of a tool's name: see [findByName].
//  8. A tool has a phrase that consists of free text only ("{anything}"), which fits every
//     sentence.
//
// The package has no goroutines and never waits. A decision depends only on the sentence, the tools
// and the last question.
package phrases

import (
	"moonlark/engine/localagent/brain"
	"moonlark/engine/tool"
)

// Brain is a [brain.Brain] that compares sentences with phrases. Its zero value is ready for use.
type Brain struct{}

// Greeting implements [brain.Brain]. The greeting suggests sentences that the user can say.
func (Brain) Greeting(tools []*tool.Spec) string { return "Hello! " + suggest(tools, 3) }

// Open implements [brain.Brain].
func (Brain) Open(start brain.Start) brain.Conversation {
	return &conversation{tools: start.Tools, plans: map[brain.Turn]plan{}}
}

// A conversation is the brain's part of one conversation. It remembers the last question and the
// plans whose tools are running. The server calls its methods on one goroutine.
type conversation struct {
	tools    func() []*tool.Spec
	question *question           // the question that the agent asked last; nil if there is none
	plans    map[brain.Turn]plan // the plan of each turn whose tools are running
}

// Hear implements [brain.Conversation].
func (c *conversation) Hear(turn brain.Turn, text string) {
	p := decide(text, c.tools(), c.question)
	c.question = p.question
	if len(p.calls) == 0 {
		finish(turn, p, p.say)
		return
	}
	c.plans[turn] = p
	turn.Call(p.calls...)
}

// Results implements [brain.Conversation]. It says the results of all calls and then the rest of
// the plan, as one text.
func (c *conversation) Results(turn brain.Turn, results []brain.Result) {
	p := c.plans[turn]
	delete(c.plans, turn)
	var parts []string
	for _, r := range results {
		parts = append(parts, spokenResult(r.Text, r.IsError))
	}
	if p.say != "" {
		parts = append(parts, p.say)
	}
	finish(turn, p, joinSentences(parts))
}

func finish(turn brain.Turn, p plan, text string) {
	turn.Say(text)
	if p.hangUp {
		turn.HangUp()
	}
	turn.End(nil)
}

// Inform implements [brain.Conversation]. It does nothing, because the information is not a phrase.
func (c *conversation) Inform(string) {}

// Interrupted implements [brain.Conversation]. It does nothing, because the brain passes each
// answer to the server as a whole and does not remember its answers.
func (c *conversation) Interrupted(brain.Turn, string, string) {}

// Close implements [brain.Conversation]. The brain has no goroutines.
func (c *conversation) Close() {}
