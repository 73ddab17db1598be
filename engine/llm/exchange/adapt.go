package exchange

import (
	"net/http"
	"strings"
)

// adapt changes the form of the next attempt, if the server has refused this one. It returns what
// was changed, for the log, or "" if nothing was.
func (c *Client) adapt(a *attempt, failed *Failure) string {
	if a.body == nil || failed.Err.TooLong {
		return ""
	}
	if note := a.query.Adapt(failed); note != "" {
		return note
	}
	if !failed.IsRefusal() {
		return ""
	}
	text := strings.ToLower(failed.Err.Text)
	for _, field := range a.query.OptionalFields() {
		// another request may have found out already that the server refuses the field
		if _, sent := a.body[field.Name]; sent && field.isNamed(text) {
			c.mu.Lock()
			defer c.mu.Unlock()
			if c.refused == nil {
				c.refused = make(map[string]bool)
			}
			c.refused[field.Name] = true
			return "the server refuses the field " + field.Name + ", which is left out from now on"
		}
	}
	return a.query.Reduce()
}

// isNamed reports whether an error, in lower case, names the field.
func (f Field) isNamed(text string) bool {
	if strings.Contains(text, f.Name) {
		return true
	}
	for _, word := range f.Words {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

// removeRefused removes the fields that the server has refused from a body.
func (c *Client) removeRefused(body map[string]any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for name := range c.refused {
		delete(body, name)
	}
}

// IsRefusal reports whether the server has found something wrong with the request.
func (f *Failure) IsRefusal() bool {
	return f.Err.Status == http.StatusBadRequest || f.Err.Status == http.StatusUnprocessableEntity
}
