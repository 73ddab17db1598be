package browser

import (
	"context"
	"fmt"
	"math"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"moonlark/audio"
	"moonlark/engine/testkit"
)

func TestTheSinkGetsTheSoundOfTheMicrophone(t *testing.T) {
	c := serve(t)
	p := c.open("a")
	s := new(sink)
	run(t, func(ctx context.Context) error { return c.Microphone(nil).Record(ctx, s) })
	testkit.Until(t, "the microphone records", func() bool {
		c.sinkMu.Lock()
		defer c.sinkMu.Unlock()
		return c.sink != nil
	})
	p.record(tone(441, 44100, time.Second))
	testkit.Until(t, "nearly a second of sound", func() bool { return len(s.recorded()) >= audio.Rate-2*pieceSamples })
	time.Sleep(50 * time.Millisecond)
	sound := s.recorded()
	if len(sound) > audio.Rate {
		t.Errorf("%d samples from a second of sound", len(sound))
	}
	if p := purity(sound[audio.Rate/10:], 441, audio.Rate); p < 0.99 {
		t.Errorf("%.0f %% of the sound is the tone", 100*p)
	}
	if len(s.sizes) != 1 || !s.sizes[pieceSamples] {
		t.Errorf("pieces of %v samples, want %d", s.sizes, pieceSamples)
	}
}

