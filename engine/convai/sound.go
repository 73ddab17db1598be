package convai

import (
	"encoding/base64"
	"encoding/json"
	"strconv"

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

// maxSound is how many chunks of sound may wait to be written: with 20 ms each
// that is two seconds, after which it would be late for the conversation.
const maxSound = 100

// A soundLane has the chunks of the user's sound that wait to be written, as
// frames in a ring whose memory is used again and again.
type soundLane struct {
	ring    [maxSound][]byte
	first   int // the oldest
	count   int
	writing outgoing // what the writer has in hand, no longer in the ring
}

// add queues a chunk, and says how many had to go for it: the oldest, or none.
func (l *soundLane) add(sound []byte) (dropped int) {
	if l.count == maxSound {
		l.first = (l.first + 1) % maxSound
		l.count--
		dropped = 1
	}
	at := (l.first + l.count) % maxSound
	frame := append(l.ring[at][:0], `{"`+userAudioChunk+`":"`...)
	frame = base64.StdEncoding.AppendEncode(frame, sound)
	l.ring[at] = append(frame, `"}`...)
	l.count++
	return dropped
}

// take is the oldest chunk, for the writer, until take is called again.
func (l *soundLane) take() *outgoing {
	l.writing.opcode = websocket.TextMessage
	l.writing.frame, l.ring[l.first] = l.ring[l.first], l.writing.frame
	l.first = (l.first + 1) % maxSound
	l.count--
	return &l.writing
}
