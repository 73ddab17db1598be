package exchange

import (
	"fmt"
	"strings"
)

// maxName is the maximum length of the name of a tool that all APIs accept.
const maxName = 64

// maxID is the maximum length of the id of a call in the Responses API.
const maxID = 64

// IDs makes the ids of the calls in the messages of one request unique. An id can occur in two
// messages: for servers that send no ids, ids are invented, and the numbers start anew in each
// reply. Some APIs refuse that. The zero value is ready for use.
type IDs struct {
	used map[string]bool
	open map[string][]string // the new ids of the calls that have no result yet, by their old id
}

// Call returns the id for the next call in the messages. old is the id in the message.
func (ids *IDs) Call(old string) string {
	if ids.used == nil {
		ids.used, ids.open = make(map[string]bool), make(map[string][]string)
	}
	base := strings.Map(wordRune, old)
	if base == "" {
		base = "call"
	}
	id := base[:min(len(base), maxID)]
	for n := 2; ids.used[id]; n++ {
		suffix := fmt.Sprintf("_%d", n)
		id = base[:min(len(base), maxID-len(suffix))] + suffix
	}
	ids.used[id] = true
	ids.open[old] = append(ids.open[old], id)
	return id
}

// Result returns the id for the result of a call whose id in the message is old. It returns false
// if there was no such call, or if it has a result already.
func (ids *IDs) Result(old string) (string, bool) {
	waiting := ids.open[old]
	if len(waiting) == 0 {
		return "", false
	}
	ids.open[old] = waiting[1:]
	return waiting[0], true
}

// ToolName returns the name of a tool that the model has called, in a form that all APIs accept. It
// differs from name only if there is no such tool.
func ToolName(name string) string {
	name = strings.Map(wordRune, name)
	return name[:min(len(name), maxName)]
}

// wordRune returns r if it is a letter, a digit, _ or -, and _ otherwise.
func wordRune(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-' {
		return r
	}
	return '_'
}
