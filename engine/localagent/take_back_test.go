package localagent

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"moonlark/audio/pcm"
)

// A response is paused again and again, at random times. Its sound comes in random packets, with
// gaps. Whatever is sent in the end has all of the sound in order, except for what is sent twice.
func TestSoundThatIsTakenBackIsComplete(t *testing.T) {
	for seed := range uint64(500) {
		rng := rand.New(rand.NewPCG(seed, 1))
		format := pcm.Formats()[rng.IntN(len(pcm.Formats()))]
		s := &speechOutput{chars: []rune("some words and others that are somewhat longer, as in a real text"), madeAll: true}
		now := time.Unix(0, 0)
		var whole []byte
		send := func(p packet) {
			if s.end.Before(now) {
				s.end = now
			}
			before := s.sentChars
			s.sentChars = min(s.sentChars+rng.IntN(6), len(s.chars))
			s.sent = append(s.sent, sentPacket{p, s.end, s.sentDuration, before, s.sentChars})
			s.sentDuration += p.duration
			s.end = s.end.Add(p.duration)
			s.release(now)
		}
		for range 30 {
			switch rng.IntN(4) {
			case 0:
				now = now.Add(time.Duration(rng.IntN(100)) * 10 * time.Millisecond)
			case 1:
				s.takeBack(now, format)
				s.end = now
				for _, p := range s.again {
					send(p)
				}
				s.again = nil
			default:
				sound := make([]byte, format.Bytes(time.Duration(20+rng.IntN(20)*10)*time.Millisecond))
				for i := range sound {
					sound[i] = byte(rng.Uint32())
				}
				whole = append(whole, sound...)
				send(packet{sound: sound, duration: format.Duration(len(sound))})
			}
			if heard := s.heardChars(now); heard < 0 || heard > len(s.chars) {
				t.Fatalf("seed %d: %d characters were heard", seed, heard)
			}
			total := time.Duration(0)
			for _, p := range s.sent {
				if p.before != total && (p.before-total).Abs() > time.Millisecond {
					t.Fatalf("seed %d: a packet after %v, want %v", seed, p.before, total)
				}
				total += p.duration
			}
		}
		// the sound of the packets from long ago is gone
		kept := bytes.Join(slices.Collect(func(yield func([]byte) bool) {
			for _, p := range s.sent {
				if !yield(p.sound) {
					return
				}
			}
		}), nil)
		if !bytes.HasSuffix(whole, kept) {
			t.Fatalf("seed %d: the sound has changed", seed)
		}
	}
}
