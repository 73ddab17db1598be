//go:build unix

package permit

import "syscall"

var (
	refusedErrors     = []error{syscall.ECONNREFUSED}
	unreachableErrors = []error{syscall.ENETUNREACH, syscall.EHOSTUNREACH, syscall.ENETDOWN, syscall.EHOSTDOWN, syscall.EADDRNOTAVAIL}
	closedErrors      = append([]error{syscall.ECONNRESET, syscall.EPIPE, syscall.ECONNABORTED}, endErrors...)

	inUseErrors     = []error{syscall.EADDRINUSE}
	noAddressErrors = []error{syscall.EADDRNOTAVAIL}
	noRightErrors   = []error{syscall.EACCES, syscall.EPERM}
)
