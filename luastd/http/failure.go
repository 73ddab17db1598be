package http

import (
	"compress/flate"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/engine/safetext"
	"moonlark/luastd/files"
	"moonlark/luastd/sockets"
	"moonlark/luastd/value"
)

// A failure is the reason why a call has failed. Lua functions return it as the reason and the
// code.
type failure struct {
	code, text string
	temporary  bool // another attempt may succeed: there was no connection, or it was closed
}

func (f *failure) Error() string { return f.code + ": " + f.text }

// A timeoutError is the cause with which the context of a call is cancelled when the call, or a
// read of its stream, has taken this time.
type timeoutError time.Duration

func (timeoutError) Error() string { return "the call took too long" }

// The other causes with which the context of a call is cancelled.
var (
	errConnecting = errors.New("connecting took too long")
	errAbandoned  = &failure{code: "cancelled", text: "the call was cancelled"}
)

// A mistake is an error that is raised in the script, because the script has made a mistake.
type mistake struct{ error }

// asMistake returns a *mistake if err, an error of permit.Broker.Resolve or of permit.Place, says
// that the script has named a file without a grant. Otherwise it returns nil.
func asMistake(err error) error {
	var denied *permit.Denied
	if errors.As(err, &denied) && !denied.Led {
		return &mistake{err}
	}
	return nil
}

// fileFailure returns the failure, or the *mistake, for an error of the file that the script calls
// path. It returns nil and other failures unchanged.
func fileFailure(path string, err error) error {
	var known *failure
	if err == nil || errors.As(err, &known) {
		return err
	}
	if wrong := asMistake(err); wrong != nil {
		return wrong
	}
	f := files.Explain(path, err)
	return &failure{code: f.Code, text: f.Reason}
}

// pushFailure pushes the three results of the Lua function name, which has failed with err. It
// raises an error instead if err is a *mistake.
func pushFailure(L *lua.LState, name string, err error) int {
	var wrong *mistake
	if errors.As(err, &wrong) {
		L.RaiseError("%s: %s", name, wrong.Error())
	}
	f := explain(err, "the server")
	return value.PushFailure(L, f.code, "%s", safetext.Line(f.text))
}

// explain returns the failure for an error of a transport, of a body or of a file. host is the name
// of the server.
func explain(err error, host string) *failure {
	var known *failure
	var record tls.RecordHeaderError
	switch text := err.Error(); {
	case errors.As(err, &known):
		return known
	case errors.As(err, &record), strings.Contains(text, "server gave HTTP response to HTTPS client"):
		return &failure{code: "failed", text: host + " does not use TLS at this port: try http://"}
	case strings.Contains(text, "response headers exceeded"), strings.Contains(text, "header list larger than"):
		return &failure{code: "too_large", text: fmt.Sprintf("the header from %s has more than %d bytes", host, maxHeader)}
	case strings.HasPrefix(text, "http2: "), strings.HasPrefix(text, "stream error: "):
		return &failure{code: "closed", text: host + " has closed the connection", temporary: true}
	case isMalformed(err) && !strings.HasPrefix(text, "tls: "):
		return &failure{code: "invalid", text: fmt.Sprintf("%s has sent something that is not HTTP: %s", host, withoutPackages(text))}
	}
	f := sockets.Explain(err, host)
	temporary := f.Code == "refused" || f.Code == "unreachable" || f.Code == "closed" || f.Code == "timeout"
	return &failure{code: f.Code, text: f.Text, temporary: temporary}
}

// isMalformed reports whether err says that the server does not keep to HTTP. The errors of
// net/http for that are not exported.
func isMalformed(err error) bool {
	var corrupt flate.CorruptInputError
	if errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.As(err, &corrupt) {
		return true
	}
	for _, part := range []string{
		"malformed", "invalid byte in chunk", "invalid header", "line too long", "suspiciously long trailer", "http chunk length", "chunked encoding",
		"unsupported transfer encoding", "bad Content-Length", "invalid Content-Length", "multiple Content-Length", "connection error: ", "too many 1xx", "unsolicited",
	} {
		if strings.Contains(err.Error(), part) {
			return true
		}
	}
	return false
}

// withoutPackages returns the text of an error without the names of packages at its beginning.
func withoutPackages(text string) string {
	for _, prefix := range []string{"net/http: HTTP/1.x transport connection broken: ", "net/http: ", "http: "} {
		text = strings.TrimPrefix(text, prefix)
	}
	return text
}

// isCancelled reports whether ctx is done, and returns the cause.
func isCancelled(ctx context.Context) (cause error, ok bool) {
	if ctx.Err() == nil {
		return nil, false
	}
	return context.Cause(ctx), true
}
