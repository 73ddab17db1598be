package convai

import (
	"bytes"
	"encoding/json"
	"errors"
)

// A member is one key of a JSON object with its value, as they stand in the
// object: the key without its quotes.
type member struct {
	key, value []byte
}

// split takes a JSON object apart without looking into its values: it only
// finds where they end, by quotes and brackets, which is several times faster
// than decoding. So a value is not known to be JSON until somebody decodes it;
// that it will not be decoded twice is the reason split exists.
//
// The members are appended to dst.
func split(object []byte, dst []member) ([]member, error) {
	i := space(object, 0)
	if i == len(object) || object[i] != '{' {
		return nil, notJSON(object)
	}
	i = space(object, i+1)
	if i < len(object) && object[i] == '}' {
		return dst, ends(object, i+1)
	}
	for {
		if i == len(object) || object[i] != '"' {
			return nil, notJSON(object)
		}
		end := skipString(object, i)
		key, err := unquote(object[i:end])
		if err != nil {
			return nil, notJSON(object)
		}
		i = space(object, end)
		if i == len(object) || object[i] != ':' {
			return nil, notJSON(object)
		}
		i = space(object, i+1)
		end = skipValue(object, i)
		if end == i {
			return nil, notJSON(object)
		}
		dst = append(dst, member{key, object[i:end]})
		i = space(object, end)
		if i == len(object) {
			return nil, notJSON(object)
		}
		switch object[i] {
		case ',':
			i = space(object, i+1)
		case '}':
			return dst, ends(object, i+1)
		default:
			return nil, notJSON(object)
		}
	}
}

// find is the value of a key, nil when there is none. Of several the last one
// counts, as it does in encoding/json.
func find(members []member, key string) []byte {
	for i := len(members) - 1; i >= 0; i-- {
		if string(members[i].key) == key {
			return members[i].value
		}
	}
	return nil
}

// ends checks that nothing but space follows.
func ends(object []byte, i int) error {
	if space(object, i) != len(object) {
		return notJSON(object)
	}
	return nil
}

// space is the next place from i on that is not white space.
func space(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}

// skipValue is the end of the value that begins at i; i itself when there is
// none.
func skipValue(b []byte, i int) int {
	if i == len(b) {
		return i
	}
	switch b[i] {
	case '"':
		return skipString(b, i)
	case '{', '[':
		depth := 0
		for i < len(b) {
			switch b[i] {
			case '"':
				i = skipString(b, i)
				continue
			case '{', '[':
				depth++
			case '}', ']':
				depth--
			}
			i++
			if depth == 0 {
				break
			}
		}
		return i
	}
	for i < len(b) && bytes.IndexByte([]byte(",]} \n\r\t"), b[i]) < 0 {
		i++
	}
	return i
}

// skipString is the end of the string whose opening quote is at i, or of b
// when it has none.
func skipString(b []byte, i int) int {
	from := i + 1
	for at := from; ; {
		n := bytes.IndexByte(b[at:], '"')
		if n < 0 {
			return len(b)
		}
		at += n
		escapes := 0
		for at-escapes > from && b[at-escapes-1] == '\\' {
			escapes++
		}
		at++
		if escapes%2 == 0 {
			return at
		}
	}
}

// unquote is the text of a JSON string. It allocates only when the text is not
// written plainly.
func unquote(quoted []byte) ([]byte, error) {
	if len(quoted) < 2 || quoted[0] != '"' || quoted[len(quoted)-1] != '"' {
		return nil, errors.New("not a string")
	}
	plain := quoted[1 : len(quoted)-1]
	for _, c := range plain {
		if c < ' ' || c == '"' || c == '\\' || c >= 0x80 {
			var text string
			err := json.Unmarshal(quoted, &text)
			return []byte(text), err
		}
	}
	return plain, nil
}

// notJSON says what is wrong with a frame that is not one JSON object.
func notJSON(frame []byte) error {
	var value json.RawMessage
	if err := json.Unmarshal(frame, &value); err != nil {
		return err
	}
	return errors.New("not a JSON object")
}
