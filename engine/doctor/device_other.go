//go:build !linux

package doctor

import (
	"errors"
	"os"
)

// The checks of small devices need Linux.
func space(string) (free, total uint64, err error) { return 0, 0, errors.ErrUnsupported }
func isSynchronized() (synchronized, known bool)   { return false, false }
func kernelLog() string                            { return "" }
func canOpen(string, bool) bool                    { return true }
func groupID(os.FileInfo) (id uint32, ok bool)     { return 0, false }
