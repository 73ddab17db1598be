package files

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"syscall"

	"moonlark/engine/permit"
)

// EachEntry calls f for the entries of the folder p that the script may use, in no order.
func EachEntry(ctx context.Context, p permit.Place, f func(name string, child permit.Place, e fs.DirEntry) error) error {
	folder, err := p.OpenFile(syscall.O_RDONLY, 0)
	if err != nil {
		return err
	}
	defer folder.Close()
	for {
		batch, err := folder.ReadDir(1000)
		for _, e := range batch {
			child, ok := p.Child(e.Name())
			if !ok {
				continue
			}
			if err := f(e.Name(), child, e); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		}
	}
}
