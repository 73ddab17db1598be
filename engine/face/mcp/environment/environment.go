// Package environment removes the variable MCPGODEBUG, with which go-sdk, the library for MCP, would
// go back to the behaviour of earlier versions. A value that the library does not understand would end
// the process.
//
// The library reads the variable when its packages are initialised. Go sorts all packages by import path
// and always initialises the first one whose imports have been initialised. This package imports only
// syscall, so its turn comes before that of package os, which the library imports.
package environment

import "syscall"

// Removed is the error of the removal of the variable. It is nil if the variable is not set any more.
var Removed = syscall.Unsetenv("MCPGODEBUG")
