package realtimetest

import (
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"time"
)

// An Answer is a response of the model. Its methods do nothing after the end of the answer.
type Answer struct {
	s     *Session
	id    string
	order sync.Mutex // held while an event of the answer is sent, so that none follows the last one

	over bool     // the mutex of the session guards this field and the next
	out  []Object // the items that are complete
}

// newAnswer returns the next answer. The caller must hold s.mu.
func (s *Session) newAnswer() *Answer {
	s.serial++
	return &Answer{s: s, id: fmt.Sprint("resp_", s.serial)}
}

func (s *Session) activeAnswer() *Answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.active
}

// Asked waits until the client asks for an answer, and begins the answer.
func (s *Session) Asked() *Answer {
	if _, ok := s.Next("response.create"); !ok {
		return &Answer{s: s, over: true}
	}
	a := s.activeAnswer()
	if a == nil { // the client has cancelled it already
		return &Answer{s: s, over: true}
	}
	return a.begin()
}

// AskedOrGone waits until the client asks for an answer, and begins the answer. If the client
// leaves before that, AskedOrGone returns an answer that is over.
func (s *Session) AskedOrGone() *Answer {
	for e := range s.events {
		if a := s.activeAnswer(); e.Type == "response.create" && a != nil {
			return a.begin()
		}
	}
	return &Answer{s: s, over: true}
}

// Begin begins an answer that the client has not asked for, because the user has spoken.
func (s *Session) Begin() *Answer {
	s.mu.Lock()
	if s.active != nil {
		s.mu.Unlock()
		s.server.t.Errorf("the test begins an answer while there is one")
		return &Answer{s: s, over: true}
	}
	a := s.newAnswer()
	s.active = a
	s.mu.Unlock()
	return a.begin()
}

func (a *Answer) begin() *Answer {
	a.send(Object{"type": "response.created", "response": Object{"id": a.id, "object": "realtime.response", "status": "in_progress", "output": []any{}}})
	return a
}

// send sends an event of the answer, unless the answer is over.
func (a *Answer) send(o Object) bool {
	a.order.Lock()
	defer a.order.Unlock()
	a.s.mu.Lock()
	over := a.over
	a.s.mu.Unlock()
	if !over {
		o["response_id"] = a.id
		a.s.Send(o)
	}
	return !over
}

// Open begins an item that is spoken.
func (a *Answer) Open(item string) *Answer {
	a.s.mu.Lock()
	a.s.items[item] = newSpoken()
	a.s.mu.Unlock()
	added := Object{"id": item, "object": "realtime.item", "type": "message", "status": "in_progress", "role": "assistant", "content": []any{}}
	if a.send(Object{"type": "response.output_item.added", "output_index": 0, "item": added}) {
		a.s.Send(Object{"type": "conversation.item.added", "item": added})
		a.send(Object{"type": "response.content_part.added", "item_id": item, "part": Object{"type": "audio", "transcript": ""}})
	}
	return a
}

func newSpoken() *item { return &item{sound: true} }

// Sound sends silence of the item, in pieces of 100 ms.
func (a *Answer) Sound(item string, length time.Duration) *Answer {
	const piece = 2 * 2400
	for rest := int(length.Seconds() * 48000); rest > 0; rest -= piece {
		n := min(rest, piece)
		a.s.mu.Lock()
		if it := a.s.items[item]; it != nil && !a.over {
			it.bytes += n
		}
		a.s.spoke = true
		a.s.mu.Unlock()
		a.send(Object{"type": "response.output_audio.delta", "item_id": item, "output_index": 0, "content_index": 0, "delta": base64.StdEncoding.EncodeToString(make([]byte, n))})
	}
	return a
}

// Text sends the text of the item, word by word.
func (a *Answer) Text(item, text string) *Answer {
	for word := range strings.SplitAfterSeq(text, " ") {
		a.send(Object{"type": "response.output_audio_transcript.delta", "item_id": item, "delta": word})
	}
	return a
}

// Shut ends an item that is spoken. text is all of its text.
func (a *Answer) Shut(item, text string) *Answer {
	a.send(Object{"type": "response.output_audio.done", "item_id": item})
	a.send(Object{"type": "response.output_audio_transcript.done", "item_id": item, "transcript": text})
	done := Object{"id": item, "type": "message", "status": "completed", "role": "assistant", "content": []any{Object{"type": "output_audio", "transcript": text}}}
	a.complete(done)
	return a
}

// Speak speaks a whole item.
func (a *Answer) Speak(item, text string, length time.Duration) *Answer {
	return a.Open(item).Text(item, text).Sound(item, length).Shut(item, text)
}

