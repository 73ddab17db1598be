package convai

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// A Frame is one message from the WebSocket, both as JSON and decoded.
type Frame struct {
	// Type is the value of the JSON field "type". It is "user_audio_chunk" for UserAudioChunk,
	// whose JSON has no such field.
	Type string
	// Message points to the decoded message. It is nil if Type is unknown, which is not an error.
	Message Message
	// Inner is the JSON object that has the fields of the message. For most types it is the value
	// of one field of the whole JSON object, called the envelope. If the type is unknown or has no
	// envelope, Inner is the whole JSON object. If the envelope is missing or is not an object,
	// Inner is {}, or the whole object for the type "error".
	Inner json.RawMessage
	// Problems says which fields have another JSON type than the protocol says, and for each what
	// was wrong. It is nil for most frames.
	Problems []string
}

// Parse decodes one message that a server sent. It returns an error if frame is not a JSON object,
// or if it has no type. If a field has the wrong JSON type, Parse takes the value if it can mean
// only one thing, and otherwise leaves the field zero, as if the server had not sent it. The
// returned Frame may share memory with frame, so the caller must not change frame afterwards.
func Parse(frame []byte) (Frame, error) {
	f, err := identify(frame, serverTable)
	if err != nil && (bytes.Contains(frame, []byte("NaN")) || bytes.Contains(frame, []byte("Infinity"))) {
		f, err = identify(replaceNotFinite(frame), serverTable)
		f.Problems = append(f.Problems, "got a number that is not finite, want JSON")
	}
	k := serverTable.byName[f.Type]
	if err != nil || k == nil {
		return f, err
	}
	if k.key != "" {
		inner := member(f.Inner, k.key)
		switch {
		case len(inner) > 0 && inner[0] == '{':
			f.Inner = inner
		case k.flat:
		default:
			f.Inner = json.RawMessage("{}")
			if !k.empty || len(inner) > 0 && string(inner) != "null" {
				f.Problems = append(f.Problems, "no "+k.key)
			}
		}
	}
	f.Message = k.make()
	fast, ok := f.Message.(interface{ decode(object []byte) bool })
	if (!ok || !fast.decode(f.Inner)) && json.Unmarshal(f.Inner, f.Message) != nil {
		f.Message = k.make()
		var d tolerantDecoder
		d.value("", f.Inner, reflect.ValueOf(f.Message).Elem())
		f.Problems = append(f.Problems, d.problems...)
	}
	if m, ok := f.Message.(interface{ setDefaults() }); ok {
		m.setDefaults()
	}
	return f, nil
}

// ParseClient decodes one message that a client sent. Unlike Parse, it returns an error if a field
// has the wrong JSON type, because the embedded agent refuses such messages as the servers of
// ElevenLabs do. Only numbers may be sent in another form, such as 5.0 or "5" for 5.
func ParseClient(frame []byte) (Frame, error) {
	f, err := identify(frame, clientTable)
	k := clientTable.byName[f.Type]
	if err != nil || k == nil {
		return f, err
	}
	f.Message = k.make()
	if err := json.Unmarshal(f.Inner, f.Message); err != nil {
		var d tolerantDecoder
		f.Message = k.make()
		d.value("", f.Inner, reflect.ValueOf(f.Message).Elem())
		notNumber := func(problem string) bool {
			return !strings.HasSuffix(problem, "want integer") && !strings.HasSuffix(problem, "want number")
		}
		if d.unread > 0 || slices.ContainsFunc(d.problems, notNumber) || d.problems == nil {
			return Frame{}, fmt.Errorf("%s: %w", k.name, wrongField(err))
		}
		f.Problems = d.problems
	}
	return f, nil
}

// identify returns a Frame in which Type is set, and Inner is the whole JSON object frame. If the
// member "type" is missing or is not a string, identify takes the type from the name of the
// envelope, which is another member. A UserAudioChunk has neither, and is recognised by its only
// member.
func identify(frame []byte, kinds table) (Frame, error) {
	if err := checkObject(frame); err != nil {
		return Frame{}, err
	}
	text := member(frame, "type")
	if k := kinds.byJSON[string(text)]; k != nil { // the usual case
		return Frame{Type: k.name, Inner: frame}, nil
	}
	var name *string
	ok := text != nil
	if ok && json.Unmarshal(text, &name) == nil && name != nil {
		return Frame{Type: *name, Inner: frame}, nil
	}
	if !ok && kinds.byName[userAudioChunk] != nil && member(frame, userAudioChunk) != nil {
		return Frame{Type: userAudioChunk, Inner: frame}, nil
	}
	err := errors.New("no type")
	if ok {
		err = errors.New("type is not a string")
	}
	for name := range members(frame) {
		if k := kinds.byKey[string(name)]; k != nil {
			return Frame{Type: k.name, Inner: frame, Problems: []string{err.Error()}}, nil
		}
	}
	return Frame{}, err
}

// wrongField returns the error of json.Unmarshal with the name of the wrong field in front.
func wrongField(err error) error {
	var wrongType *json.UnmarshalTypeError
	if !errors.As(err, &wrongType) {
		return err
	}
	if wrongType.Field == "" {
		return fmt.Errorf("got %s, want object", wrongType.Value)
	}
	return fmt.Errorf("%s: got %s, want %s", wrongType.Field, wrongType.Value, jsonTypeName(wrongType.Type))
}

// jsonTypeName returns the JSON type of the values that encoding/json can store in the Go type t.
func jsonTypeName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "bool"
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 { // encoding/json decodes a base64 string into bytes
			return "string"
		}
		return "array"
	case reflect.Struct, reflect.Map:
		return "object"
	case reflect.Float64:
		return "number"
	default:
		return "integer"
	}
}
