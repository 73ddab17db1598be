package mcp

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"strconv"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"

	"moonlark/engine/safetext"
)

// readMessages calls handle with each line of the client that is not empty, until the input ends or
// handle returns false. It calls refuse for a line that is longer than maxFrame.
func readMessages(in io.Reader, handle func(line []byte) (goOn bool), refuse func(id jsonrpc.ID, code int, why string)) {
	frames := newFrameReader(in)
	for first := true; ; first = false {
		line, err := frames.next()
		switch {
		case errors.Is(err, errFrameTooLong):
			refuse(idOf(line), jsonrpc.CodeInvalidRequest, err.Error())
			continue
		case err != nil:
			return
		case first:
			line = bytes.TrimPrefix(line, []byte("\uFEFF")) // a byte order mark, which some shells of Windows write
		}
		if line = bytes.TrimSpace(line); len(line) > 0 && !handle(line) {
			return
		}
	}
}

// A lineError says why a line is not a message.
type lineError struct {
	id   jsonrpc.ID // the id of the request; invalid if the line has none
	code int        // the code of the answer
	why  string
}

func (e *lineError) Error() string { return e.why }

// parseMessage returns the message in a line of the client, or an error if the line is not a message.
func parseMessage(line []byte) (jsonrpc.Message, *lineError) {
	if !json.Valid(line) {
		return nil, &lineError{code: jsonrpc.CodeParseError, why: "the line is not JSON"}
	}
	message, err := jsonrpc.DecodeMessage(line)
	switch {
	case err == nil:
		if why := unfit(message, line); why != nil {
			return nil, why
		}
		return message, nil
	case line[0] == '[':
		return nil, &lineError{code: jsonrpc.CodeInvalidRequest, why: "the server takes one message in a line, and no lists of messages"}
	}
	var fields struct{ ID json.RawMessage }
	json.Unmarshal(line, &fields) // the id stays empty if the line is not an object
	return nil, &lineError{id: idOf(fields.ID), code: jsonrpc.CodeInvalidRequest, why: err.Error()}
}

// maxNumberID is the greatest id of a request that every client reads in the answer as it wrote it. It
// is the greatest whole number without a neighbour that has the same value in JavaScript.
const maxNumberID = 1<<53 - 1

// unfit returns an error for a message that the library takes, but handles in a way that leaves the
// client without an answer: it changes an id that is not a whole number or is too large, takes a request
// with the id null for a notification, and drops a message that is neither a request nor an answer.
// line is the text of the message.
func unfit(message jsonrpc.Message, line []byte) *lineError {
	request, isRequest := message.(*jsonrpc.Request)
	if response, ok := message.(*jsonrpc.Response); ok && response.Result == nil && response.Error == nil {
		return &lineError{id: response.ID, code: jsonrpc.CodeInvalidRequest, why: "the message has no method, no result and no error"}
	}
	if !isRequest {
		return nil
	}
	if _, isText := request.ID.Raw().(string); isText {
		return nil
	}
	var fields map[string]json.RawMessage // no struct, whose fields match names in other cases too
	if json.Unmarshal(line, &fields) != nil || fields["id"] == nil {
		return nil
	}
	number, err := strconv.ParseFloat(string(fields["id"]), 64)
	if err == nil && number == math.Trunc(number) && math.Abs(number) <= maxNumberID {
		return nil
	}
	return &lineError{code: jsonrpc.CodeInvalidRequest, why: "the id must be a string or a whole number of at most 2^53-1, not " + safetext.Cut(string(fields["id"]), 40, "…")}
}

// errorAnswer returns the answer to a request that failed. Its id is null if id is invalid.
func errorAnswer(id jsonrpc.ID, code int, why string) []byte {
	answer, err := json.Marshal(struct {
		Version string         `json:"jsonrpc"`
		ID      any            `json:"id"`
		Error   *jsonrpc.Error `json:"error"`
	}{"2.0", id.Raw(), &jsonrpc.Error{Code: int64(code), Message: why}})
	if err != nil { // cannot happen: an id is a number or a string
		panic(err)
	}
	return answer
}