// Write writes a whole item, in a session without sound.
func (a *Answer) Write(item, text string) *Answer {
	a.s.mu.Lock()
	a.s.items[item] = newWritten()
	a.s.mu.Unlock()
	a.send(Object{"type": "response.output_item.added", "item": Object{"id": item, "type": "message", "role": "assistant"}})
	for word := range strings.SplitAfterSeq(text, " ") {
		a.send(Object{"type": "response.output_text.delta", "item_id": item, "delta": word})
	}
	a.send(Object{"type": "response.output_text.done", "item_id": item, "text": text})
	a.complete(Object{"id": item, "type": "message", "role": "assistant", "status": "completed"})
	return a
}

func newWritten() *item { return &item{} }

// Call calls a tool.
func (a *Answer) Call(id, name, arguments string) *Answer {
	a.s.mu.Lock()
	if !a.over {
		a.s.calls[id] = true
	}
	a.s.mu.Unlock()
	call := Object{"id": "item_" + id, "type": "function_call", "status": "completed", "call_id": id, "name": name, "arguments": arguments}
	a.send(Object{"type": "response.output_item.added", "item": Object{"id": "item_" + id, "type": "function_call", "status": "in_progress", "call_id": id, "name": name, "arguments": ""}})
	a.send(Object{"type": "response.function_call_arguments.delta", "item_id": "item_" + id, "call_id": id, "delta": arguments})
	a.send(Object{"type": "response.function_call_arguments.done", "item_id": "item_" + id, "call_id": id, "name": name, "arguments": arguments})
	a.complete(call)
	return a
}

// complete ends an item of the answer.
func (a *Answer) complete(item Object) {
	a.s.mu.Lock()
	a.out = append(a.out, item)
	a.s.mu.Unlock()
	a.send(Object{"type": "response.output_item.done", "item": item})
}

// Done ends the answer.
func (a *Answer) Done() { a.finish("completed", nil) }

// Fail ends the answer with an error.
func (a *Answer) Fail(text string) {
	a.finish("failed", Object{"type": "failed", "error": Object{"type": "server_error", "message": text}})
}

// finish ends the answer with a status. It returns false if the answer was over.
func (a *Answer) finish(status string, details Object) bool {
	a.order.Lock()
	defer a.order.Unlock()
	a.s.mu.Lock()
	if a.over {
		a.s.mu.Unlock()
		return false
	}
	a.over = true
	a.s.active = nil
	out := a.out
	a.s.mu.Unlock()
	a.s.Send(Object{"type": "response.done", "response": Object{
		"id": a.id, "status": status, "status_details": details, "output": out,
		"usage": Object{"total_tokens": 30, "input_tokens": 20, "output_tokens": 10},
	}})
	return true
}

// UserBegins says that the user begins to speak. An answer that is being made is cancelled.
func (s *Session) UserBegins(item string) {
	s.Send(Object{"type": "input_audio_buffer.speech_started", "audio_start_ms": 0, "item_id": item})
	if a := s.activeAnswer(); a != nil {
		a.finish("cancelled", Object{"type": "cancelled", "reason": "turn_detected"})
	}
}

// UserEnds says that the user has stopped speaking.
func (s *Session) UserEnds(item string) {
	s.Send(Object{"type": "input_audio_buffer.speech_stopped", "audio_end_ms": 0, "item_id": item})
	s.Committed(item)
}

// Committed says that the user's sound has become an item.
func (s *Session) Committed(id string) {
	s.mu.Lock()
	s.items[id] = &item{}
	s.mu.Unlock()
	s.Send(Object{"type": "input_audio_buffer.committed", "item_id": id, "previous_item_id": nil})
	s.Send(Object{"type": "conversation.item.added", "item": Object{"id": id, "type": "message", "role": "user", "content": []any{Object{"type": "input_audio", "transcript": nil}}}})
}

// UserSpeaks says that the user has spoken.
func (s *Session) UserSpeaks(item string) {
	s.UserBegins(item)
	s.UserEnds(item)
}

// Transcribe sends the text of what the user has said.
func (s *Session) Transcribe(item, text string) {
	s.Send(Object{"type": "conversation.item.input_audio_transcription.delta", "item_id": item, "delta": text})
	s.Send(Object{"type": "conversation.item.input_audio_transcription.completed", "item_id": item, "content_index": 0, "transcript": text})
}

// Quiet begins an answer without telling the client. Answer.Announce tells the client.
func (s *Session) Quiet() *Answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.active = s.newAnswer()
	return s.active
}

// Announce tells the client that the answer has begun.
func (a *Answer) Announce() *Answer { return a.begin() }

// IsAnswering reports whether an answer is being made.
func (s *Session) IsAnswering() bool { return s.activeAnswer() != nil }
