package convai

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
)

// A Frame is one message as it came off the wire.
type Frame struct {
	// Type is what the frame says it is; "user_audio_chunk" for the one
	// message that does not say.
	Type string
	// Message points to the message of that type; nil when the type is
	// unknown, which is not an error.
	Message Message
	// Inner is the message's own JSON object, without its envelope: {} when
	// the frame had none and needs none, and the whole frame when the type is
	// unknown or has no envelope. It shares memory with the frame, so it must
	// not be written to.
	Inner json.RawMessage
}

// Parse reads one frame from a server. Its error says which message was wrong
// and how: the frame is no JSON object, has no type, or its fields do not fit
// the type it claims. It keeps the frame, which must not be changed afterwards.
func Parse(frame []byte) (Frame, error) {
	return parse(frame, serverTable, nil)
}

// ParseClient reads one frame from a client, as Parse does.
func ParseClient(frame []byte) (Frame, error) {
	return parse(frame, clientTable, nil)
}

// parse reads one frame. An Audio is put into audio, unless that is nil.
func parse(frame []byte, kinds map[string]*kind, audio *Audio) (Frame, error) {
	var room [8]member // frames have two members, and tool results four or five
	members, err := split(frame, room[:0])
	if err != nil {
		return Frame{}, err
	}

	var f Frame
	var k *kind
	if quoted := find(members, "type"); quoted != nil {
		text, err := unquote(quoted)
		if err != nil {
			return Frame{}, errors.New("type is not a string")
		}
		if k = kinds[string(text)]; k != nil {
			f.Type = k.name
		} else {
			f.Type = string(text)
		}
	} else if k = kinds[userAudioChunk]; k != nil && find(members, userAudioChunk) != nil {
		f.Type = userAudioChunk
	} else {
		return Frame{}, errors.New("no type")
	}

	if k == nil || k.key == "" {
		f.Inner = frame
	} else if f.Inner = find(members, k.key); f.Inner == nil || string(f.Inner) == "null" {
		switch {
		case k.flat:
			f.Inner = frame
		case k.empty:
			f.Inner = json.RawMessage("{}")
		default:
			return Frame{}, fmt.Errorf("%s: no %s", k.name, k.key)
		}
	}

	// What gets decoded is checked by that; the rest nobody has checked yet.
	for _, m := range members {
		if (k == nil || k.key != "" && &m.value[0] != &f.Inner[0]) && !json.Valid(m.value) {
			return Frame{}, notJSON(frame)
		}
	}
	if k == nil {
		return f, nil
	}
	if audio != nil && k.name == audio.MessageType() {
		*audio = Audio{}
		f.Message = audio
	} else {
		f.Message = k.make()
	}
	if err := decode(f.Inner, f.Message); err != nil {
		return Frame{}, fmt.Errorf("%s: %w", k.name, err)
	}
	return f, nil
}

// decode reads a message's fields, and has those looked at that it cannot do
// without.
func decode(inner []byte, m Message) error {
	if m, ok := m.(*Audio); ok && m.share(inner) {
		return nil
	}
	err := json.Unmarshal(inner, m)
	var shape *json.UnmarshalTypeError
	if errors.As(err, &shape) {
		if shape.Field == "" {
			return fmt.Errorf("got %s, want object", shape.Value)
		}
		return fmt.Errorf("%s: got %s, want %s", shape.Field, shape.Value, wireName(shape))
	}
	if err != nil {
		return err
	}
	if m, ok := m.(interface{ check() error }); ok {
		return m.check()
	}
	return nil
}

// wireName is what JSON calls the type a field should have had.
func wireName(e *json.UnmarshalTypeError) string {
	switch e.Type.Kind() {
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "bool"
	case reflect.Slice:
		return "array"
	case reflect.Struct, reflect.Map:
		return "object"
	case reflect.Float64:
		return "number"
	default:
		return "integer"
	}
}
