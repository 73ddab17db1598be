package phrases

import (
	"slices"
	"strings"

	"moonlark/engine/tool"
)

// A smallTalkGroup is a list of sentences that mean the same and have nothing to do with any tool.
type smallTalkGroup []string

var (
	greetings = smallTalkGroup{"hello", "hi", "hey", "hello there", "hi there", "good morning", "good afternoon", "good evening", "good day"}
	thanks    = smallTalkGroup{"thanks", "thank you", "thanks a lot", "thank you very much", "thank you so much", "many thanks"}
	farewells = smallTalkGroup{"bye", "goodbye", "good bye", "bye bye", "see you", "see you later", "hang up", "end call",
		"end the call", "end the conversation"}
	cancellations = smallTalkGroup{"never mind", "nevermind", "cancel", "forget it", "stop", "be quiet", "nothing"}
	helpRequests  = smallTalkGroup{"help", "what can you do", "what can i say", "what can i do", "what do you do", "tools", "list tools", "list your tools"}
)

// match reports whether the piece is one of the sentences of the group. Filler words at both ends
// of the piece are ignored.
func (g smallTalkGroup) match(p piece) bool {
	return slices.ContainsFunc(append(p.fillerCuts(), p), func(cut piece) bool {
		return slices.Contains(g, strings.Join(cut.folds(), " "))
	})
}

const goodbye = "Goodbye!"

// smallTalk returns the plan for a sentence that needs no tool, such as "thanks". It returns false
// if the piece is not such a sentence.
func smallTalk(p piece, tools []*tool.Spec) (plan, bool) {
	switch {
	case greetings.match(p):
		return plan{say: "Hello! " + suggest(tools, 2)}, true
	case thanks.match(p):
		return plan{say: "You are welcome."}, true
	case farewells.match(p):
		return plan{say: goodbye, hangUp: true}, true
	case cancellations.match(p):
		return plan{say: "All right."}, true
	case helpRequests.match(p):
		return plan{say: help(tools)}, true
	}
	return plan{}, false
}
