// Package lint looks at the syntax tree of a script before it runs, and again
// when it has failed. It knows the language, and nothing of who runs it. Its
// functions keep nothing, so any goroutine may call them.
package lint
