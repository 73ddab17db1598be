package phrases

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// spokenResult returns the words in which the agent says the result of a tool. JSON is turned into
// words; other text is not changed.
func spokenResult(result string, isError bool) string {
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
	return spokenJSON(json.RawMessage(said), 0)
}

const (
	maxItems = 12 // maximum number of items of a list or an object that the agent says
	// maximum nesting of JSON that is turned into words; the agent says deeper JSON unchanged
	maxDepth = 4
)

// spokenJSON returns a JSON value in words. For example, {"room":"hall","on":true} becomes "room:
// hall, on: yes". depth is how deep v is nested in the result.
func spokenJSON(v json.RawMessage, depth int) string {
	v = bytes.TrimSpace(v)
	switch v[0] {
	case '"':
		var s string
		_ = json.Unmarshal(v, &s) // never fails, because v is valid JSON
		return s
	case 't':
		return "yes"
	case 'f':
		return "no"
	case 'n':
		return "nothing"
	case '{', '[':
		if depth >= maxDepth {
			return string(v)
		}
	default:
		return spokenNumber(string(v))
	}
	items, nested := spokenItems(v, depth)
	more := len(items) - maxItems
	switch {
	case len(items) == 0:
		return "nothing"
	case more > 0:
		return fmt.Sprintf("%s and %d more", strings.Join(items[:maxItems], separator(nested)), more)
	case v[0] == '[' && !nested:
		return joinList(items, " and ")
	}
	return strings.Join(items, separator(nested))
}

// separator returns the separator between the items of a list or an object. Nested items contain
// commas themselves, so they are separated by semicolons.
func separator(nested bool) string {
	if nested {
		return "; "
	}
	return ", "
}

// spokenItems returns the elements of a list, or the fields of an object, in words and in their
// order. nested reports whether one of them is a list or an object itself.
func spokenItems(v json.RawMessage, depth int) (items []string, nested bool) {
	dec := json.NewDecoder(bytes.NewReader(v))
	_, _ = dec.Token() // skips the opening bracket
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
		item := spokenJSON(value, depth+1)
		nested = nested || value[0] == '{' || value[0] == '['
		switch {
		case v[0] == '{' && value[0] == '{':
			item = fmt.Sprintf("%s (%s)", spokenName(key), item)
		case v[0] == '{':
			item = spokenName(key) + ": " + item
		}
		items = append(items, item)
	}
	return items, nested
}

// spokenNumber removes the rounding errors of binary fractions from a JSON number:
// 0.30000000000000004 becomes 0.3.
func spokenNumber(n string) string {
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

// joinSentences joins the results of several tools to one text. It ends each result with a full
// stop if it has no punctuation at its end. A single result is not changed.
func joinSentences(parts []string) string {
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
