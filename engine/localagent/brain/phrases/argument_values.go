package phrases

import (
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"strings"

	"moonlark/engine/tool"
)

// parseValue parses the words of p as a value of the parameter called name, whose schema is s. It
// returns the value as JSON that the schema accepts. It returns false if the words are no such
// value. A nil schema accepts any text.
func parseValue(name string, s *tool.Schema, p piece) (json.RawMessage, bool) {
	switch {
	case len(p.words) == 0:
		return nil, false
	case s == nil:
		return textValue(p.String()), true
	case len(s.Enum) > 0 && s.Type == "string":
		return enumValue(s.Enum, p)
	}
	switch s.Type {
	case "boolean":
		return booleanValue(name, p)
	case "number", "integer":
		return numberValue(s.Type, p)
	case "array":
		return arrayValue(name, s.Items, p)
	case "object":
		return nil, false
	}
	return textValue(p.String()), true
}

func textValue(s string) json.RawMessage {
	quoted, _ := json.Marshal(s) // a string can always be marshalled
	return quoted
}

// isFreeText reports whether the schema accepts any words, so that every piece is a value of it.
func isFreeText(s *tool.Schema) bool {
	return s == nil || s.Type == "string" && len(s.Enum) == 0 || s.Type == "array" || s.Type == ""
}

// maxValueWords returns the maximum number of words that a value of the schema can have. The result
// is never more than n.
func maxValueWords(s *tool.Schema, n int) int {
	switch {
	case isFreeText(s):
		return n
	case s.Type == "boolean":
		return min(n, 1)
	case s.Type == "number" || s.Type == "integer":
		return min(n, 2)
	case s.Type == "object":
		return 0
	}
	longest := 0
	for _, e := range s.Enum {
		longest = max(longest, len(splitWords(e).words))
	}
	return min(n, longest+maxArticles)
}

// maxArticles is how many articles a spoken value may have that the value in the enum does not
// have. For example, "the bank of the river" has two.
const maxArticles = 2

// enumValue returns the value of the enum that the piece names, in the spelling of the enum. It
// returns false if the piece names none. It looks first for a value with exactly the same words,
// then for a value that differs only in articles, and last for a value that differs also in
// singular and plural. The order matters because an enum may contain both "light" and "lights".
func enumValue(enum []string, p piece) (json.RawMessage, bool) {
	equal := []func(a, b piece) bool{
		func(a, b piece) bool { return sameWords(a, b, func(x, y string) bool { return x == y }) },
		func(a, b piece) bool {
			return sameWords(a.withoutArticles(), b.withoutArticles(), func(x, y string) bool { return x == y })
		},
		func(a, b piece) bool { return sameWords(a.withoutArticles(), b.withoutArticles(), sameStem) },
	}
	for _, eq := range equal {
		for _, e := range enum {
			if eq(splitWords(e), p) {
				return textValue(e), true
			}
		}
	}
	return nil, false
}

func sameWords(a, b piece, equal func(x, y string) bool) bool {
	if len(a.words) != len(b.words) || len(a.words) == 0 {
		return false
	}
	for i := range a.words {
		if !equal(a.words[i].fold, b.words[i].fold) {
			return false
		}
	}
	return true
}

func (p piece) withoutArticles() piece {
	kept := make([]word, 0, len(p.words))
	for _, w := range p.words {
		if !isArticle(w.fold) {
			kept = append(kept, w)
		}
	}
	return piece{p.sentence, kept}
}

// The maps booleans and states contain words for true and false. If the name of the parameter is a
// state that means false, such as "closed", the meanings in states are swapped for this parameter.
var (
	booleans = map[string]bool{
		"yes": true, "yeah": true, "yep": true, "true": true, "no": false, "nope": false, "false": false,
	}
	states = map[string]bool{
		"on": true, "off": false, "enable": true, "disable": false, "enabled": true, "disabled": false,
		"open": true, "opened": true, "closed": false, "close": false, "shut": false,
		"start": true, "started": true, "stop": false, "stopped": false, "up": true, "down": false,
		"activate": true, "deactivate": false, "active": true, "inactive": false,
		"lock": true, "locked": true, "unlock": false, "unlocked": false,
		"mute": true, "muted": true, "unmute": false, "unmuted": false,
	}
)

func booleanValue(name string, p piece) (json.RawMessage, bool) {
	if len(p.words) != 1 {
		return nil, false
	}
	fold := p.words[0].fold
	yes, ok := booleans[fold]
	if !ok {
		if yes, ok = states[fold]; !ok {
			return nil, false
		}
		if meaning, isState := states[strings.ToLower(name)]; isState && !meaning {
			yes = !yes
		}
	}
	return json.RawMessage(strconv.FormatBool(yes)), true
}

var (
	numberForm  = regexp.MustCompile(`^[$€£]?([+-]?)(\d*)(?:\.(\d+))?(?:%|°[cfk]?)?$`)
	spelled     = strings.Fields("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty")
	spelledTens = map[string]int{"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "hundred": 100}
)

// maxDigits is the maximum length of a spoken number. A longer number does not fit into a float64.
const maxDigits = 300

// numberValue parses a number such as "21.5", "-3", "50%", "minus 3" or "twenty", and returns it as
// JSON. kind is "number" or "integer". It returns false if the piece is no such number.
func numberValue(kind string, p piece) (json.RawMessage, bool) {
	minus := false
	if len(p.words) == 2 {
		if minus = p.words[0].fold == "minus"; !minus {
			return nil, false
		}
		p = p.sub(1, 2)
	}
	if len(p.words) != 1 {
		return nil, false
	}
	digits, ok := jsonNumber(p.words[0].fold)
	if !ok || minus && strings.HasPrefix(digits, "-") {
		return nil, false
	}
	if minus {
		digits = "-" + digits
	}
	if x, err := strconv.ParseFloat(digits, 64); err != nil || kind == "integer" && x != math.Trunc(x) {
		return nil, false
	}
	return json.RawMessage(digits), true
}

// jsonNumber returns the number that the word means, as JSON. It returns false if the word is not a
// number.
func jsonNumber(fold string) (string, bool) {
	for i, name := range spelled {
		if fold == name {
			return strconv.Itoa(i), true
		}
	}
	if n, ok := spelledTens[fold]; ok {
		return strconv.Itoa(n), true
	}
	m := numberForm.FindStringSubmatch(fold)
	if m == nil || m[2] == "" && m[3] == "" || len(fold) > maxDigits {
		return "", false
	}
	whole, fraction := strings.TrimLeft(m[2], "0"), strings.TrimRight(m[3], "0")
	if whole == "" {
		whole = "0"
	}
	if fraction != "" {
		whole += "." + fraction
	}
	if m[1] == "-" && whole != "0" {
		whole = "-" + whole
	}
	return whole, true
}

// arrayValue parses a list such as "milk, eggs and bread", whose items have the schema items, and
// returns it as JSON. It returns false if one of the items is not valid, or if there are none.
func arrayValue(name string, items *tool.Schema, p piece) (json.RawMessage, bool) {
	var values []json.RawMessage
	for _, item := range p.units() {
		item = item.withoutFiller()
		if len(item.words) == 0 {
			continue
		}
		v, ok := parseValue(name, items, item)
		if !ok {
			return nil, false
		}
		values = append(values, v)
	}
	if len(values) == 0 {
		return nil, false
	}
	list, err := json.Marshal(values)
	return list, err == nil
}
