package convai

import (
	"slices"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
)

func TestAnswersToPingsGoBeforeQueuedMessages(t *testing.T) {
	q := newSendQueue()
	q.send(result("1", 0), []byte("1"))
	q.send(result("2", 0), []byte("2"))
	q.answer(websocket.TextMessage, []byte("pong 1"))
	q.answer(websocket.TextMessage, []byte("pong 2"))
	var got []string
	for frames := q.next(); frames != nil; frames = q.next() {
		var batch []string
		for _, f := range frames {
			batch = append(batch, string(f.frame))
		}
		got = append(got, strings.Join(batch, ", "))
		if len(got) == 2 { // the messages were not removed yet, as if they were being written
			q.answer(websocket.TextMessage, []byte("pong 3"))
			q.send(result("3", 0), []byte("3"))
			q.close()
		}
		q.written()
	}
	if want := []string{"pong 1, pong 2", "1, 2", "pong 3", "3"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if q.len() != 0 || q.bytes != 0 {
		t.Errorf("%d messages, %d bytes left", q.len(), q.bytes)
	}
}

func TestABatchIsLimitedInNumberAndSize(t *testing.T) {
	q := newSendQueue()
	for range maxBatch + 1 {
		q.send(result("1", 0), nil)
	}
	q.send(result("2", 0), make([]byte, maxBatchBytes))
	q.send(result("3", 0), make([]byte, maxBatchBytes+1))
	q.send(result("4", 0), make([]byte, 1))
	q.close()
	var got []int
	for frames := q.next(); frames != nil; frames = q.next() {
		got = append(got, len(frames))
		q.written()
	}
	if want := []int{maxBatch, 2, 1, 1}; !slices.Equal(got, want) {
		t.Errorf("got batches of %v frames, want %v", got, want)
	}
}

func TestOfferIsRefusedLongBeforeTheQueueIsFull(t *testing.T) {
	q := newSendQueue()
	for range maxOffered {
		if err := q.offer(&UserActivity{}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := q.offer(&UserActivity{}, nil); err != ErrBusy {
		t.Errorf("got %v, want ErrBusy", err)
	}
	if err := q.send(result("1", 0), nil); err != nil {
		t.Errorf("send: got %v", err)
	}
	q.close()
	if err := q.offer(&UserActivity{}, nil); err != ErrOver {
		t.Errorf("after close: got %v, want ErrOver", err)
	}
}
