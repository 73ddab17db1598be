package gpio

import (
	"fmt"
	"slices"

	"moonlark/engine/pins"
)

// resolve sets the chip and the lines of the request.
func resolve(b pins.Board, r *pins.Request, names []pins.Name) error {
	chips, err := b.Chips()
	if err != nil {
		return err
	}
	r.Chip, r.Offsets = "", nil
	for _, n := range names {
		chip, line, err := pins.Find(chips, n)
		if err != nil {
			return err
		}
		if r.Chip != "" && r.Chip != chip.Name {
			return &pins.Error{Code: "unsupported", Text: fmt.Sprintf("the lines of a group must be at one chip, but %s is at %s and %s at %s", names[0], r.Chip, n, chip.Name)}
		}
		if slices.Contains(r.Offsets, line.Offset) {
			return &pins.Error{Code: "invalid", Text: fmt.Sprintf("the line %s is in the group twice", n)}
		}
		r.Chip = chip.Name
		r.Offsets = append(r.Offsets, line.Offset)
	}
	return nil
}
