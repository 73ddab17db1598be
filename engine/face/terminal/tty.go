package terminal

import "golang.org/x/term"

// sizeOf returns a function that returns the width and height of the terminal fd. They are 80 and
// 24 if the terminal does not report its size.
func sizeOf(fd int) func() (w, h int) {
	return func() (int, int) {
		w, h, err := term.GetSize(fd)
		if err != nil || w <= 1 || h <= 0 {
			return 80, 24
		}
		return w, h
	}
}

// terminalOf returns the file descriptor of v, a reader or writer. ok reports whether v is a
// terminal.
func terminalOf(v any) (fd int, ok bool) {
	f, ok := v.(interface{ Fd() uintptr })
	if !ok {
		return 0, false
	}
	return int(f.Fd()), term.IsTerminal(int(f.Fd()))
}
