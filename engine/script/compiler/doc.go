// Package compiler compiles the syntax tree of a Lua source into the bytecode of gopher-lua. It
// replaces gopher-lua's own compiler, which compiles some valid Lua into code that computes
// something else. The compiler follows the Lua 5.1 manual, and it generates the instructions that
// gopher-lua's virtual machine executes. The package has no state, so any goroutine may call it.
package compiler
