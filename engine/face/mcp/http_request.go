package mcp

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
)

// checkBody reads the body of a POST request, so that it can be read again. It reports whether the body
// is a message, or whether the library refuses the request anyway. If it is not, checkBody has sent the
// response: the rules are those of stdin, see parseMessage.
func checkBody(w http.ResponseWriter, r *http.Request) (ok bool) {
	if mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); mediaType != "application/json" {
		return true
	}
	text, err := io.ReadAll(r.Body)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		refuseBody(w, http.StatusRequestEntityTooLarge, &lineError{code: jsonrpc.CodeInvalidRequest, why: fmt.Sprintf("the message is longer than %d bytes", tooLarge.Limit)})
		return false
	case err != nil:
		refuseBody(w, http.StatusBadRequest, &lineError{code: jsonrpc.CodeParseError, why: "the message could not be read"})
		return false
	}
	r.Body = io.NopCloser(bytes.NewReader(text))
	if text = bytes.TrimSpace(text); len(text) == 0 {
		return true
	}
	if _, err := parseMessage(text); err != nil {
		refuseBody(w, http.StatusBadRequest, err)
		return false
	}
	return true
}

// refuseBody sends the response to a request whose body is not a message.
func refuseBody(w http.ResponseWriter, status int, err *lineError) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(append(errorAnswer(err.id, err.code, err.why), '\n')) // an error means that the client has left
}

// The header Mcp-Name repeats the name or the URI in the body of a request. A text that cannot be a
// header as it is, such as one with letters that are not ASCII, is in it as Base64 between these two.
const (
	nameHeader    = "Mcp-Name"
	encodedPrefix = "=?base64?"
	encodedSuffix = "?="
)

// encodeName returns the value of the header Mcp-Name for the name of a tool or a prompt, or the URI of
// a resource: the name itself, or its Base64 form if it has characters that a header cannot have.
func encodeName(name string) string {
	isPlain := name == strings.TrimSpace(name) && !(strings.HasPrefix(name, encodedPrefix) && strings.HasSuffix(name, encodedSuffix))
	for i := range len(name) {
		isPlain = isPlain && name[i] >= ' ' && name[i] <= '~'
	}
	if isPlain {
		return name
	}
	return encodedPrefix + base64.StdEncoding.EncodeToString([]byte(name)) + encodedSuffix
}

// decodeName replaces an encoded name in the header of a request. The library compares the header with
// the body and does not decode it.
func decodeName(header http.Header) {
	text, isEncoded := strings.CutPrefix(header.Get(nameHeader), encodedPrefix)
	text, isComplete := strings.CutSuffix(text, encodedSuffix)
	if !isEncoded || !isComplete {
		return
	}
	if name, err := base64.StdEncoding.DecodeString(text); err == nil {
		header.Set(nameHeader, string(name))
	}
}
