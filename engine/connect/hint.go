package connect

import (
	"errors"
	"net"
	"syscall"
	"time"

	"moonlark/engine/convai"
	"moonlark/engine/network"
	"moonlark/engine/rest"
)

// Hint returns one suggestion to the user about an error of Open or of a conversation, empty when
// there is none.
func Hint(err error) string {
	var refused *convai.HandshakeError
	var closed *convai.CloseError
	var asked *rest.Error
	var dns *net.DNSError
	var proxy *network.ProxyError
	var withHint interface{ Hint() string } // a convai.NotHTTPError or *convai.DeadError
	switch {
	case errors.As(err, &proxy):
		return proxy.Hint
	case errors.As(err, &withHint):
		return withHint.Hint()
	case errors.As(err, &refused):
		return refused.Hint
	case errors.As(err, &asked) && asked.Hint != "":
		return asked.Hint
	case errors.As(err, &closed):
		return closed.Hint
	case errors.As(err, &dns):
		return "check the network and the host name"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens there: is the server running, and the port right?"
	case err == nil:
		return ""
	}
	return network.CertificateHint(err)
}

// RetryAfter returns how long the server that caused an error of Open asks to wait before another
// attempt. It returns 0 when the server does not say.
func RetryAfter(err error) time.Duration {
	var refused *convai.HandshakeError
	var asked *rest.Error
	switch {
	case errors.As(err, &refused):
		return refused.RetryAfter
	case errors.As(err, &asked):
		return asked.RetryAfter
	}
	return 0
}
