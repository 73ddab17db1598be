package terminal

import "golang.org/x/term"

// sizeOf returns what measures a terminal: 80 by 24 for one that does not know.
func sizeOf(fd int) func() (int, int) {
	return func() (int, int) {
		w, h, err := term.GetSize(fd)
		if err != nil || w <= 1 || h <= 0 {
			return 80, 24
		}
		return w, h
	}
}

// terminalOf is the terminal behind a reader or writer, if it is one.
func terminalOf(v any) (fd int, ok bool) {
	f, ok := v.(interface{ Fd() uintptr })
	if !ok {
		return 0, false
	}
	return int(f.Fd()), term.IsTerminal(int(f.Fd()))
}
