package wire

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"

	"github.com/gorilla/websocket"

	"moonlark/engine/llm"
	"moonlark/engine/network"
	"moonlark/engine/provider"
	"moonlark/engine/safetext"
)

// maxErrorText is the maximum length of a service's message in an error, in bytes.
const maxErrorText = 300

// clean returns a text of the service as one line, without the key, and not longer than
// maxErrorText.
func clean(e *provider.Endpoint, text string) string {
	return safetext.Cut(safetext.Line(strings.ToValidUTF8(e.Key.Hide(text), "\ufffd")), maxErrorText, "…")
}

// failure returns the *llm.Error for an error of dial or Read. model is the name of the server and
// the model, for people. If err is an *llm.Error already, failure returns it.
func failure(e *provider.Endpoint, model string, err error) *llm.Error {
	var known *llm.Error
	if errors.As(err, &known) {
		return known
	}
	f := &llm.Error{Model: model, Text: clean(e, err.Error()), Err: err}
	var proxy *network.ProxyError
	var dns *net.DNSError
	var closed *websocket.CloseError
	switch {
	case errors.As(err, &closed):
		text, _ := provider.ParseError([]byte(closed.Text))
		f.Text = strings.TrimSuffix(clean(e, "the service has closed the connection: "+text), ": ")
	case errors.As(err, &proxy):
		f.Hint = proxy.Hint
	case errors.Is(err, syscall.ECONNREFUSED):
		f.Text, f.Hint = "nothing listens at "+e.Host(), e.StartHint
	case errors.As(err, &dns):
		f.Text = "the name " + dns.Name + " cannot be found"
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		f.Text = "the connection is lost"
	default:
		f.Hint = network.CertificateHint(err)
	}
	return f
}

// refusal returns the error for a response that does not open a WebSocket.
func refusal(e *provider.Endpoint, model string, response *http.Response, body []byte) *llm.Error {
	text, _ := provider.ParseError(body)
	if text == "" {
		text = http.StatusText(response.StatusCode)
	}
	f := &llm.Error{Model: model, Status: response.StatusCode, Text: clean(e, text)}
	switch status := response.StatusCode; {
	case status/100 == 3:
		f.Hint = "the server sends the request to another URL, which gets no key: give that URL"
	case (status == 401 || status == 403) && e.Key.IsZero() && e.KeyName != "":
		f.Hint = "set " + e.KeyName
	case status == 401 || status == 403:
		f.Hint = "check the key in " + e.KeyName
	case status == 402:
		f.Hint = "the account has no credit left"
	case status == 404:
		f.Hint = "check the model and the URL"
	case status == 200:
		f.Hint = "this is a web server, but no WebSocket: check the URL"
	}
	return f
}

// ErrFinal is in the chain of an error if another connection would fail for the same reason.
var ErrFinal = errors.New("the settings must be changed")

// IsFinal reports whether another connection would fail for the same reason, until somebody changes
// a setting. err is an error of Service.Connect. For nil, IsFinal returns false.
func IsFinal(err error) bool {
	if err == nil {
		return false
	}
	var proxy *network.ProxyError
	if errors.As(err, &proxy) {
		return proxy.Final()
	}
	var closed *websocket.CloseError
	if errors.As(err, &closed) {
		// 4000 and above are codes of the service, such as for an API that it has shut off
		return closed.Code >= 4000 || closed.Code == websocket.ClosePolicyViolation || closed.Code == websocket.CloseInvalidFramePayloadData
	}
	if errors.Is(err, ErrFinal) || network.CertificateHint(err) != "" {
		return true
	}
	var known *llm.Error
	if !errors.As(err, &known) || known.Status == 0 {
		return false
	}
	switch known.Status {
	case http.StatusRequestTimeout, http.StatusConflict, http.StatusTooEarly, http.StatusTooManyRequests:
		return false
	}
	return known.Status < 500
}
