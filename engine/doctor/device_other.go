//go:build !linux

package doctor

import "errors"

// The checks of small devices need Linux.
func space(string) (free, total uint64, err error) { return 0, 0, errors.ErrUnsupported }
func isSynchronized() (synchronized, known bool)   { return false, false }
func kernelLog() string                            { return "" }
