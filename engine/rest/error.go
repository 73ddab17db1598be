package rest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"unicode"
)

// An Error is an answer that was not wanted, or none.
type Error struct {
	Op     string // what was asked: "signed URL"
	Status int    // of HTTP; 0 when there was no answer
	Text   string // what the server says about it
	Hint   string // what a person can do; may be empty

	err error // the network's, nil when it was not that
}

func (e *Error) Error() string {
	text := e.Op
	if e.Status != 0 {
		text += fmt.Sprintf(": HTTP %d", e.Status)
	}
	if e.Text != "" {
		text += ": " + e.Text
	}
	return text
}

func (e *Error) Unwrap() error { return e.err }

// Final says whether asking again would bring the same: somebody has to mend
// something first.
func (e *Error) Final() bool {
	switch e.Status {
	case 0:
		return e.err == nil
	case http.StatusRequestTimeout, http.StatusTooManyRequests:
		return false
	}
	return e.Status < 500
}

// refused is the error for an answer with a status other than 200.
func (c *Client) refused(op, missing string, status int, body []byte) *Error {
	kind, text := detail(body)
	if text == "" {
		text = http.StatusText(status)
	}
	return &Error{Op: op, Status: status, Text: c.Key.hide(text), Hint: hint(status, kind, missing)}
}

// detail is what the body of a refusal says: {"detail": ...} with a text, with
// a status and a message, or with what is wrong with each parameter. Anything
// else is taken as it is, if it looks like a sentence.
func detail(body []byte) (kind, text string) {
	var whole struct{ Detail json.RawMessage }
	var plain string
	var message struct{ Status, Message string }
	var list []struct {
		Loc []any
		Msg string
	}
	json.Unmarshal(body, &whole)
	switch {
	case json.Unmarshal(whole.Detail, &plain) == nil:
		text = plain
	case json.Unmarshal(whole.Detail, &message) == nil:
		kind, text = message.Status, message.Message
	case json.Unmarshal(whole.Detail, &list) == nil:
		var all []string
		for _, e := range list {
			where := ""
			if len(e.Loc) > 0 {
				where = fmt.Sprint(e.Loc[len(e.Loc)-1]) + ": "
			}
			all = append(all, where+e.Msg)
		}
		text = strings.Join(all, "; ")
	case !bytes.ContainsAny(body, "<{"):
		text = string(body)
	}
	return kind, sentence(text)
}

// sentence is text from elsewhere as one line that a terminal takes no orders
// from, cut to a length that a person reads.
func sentence(text string) string {
	const most = 300
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) && !unicode.IsSpace(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

// hint is a guess at the mend for a status; kind is the API's own word for it,
// missing what to do when there is no such thing.
func hint(status int, kind, missing string) string {
	switch {
	case kind == "missing_permissions":
		return "give the key the permission to read agents (ElevenLabs, Developers, API Keys)"
	case strings.Contains(kind, "quota"):
		return "the ElevenLabs account has used up its credits"
	case status == http.StatusUnauthorized:
		return "check ELEVENLABS_API_KEY, and that the host is that of the region the key belongs to"
	case status == http.StatusForbidden:
		return "the key may not do this: use one of the account that the agent belongs to, with the permission to read agents"
	case status == http.StatusNotFound:
		return missing
	case status == http.StatusProxyAuthRequired:
		return "the proxy in HTTPS_PROXY wants a user name and password"
	case status == http.StatusUnprocessableEntity:
		return "check the agent's id; one begins with agent_"
	case status == http.StatusTooManyRequests:
		return "too many requests: wait a little"
	case status >= 500:
		return "the server is in trouble: try again in a while"
	case status >= 300 && status < 400:
		return "the host sends us elsewhere: check --host"
	}
	return ""
}
