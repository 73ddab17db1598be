//go:build !linux

package filewatch

import "moonlark/engine/script"

// isRemote always returns false: only the Linux version can find out.
func isRemote(string) bool { return false }

// isDeleted always returns false: only the Linux version can find out.
func isDeleted(script.File) bool { return false }

// isOpenForWriting always returns false: only the Linux version can find out.
func isOpenForWriting(string) bool { return false }
