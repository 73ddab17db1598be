package record

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"moonlark/engine/bus"
)

func open(t *testing.T, folder string) *Recorder {
	t.Helper()
	r, err := Open(Options{Folder: folder, Version: "v1", Scripts: func() []Script { return []Script{{Name: "a.lua", Hash: "abc"}} }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func recordings(t *testing.T, folder string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestARecordingHasTheEventsAndIsForItsOwnerOnly(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "new", "folder")
	r := open(t, folder)
	var b bus.Bus
	s := r.Watch(&b)
	result := "ok"
	b.Publish(bus.Event{Type: bus.ToolCall, Tool: "light", CallID: "1", Args: json.RawMessage(`{"on":true}`)})
	b.Publish(bus.Event{Type: bus.ToolResult, Tool: "light", CallID: "1", Result: &result, Seconds: 0.5})
	b.Publish(bus.Event{Type: bus.Loudness, Loudness: -20})
	b.Publish(bus.Event{Type: bus.Status, Status: "ended"})
	s.Close(time.Second)
	if state := r.State(); state == nil || state.Bytes < 100 || !isRecordingName(state.File) {
		t.Errorf("state %+v", state)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	r.Note(bus.Event{Type: bus.Print, Text: "after the end"})
	names := recordings(t, folder)
	if len(names) != 1 {
		t.Fatalf("files %q", names)
	}
	if info, err := os.Stat(names[0]); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	f, err := os.Open(names[0])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var types []bus.Type
	header, err := Read(f, func(e bus.Event) { types = append(types, e.Type) })
	if err != nil || header.Version != "v1" || !reflect.DeepEqual(header.Scripts, []Script{{"a.lua", "abc"}}) {
		t.Errorf("header %+v, %v", header, err)
	}
	if want := []bus.Type{bus.ToolCall, bus.ToolResult, bus.Status, bus.Phase}; !reflect.DeepEqual(types, want) {
		t.Errorf("events %v, want %v", types, want)
	}
}

func TestOldRecordingsAreRemovedAndOtherFilesAreKept(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"mine.jsonl", "2026-01-01T00-00-00.000000Z.txt"} {
		if err := os.WriteFile(filepath.Join(folder, name), make([]byte, 5000), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := open(t, folder)
	r.maxTotal, r.maxFile = 10_000, 1000
	for i := range 500 {
		r.Note(bus.Event{Type: bus.Print, Text: fmt.Sprint("line ", i)})
	}
	r.Close()
	total := int64(0)
	for _, name := range recordings(t, folder) {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Base(name) != "mine.jsonl" {
			total += info.Size()
		}
	}
	if total > 10_000 || total < 5000 {
		t.Errorf("the recordings have %d bytes", total)
	}
	for _, name := range []string{"mine.jsonl", "2026-01-01T00-00-00.000000Z.txt"} {
		if _, err := os.Stat(filepath.Join(folder, name)); err != nil {
			t.Error(err)
		}
	}
	newest, err := Find(folder)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(newest)
	if err != nil || !strings.Contains(string(text), "line 499") {
		t.Errorf("the newest event is not in the newest file (%v): %s", err, text)
	}
}

func TestARecordingThatCannotBeWrittenIsTriedAgain(t *testing.T) {
	r := open(t, t.TempDir())
	r.file.Close() // as if the disk were full
	r.Note(bus.Event{Type: bus.Print, Text: "lost"})
	if r.State() != nil {
		t.Fatal("the error was not noticed")
	}
	r.failed = time.Now().Add(-2 * retryInterval)
	r.Note(bus.Event{Type: bus.Print, Text: "kept"})
	if r.State() == nil {
		t.Error("the recorder has not begun again")
	}
}

func TestALaterConversationBeginsANewFileIfTheOldOneIsLarge(t *testing.T) {
	folder := t.TempDir()
	r := open(t, folder)
	r.Note(bus.Event{Type: bus.Status, Status: "connecting"})
	r.Note(bus.Event{Type: bus.Print, Text: strings.Repeat("x", minFile)})
	r.Note(bus.Event{Type: bus.Status, Status: "reconnecting"})
	if names := recordings(t, folder); len(names) != 1 {
		t.Errorf("during the conversation there are the files %q", names)
	}
	r.Note(bus.Event{Type: bus.Status, Status: "connecting"})
	if names := recordings(t, folder); len(names) != 2 {
		t.Errorf("in the next conversation there are the files %q", names)
	}
}

func TestARecordingGoesOnAfterItsFolderWasRemoved(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "rec")
	r := open(t, folder)
	if err := os.RemoveAll(folder); err != nil {
		t.Skipf("this system keeps open files: %v", err)
	}
	r.Note(bus.Event{Type: bus.Status, Status: "connecting"})
	r.Note(bus.Event{Type: bus.Print, Text: "kept"})
	names := recordings(t, folder)
	if len(names) != 1 {
		t.Fatalf("files %q", names)
	}
	if text, err := os.ReadFile(names[0]); err != nil || !strings.Contains(string(text), "kept") {
		t.Errorf("%v: %s", err, text)
	}
}

func TestMistakesInARecordingAreNamed(t *testing.T) {
	const first = `{"type":"recording","time":"2026-05-01T14:03:00Z","version":"v1","scripts":[]}` + "\n"
	for text, want := range map[string]string{
		"":                                     "the file is empty",
		"{\"type\":\"user\"}\n":                "line 1: this is not a recording",
		"hello\n":                              "line 1: this is not a recording",
		first + "{\"type\":1}\n":               "line 2: ",
		first + strings.Repeat("x", maxLine+1): "line 2: it has more than 16777216 bytes",
		first + "{\"type\":\"future\"}\n":      "",
		first + "{\"type\":\"us":               "", // cut off
	} {
		_, err := Read(strings.NewReader(text), func(e bus.Event) { t.Errorf("%q has the event %v", text, e) })
		if got := fmt.Sprint(err); want == "" && err != nil || !strings.Contains(got, want) {
			t.Errorf("%.200q: %v, want %s", text, err, want)
		}
	}
}

func TestToolCallsAreReadWithTheirResults(t *testing.T) {
	calls, err := ToolCalls(strings.NewReader(`{"type":"recording","time":"2026-05-01T14:03:00Z"}
{"type":"tool_call","tool":"slow","call_id":"1","args":{"n":1}}
{"type":"tool_call","tool":"fast","call_id":"2"}
{"type":"tool_result","tool":"fast","call_id":"2","result":"f"}
{"type":"tool_result","tool":"slow","call_id":"1","result":"s","is_error":true}
{"type":"tool_call","tool":"lost","call_id":"3"}
{"type":"disconnected"}
{"type":"tool_result","tool":"other","call_id":"3","result":"x"}
`))
	want := []ToolCall{{"slow", json.RawMessage(`{"n":1}`), "s", true}, {"fast", nil, "f", false}}
	if err != nil || !reflect.DeepEqual(calls, want) {
		t.Errorf("got %+v, %v", calls, err)
	}
}
