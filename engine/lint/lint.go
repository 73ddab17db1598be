// Package lint looks at the source and the syntax tree of a script before it is
// compiled. It knows the language, and nothing of who runs it. Its functions
// keep nothing, so any goroutine may call them.
package lint
