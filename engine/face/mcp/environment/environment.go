// Package environment removes the variable MCPGODEBUG, with which go-sdk, the library for MCP, would
// go back to the behaviour of earlier versions. A value that the library does not understand would end
// the process.
//
// The library reads the variable when its packages are initialised. Go initialises the packages whose
// imports are initialised in the order of their paths. This package imports only syscall, so it comes
// before package os, which the library needs.
package environment

import "syscall"

// Removed is nil, unless the variable could not be removed.
var Removed = syscall.Unsetenv("MCPGODEBUG")
