package convai

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestAudioIsReadAsEncodingJSONWouldReadIt(t *testing.T) {
	for _, inner := range []string{
		`{"audio_base_64":"AAEC","event_id":3}`,
		`{"event_id":3,"audio_base_64":"AA\/EC","is_final":true}`,
		`{"audio_base_64":"AAEC","event_id":3,"is_final":false,"more":[1,{"a":2}]}`,
		`{"audio_base_64":"AAEC","event_id":3,"alignment":{"chars":["a"],"char_start_times_ms":[0],"char_durations_ms":[7]}}`,
		`{"audio_base_64":"AAEC","event_id":3,"alignment":null}`,
		`{"audio_base_64":"","event_id":3}`,
		`{}`,
	} {
		got, want := new(Audio), new(Audio)
		if !got.share([]byte(inner)) {
			t.Errorf("%s was not read", inner)
		}
		if err := json.Unmarshal([]byte(inner), want); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Base64, want.Base64) || got.EventID != want.EventID || got.IsFinal != want.IsFinal || !reflect.DeepEqual(got.Alignment, want.Alignment) {
			t.Errorf("%s: got %+v, want %+v", inner, got, want)
		}
	}
	for _, wrong := range []string{
		`{"type":"audio","audio_event":{"audio_base_64":7,"event_id":3}}`,
		`{"type":"audio","audio_event":{"audio_base_64":"AA","event_id":"3"}}`,
		`{"type":"audio","audio_event":{"audio_base_64":"AA","event_id":3,"is_final":1}}`,
		`{"type":"audio","audio_event":{"audio_base_64":"AA","event_id":3,"more":tru}}`,
		`{"type":"audio","audio_event":{"audio_base_64":"AA","event_id":3,"alignment":[]}}`,
	} {
		if f, err := parse([]byte(wrong), serverTable, new(Audio)); err == nil {
			t.Errorf("%s was read as %+v", wrong, f.Message)
		}
	}
}

func TestSoundComesInWithoutAnAllocation(t *testing.T) {
	frame := []byte(`{"audio_event":{"audio_base_64":"` + strings.Repeat("AAEC", 5000) + `","event_id":3},"type":"audio"}`)
	audio, room := new(Audio), make([]byte, 0, 1<<16)
	if n := testing.AllocsPerRun(100, func() {
		if _, err := parse(frame, serverTable, audio); err != nil {
			t.Fatal(err)
		}
		room, _ = audio.Base64.AppendBytes(room[:0])
	}); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
	if len(room) != 15000 || room[2] != 2 {
		t.Errorf("got %d bytes", len(room))
	}
}

func TestSoundGoesOutWithoutAnAllocation(t *testing.T) {
	o, chunk := newOutbox(), make([]byte, 640)
	for range 2 * maxSound { // all of the ring has its memory then
		o.sendSound(chunk, false)
	}
	if n := testing.AllocsPerRun(100, func() {
		o.sendSound(chunk, false)
		o.written(o.next())
	}); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

func TestWhenTheNetworkIsSlowTheOldestSoundGoesAndNothingElse(t *testing.T) {
	o := newOutbox()
	dropped := 0
	for i := range 100 {
		dropped += o.sendSound([]byte{byte(i)}, false)
		if i == 50 {
			if err := o.send(&UserMessage{Text: "hello"}, []byte("hello")); err != nil {
				t.Fatal(err)
			}
		}
	}
	if want := 100 - maxSound; dropped != want {
		t.Errorf("%d chunks dropped, want %d", dropped, want)
	}
	var got []string
	for range maxSound + 1 {
		item := o.next()
		got = append(got, string(item.frame))
		o.written(item)
	}
	want := []string{"hello"}
	for i := 100 - maxSound; i < 100; i++ {
		want = append(want, fmt.Sprintf(`{"user_audio_chunk":"%s"}`, EncodeSound([]byte{byte(i)})))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if left := o.unsent(); len(left) != 0 {
		t.Errorf("%d messages left", len(left))
	}
}

// However long a chunk is, none is written that is late.
func TestSoundThatHasWaitedForTwoSecondsGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, dropped := newOutbox(), 0
		for i := range 40 { // 10 s
			dropped += o.sendSound([]byte{byte(i)}, false)
			time.Sleep(250 * time.Millisecond)
		}
		if got := o.sound.count; got < 8 || got > 9 || got+dropped != 40 {
			t.Errorf("%d chunks of 250 ms wait, %d were dropped", got, dropped)
		}
	})
}

// What was said before the conversation may wait longer, and goes first.
func TestEarlySoundIsNotDropped(t *testing.T) {
	o := newOutbox()
	var want []string
	for i := range 600 { // 12 s
		if n := o.sendSound([]byte{byte(i), byte(i >> 8)}, true); n != 0 {
			t.Fatalf("chunk %d was dropped", i)
		}
		want = append(want, fmt.Sprintf(`{"user_audio_chunk":"%s"}`, EncodeSound([]byte{byte(i), byte(i >> 8)})))
	}
	o.sendSound([]byte("now"), false)
	want = append(want, `{"user_audio_chunk":"bm93"}`)
	var got []string
	for range want {
		item := o.next()
		got = append(got, string(item.frame))
		o.written(item)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %d chunks in another order", len(got))
	}
	dropped := 0
	for range 10 {
		dropped += o.sendSound(make([]byte, maxEarlySound/4), true)
	}
	if dropped < 5 || o.sound.earlyBytes > maxEarlySound {
		t.Errorf("%d chunks were dropped, %d bytes wait", dropped, o.sound.earlyBytes)
	}
}

func TestSoundArrivesInOrder(t *testing.T) {
	var got []byte
	url := greet(t, func(p *peer) {
		for range 20 {
			chunk := p.expect(userAudioChunk).Message.(*UserAudioChunk)
			got, _ = chunk.Base64.AppendBytes(got)
		}
		p.hangUp(1000, "")
	})
	c := dial(t, url)
	var want []byte
	for i := range byte(20) {
		c.SendSound([]byte{i})
		want = append(want, i)
	}
	wantClose(t, c.Run(t.Context(), ignore), 1000, "")
	if !bytes.Equal(got, want) {
		t.Errorf("got % x", got)
	}
	if n := c.SendSound([]byte{1}); n != 0 {
		t.Errorf("%d dropped after the end", n)
	}
}
