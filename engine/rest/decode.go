package rest

import (
	"encoding/json"
	"errors"
)

// decode decodes a JSON object into out. It ignores fields of an unexpected type, because the API
// may change fields that Moonlark does not need.
func decode(body []byte, out any) error {
	err := json.Unmarshal(body, out)
	var wrongType *json.UnmarshalTypeError
	// Unmarshal has decoded the fields whose types are right
	if errors.As(err, &wrongType) && wrongType.Field != "" {
		return nil
	}
	return err
}

// decodePart decodes a JSON value that is part of another value. It works like decode, but it also
// ignores the whole value if that has an unexpected type, such as a number instead of an object.
func decodePart(text []byte, out any) error {
	err := json.Unmarshal(text, out)
	if wrongType := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrongType) {
		return nil
	}
	return err
}
