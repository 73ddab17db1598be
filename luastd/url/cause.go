package url

import (
	"errors"
	"net/url"
	"strings"
)

// Cause returns the cause of an error of url.Parse for text, without the URL, which may have a
// password, and without the name of the function. If text has an "@", Cause also leaves out the part
// that is wrong: in https://me:pass/word@host, the parser takes "pass" for the port.
func Cause(err error, text string) error {
	var e *url.Error
	if errors.As(err, &e) {
		err = e.Err
	}
	cause := strings.TrimPrefix(err.Error(), "net/url: ")
	if len(cause) > 100 || strings.Contains(text, "@") { // the cause may have a part of the URL in quotes
		cause, _, _ = strings.Cut(cause, `"`)
	}
	return errors.New(strings.TrimSpace(cause))
}
