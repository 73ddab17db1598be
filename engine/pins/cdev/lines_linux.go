package cdev

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/warthog618/go-gpiocdev/uapi"
	"golang.org/x/sys/unix"

	"moonlark/engine/pins"
)

// eventBuffer is the number of changes that the kernel keeps until they are read.
const eventBuffer = 256

// Request implements pins.Board.
func (b *Board) Request(r pins.Request) (pins.Lines, error) {
	chip, err := b.open(filepath.Join(b.devices, r.Chip))
	if err != nil {
		return nil, explain(err)
	}
	defer chip.Close()
	q := newRequest(r)
	if err := withFD(chip, func(fd uintptr) error { return uapi.GetLine(fd, q) }); err != nil {
		return nil, b.explainRequest(err, r)
	}
	// The non-blocking mode lets Close end a read.
	if err := unix.SetNonblock(int(q.Fd), true); err != nil {
		unix.Close(int(q.Fd))
		return nil, explain(err)
	}
	l := &lines{file: os.NewFile(uintptr(q.Fd), r.Chip), count: len(r.Offsets)}
	if r.Event != nil {
		go l.watch(r)
	}
	return l, nil
}

// newRequest returns the request of the kernel for r.
func newRequest(r pins.Request) *uapi.LineRequest {
	q := &uapi.LineRequest{Lines: uint32(len(r.Offsets))}
	copy(q.Consumer[:], pins.Consumer)
	for i, offset := range r.Offsets {
		q.Offsets[i] = uint32(offset)
	}
	mask := uapi.NewLineBitMask(len(r.Offsets))
	flags := &q.Config.Flags
	if r.ActiveLow {
		*flags |= uapi.LineFlagV2ActiveLow
	}
	if r.Output {
		*flags |= uapi.LineFlagV2Output
		q.Config.AddAttribute(uapi.LineConfigAttribute{Attr: uapi.OutputValues(bitmap(r.Values)).Encode(), Mask: mask})
	} else {
		*flags |= uapi.LineFlagV2Input
	}
	*flags |= map[pins.Drive]uapi.LineFlagV2{pins.OpenDrain: uapi.LineFlagV2OpenDrain, pins.OpenSource: uapi.LineFlagV2OpenSource}[r.Drive]
	*flags |= map[pins.Pull]uapi.LineFlagV2{
		pins.PullUp: uapi.LineFlagV2BiasPullUp, pins.PullDown: uapi.LineFlagV2BiasPullDown, pins.PullNone: uapi.LineFlagV2BiasDisabled,
	}[r.Pull]
	if r.Event != nil {
		*flags |= uapi.LineFlagV2EdgeBoth
		q.EventBufferSize = eventBuffer
	}
	if r.Debounce > 0 {
		q.Config.AddAttribute(uapi.LineConfigAttribute{Attr: uapi.DebouncePeriod(r.Debounce).Encode(), Mask: mask})
	}
	return q
}

// explainRequest returns the *pins.Error for the error of a request. If a line is in use, it says who
// uses it.
func (b *Board) explainRequest(err error, r pins.Request) *pins.Error {
	e := explain(err)
	if e.Code != "busy" {
		return e
	}
	chip, err := b.chip(filepath.Join(b.devices, r.Chip))
	if err != nil {
		return e
	}
	for _, offset := range r.Offsets {
		if offset < len(chip.Lines) && chip.Lines[offset].Used {
			line := chip.Lines[offset]
			e.Consumer = line.Consumer
			e.Text = fmt.Sprintf("the line %d of %s is used by %s", offset, r.Chip, line.Consumer)
		}
	}
	return e
}

func bitmap(values []bool) (bits uapi.LineBitmap) {
	for i, v := range values {
		if v {
			bits = bits.Set(i, 1)
		}
	}
	return bits
}

// lines are open lines: a pins.Lines.
type lines struct {
	file  *os.File
	count int
}

// Values implements pins.Lines.
func (l *lines) Values() ([]bool, error) {
	v := uapi.LineValues{Mask: uapi.NewLineBitMask(l.count)}
	if err := withFD(l.file, func(fd uintptr) error { return uapi.GetLineValuesV2(fd, &v) }); err != nil {
		return nil, explain(err)
	}
	values := make([]bool, l.count)
	for i := range values {
		values[i] = v.Get(i) != 0
	}
	return values, nil
}

// Set implements pins.Lines.
func (l *lines) Set(values []bool) error {
	v := uapi.LineValues{Bits: bitmap(values), Mask: uapi.NewLineBitMask(l.count)}
	if err := withFD(l.file, func(fd uintptr) error { return uapi.SetLineValuesV2(fd, v) }); err != nil {
		return explain(err)
	}
	return nil
}

// Close implements pins.Lines.
func (l *lines) Close() { l.file.Close() }
