package terminal

import "golang.org/x/sys/windows"

// watchSize does nothing: a console does not tell. Its size is asked for each
// time something is drawn.
func watchSize(func()) (stop func()) { return func() {} }

// enableEscapes makes the console obey escape sequences, if it can.
func enableEscapes(fd int) (undo func(), ok bool) {
	console := windows.Handle(fd)
	var mode uint32
	if err := windows.GetConsoleMode(console, &mode); err != nil {
		return nil, false
	}
	if mode&windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING != 0 {
		return nil, true
	}
	if err := windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING); err != nil {
		return nil, false
	}
	return func() { windows.SetConsoleMode(console, mode) }, true
}
