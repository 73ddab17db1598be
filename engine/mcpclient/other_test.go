//go:build !unix

package mcpclient

import "syscall"

const nullSignal = syscall.Signal(0)
