package convai

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
)

// A tolerantDecoder decodes messages whose fields have other JSON types than the protocol says, such
// as "5" or 5.0 for an integer. It takes a value that can mean only one thing. It leaves out a value
// that it cannot read, so that the rest of the message still counts.
type tolerantDecoder struct {
	// problems says for each field with a wrong type what the type is and what the protocol says,
	// for example "event_id: got string, want integer".
	problems []string
	unread   int // number of the fields in problems that were left out
}

// problem records that the field at path has the JSON value raw instead of a value of the type want.
// taken reports whether the value could be read.
func (d *tolerantDecoder) problem(path string, raw []byte, want string, taken bool) {
	if path != "" {
		path += ": "
	}
	d.problems = append(d.problems, fmt.Sprintf("%sgot %s, want %s", path, kindOfJSON(raw), want))
	if !taken {
		d.unread++
	}
}

// kindOfJSON returns the JSON type of a JSON text in words, with the value if it is a number.
func kindOfJSON(raw []byte) string {
	switch raw[0] {
	case '{':
		return "object"
	case '[':
		return "array"
	case '"':
		return "string"
	case 't', 'f':
		return "bool"
	case 'n':
		return "null"
	}
	if len(raw) > 40 {
		return "number " + string(raw[:40]) + "…"
	}
	return "number " + string(raw)
}

// value decodes the JSON text raw into v, whose value must be zero. path names the value in
// problems.
func (d *tolerantDecoder) value(path string, raw json.RawMessage, v reflect.Value) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || string(raw) == "null" {
		return
	}
	switch t := v.Type(); {
	case t == reflect.TypeFor[json.RawMessage]():
		v.SetBytes(bytes.Clone(raw))
	case t == reflect.TypeFor[[]byte]():
		d.sound(path, raw, v)
	case v.Kind() == reflect.Pointer:
		inner, before := reflect.New(t.Elem()), d.unread
		d.value(path, raw, inner.Elem())
		if t.Elem().Kind() == reflect.Struct || d.unread == before {
			v.Set(inner)
		}
	case v.Kind() == reflect.Struct:
		d.object(path, raw, v)
	case v.Kind() == reflect.Slice:
		var items []json.RawMessage
		if json.Unmarshal(raw, &items) != nil {
			d.problem(path, raw, "array", false)
			return
		}
		v.Set(reflect.MakeSlice(t, len(items), len(items)))
		for i, item := range items {
			d.value(path, item, v.Index(i))
		}
	default:
		if json.Unmarshal(raw, v.Addr().Interface()) == nil {
			return
		}
		v.SetZero()
		d.problem(path, raw, jsonTypeName(t), d.scalar(raw, v))
	}
}

// object decodes the JSON text raw into the struct v.
func (d *tolerantDecoder) object(path string, raw json.RawMessage, v reflect.Value) {
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil {
		d.problem(path, raw, "object", false)
		return
	}
	d.fields(path, members, v)
}

// fields decodes the members of a JSON object into the fields of the struct v.
func (d *tolerantDecoder) fields(path string, members map[string]json.RawMessage, v reflect.Value) {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if field.Anonymous {
			d.fields(path, members, v.Field(i))
			continue
		}
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		at := name
		if path != "" {
			at = path + "." + name
		}
		d.value(at, members[name], v.Field(i))
	}
}

// scalar sets v, whose type does not fit the JSON text raw, if raw can mean only one value of that
// type. It reports whether it has set v.
func (d *tolerantDecoder) scalar(raw []byte, v reflect.Value) bool {
	text := string(raw)
	isText := raw[0] == '"'
	if isText {
		if json.Unmarshal(raw, &text) != nil {
			return false
		}
		text = strings.TrimSpace(text)
	}
	switch v.Kind() {
	case reflect.String: // the value is a number or a boolean
		if raw[0] == '{' || raw[0] == '[' {
			return false
		}
		v.SetString(text)
		return true
	case reflect.Bool:
		switch strings.ToLower(text) {
		case "true", "1":
			v.SetBool(true)
			return true
		case "false", "0":
			return true
		}
	case reflect.Int:
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			v.SetInt(n)
			return true
		}
		// The fraction of an integer says nothing that we use, for example that of ping_ms.
		if x, err := strconv.ParseFloat(text, 64); err == nil && math.Abs(x) < 1<<53 {
			v.SetInt(int64(x))
			return true
		}
	case reflect.Float64:
		if x, err := strconv.ParseFloat(text, 64); err == nil && !math.IsInf(x, 0) && !math.IsNaN(x) {
			v.SetFloat(x)
			return true
		}
	}
	return false
}

// sound decodes the JSON text raw, a string in base64, into the byte slice v. The base64 may have
// the alphabet for URLs, line ends, and no padding.
func (d *tolerantDecoder) sound(path string, raw []byte, v reflect.Value) {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		d.problem(path, raw, "string", false)
		return
	}
	plain := strings.Map(func(r rune) rune {
		switch r {
		case '-':
			return '+'
		case '_':
			return '/'
		case '=', ' ', '\t', '\r', '\n':
			return -1
		}
		return r
	}, text)
	decoded, err := base64.RawStdEncoding.DecodeString(plain)
	if err != nil {
		d.problems = append(d.problems, fmt.Sprintf("%s: %v", path, err))
		d.unread++
		return
	}
	if plain != strings.TrimRight(text, "=") || len(text)%4 != 0 {
		d.problems = append(d.problems, path+": unusual base64")
	}
	v.SetBytes(decoded)
}

// replaceNotFinite replaces the words NaN, Infinity and -Infinity outside of JSON strings by null.
// Python's json module writes these words, although they are not JSON.
func replaceNotFinite(text []byte) []byte {
	var out []byte
	inString := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case inString && c == '\\' && i+1 < len(text):
			out = append(out, c, text[i+1])
			i++
			continue
		case c == '"':
			inString = !inString
		case !inString:
			word := ""
			for _, w := range []string{"NaN", "Infinity", "-Infinity"} {
				if bytes.HasPrefix(text[i:], []byte(w)) {
					word = w
				}
			}
			if word != "" {
				out = append(out, "null"...)
				i += len(word) - 1
				continue
			}
		}
		out = append(out, text[i])
	}
	return out
}
