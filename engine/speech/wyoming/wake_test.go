package wyoming

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"moonlark/engine/speech"
	"moonlark/engine/speech/wyoming/wyomingtest"
)

// A recognition is a running call of Recognise, with a quiet tone as its sound.
type recognition struct {
	working  chan struct{}
	detected chan speech.Detection
	log      bytes.Buffer // log output; must only be read after stop has returned
	stop     func() error // ends Recognise and returns its error
}

// recognise starts Recognise for the server and the words in text. Recognise ends when the test
// ends.
func recognise(t *testing.T, text string) *recognition {
	t.Helper()
	r := &recognition{working: make(chan struct{}, 10), detected: make(chan speech.Detection, 10)}
	w, err := NewWakeRecogniser(text, slog.New(slog.NewTextHandler(&r.log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- w.Recognise(ctx, quietTone, func() { r.working <- struct{}{} }, func(d speech.Detection) { r.detected <- d })
	}()
	r.stop = sync.OnceValue(func() error {
		cancel(errStopped)
		return <-done
	})
	t.Cleanup(func() { r.stop() })
	return r
}

var errStopped = errors.New("stopped by the test")

// quietTone is a read function for Recognise. All of its samples are equal. It returns sound faster
// than real time.
func quietTone(ctx context.Context, chunk []byte) error {
	for i := 0; i < len(chunk); i += 2 {
		binary.LittleEndian.PutUint16(chunk[i:], 0x2000)
	}
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	// wait, so that the server does not have to store too much sound
	case <-time.After(time.Millisecond):
		return nil
	}
}

// next waits for the next value from c and returns it. The test fails if none comes within 20 s.
func next[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(20 * time.Second):
		t.Fatal("nothing within 20 s")
		panic("not reached")
	}
}

func TestAServerGetsTheWordsAndTheSound(t *testing.T) {
	s := wyomingtest.Start(t, "", "hey_jarvis_v0.1", "alexa")
	r := recognise(t, s.Address+",Hey Jarvis, ok_nabu")
	next(t, r.working)
	sound := s.AwaitSound(16000)
	for i := 0; i < len(sound); i += 2 {
		if v := binary.LittleEndian.Uint16(sound[i:]); v != 0x2000 {
			t.Fatalf("sample %d is %#x", i/2, v)
		}
	}
	want := []string{`describe {}`, `detect {"names":["Hey Jarvis","ok_nabu"]}`, `audio-start {"channels":1,"rate":16000,"timestamp":0,"width":2}`}
	if got := s.Events(); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	s.Detect("alexa") // some servers report words that the client did not ask for
	s.Detect("hey_jarvis_v0.1")
	if got, want := next(t, r.detected), (speech.Detection{Word: "hey_jarvis_v0.1"}); got != want {
		t.Errorf("detected %v, want %v", got, want)
	}
	if err := r.stop(); !errors.Is(err, errStopped) {
		t.Errorf("got %v", err)
	}
	if log := r.log.String(); strings.Contains(log, `\"Hey Jarvis\" is not`) || !strings.Contains(log, `\"ok_nabu\" is not`) {
		t.Errorf("got the log %s, want a warning about ok_nabu only", log)
	}
}

func TestWithoutNamesAServerDetectsAllThatItKnows(t *testing.T) {
	s := wyomingtest.Start(t, "", "alexa")
	r := recognise(t, s.Address)
	s.AwaitListener()
	if got := s.Events()[1]; got != "detect {}" {
		t.Errorf("got %s", got)
	}
	s.Detect("alexa")
	if got := next(t, r.detected); got.Word != "alexa" {
		t.Errorf("detected %v", got)
	}
}

func TestAServerThatCannotBeUsedIsAnError(t *testing.T) {
	for name, row := range map[string]struct{ info, want string }{
		"a server for speech to text": {`{"type":"info","data":{"asr":[{"name":"whisper"}]}}`, "does not recognise wake words"},
		"data that is no object":      {`{"type":"info","data":[]}`, "description of itself"},
	} {
		c, server := dialPipe()
		go func() {
			server.Read(make([]byte, 1000))
			fmt.Fprintln(server, row.info)
		}()
		if err := new(WakeRecogniser).askInfo(c); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: got %v, want %q", name, err, row.want)
		}
		c.Close()
	}
}

func TestALostServerIsAnErrorWithItsAddress(t *testing.T) {
	s := wyomingtest.Start(t, "", "alexa")
	w, _ := NewWakeRecogniser(s.Address, slog.New(slog.DiscardHandler))
	err := w.Recognise(t.Context(), quietTone, func() { go s.Close() }, nil)
	if err == nil || !strings.HasPrefix(err.Error(), s.Address+": ") {
		t.Errorf("got %v", err)
	}
	s.Close()
	err = w.Recognise(t.Context(), quietTone, func() { t.Error("nobody is there, and it works") }, nil)
	if err == nil || !strings.Contains(err.Error(), s.Address) {
		t.Errorf("got %v", err)
	}
}

// Text from a server is shown in a terminal and passed to Lua, so it has to be made safe.
func TestTextOfAServerIsMadeSafe(t *testing.T) {
	s := wyomingtest.Start(t, "")
	r := recognise(t, s.Address)
	next(t, r.working)
	s.Send(`{"type":"error","data":{"text":"no \u001b[2J model"}}` + "\n" + `{"type":"not-detected"}` + "\n" + `{"type":"news","payload_length":3}` + "\nabc" +
		`{"type":"detection","data":{"name":"a\u0007b","score":0.5}}` + "\n")
	if got, want := next(t, r.detected), (speech.Detection{Word: `a\x07b`, Score: 0.5}); got != want {
		t.Errorf("detected %v, want %v", got, want)
	}
	r.stop()
	if log := r.log.String(); !strings.Contains(log, `no \\x1b[2J model`) {
		t.Errorf("the log has %s", log)
	}
}
