package cdev

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/warthog618/go-gpiocdev/uapi"
	"golang.org/x/sys/unix"

	"moonlark/engine/pins"
)

// maxChips is how many chips are looked for: gpiochip0 and so on. The numbers may have gaps.
const maxChips = 64

// Chips implements pins.Board. A chip that may not be opened is left out, unless none may be opened.
func (b *Board) Chips() ([]pins.Chip, error) {
	var chips []pins.Chip
	var first error
	for i := range maxChips {
		chip, err := b.chip(filepath.Join(b.devices, fmt.Sprintf("gpiochip%d", i)))
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			first = cmp.Or(first, err)
		case !slices.ContainsFunc(chips, func(c pins.Chip) bool { return c.Name == chip.Name }): // no symbolic link
			chips = append(chips, chip)
		}
	}
	if len(chips) == 0 && first != nil {
		return nil, explain(first)
	}
	return chips, nil
}

// chip returns the chip with this device file.
func (b *Board) chip(path string) (pins.Chip, error) {
	f, err := b.open(path)
	if err != nil {
		return pins.Chip{}, err
	}
	defer f.Close()
	var chip pins.Chip
	err = withFD(f, func(fd uintptr) error {
		info, err := uapi.GetChipInfo(fd)
		if err != nil {
			return err
		}
		chip = pins.Chip{Name: uapi.BytesToString(info.Name[:]), Label: uapi.BytesToString(info.Label[:])}
		for i := range int(info.Lines) {
			line, err := uapi.GetLineInfoV2(fd, i)
			if err != nil {
				return err
			}
			chip.Lines = append(chip.Lines, pins.Line{
				Offset: i, Name: uapi.BytesToString(line.Name[:]), Used: line.Flags.IsUsed(),
				Consumer: uapi.BytesToString(line.Consumer[:]), Output: line.Flags.IsOutput(),
			})
		}
		return nil
	})
	return chip, err
}

// withFD calls do with the file descriptor of f, which is not closed meanwhile. Unlike f.Fd, it leaves
// the descriptor in non-blocking mode.
func withFD(f *os.File, do func(fd uintptr) error) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	if err := conn.Control(func(fd uintptr) { failed = do(fd) }); err != nil {
		return err
	}
	return failed
}

// explain returns the *pins.Error for an error of the system.
func explain(err error) *pins.Error {
	var known *pins.Error
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, fs.ErrPermission):
		return &pins.Error{Code: "denied", Text: "the system does not allow the use of the GPIO chip: the user must be in the group gpio"}
	case errors.Is(err, fs.ErrNotExist):
		return &pins.Error{Code: "not_found", Text: "the GPIO chip does not exist"}
	case errors.Is(err, unix.EBUSY):
		return &pins.Error{Code: "busy", Text: "the line is in use"}
	case errors.Is(err, unix.ENODEV):
		return &pins.Error{Code: "lost", Text: "the GPIO chip has been taken away"}
	case errors.Is(err, unix.EINVAL), errors.Is(err, unix.ENOTSUP), errors.Is(err, unix.ENXIO), errors.Is(err, unix.ENOTTY), errors.Is(err, unix.Errno(524)): // ENOTSUPP of the kernel
		return &pins.Error{Code: "unsupported", Text: "the GPIO chip cannot use the line in this way: " + text(err)}
	}
	return &pins.Error{Code: "io", Text: text(err)}
}

// text returns the text of an error without the file.
func text(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}