func TestSoundIsSentAheadOfWhatThePageHasPlayed(t *testing.T) {
	t.Parallel()
	c := serve(t)
	p := c.open("a")
	s := new(source)
	run(t, func(ctx context.Context) error { return c.Speaker(nil).Play(ctx, s) })
	ahead := func(samples int) time.Duration { return time.Duration(samples) * time.Second / 44100 }
	testkit.Until(t, "the first sound", func() bool { return ahead(p.heard()) >= lead })
	time.Sleep(time.Second) // the page reports nothing
	first := p.heard()
	if got := ahead(first); got > 500*time.Millisecond {
		t.Errorf("%v were sent to a page that plays nothing", got)
	}
	played := 0
	for played < 44100 { // in real time, or more slowly
		played += 4410
		time.Sleep(100 * time.Millisecond)
		p.send(fmt.Sprintf(`{"played":%d,"delay":35}`, played))
		testkit.Until(t, "more sound", func() bool { return ahead(p.heard()-played) >= 200*time.Millisecond })
		if got := ahead(p.heard() - played); got > 500*time.Millisecond {
			t.Errorf("the server is %v ahead", got)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if got := purity(p.sound[4410:], 441, 44100); got < 0.99 {
		t.Errorf("%.0f %% of the sound is the tone", 100*got)
	}
	for _, n := range p.pieces {
		if n < 800 || n > 960 {
			t.Errorf("a piece has %d samples, want about 882", n)
		}
	}
	_, losses, delays := s.state()
	if len(losses) > 0 {
		t.Errorf("the source has lost %v samples", losses)
	}
	// At the beginning, the delay is what the page has said in its first message. Then it is what was sent, and what
	// the page has said last.
	if delays[0] < 40*time.Millisecond || delays[0] > 60*time.Millisecond {
		t.Errorf("the first delay is %v, want a little more than 40 ms", delays[0])
	}
	if last := delays[len(delays)-1]; last < 200*time.Millisecond || last > lead+60*time.Millisecond {
		t.Errorf("the last delay is %v", last)
	}
}

func TestAFlushTellsTheSourceWhatWasLost(t *testing.T) {
	c := serve(t)
	p := c.open("a")
	s := new(source)
	speaker := c.Speaker(nil)
	run(t, func(ctx context.Context) error { return speaker.Play(ctx, s) })
	testkit.Until(t, "the first sound", func() bool { return p.heard() >= 44100/4 })
	p.send(`{"played":4410,"delay":30}`)
	testkit.Until(t, "more sound", func() bool { return p.heard() >= 4410+44100/4 })
	before := 0
	p.mu.Lock()
	p.answer = func(int) (int, bool) {
		before = len(p.sound)
		return before - 5000, true // 5000 samples have been played meanwhile
	}
	p.mu.Unlock()
	speaker.Flush()
	testkit.Until(t, "the loss is reported", func() bool { _, losses, _ := s.state(); return len(losses) == 1 })
	p.send(`{"played":5000,"delay":30}`)
	testkit.Until(t, "the sound goes on", func() bool { return p.heard() > 5000+44100/4 })
	next, losses, _ := s.state()
	filled := next + losses[0]
	if kept := filled - losses[0]; kept != next {
		t.Errorf("kept %d, next %d", kept, next)
	}
	// The source goes on where the page has stopped playing: the sound has no jump there.
	if want := (before - 5000) * audio.Rate / 44100; losses[0] < want || losses[0] > want+audio.Rate/500 {
		t.Errorf("the source has lost %d samples, want %d and what was not sent", losses[0], want)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	phase := 2 * math.Pi * 441 / 44100
	for _, at := range []int{4000, 5500, 8000} { // before and after the flush
		if got, want := float64(p.sound[at]), 0.5*math.Sin(phase*float64(at)); math.Abs(got-want) > 0.02 {
			t.Errorf("sample %d is %.3f, want %.3f", at, got, want)
		}
	}
	if !slices.Equal(p.flushes, []int{1, 2}) { // the first one is at the beginning
		t.Errorf("the flushes are %v", p.flushes)
	}
}

func TestAPageThatDoesNotFlushIsLost(t *testing.T) {
	t.Parallel()
	c := serve(t)
	p := c.open("a")
	p.mu.Lock()
	p.answer = func(int) (int, bool) { return 0, false }
	p.mu.Unlock()
	returned := run(t, func(ctx context.Context) error { return c.Speaker(nil).Play(ctx, new(source)) })
	go func() {
		for p.write(websocket.TextMessage, []byte(`{"played":0,"delay":1}`)) == nil {
			time.Sleep(100 * time.Millisecond)
		}
	}()
	if err := await(t, returned); err == nil || err.Error() != "the page does not answer" {
		t.Error(err)
	}
	if code, reason := p.awaitClose(); code != websocket.ClosePolicyViolation || reason != "the page does not answer" {
		t.Error(code, reason)
	}
}

func TestTheNewestPageHasTheSound(t *testing.T) {
	c := serve(t)
	seen := c.observe()
	first := c.open("first")
	playing := run(t, func(ctx context.Context) error { return c.Speaker(nil).Play(ctx, new(source)) })
	recording := run(t, func(ctx context.Context) error { return c.Microphone(nil).Record(ctx, new(sink)) })
	second := c.open("second")
	first.awaitText(`{"taken":1}`)
	if code, reason := first.awaitClose(); code != websocket.CloseNormalClosure || reason != "another page has taken the sound" {
		t.Error(code, reason)
	}
	for _, returned := range []<-chan error{playing, recording} {
		if err := await(t, returned); err != errTaken {
			t.Error(err)
		}
	}
	s := new(sink)
	run(t, func(ctx context.Context) error { return c.Microphone(nil).Record(ctx, s) })
	testkit.Until(t, "the sound of the second page", func() bool {
		second.record(tone(441, 44100, 40*time.Millisecond))
		time.Sleep(40 * time.Millisecond)
		return len(s.recorded()) > 0
	})
	second.conn.Close()
	testkit.Until(t, "everything is observed", func() bool { return len(seen()) == 4 })
	if got, want := seen(), []string{"first true", "first false", "second true", "second false"}; !slices.Equal(got, want) {
		t.Errorf("observed %q, want %q", got, want)
	}
}

// A page that connects again, before the server has noticed that the old connection is dead, has the sound all
// the time.
func TestAPageThatConnectsAgainCarriesTheSoundAllTheTime(t *testing.T) {
	c := serve(t)
	seen := c.observe()
	c.open("kiosk")
	second := c.open("kiosk")
	if err := <-c.reasons; err != errTaken {
		t.Error(err)
	}
	second.conn.Close()
	if err := <-c.reasons; err != errGone {
		t.Error(err)
	}
	if got, want := seen(), []string{"kiosk true", "kiosk false"}; !slices.Equal(got, want) {
		t.Errorf("observed %q, want %q", got, want)
	}
}

// The page may go on sending although nothing can be sent to it.
func TestAPageToWhichNothingCanBeSentIsClosedAtOnce(t *testing.T) {
	c := serve(t)
	conn, _, err := websocket.DefaultDialer.Dial(c.url+"/?page=a", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.WriteMessage(websocket.TextMessage, []byte(hello))
	testkit.Until(t, "the page has the sound", func() bool { return c.current() != nil })
	c.current().conn.NetConn().(*net.TCPConn).CloseWrite()
	stop := make(chan struct{})
	var sending sync.WaitGroup
	sending.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(100 * time.Millisecond):
				conn.WriteMessage(websocket.TextMessage, []byte(`{"played":0,"delay":1}`))
			}
		}
	})
	playing := run(t, func(ctx context.Context) error { return c.Speaker(nil).Play(ctx, new(source)) })
	if err := await(t, playing); err != errGone {
		t.Error(err)
	}
	if err := await(t, c.reasons); err != errGone {
		t.Error(err)
	}
	close(stop)
	sending.Wait()
}

