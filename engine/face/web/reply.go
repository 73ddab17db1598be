package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

// Fail sends an error in the form that errors of all requests have: see docs/http.md.
func Fail(w http.ResponseWriter, status int, text string) {
	Reply(w, status, struct {
		OK    bool   `json:"ok"`
		Error string `json:"error"`
	}{false, text})
}

// FailBody sends the error with which the body of a request could not be read.
func FailBody(w http.ResponseWriter, err error) {
	status, text := BodyError(err)
	Fail(w, status, text)
}

// BodyError returns the status and the text of a response to a request whose body could not be read. err
// is why.
func BodyError(err error) (status int, text string) {
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is longer than %d bytes", tooLarge.Limit)
	}
	return http.StatusBadRequest, "the body could not be read: " + err.Error()
}

// Reply sends a response as JSON, which nobody may store. If body cannot be encoded, the response is the
// error, with the status 500.
func Reply(w http.ResponseWriter, status int, body any) {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body); err != nil {
		Fail(w, http.StatusInternalServerError, err.Error())
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(text.Bytes()) // an error means that the client has gone away
}

// HasMethod reports whether the request has one of the methods. If it does not, HasMethod sends an
// error, which names the first of them.
func HasMethod(w http.ResponseWriter, r *http.Request, methods ...string) bool {
	if slices.Contains(methods, r.Method) {
		return true
	}
	w.Header().Set("Allow", strings.Join(methods, ", "))
	Fail(w, http.StatusMethodNotAllowed, r.URL.Path+" needs the method "+methods[0])
	return false
}

// DecodeObject reads the body of a request, a JSON object and nothing else, into v. A field that v does not
// have is an error, because it is probably misspelt.
func DecodeObject(body []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		wrong := (*json.UnmarshalTypeError)(nil)
		switch {
		case err == io.EOF:
			return errors.New("the body is empty")
		case errors.As(err, &wrong) && wrong.Field != "":
			return fmt.Errorf("%s: got %s, want %s", wrong.Field, wrong.Value, wrong.Type)
		case errors.As(err, &wrong):
			return errors.New("got " + wrong.Value)
		}
		return errors.New(strings.TrimPrefix(err.Error(), "json: "))
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("there is more text after the object")
	}
	return nil
}
