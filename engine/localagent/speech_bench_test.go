package localagent

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"moonlark/engine/convai"
	"moonlark/engine/speech"

	"github.com/gorilla/websocket"
)

// BenchmarkTimeToFirstSound measures what the agent itself adds to the time until the user hears
// the answer. The recogniser, the brain and the voice need no time. The microphone sends 20 ms of
// sound every 20 ms. The metrics are:
//
//	ms/endpoint  from Patience.endSilence after the end of the speech until the sentence is over
//	ms/answer    from then until the client has the first sound of the answer
func BenchmarkTimeToFirstSound(b *testing.B) {
	var sentenceEnded atomic.Int64 // in nanoseconds
	c := openSilent(b, listenAgent(b, Options{
		Patience: Aggressive,
		STT: func(context.Context, speech.Request, []float32) (string, error) {
			sentenceEnded.Store(time.Now().UnixNano())
			return "thanks", nil
		},
		TTS: func(_ context.Context, _ speech.Utterance, play func([]float32) error) error {
			return play(silence(200 * time.Millisecond))
		},
	}))
	speech := soundFrames(defaultFormat, silence(300*time.Millisecond), voice(time.Second))
	quiet := soundFrames(defaultFormat, silence(time.Second))
	var endpoint, answer time.Duration
	for b.Loop() {
		speechEnded, done := make(chan time.Time, 1), make(chan struct{})
		go func() {
			defer close(done)
			next := time.Now()
			send := func(frames []string) {
				for _, frame := range frames {
					next = next.Add(20 * time.Millisecond)
					time.Sleep(time.Until(next))
					// if the frame cannot be written, await fails
					_ = c.ws.WriteMessage(websocket.TextMessage, []byte(frame))
				}
			}
			send(speech)
			speechEnded <- time.Now()
			send(quiet)
		}()
		await[*convai.Audio](c)
		now, over := time.Now(), time.Unix(0, sentenceEnded.Load())
		endpoint += over.Sub((<-speechEnded).Add(Aggressive.endSilence()))
		answer += now.Sub(over)
		<-done
	}
	milliseconds := func(d time.Duration) float64 { return d.Seconds() * 1000 / float64(b.N) }
	b.ReportMetric(milliseconds(endpoint), "ms/endpoint")
	b.ReportMetric(milliseconds(answer), "ms/answer")
	b.ReportMetric(0, "ns/op")
}
