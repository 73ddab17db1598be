package yaml

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"
	"go.yaml.in/yaml/v3"

	"moonlark/luastd/value"
)

func (m module) encode(L *lua.LState) int {
	tree, err := value.NewTree(L.CheckAny(1), value.TreeOptions{Format: "YAML", MaxValues: maxValues, MaxBytes: maxText})
	if err != nil {
		L.RaiseError("yaml.encode: %s", err.Error())
	}
	output := &stream{Checkpointer: m, L: L}
	encoder := yaml.NewEncoder(output)
	encoder.SetIndent(2)
	err = encoder.Encode(node(tree))
	if err == nil {
		err = encoder.Close()
	}
	if err != nil {
		L.RaiseError("yaml.encode: %s", err.Error())
	}
	L.Push(lua.LString(output.text))
	return 1
}

// node returns a tree as a node for the library.
func node(tree *value.Tree) *yaml.Node {
	switch tree.Kind {
	case value.KindString:
		return text(tree.Value.String())
	case value.KindNumber:
		return number(float64(tree.Value.(lua.LNumber)))
	case value.KindBoolean:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: tree.Value.String()}
	case value.KindArray:
		n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		for i := range tree.Values {
			n.Content = append(n.Content, node(&tree.Values[i]))
		}
		return n
	case value.KindObject:
		n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
		for i := range tree.Values {
			n.Content = append(n.Content, key(tree.Names[i]), node(&tree.Values[i]))
		}
		return n
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}
}

// text returns the node of a string. The library writes a string of one line in quotes if it is
// necessary.
func text(s string) *yaml.Node {
	n := key(s)
	if isSimpleText(n.Value) {
		n.Style = yaml.LiteralStyle
	}
	return n
}

// key returns the node of a key, which is always written on one line.
func key(name string) *yaml.Node {
	if !utf8.ValidString(name) {
		name = string([]rune(name)) // with U+FFFD for each wrong byte
	}
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: name}
	if strings.ContainsAny(name, lineEnds) || ambiguous.MatchString(name) || integerForm.MatchString(name) {
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}

// ambiguous matches strings without line ends that the library would write without quotes, although
// YAML 1.1 takes them for booleans, or for numbers to the base 60. The library also would not quote
// integers of more than 64 bits.
var ambiguous = regexp.MustCompile(`^(?i:y|yes|n|no|on|off|[-+]?[0-9][0-9_]*(:[0-9]+)+(\.[0-9_]*)?)$`)

// lineEnds are the characters that end a line in YAML 1.1.
const lineEnds = "\r\n\u0085\u2028\u2029"

// isSimpleText reports whether s has several lines that can be written as they are. The library
// makes mistakes with white space at the beginning of a line and with empty lines at the ends of
// the text.
func isSimpleText(s string) bool {
	if !strings.Contains(s, "\n") {
		return false
	}
	for line := range strings.Lines(s) {
		first, _ := utf8.DecodeRuneInString(line)
		if line != "\n" && unicode.IsSpace(first) {
			return false
		}
	}
	hasControl := strings.ContainsFunc(s, func(c rune) bool { return c != '\n' && c != ' ' && !unicode.IsPrint(c) })
	return !hasControl && !strings.HasPrefix(s, "\n") && !strings.HasSuffix(s, "\n\n")
}

func number(f float64) *yaml.Node {
	if value.IsWhole(f) {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.FormatInt(int64(f), 10)}
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!float", Value: formatFloat(f)}
}

// formatFloat returns f in a form that all versions of YAML take for a number: with a point, and
// with the sign of the exponent.
func formatFloat(f float64) string {
	switch {
	case math.IsNaN(f):
		return ".nan"
	case math.IsInf(f, 1):
		return ".inf"
	case math.IsInf(f, -1):
		return "-.inf"
	case f == 0:
		return "-0.0" // positive zero is whole
	}
	digits, exponent, ok := strings.Cut(strconv.FormatFloat(f, 'g', -1, 64), "e")
	if !strings.Contains(digits, ".") {
		digits += ".0"
	}
	if ok {
		digits += "e" + exponent
	}
	return digits
}
