// Package sockets has what the Lua modules for network connections share: the reasons of failures,
// the options of TLS, and the set of connections that are closed with the script.
package sockets

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/network"
	"moonlark/engine/permit"
	"moonlark/engine/safetext"
	"moonlark/luastd/value"
)

// A Failure is the reason why a Lua function returns nil, a reason and a code.
type Failure struct{ Code, Text string }

// Error returns the code and the text.
func (f *Failure) Error() string { return f.Code + ": " + f.Text }

// Push pushes the three results of a function that has failed, and returns their number.
func (f *Failure) Push(L *lua.LState) int {
	return value.PushFailure(L, f.Code, "%s", safetext.Line(f.Text))
}

// Fail returns a Failure.
func Fail(code, format string, args ...any) *Failure {
	return &Failure{code, fmt.Sprintf(format, args...)}
}

// refusedTLS comes before the error that the other end has sent instead of accepting a TLS
// connection.
const refusedTLS = "remote error: tls: "

// Explain returns the Failure for an error of a connection, or of the attempt to connect. host is
// the name and the port of the other end.
func Explain(err error, host string) *Failure {
	var known *Failure
	var certificate *tls.CertificateVerificationError
	var invalid x509.CertificateInvalidError
	var authority x509.UnknownAuthorityError
	var record tls.RecordHeaderError
	var path *fs.PathError
	switch text := err.Error(); {
	case errors.As(err, &known):
		return known
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired: // or not valid yet
		return Fail("failed", "the certificate of %s is not accepted: %s", host, network.CertificateHint(err))
	case errors.As(err, &certificate), errors.As(err, &authority):
		return Fail("failed", "the certificate of %s is not accepted: %s", host, withoutPackages(text))
	case errors.As(err, &record):
		return Fail("failed", "%s does not use TLS at this port", host)
	case strings.Contains(text, refusedTLS):
		_, why, _ := strings.Cut(text, refusedTLS)
		return Fail("failed", "%s has refused the TLS connection: %s", host, why)
	case errors.As(err, &path) && !errors.Is(err, fs.ErrNotExist):
		return Fail("io", "%s: %s", path.Path, path.Err)
	}
	code, text := permit.NetError(err)
	if code == "closed" {
		text = host + " has closed the connection"
	}
	return &Failure{code, text}
}

// withoutPackages returns the text of an error of TLS without the names of packages at its
// beginning.
func withoutPackages(text string) string {
	for _, prefix := range []string{"tls: failed to verify certificate: ", "x509: "} {
		text = strings.TrimPrefix(text, prefix)
	}
	return text
}

// CheckPort returns argument n, which must be the number of a port.
func CheckPort(L *lua.LState, n int) uint16 { return uint16(value.CheckWhole(L, n, 1, 65535)) }
