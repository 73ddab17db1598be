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

// Reply sends a response as JSON, which nobody may store.
func Reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.Encode(body) // an error means that the client has gone away
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
