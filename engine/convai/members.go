package convai

import (
	"bytes"
	"encoding/json"
	"errors"
	"iter"
	"unicode/utf8"
)

// checkObject returns an error if frame is not a JSON object.
func checkObject(frame []byte) error {
	if !json.Valid(frame) {
		return json.Unmarshal(frame, new(json.RawMessage)) // Valid does not say what is wrong
	}
	if !bytes.HasPrefix(bytes.TrimLeft(frame, jsonSpace), []byte("{")) {
		return errors.New("not a JSON object")
	}
	return nil
}

// member returns the value of the member with this name, or nil if there is none. If there are several,
// the last one counts. The JSON object must be valid. The value shares memory with object.
func member(object []byte, name string) (value json.RawMessage) {
	for n, v := range members(object) {
		if string(n) == name {
			value = v
		}
	}
	return value
}

const jsonSpace = " \t\r\n"

// members iterates over the members of a JSON object, which must be valid. It only looks for the ends
// of the values, so it is faster than decoding the object into a map.
func members(object []byte) iter.Seq2[[]byte, json.RawMessage] {
	return func(yield func(name []byte, value json.RawMessage) bool) {
		rest := object[bytes.IndexByte(object, '{')+1:]
		for {
			rest = bytes.TrimLeft(rest, jsonSpace+",")
			if rest[0] == '}' {
				return
			}
			n := stringSize(rest)
			name := unquote(rest[:n])
			rest = bytes.TrimLeft(rest[n:], jsonSpace+":")
			n = valueSize(rest)
			if !yield(name, json.RawMessage(rest[:n])) {
				return
			}
			rest = rest[n:]
		}
	}
}

// unquote decodes a JSON string. quoted must be a valid JSON string with its quotes. The result may
// share memory with quoted.
func unquote(quoted []byte) []byte {
	text := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(text, '\\') < 0 && utf8.Valid(text) {
		return text
	}
	var unescaped string
	json.Unmarshal(quoted, &unescaped) // cannot fail, because quoted is a valid JSON string
	return []byte(unescaped)
}

// valueSize returns the size of the JSON value at the beginning of text. The value is inside an
// object.
func valueSize(text []byte) int {
	switch text[0] {
	case '"':
		return stringSize(text)
	case '{', '[':
	default:
		return bytes.IndexAny(text, jsonSpace+",}")
	}
	depth := 0
	for i := 0; ; i++ {
		switch text[i] {
		case '"':
			i += stringSize(text[i:]) - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
}

// stringSize returns the size of the JSON string at the beginning of text, with its quotes.
func stringSize(text []byte) int {
	for end := 1; ; end++ {
		end += bytes.IndexByte(text[end:], '"')
		backslashes := 0
		for text[end-backslashes-1] == '\\' {
			backslashes++
		}
		if backslashes%2 == 0 {
			return end + 1
		}
	}
}
