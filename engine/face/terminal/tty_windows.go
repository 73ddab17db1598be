package terminal

import "golang.org/x/sys/windows"

// watchSize does nothing, because a Windows console does not report changes of its size. The size
// is read each time the screen is drawn.
func watchSize(func()) (stop func()) { return func() {} }

// stopProcess is nil, because Windows has no job control.
var stopProcess func()

// enableEscapes makes the console understand escape sequences. ok reports whether the console
// understands them now. undo restores the old mode of the console; it is nil if the mode was not
// changed.
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
