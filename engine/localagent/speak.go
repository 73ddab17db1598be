package localagent

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// speak is a tool's result as the agent says it.
func speak(result string, isError bool) string {
	said := strings.TrimSpace(result)
	switch {
	case isError && said == "":
		return "That did not work."
	case isError:
		return "That did not work: " + said
	}
	switch strings.ToLower(strings.TrimRight(said, ".!")) {
	case "", "ok", "okay", "done", "success", "null":
		return "Done."
	}
	if !json.Valid([]byte(said)) || said[0] == '"' {
		return result
	}
	switch said {
	case "true":
		return "Yes."
	case "false":
		return "No."
	}
	return humanise(json.RawMessage(said), 0)
}

const (
	mostItems = 12 // of a list or an object that are read out
	deepest   = 4  // level of nesting that is read out
)

// humanise reads a JSON value out: {"room":"hall","on":true} is "room: hall,
// on: yes".
func humanise(v json.RawMessage, depth int) string {
	v = bytes.TrimSpace(v)
	switch v[0] {
	case '"':
		var s string
		_ = json.Unmarshal(v, &s) // v is part of valid JSON
		return s
	case 't':
		return "yes"
	case 'f':
		return "no"
	case 'n':
		return "nothing"
	case '{', '[':
		if depth >= deepest {
			return string(v)
		}
	default:
		return figures(string(v))
	}
	items, complex := entries(v, depth)
	more := len(items) - mostItems
	switch {
	case len(items) == 0:
		return "nothing"
	case more > 0:
		return fmt.Sprintf("%s and %d more", strings.Join(items[:mostItems], separator(complex)), more)
	case v[0] == '[' && !complex:
		return join(items, " and ")
	}
	return strings.Join(items, separator(complex))
}

// separator keeps the fields of one entry together when entries have fields.
func separator(complex bool) string {
	if complex {
		return "; "
	}
	return ", "
}

// entries are the values of a list, or the fields of an object in their order.
// They are complex when some entry has several parts itself.
func entries(v json.RawMessage, depth int) (items []string, complex bool) {
	dec := json.NewDecoder(bytes.NewReader(v))
	_, _ = dec.Token() // v is valid: there is an opening, and so on
	for dec.More() {
		var key string
		if v[0] == '{' {
			t, err := dec.Token()
			if err != nil {
				break
			}
			key, _ = t.(string)
		}
		var value json.RawMessage
		if dec.Decode(&value) != nil {
			break
		}
		item := humanise(value, depth+1)
		nested := value[0] == '{' || value[0] == '['
		complex = complex || nested
		switch {
		case v[0] == '{' && value[0] == '{':
			item = fmt.Sprintf("%s (%s)", spoken(key), item)
		case v[0] == '{':
			item = spoken(key) + ": " + item
		}
		items = append(items, item)
	}
	return items, complex
}

// figures is a number without the noise of binary fractions: 0.1+0.2 is 0.3.
func figures(n string) string {
	x, err := strconv.ParseFloat(n, 64)
	if err != nil || !strings.ContainsAny(n, ".eE") || math.Abs(x) >= 1e15 {
		return n
	}
	short := strings.TrimRight(strings.TrimRight(strconv.FormatFloat(x, 'f', 6, 64), "0"), ".")
	if x != 0 && strings.Trim(short, "-0") == "" {
		return n
	}
	return short
}

// speakAll joins what several tools answered to one text, each a sentence.
func speakAll(parts []string) string {
	if len(parts) == 1 {
		return parts[0]
	}
	for i, p := range parts {
		if p = strings.TrimSpace(p); p != "" && !strings.ContainsAny(p[len(p)-1:], ".!?:;") {
			p += "."
		}
		parts[i] = p
	}
	return strings.Join(parts, " ")
}
