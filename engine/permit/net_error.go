package permit

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"slices"
)

// NetError explains an error of a connection, or of the attempt to connect. code is the third
// result of a Lua function that has failed: "timeout", "not_found", "refused", "unreachable",
// "closed", "denied" or "failed". text is the reason without the code, for people.
func NetError(err error) (code, text string) {
	var denied *Denied
	var lookup *net.DNSError
	var timeout net.Error
	switch {
	case errors.As(err, &denied):
		return "denied", denied.Short()
	case errors.As(err, &lookup):
		return lookupError(lookup)
	case isOneOf(err, refusedErrors):
		return "refused", "nothing accepts connections at " + remote(err)
	case isOneOf(err, unreachableErrors):
		return "unreachable", "there is no way to " + remote(err)
	case isOneOf(err, closedErrors):
		return "closed", "the other end has closed the connection"
	case errors.Is(err, net.ErrClosed):
		return "closed", "the connection is closed"
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "timeout", "there was no answer in time"
	case errors.Is(err, fs.ErrNotExist): // a Unix socket
		return "not_found", "there is no file " + remote(err)
	}
	return "failed", err.Error()
}

func lookupError(err *net.DNSError) (code, text string) {
	switch {
	case err.IsNotFound:
		return "not_found", "there is no host with the name " + err.Name
	case err.IsTimeout:
		return "timeout", "the name " + err.Name + " could not be looked up in time"
	}
	return "unreachable", "the name " + err.Name + " cannot be looked up now"
}

func isOneOf(err error, list []error) bool {
	return slices.ContainsFunc(list, func(target error) bool { return errors.Is(err, target) })
}

// remote returns the address that err is about.
func remote(err error) string {
	var op *net.OpError
	var path *fs.PathError
	switch {
	case errors.As(err, &op) && op.Addr != nil:
		return op.Addr.String()
	case errors.As(err, &path):
		return path.Path
	}
	return "the address"
}

// endErrors say that the other end has closed the connection.
var endErrors = []error{io.EOF, io.ErrUnexpectedEOF}
