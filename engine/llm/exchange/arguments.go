package exchange

import (
	"encoding/json"
	"regexp"
	"strings"
)

// templateToken is a token of a chat template that a server has not removed from the text, such as
// <|im_end|>.
var templateToken = regexp.MustCompile(`<\|[^|<>]{0,64}\|>`)

// WithoutTokens returns the text without the tokens of a chat template, and without space at its
// ends.
func WithoutTokens(text string) string {
	return strings.TrimSpace(templateToken.ReplaceAllString(text, ""))
}

// Repair returns the arguments of a call as a JSON object. Models write nothing, or null, if there
// are no arguments, and some write the object into a string. problem says what is wrong if the text
// is not an object.
func Repair(text string) (arguments json.RawMessage, problem string) {
	text = strings.TrimSpace(text)
	if !json.Valid([]byte(text)) {
		text = WithoutTokens(text)
	}
	for range 3 {
		var inner string
		if json.Unmarshal([]byte(text), &inner) != nil || !strings.HasPrefix(text, `"`) {
			break
		}
		text = strings.TrimSpace(inner)
	}
	if text == "" || text == "null" {
		return json.RawMessage("{}"), ""
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &object); err != nil {
		return json.RawMessage("{}"), "the arguments are not a JSON object"
	}
	return json.RawMessage(text), ""
}
