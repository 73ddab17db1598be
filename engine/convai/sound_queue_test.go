package convai

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/engine/testkit"
)

func TestOnlyTheOldestSoundIsDroppedWhenTheNetworkIsSlow(t *testing.T) {
	q := newSendQueue()
	dropped := 0
	for i := range 100 {
		dropped += q.sendSound([]byte{byte(i)}, false)
		if i == 50 {
			if err := q.send(&UserMessage{Text: "hello"}, []byte("hello")); err != nil {
				t.Fatal(err)
			}
		}
	}
	if want := 100 - maxSoundChunks; dropped != want {
		t.Errorf("%d chunks dropped, want %d", dropped, want)
	}
	var got []string
	for range maxSoundChunks + 1 {
		got = append(got, string(q.next()[0].frame))
		q.written()
	}
	want := []string{"hello"}
	for i := 100 - maxSoundChunks; i < 100; i++ {
		want = append(want, fmt.Sprintf(`{"user_audio_chunk":"%s"}`, base64.StdEncoding.EncodeToString([]byte{byte(i)})))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if left := q.unsent(); len(left) != 0 {
		t.Errorf("%d messages left", len(left))
	}
}

// Chunks may have any length, so the queue must limit the time for which they are queued. Here each
// chunk is 250 ms long, and one is added every 250 ms, but none is written.
func TestSoundThatHasWaitedForTwoSecondsIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, dropped := newSendQueue(), 0
		for i := range 40 { // 40 chunks of 250 ms are 10 s of sound
			dropped += q.sendSound([]byte{byte(i)}, false)
			time.Sleep(250 * time.Millisecond)
		}
		if got := len(q.sound.chunks); got < 8 || got > 9 || got+dropped != 40 {
			t.Errorf("%d chunks of 250 ms wait, %d were dropped", got, dropped)
		}
	})
}

// The test checks that sound from before the conversation is written before other sound, and that
// it is dropped only when the queue has no more room.
func TestEarlySoundIsNotDropped(t *testing.T) {
	q := newSendQueue()
	var want []string
	for i := range 600 { // 600 chunks of 20 ms are 12 s of sound
		if n := q.sendSound([]byte{byte(i), byte(i >> 8)}, true); n != 0 {
			t.Fatalf("chunk %d was dropped", i)
		}
		want = append(want, fmt.Sprintf(`{"user_audio_chunk":"%s"}`, base64.StdEncoding.EncodeToString([]byte{byte(i), byte(i >> 8)})))
	}
	q.sendSound([]byte("now"), false)
	want = append(want, `{"user_audio_chunk":"bm93"}`)
	var got []string
	for range want {
		got = append(got, string(q.next()[0].frame))
		q.written()
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %d chunks in another order", len(got))
	}
	dropped := 0
	for range 10 {
		dropped += q.sendSound(make([]byte, maxEarlySound/4), true)
	}
	if dropped < 5 || q.sound.earlyBytes > maxEarlySound {
		t.Errorf("%d chunks were dropped, %d bytes wait", dropped, q.sound.earlyBytes)
	}
}

func TestSoundArrivesInOrder(t *testing.T) {
	var got []byte
	url := serve(t, func(agent *testkit.Conversation) {
		for range 20 {
			got = append(got, receive[*UserAudioChunk](agent).Sound...)
		}
		agent.Close(1000, "")
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
