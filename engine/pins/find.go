package pins

import (
	"fmt"
	"slices"
	"strings"
)

// headerLabels are the labels of the chips whose lines are at the header of a board, such as those of
// the Raspberry Pi 5, 4, and 3 and older.
var headerLabels = []string{"pinctrl-rp1", "pinctrl-bcm2711", "pinctrl-bcm2835", "pinctrl-bcm2712"}

// headerLine is a name that only the lines at a header have.
const headerLine = "GPIO17"

// A Name says which line is meant.
type Name struct {
	Chip   string // the name, the label or the path of the chip; "" leaves it open
	Line   string // the name of the line; "" if it has a number
	Offset int    // the number of the line
}

// String returns the name of the line for messages.
func (n Name) String() string {
	line := n.Line
	if line == "" {
		line = fmt.Sprint(n.Offset)
	}
	if n.Chip != "" {
		line = n.Chip + ":" + line
	}
	return line
}

// Find returns the line that n names, and its chip. If n names no chip, a number is the offset of a
// line of the chip of the machine's header, and a name is looked for at this chip first. The error is
// an *Error.
func Find(chips []Chip, n Name) (Chip, Line, error) {
	if n.Chip != "" {
		chip, ok := findChip(chips, n.Chip)
		if !ok {
			return Chip{}, Line{}, &Error{Code: "not_found", Text: fmt.Sprintf("there is no GPIO chip %s: there are %s", n.Chip, chipNames(chips))}
		}
		chips = []Chip{chip}
	} else if i := header(chips); i > 0 {
		chips = slices.Clone(chips)
		chips[0], chips[i] = chips[i], chips[0]
	}
	if len(chips) == 0 {
		return Chip{}, Line{}, &Error{Code: "not_found", Text: "this machine has no GPIO chip"}
	}
	if n.Line == "" {
		if chip := chips[0]; n.Offset < len(chip.Lines) {
			return chip, chip.Lines[n.Offset], nil
		}
		return Chip{}, Line{}, &Error{Code: "not_found", Text: fmt.Sprintf("%s has no line %d: it has the lines 0 to %d", chips[0].Name, n.Offset, len(chips[0].Lines)-1)}
	}
	for _, chip := range chips {
		for _, line := range chip.Lines {
			if line.Name == n.Line {
				return chip, line, nil
			}
		}
	}
	return Chip{}, Line{}, &Error{Code: "not_found", Text: "no GPIO line has the name " + n.Line}
}

// findChip returns the chip with this name, label or path.
func findChip(chips []Chip, name string) (Chip, bool) {
	name = strings.TrimPrefix(name, "/dev/")
	for _, same := range []func(Chip) bool{
		func(c Chip) bool { return c.Name == name },
		func(c Chip) bool { return c.Label == name },
	} {
		if i := slices.IndexFunc(chips, same); i >= 0 {
			return chips[i], true
		}
	}
	return Chip{}, false
}

func chipNames(chips []Chip) string {
	if len(chips) == 0 {
		return "none"
	}
	var names []string
	for _, c := range chips {
		names = append(names, fmt.Sprintf("%s (%s)", c.Name, c.Label))
	}
	return strings.Join(names, ", ")
}

// header returns the index of the chip with the lines of the header: a chip with one of headerLabels,
// otherwise one with a line called headerLine, otherwise the chip with most lines.
func header(chips []Chip) int {
	for _, label := range headerLabels {
		if i := slices.IndexFunc(chips, func(c Chip) bool { return c.Label == label }); i >= 0 {
			return i
		}
	}
	most := 0
	for i, c := range chips {
		if slices.ContainsFunc(c.Lines, func(l Line) bool { return l.Name == headerLine }) {
			return i
		}
		if len(c.Lines) > len(chips[most].Lines) {
			most = i
		}
	}
	return most
}

// GrantNames returns the names under which a permission for the line can be given. The first one is
// what the script has called it.
func GrantNames(n Name, chips []Chip, chip Chip, line Line) []string {
	names := []string{n.String()}
	if line.Name != "" {
		names = append(names, line.Name)
	}
	if i := header(chips); chips[i].Name == chip.Name {
		names = append(names, fmt.Sprint(line.Offset))
	}
	names = append(names, fmt.Sprintf("%s:%d", chip.Name, line.Offset), fmt.Sprintf("%s:%d", chip.Label, line.Offset))
	return names
}