func TestThePageLosesAndRegainsItsMicrophone(t *testing.T) {
	t.Parallel()
	c := serve(t)
	states := make(chan bool, 10)
	c.Observe(func(_ string, carries bool) { states <- carries })
	p := c.connect("a")
	p.send(`{"hello":1,"rate":48000,"latency":0,"reason":"not allowed\u001b[2J"}`)
	p.awaitText(`{"ready":1}`)
	var health sync.Mutex
	var reports []audio.Health
	s := new(sink)
	run(t, func(ctx context.Context) error {
		audio.KeepRecording(ctx, c.Microphone(nil), s, func(h audio.Health) {
			health.Lock()
			defer health.Unlock()
			reports = append(reports, h)
		})
		return nil
	})
	await := func(n int) audio.Health {
		t.Helper()
		testkit.Until(t, fmt.Sprint("report ", n), func() bool {
			p.record(tone(441, 44100, 20*time.Millisecond))
			time.Sleep(20 * time.Millisecond)
			health.Lock()
			defer health.Unlock()
			return len(reports) >= n
		})
		return reports[n-1]
	}
	if h := await(1); h.Err == nil || h.Err.Error() != "the page has no microphone: not allowed\\x1b[2J" {
		t.Errorf("%v", h.Err)
	}
	p.send(`{"mic":1,"settings":{"aec":true,"ns":true,"agc":true},"label":"Fake"}`)
	if h := await(2); h.Err != nil || h.Device != "browser" {
		t.Errorf("%+v", h)
	}
	p.send(`{"mic":0,"reason":"unplugged"}`)
	if h := await(3); h.Err == nil || h.Err.Error() != "the page has no microphone: unplugged" {
		t.Errorf("%v", h.Err)
	}
	p.conn.Close()
	if got := []bool{<-states, <-states}; !slices.Equal(got, []bool{true, false}) {
		t.Errorf("observed %v", got)
	}
}

// A device that has no page is lost, and works again when one comes.
func TestTheDevicesWorkAgainWhenAPageComes(t *testing.T) {
	t.Parallel()
	c := serve(t)
	reports := make(chan audio.Health, 10)
	run(t, func(ctx context.Context) error {
		audio.KeepPlaying(ctx, c.Speaker(nil), new(source), func(h audio.Health) { reports <- h })
		return nil
	})
	for range 2 {
		if h := <-reports; h.Err == nil || h.Final {
			t.Errorf("without a page: %+v", h)
		}
		p := c.open("a")
		stop := make(chan struct{})
		var playing sync.WaitGroup
		playing.Go(func() {
			for began := time.Now(); ; {
				select {
				case <-stop:
					return
				case <-time.After(20 * time.Millisecond):
					played := min(p.heard(), int(time.Since(began).Seconds()*float64(p.rate)))
					p.send(fmt.Sprintf(`{"played":%d,"delay":30}`, played))
				}
			}
		})
		if h := <-reports; h.Err != nil {
			t.Errorf("with a page: %+v", h)
		}
		close(stop)
		playing.Wait()
		p.conn.Close()
	}
}

func TestTheCountsOfThePageAreCounted(t *testing.T) {
	c := serve(t)
	counts := new(audio.Counts)
	c.Speaker(counts)
	p := c.open("a")
	p.send(`{"played":0,"delay":30,"underruns":2,"dropped":1}`)
	p.send(`{"played":0,"delay":30,"underruns":3,"dropped":1}`)
	testkit.Until(t, "the counts", func() bool { return counts.Underruns.Load() == 3 && counts.Overruns.Load() == 1 })
}

