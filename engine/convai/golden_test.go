package convai

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// A golden is one file in testdata/frames. The file has the JSON of one message. The files are
// called server_TYPE.json or server_TYPE.CASE.json if a server sends the frame, and
// client_TYPE.json or client_TYPE.CASE.json if a client does.
type golden struct {
	name   string // the name of the file, without its folder
	server bool   // whether the frame is one that a server sends
	frame  []byte
}

func (g golden) parse() (Frame, error) {
	if g.server {
		return Parse(g.frame)
	}
	return ParseClient(g.frame)
}

func goldens(t testing.TB) []golden {
	files, err := filepath.Glob("testdata/frames/*.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []golden
	for _, file := range files {
		frame, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(file)
		all = append(all, golden{name, strings.HasPrefix(name, "server_"), frame})
	}
	if len(all) == 0 {
		t.Fatal("no golden frames")
	}
	return all
}

// value decodes JSON. Two texts that differ only in white space or in the order of fields have
// equal values.
func value(t testing.TB, text []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}

func TestEveryGoldenFrameIsMarshalledAsItWasParsed(t *testing.T) {
	for _, g := range goldens(t) {
		frame, err := g.parse()
		if err != nil {
			t.Errorf("%s: %v", g.name, err)
			continue
		}
		if frame.Message == nil {
			t.Errorf("%s: the type %q has no Go type", g.name, frame.Type)
			continue
		}
		out, err := Marshal(frame.Message)
		if err != nil {
			t.Errorf("%s: %v", g.name, err)
			continue
		}
		if got, want := value(t, out), value(t, g.frame); !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n got %s\nwant %s", g.name, out, g.frame)
		}
		if frame.Type != frame.Message.MessageType() {
			t.Errorf("%s: the frame is %q, its message %q", g.name, frame.Type, frame.Message.MessageType())
		}
		if !strings.Contains(g.name, "_"+frame.Type+".") {
			t.Errorf("%s holds a %s", g.name, frame.Type)
		}
	}
}

func TestEveryFieldOfEveryMessageHasAGoldenFrame(t *testing.T) {
	seen := map[string]bool{}
	for _, g := range goldens(t) {
		if frame, err := g.parse(); err == nil {
			paths(seen, frame.Type, value(t, frame.Inner))
		}
	}
	for _, k := range append(append([]kind(nil), serverKinds...), clientKinds...) {
		if !seen[k.name] {
			t.Errorf("%s has no golden frame", k.name)
			continue
		}
		typ := reflect.TypeOf(k.make()).Elem()
		if typ == reflect.TypeFor[MultimodalMessage]() {
			typ = reflect.TypeFor[multimodal]()
		}
		for path := range fields(k.name, typ) {
			if !seen[path] {
				t.Errorf("no golden frame has %s", path)
			}
		}
	}
}

// paths adds to seen the path of the JSON value v, which is at, and the paths of all values inside
// v. A path looks like "audio.alignment.chars". The items of an array have the path of the array.
func paths(seen map[string]bool, at string, v any) {
	seen[at] = true
	switch v := v.(type) {
	case map[string]any:
		for key, member := range v {
			paths(seen, at+"."+key, member)
		}
	case []any:
		for _, element := range v {
			paths(seen, at, element)
		}
	}
}

// fields returns the paths of all fields that values of the Go type t have in JSON, also of fields
// inside other fields. at is the path of the value itself.
func fields(at string, t reflect.Type) map[string]bool {
	all := map[string]bool{}
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return all
	}
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		path := at
		if !f.Anonymous {
			path += "." + name
			all[path] = true
		}
		for p := range fields(path, f.Type) {
			all[p] = true
		}
	}
	return all
}

func TestEveryMessageTypeIsListedOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range append(append([]kind(nil), serverKinds...), clientKinds...) {
		if got := k.make().MessageType(); got != k.name {
			t.Errorf("the table says %s, the message %s", k.name, got)
		}
		if seen[k.name] {
			t.Errorf("%s is in the tables twice", k.name)
		}
		seen[k.name] = true
	}
}
