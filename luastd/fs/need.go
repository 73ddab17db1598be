package fs

import (
	"slices"

	"moonlark/engine/permit"
)

// The functions whose first argument is a file that they read or change. The mode of open is not
// the first argument, so open counts as reading.
var (
	readers = []string{"read", "lines", "open", "list", "glob", "stat", "exists", "free", "copy", "watch"}
	writers = []string{"write", "append", "mkdir", "remove", "rename"}
)

// need returns the error of a call of function for the file path, if b lacks a permission for it:
// see luastd.Module.Need. A path that is not known is usually in the data folder, for which a
// script needs no permission.
func need(b *permit.Broker, function, path string, known bool) error {
	if !known {
		return nil
	}
	return b.CheckFile(path, slices.Contains(writers, function))
}

// needTarget is need, for the second argument of copy and rename.
func needTarget(b *permit.Broker, path string, known bool) error {
	if !known {
		return nil
	}
	return b.CheckFile(path, true)
}
