package exchange

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strconv"
)

// Decode decodes data, which must be a JSON object, into the struct that event points to. It
// ignores fields of a wrong type, so that such a field does not make the whole event useless.
func Decode(data []byte, event any) error {
	if data = bytes.TrimSpace(data); !bytes.HasPrefix(data, []byte("{")) {
		return errors.New("not a JSON object")
	}
	err := json.Unmarshal(data, event)
	if errors.As(err, new(*json.UnmarshalTypeError)) {
		return nil // the other fields are decoded
	}
	return err
}

// A Count is a number of tokens in an event. It is 0 if the server has sent anything but a positive
// number.
type Count int

// UnmarshalJSON implements [json.Unmarshaler]. It never fails.
func (c *Count) UnmarshalJSON(data []byte) error {
	*c = 0
	x, err := strconv.ParseFloat(string(bytes.Trim(data, `"`)), 64)
	if err == nil && x > 0 && x <= math.MaxInt32 {
		*c = Count(x)
	}
	return nil
}
