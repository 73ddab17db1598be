package convai

import (
	"encoding/base64"
	"time"
)

const (
	// maxSoundDelay is how long a chunk of sound may be queued. Older chunks are dropped, because
	// they would reach the agent too late to be useful.
	maxSoundDelay = 2 * time.Second

	// maxSoundChunks is the maximum number of queued chunks: as many chunks of 20 ms as fit into
	// maxSoundDelay.
	maxSoundChunks = 100

	// maxEarlySound is the maximum size of the queued sound that was recorded before the
	// conversation, in bytes of JSON. This is enough for 12 s of the audio format that needs the
	// most bytes.
	maxEarlySound = 1600 << 10
)

// A soundQueue holds the chunks of the user's sound that must be written, each encoded as a
// UserAudioChunk. Chunks that were recorded before the conversation are written first, and are
// never dropped once they are queued. If the network is too slow, the oldest of the other chunks
// are dropped. The methods must not be called at the same time from several goroutines.
type soundQueue struct {
	early      [][]byte
	earlyBytes int
	chunks     []queuedChunk // chunks of the current conversation, the oldest first
}

type queuedChunk struct {
	frame    []byte
	queuedAt time.Time
}

func (q *soundQueue) empty() bool { return len(q.early) == 0 && len(q.chunks) == 0 }

// add queues a chunk. It drops chunks that are too old or too many, and returns how many it
// dropped.
func (q *soundQueue) add(sound []byte) (dropped int) {
	now := time.Now()
	for len(q.chunks) == maxSoundChunks || len(q.chunks) > 0 && now.Sub(q.chunks[0].queuedAt) > maxSoundDelay {
		q.removeOldest()
		dropped++
	}
	q.chunks = append(q.chunks, queuedChunk{encodeSound(sound), now})
	return dropped
}

// addEarly queues a chunk that was recorded before the conversation. It returns 1 if the chunk was
// dropped because the queue is full, and 0 otherwise.
func (q *soundQueue) addEarly(sound []byte) (dropped int) {
	frame := encodeSound(sound)
	if q.earlyBytes+len(frame) > maxEarlySound {
		return 1
	}
	q.early, q.earlyBytes = append(q.early, frame), q.earlyBytes+len(frame)
	return 0
}

// take removes the chunk that must be written next and returns its JSON. The queue must not be
// empty.
func (q *soundQueue) take() (frame []byte) {
	if len(q.early) > 0 {
		frame = q.early[0]
		q.early, q.earlyBytes = q.early[1:], q.earlyBytes-len(frame)
		return frame
	}
	return q.removeOldest()
}

func (q *soundQueue) removeOldest() (frame []byte) {
	frame = q.chunks[0].frame
	q.chunks[0] = queuedChunk{} // so that the garbage collector can free the frame
	q.chunks = q.chunks[1:]
	return frame
}

// encodeSound returns the JSON of a UserAudioChunk with this sound. It is faster than Marshal.
func encodeSound(sound []byte) []byte {
	const before, after = `{"` + userAudioChunk + `":"`, `"}`
	frame := make([]byte, 0, len(before)+base64.StdEncoding.EncodedLen(len(sound))+len(after))
	frame = append(frame, before...)
	frame = base64.StdEncoding.AppendEncode(frame, sound)
	return append(frame, after...)
}
