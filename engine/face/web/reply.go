package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Reply sends a response as JSON, with the status 200.
func Reply(w http.ResponseWriter, body any) { reply(w, http.StatusOK, body) }

// Fail sends an error in the form that the responses to all requests have: see docs/http.md.
func Fail(w http.ResponseWriter, status int, text string) {
	reply(w, status, struct {
		OK    bool   `json:"ok"`
		Error string `json:"error"`
	}{false, text})
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.Encode(body) // an error means that the client has gone away
}

// DecodeObject reads a JSON object, and nothing else, into v. A field that v does not have is an error.
func DecodeObject(body []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) && wrong.Field != "" {
			return fmt.Errorf("%s: got %s, want %s", wrong.Field, wrong.Value, wrong.Type)
		}
		return errors.New(strings.TrimPrefix(err.Error(), "json: "))
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("there is more text after the object")
	}
	return nil
}