// What a page sends may close its connection with a clear reason, and does nothing else.
func TestAPageThatBreaksTheRulesIsToldWhy(t *testing.T) {
	t.Parallel()
	c := serve(t)
	rate := func(n int) string { return fmt.Sprintf(`{"hello":1,"rate":%d,"latency":0}`, n) }
	sound := func(bytes int) string { return "\x00" + strings.Repeat("s", bytes) }
	for _, row := range []struct {
		name string
		send []string // what begins with a NUL is sent as sound, without the NUL
		code int
		want string
	}{
		{"not JSON", []string{"hello"}, 1007, "not a message: invalid character"},
		{"half a message", []string{`{"hello":1`}, 1007, "not a message: unexpected EOF"},
		{"two messages", []string{hello + hello}, 1007, "not a message: there is more text after the object"},
		{"a wrong type", []string{`{"hello":"1"}`}, 1007, "not a message: json: cannot unmarshal string"},
		{"an unknown field", []string{hello, `{"play":1}`}, 1007, `not a message: json: unknown field "play"`},
		{"an empty object", []string{hello, `{}`}, 1008, "want exactly one of hello, played, flushed and mic"},
		{"another version", []string{`{"hello":2,"rate":48000}`}, 1008, "the page has version 2 of the protocol, want 1"},
		{"no greeting", []string{`{"played":1}`}, 1008, "want the message hello first"},
		{"sound first", []string{sound(10)}, 1008, "want the message hello first"},
		{"two greetings", []string{hello, hello}, 1008, "the message hello came twice"},
		{"no rate", []string{`{"hello":1}`}, 1008, "rate: got 0, want 8000 to 192000"},
		{"a negative rate", []string{rate(-48000)}, 1008, "rate: got -48000"},
		{"an absurd rate", []string{rate(2_000_000_000)}, 1008, "rate: got 2000000000"},
		{"an odd length", []string{hello, sound(881)}, 1008, "a piece of sound has 881 bytes, want two for each sample"},
		{"a huge piece", []string{hello, sound(10 << 20)}, 1009, "a message is longer than 40960 bytes"},
		{"a huge text", []string{`{"hello":1,"label":"` + strings.Repeat("x", 1<<20) + `"}`}, 1009, "a message is longer than 40960 bytes"},
		{"sound that was not sent", []string{hello, `{"played":1,"delay":0}`}, 1008, "played: the page cannot have played 1 samples"},
		{"negative sound", []string{hello, `{"played":-1,"delay":0}`}, 1008, "played: the page cannot have played -1 samples"},
		{"a flush that was not", []string{hello, `{"flushed":7,"lost":0}`}, 1008, "flushed: there was no such flush"},
		{"a flood of sound", append([]string{hello}, slices.Repeat([]string{sound(40000)}, 20)...), 1008, "the microphone sends sound faster than real time"},
		{"a flood of messages", append([]string{hello}, slices.Repeat([]string{sound(0)}, 3000)...), 1008, "too many messages"},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := c.connect("bad")
			p.t = t
			for _, m := range row.send {
				if data, isSound := strings.CutPrefix(m, "\x00"); isSound {
					p.write(websocket.BinaryMessage, []byte(data))
				} else {
					p.send(m)
				}
			}
			code, reason := p.awaitClose()
			if code != row.code || !strings.HasPrefix(reason, row.want) {
				t.Errorf("closed with %d %q, want %d %q", code, reason, row.code, row.want)
			}
		})
	}
	// numbers that are too large are limited, and the device still works
	p := c.open("good")
	p.send(`{"played":0,"delay":1e300,"underruns":9000000000000000000}`)
	testkit.Until(t, "the delay", func() bool { return c.current().outputDelay() == 2*time.Second })
	s := new(source)
	run(t, func(ctx context.Context) error { return c.Speaker(nil).Play(ctx, s) })
	testkit.Until(t, "sound", func() bool { return p.heard() > 0 })
}

func TestTheEndOfTheServerEndsThePage(t *testing.T) {
	c := serve(t)
	p := c.open("a")
	ended := make(chan error, 1)
	go func() { ended <- <-c.reasons }()
	p.conn.Close()
	if err := await(t, ended); err != errGone {
		t.Errorf("a page that goes away: %v", err)
	}
	if err := c.Speaker(nil).Play(t.Context(), new(source)); err != errNoPage {
		t.Errorf("without a page: %v", err)
	}
	if err := c.Microphone(nil).Record(t.Context(), new(sink)); err != errNoPage {
		t.Errorf("without a page: %v", err)
	}
}
