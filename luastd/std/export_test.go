package std

import (
	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/files"
)

// HandleOf returns the Handle of a file of the io library.
func HandleOf(file *lua.LUserData) *files.Handle { return file.Value.(*ioFile).f.handle }
