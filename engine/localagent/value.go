package localagent

import (
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"strings"

	"moonlark/engine/tool"
)

// value reads words as a value of the schema, nil schema being any string. The
// answer is JSON that the schema accepts.
func value(name string, s *tool.Schema, p piece) (json.RawMessage, bool) {
	switch {
	case len(p.words) == 0:
		return nil, false
	case s == nil:
		return text(p.String()), true
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
	return text(p.String()), true
}

func text(s string) json.RawMessage {
	quoted, _ := json.Marshal(s) // a string always marshals
	return quoted
}

// free says whether any words at all are a value of the schema.
func free(s *tool.Schema) bool {
	return s == nil || s.Type == "string" && len(s.Enum) == 0 || s.Type == "array" || s.Type == ""
}

// widest is the largest number of words a value of the schema has, out of n.
func widest(s *tool.Schema, n int) int {
	switch {
	case free(s):
		return n
	case s.Type == "boolean":
		return min(n, 1)
	case s.Type == "number" || s.Type == "integer":
		return min(n, 2)
	case s.Type == "object":
		return 0
	}
	most := 0
	for _, e := range s.Enum {
		most = max(most, len(words(e).words))
	}
	return min(n, most+2) // two articles at most: "the bank of the river"
}

// enumValue is the enum's own spelling of what the words say. The exact word
// comes before its plural, as both may be in the enum.
func enumValue(enum []string, p piece) (json.RawMessage, bool) {
	equal := []func(a, b piece) bool{
		func(a, b piece) bool { return sameWords(a, b, func(x, y string) bool { return x == y }) },
		func(a, b piece) bool {
			return sameWords(a.plain(), b.plain(), func(x, y string) bool { return x == y })
		},
		func(a, b piece) bool { return sameWords(a.plain(), b.plain(), same) },
	}
	for _, eq := range equal {
		for _, e := range enum {
			if eq(words(e), p) {
				return text(e), true
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

// plain is the piece without its articles.
func (p piece) plain() piece {
	kept := make([]word, 0, len(p.words))
	for _, w := range p.words {
		if !article(w.fold) {
			kept = append(kept, w)
		}
	}
	return piece{p.sentence, kept}
}

// What a boolean is called. A word may be the tool's own parameter, as in
// {closed}: then that word means true, and its opposite false.
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
		if self, named := states[strings.ToLower(name)]; named && !self {
			yes = !yes
		}
	}
	return json.RawMessage(strconv.FormatBool(yes)), true
}

var (
	numberForm   = regexp.MustCompile(`^[$€£]?([+-]?)(\d*)(?:\.(\d+))?(?:%|°[cfk]?)?$`)
	spelled      = strings.Fields("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty")
	spelledTens  = map[string]int{"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "hundred": 100}
	longestDigit = 300 // more digits than a float64 has room for
)

// numberValue reads "21.5", "-3", "50%", "minus 3" and "twenty".
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
	digits, ok := number(p.words[0].fold)
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

// number is a word as the digits of a JSON number.
func number(fold string) (string, bool) {
	for i, name := range spelled {
		if fold == name {
			return strconv.Itoa(i), true
		}
	}
	if n, ok := spelledTens[fold]; ok {
		return strconv.Itoa(n), true
	}
	m := numberForm.FindStringSubmatch(fold)
	if m == nil || m[2] == "" && m[3] == "" || len(fold) > longestDigit {
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

// arrayValue reads "milk, eggs and bread".
func arrayValue(name string, items *tool.Schema, p piece) (json.RawMessage, bool) {
	var values []json.RawMessage
	for _, item := range p.units() {
		item = item.bare()
		if len(item.words) == 0 {
			continue
		}
		v, ok := value(name, items, item)
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
