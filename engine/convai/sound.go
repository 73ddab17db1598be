package convai

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"time"

	"github.com/gorilla/websocket"
)

// Base64 is sound as it stands in a frame.
type Base64 []byte

// EncodeSound is sound as it stands in a frame.
func EncodeSound(sound []byte) Base64 { return base64.StdEncoding.AppendEncode(nil, sound) }

// AppendBytes decodes the sound and appends it to dst, which it returns grown.
// On an error dst is returned with what could be decoded.
func (b Base64) AppendBytes(dst []byte) ([]byte, error) {
	return base64.StdEncoding.AppendDecode(dst, b)
}

// MarshalJSON is a JSON string.
func (b Base64) MarshalJSON() ([]byte, error) { return json.Marshal(string(b)) }

// UnmarshalJSON reads a JSON string.
func (b *Base64) UnmarshalJSON(text []byte) error {
	var s string
	err := json.Unmarshal(text, &s)
	*b = Base64(s)
	return err
}

// share reads an audio event without copying its sound, and says whether it
// could. If not, encoding/json finds out what is wrong with it.
func (m *Audio) share(inner []byte) bool {
	var room [6]member
	members, err := split(inner, room[:0])
	if err != nil {
		return false
	}
	for _, field := range members {
		switch string(field.key) {
		case "audio_base_64":
			m.Base64, err = unquote(field.value)
		case "event_id":
			m.EventID, err = strconv.Atoi(string(field.value))
		case "is_final":
			m.IsFinal = string(field.value) == "true"
			if !m.IsFinal && string(field.value) != "false" {
				return false
			}
		case "alignment":
			err = json.Unmarshal(field.value, &m.Alignment)
		default:
			if !json.Valid(field.value) {
				return false
			}
		}
		if err != nil {
			*m = Audio{}
			return false
		}
	}
	return true
}

const (
	// maxLate is how long a chunk of sound may wait to be written, after which
	// it would be late for the conversation, and maxSound how many may: those of
	// 20 ms in that time.
	maxLate  = 2 * time.Second
	maxSound = 100

	// maxEarlySound is how much of it may wait that was said before the conversation,
	// in bytes on the wire: 12 s of the widest format.
	maxEarlySound = 1600 << 10
)

// A soundLane has the chunks of the user's sound that wait to be written, as
// frames: first what was said before the conversation, all of it, then the
// newest in a ring whose memory is used again and again.
type soundLane struct {
	early      [][]byte
	earlyBytes int
	ring       [maxSound]waitingSound
	first      int // the oldest
	count      int
	writing    outgoing // what the writer has in hand, no longer here
}

type waitingSound struct {
	frame []byte
	since time.Time
}

// empty says whether nothing waits.
func (l *soundLane) empty() bool { return len(l.early) == 0 && l.count == 0 }

// add queues a chunk, and says how many had to go for it: the oldest, or none.
func (l *soundLane) add(sound []byte) (dropped int) {
	now := time.Now()
	for l.count == maxSound || l.count > 0 && now.Sub(l.ring[l.first].since) > maxLate {
		l.first = (l.first + 1) % maxSound
		l.count--
		dropped++
	}
	last := &l.ring[(l.first+l.count)%maxSound]
	last.frame, last.since = appendSound(last.frame[:0], sound), now
	l.count++
	return dropped
}

// addEarly queues a chunk that was said before the conversation, and says
// whether it had to be dropped: 1, or 0.
func (l *soundLane) addEarly(sound []byte) (dropped int) {
	frame := appendSound(nil, sound)
	if l.earlyBytes+len(frame) > maxEarlySound {
		return 1
	}
	l.early, l.earlyBytes = append(l.early, frame), l.earlyBytes+len(frame)
	return 0
}

func appendSound(frame, sound []byte) []byte {
	frame = append(frame, `{"`+userAudioChunk+`":"`...)
	frame = base64.StdEncoding.AppendEncode(frame, sound)
	return append(frame, `"}`...)
}

// take is the oldest chunk, for the writer, until take is called again.
func (l *soundLane) take() *outgoing {
	l.writing.opcode = websocket.TextMessage
	if len(l.early) > 0 {
		l.writing.frame = l.early[0]
		l.early, l.earlyBytes = l.early[1:], l.earlyBytes-len(l.early[0])
		return &l.writing
	}
	oldest := &l.ring[l.first]
	l.writing.frame, oldest.frame = oldest.frame, l.writing.frame
	l.first = (l.first + 1) % maxSound
	l.count--
	return &l.writing
}
