// Package source works on Lua source before and after it is compiled. It parses and checks the
// source, and passes it to the compiler. It warns about undefined globals, and turns error messages
// of gopher-lua into those of Lua 5.1. The package has no state, so any goroutine may call its
// functions.
package source
