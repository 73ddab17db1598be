package permit

import "golang.org/x/sys/windows"

var (
	refusedErrors     = []error{windows.WSAECONNREFUSED}
	unreachableErrors = []error{windows.WSAENETUNREACH, windows.WSAEHOSTUNREACH, windows.WSAENETDOWN, windows.WSAEHOSTDOWN, windows.WSAEADDRNOTAVAIL}
	closedErrors      = append([]error{windows.WSAECONNRESET, windows.WSAECONNABORTED}, endErrors...)

	inUseErrors     = []error{windows.WSAEADDRINUSE}
	noAddressErrors = []error{windows.WSAEADDRNOTAVAIL}
	noRightErrors   = []error{windows.WSAEACCES}
)
