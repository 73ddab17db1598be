package httpserve

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/headers"
	"moonlark/luastd/value"
)

const (
	plainText = "text/plain; charset=utf-8"

	maxAnswer       = 64 << 20  // maximal length of the body of an answer, in bytes
	maxAnswerHeader = 256 << 10 // maximal length of its header, in bytes

	// An answer must be sent in sendTime, and in one second more for each sendRate bytes.
	sendTime = 30 * time.Second
	sendRate = 16 << 10
)

// An answer is what the server sends for a request.
type answer struct {
	status int
	header http.Header
	body   string
	reason string // why the script could not answer; only for the log
	again  bool   // the request goes to the next site

	budget *luastd.Budget // has room for body; nil if body does not count, or not any more

	// open opens a WebSocket instead of sending an answer; nil for other requests.
	open func(http.ResponseWriter, *http.Request)
	// abandoned is called instead of open if the client has gone; nil for other requests.
	abandoned func()
}

// newAnswer returns the answer that the results of a function of the script describe. The error
// says what is wrong with them.
func newAnswer(results []lua.LValue) (*answer, error) {
	a := &answer{status: http.StatusOK, header: http.Header{}}
	get := func(n int) lua.LValue {
		if n < len(results) && !value.IsNull(results[n]) {
			return results[n]
		}
		return lua.LNil
	}
	body := get(0)
	switch first := get(0).(type) {
	case *lua.LNilType:
		if reason := get(1); reason != lua.LNil {
			failed := refusal(http.StatusInternalServerError, "the script has failed; its log says why")
			failed.reason = reason.String()
			return failed, nil
		}
		a.status = http.StatusNoContent
		return a, nil
	case lua.LNumber:
		if float64(first) != math.Trunc(float64(first)) || first < 200 || first > 599 {
			return nil, fmt.Errorf("the status %v, which must be a whole number from 200 to 599", first)
		}
		a.status, body = int(first), get(1)
		if err := a.setHeaders(get(2)); err != nil {
			return nil, err
		}
	}
	if err := a.setBody(body); err != nil {
		return nil, err
	}
	if len(a.body) > 0 && (a.status == http.StatusNoContent || a.status == http.StatusNotModified) {
		return nil, fmt.Errorf("a body with the status %d, which cannot have one", a.status)
	}
	return a, nil
}

// setBody sets the body, and the header Content-Type unless the script has set it.
func (a *answer) setBody(v lua.LValue) error {
	contentType := plainText
	switch v := v.(type) {
	case *lua.LNilType:
		return nil
	case lua.LString:
		a.body = string(v)
	case *lua.LTable:
		text, err := value.Append(nil, v, value.MaxJSON)
		if err != nil {
			return fmt.Errorf("a table that cannot be JSON: %w", err)
		}
		a.body, contentType = string(text), "application/json"
	default:
		return fmt.Errorf("%s instead of a string or a table", value.TypeName(v))
	}
	if len(a.body) > maxAnswer {
		return fmt.Errorf("a body with %d bytes; the maximum is %d", len(a.body), maxAnswer)
	}
	if a.header.Get("Content-Type") == "" {
		a.header.Set("Content-Type", contentType)
	}
	return nil
}

// setHeaders sets the headers in the table v, whose values are texts or lists of texts.
func (a *answer) setHeaders(v lua.LValue) error {
	t, ok := v.(*lua.LTable)
	if !ok && v != lua.LNil {
		return fmt.Errorf("%s instead of a table of headers", value.TypeName(v))
	}
	if !ok {
		return nil
	}
	size := 0
	add := func(name string, v lua.LValue) error {
		text := v.String()
		_, isString := v.(lua.LString)
		_, isNumber := v.(lua.LNumber)
		if !isString && !isNumber {
			return fmt.Errorf("the header %s as %s instead of a string", http.CanonicalHeaderKey(name), value.TypeName(v))
		}
		if err := headers.Check(name, text); err != nil {
			return fmt.Errorf("wrong headers: %w", err)
		}
		if size += len(name) + len(text); size > maxAnswerHeader {
			return fmt.Errorf("headers with more than %d bytes", maxAnswerHeader)
		}
		a.header.Add(name, text)
		return nil
	}
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
		list, isList := v.(*lua.LTable)
		if !isList {
			if err := add(k.String(), v); err != nil {
				return err
			}
			continue
		}
		for i := 1; i <= list.Len(); i++ {
			if err := add(k.String(), list.RawGetInt(i)); err != nil {
				return err
			}
		}
	}
	return nil
}

// hold counts the body in the Budget until the answer has been written or abandoned. It returns
// false if that is too much.
func (a *answer) hold(b *luastd.Budget) bool {
	if !b.Take(len(a.body)) {
		return false
	}
	a.budget = b
	return true
}

// release takes back what hold has counted.
func (a *answer) release() {
	if a.budget != nil {
		a.budget.Give(len(a.body))
		a.budget = nil
	}
}

// abandon is called instead of write if nobody takes the answer. It tells the task of a WebSocket.
func (a *answer) abandon() {
	a.release()
	if a.abandoned != nil {
		a.abandoned()
	}
}

// write sends the answer. It runs on the goroutine of the request.
func (a *answer) write(w http.ResponseWriter, r *http.Request) {
	defer a.release()
	if a.open != nil {
		a.open(w, r)
		return
	}
	header := w.Header()
	for name, values := range a.header {
		header[name] = values
	}
	// Browsers must not guess that a text of the script is a page with code.
	if _, ok := header["X-Content-Type-Options"]; !ok {
		header.Set("X-Content-Type-Options", "nosniff")
	}
	limit := sendTime + time.Duration(len(a.body)/sendRate)*time.Second
	http.NewResponseController(w).SetWriteDeadline(time.Now().Add(limit))
	w.WriteHeader(a.status)
	io.WriteString(w, a.body) // an error means that nobody waits for the answer any more
}
