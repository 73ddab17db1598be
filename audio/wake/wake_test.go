package wake

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"moonlark/audio"
	"moonlark/audio/pcm"
	"moonlark/audio/wake/waketest"
)

// There is no real recogniser here: the server speaks the real protocol, over
// real TCP, and the commands are real ones.

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A room has a listener that runs until the test ends, and a microphone that
// hears a quiet tone.
type room struct {
	*Listener
	t      testing.TB
	counts audio.Counts

	mu     sync.Mutex // guards what follows
	heard  []string
	health []string
	logged strings.Builder
}

func enter(t testing.TB, spec string) *room {
	t.Helper()
	r := &room{t: t}
	log := slog.New(slog.NewTextHandler(writer{r}, nil))
	l, err := New(spec, Options{Refractory: 200 * time.Millisecond, Counts: &r.counts, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	r.Listener = l
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		l.Run(ctx, func(d Detection) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.heard = append(r.heard, fmt.Sprint(d.Word, " ", d.Score))
		}, func(h audio.Health) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.health = append(r.health, fmt.Sprint(h.Device, ": ", h.Err))
		})
	})
	running.Go(func() {
		sound := make([]float32, audio.Samples(20*time.Millisecond))
		for i := range sound {
			sound[i] = 0.25
		}
		for ctx.Err() == nil {
			l.Hear(sound)
			time.Sleep(20 * time.Millisecond)
		}
	})
	t.Cleanup(func() {
		began := time.Now()
		cancel()
		running.Wait()
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("it took %v to end", took)
		}
	})
	return r
}

type writer struct{ *room }

func (w writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.logged.Write(p)
}

// until waits until something is so.
func (r *room) until(what string, so func() bool) {
	r.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		r.mu.Lock()
		ok := so()
		r.mu.Unlock()
		if ok {
			return
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.t.Fatalf("not within 20 s: %s; heard %q, health %q, log %s", what, r.heard, r.health, r.logged.String())
}

// reports waits for so many reports, and returns the last.
func (r *room) reports(n int) string {
	r.t.Helper()
	r.until(fmt.Sprintf("%d reports", n), func() bool { return len(r.health) >= n })
	return r.health[n-1]
}

func TestAWyomingServerIsToldWhatToListenForAndGetsTheSound(t *testing.T) {
	s := waketest.Start(t, "", "hey_jarvis_v0.1", "alexa")
	r := enter(t, "wyoming:"+s.Address+",Hey Jarvis, ok_nabu")
	if got, want := r.reports(1), "Hey Jarvis, ok_nabu at "+s.Address+": <nil>"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	r.until("a second of sound", func() bool { return len(s.Sound()) > 32000 })
	want := []string{`describe {}`, `detect {"names":["Hey Jarvis","ok_nabu"]}`, `audio-start {"channels":1,"rate":16000,"timestamp":0,"width":2}`}
	if got := s.Events(); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	for i, x := range pcm.NewDecoder(format).Append(nil, s.Sound())[2000:] {
		if x < 0.24 || x > 0.26 {
			t.Fatalf("sample %d is %v", i, x)
		}
	}
	if got := r.logged.String(); strings.Contains(got, "Jarvis\\\",") || !strings.Contains(got, `ok_nabu`) {
		t.Errorf("the log says %s", got)
	}
	s.Detect("alexa") // which nobody has asked for: there are servers that tell it all the same
	s.Detect("hey_jarvis_v0.1")
	s.Detect("hey_jarvis_v0.1")
	r.until("a detection", func() bool { return len(r.heard) > 0 })
	time.Sleep(250 * time.Millisecond)
	s.Detect("hey_jarvis_v0.1")
	r.until("another, a while later", func() bool { return len(r.heard) > 1 })
	if want := []string{"hey_jarvis_v0.1 0", "hey_jarvis_v0.1 0"}; !slices.Equal(r.heard, want) {
		t.Errorf("heard %q, want %q", r.heard, want)
	}
}

func TestAServerThatGoesIsFoundAgain(t *testing.T) {
	s := waketest.Start(t, "", "alexa")
	r := enter(t, "wyoming:"+s.Address)
	r.reports(1)
	s.Close()
	if got := r.reports(2); !strings.Contains(got, s.Address+": ") || strings.HasSuffix(got, "<nil>") {
		t.Errorf("got %q", got)
	}
	time.Sleep(700 * time.Millisecond) // refused, and not reported again
	s = waketest.Start(t, s.Address, "alexa")
	if got := r.reports(3); !strings.HasSuffix(got, ": <nil>") {
		t.Errorf("got %q", got)
	}
	s.Await()
	s.Detect("alexa")
	r.until("a detection", func() bool { return len(r.heard) == 1 })
}

func TestWhatIsNoWyomingServerIsSaidToBeNone(t *testing.T) {
	for name, c := range map[string]struct{ says, want string }{
		"another protocol":  {"HTTP/1.1 400 Bad Request\r\n", `does not speak Wyoming: it says "HTTP`},
		"no end":            {strings.Repeat("x", mostHeader+1), "its line has no end"},
		"no type":           {"{}\n", "does not speak Wyoming"},
		"too much":          {`{"type":"info","data_length":99999999}` + "\n", "too long"},
		"less than nothing": {`{"type":"info","payload_length":-1}` + "\n", "too long"},
		"for speech":        {`{"type":"info","data":{"asr":[{"name":"whisper"}]}}` + "\n", "does not recognise wake words"},
		"no sense":          {`{"type":"info","data":[]}` + "\n", "makes no sense"},
		"nothing":           {"", "it does not say what it is"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			var serving sync.WaitGroup
			serving.Go(func() {
				for {
					conn, err := listener.Accept()
					if err != nil {
						return
					}
					conn.Write([]byte(c.says))
					conn.SetReadDeadline(time.Now().Add(20 * time.Second))
					for buf := make([]byte, 4096); err == nil; {
						_, err = conn.Read(buf)
					}
					conn.Close()
				}
			})
			t.Cleanup(func() { listener.Close(); serving.Wait() }) // after the listener has left
			r := enter(t, "wyoming:"+listener.Addr().String())
			if got := r.reports(1); !strings.Contains(got, c.want) {
				t.Errorf("got %q, want %q in it", got, c.want)
			}
		})
	}
}

// The words of a server end up in a terminal, and in Lua.
func TestWhatAServerSaysIsTidied(t *testing.T) {
	s := waketest.Start(t, "")
	r := enter(t, "wyoming:"+s.Address)
	r.reports(1)
	s.Say(`{"type":"error","data":{"text":"no \u001b[2J model"}}` + "\n" + `{"type":"not-detected"}` + "\n" + `{"type":"news","payload_length":3}` + "\nabc" +
		`{"type":"detection","data":{"name":"a\u0007b","score":0.5}}` + "\n")
	r.until("a detection", func() bool { return len(r.heard) == 1 })
	if r.heard[0] != "ab 0.5" || !strings.Contains(r.logged.String(), "no [2J model") {
		t.Errorf("heard %q, log %s", r.heard, r.logged.String())
	}
}

func TestACommandPrintsTheWordsThatItHears(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the command is for sh")
	}
	r := enter(t, `exec:test "$MOONLARK_RATE" = 16000 && head -c 32000 >/dev/null && printf 'hey you\t0.75\n\n' && echo loading >&2 && cat >/dev/null`)
	r.until("a detection", func() bool { return len(r.heard) == 1 })
	if got := r.reports(1); r.heard[0] != "hey you 0.75" || !strings.HasPrefix(got, "exec:test") || !strings.HasSuffix(got, "<nil>") {
		t.Errorf("heard %q, health %q", r.heard, got)
	}
	r.until("what it says to be logged", func() bool { return strings.Contains(r.logged.String(), "loading") })
}

func TestACommandThatEndsIsRunAgain(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the command is for sh")
	}
	r := enter(t, `exec:echo again; echo no model >&2; exit 3`)
	r.until("two detections", func() bool { return len(r.heard) == 2 })
	if got := r.reports(2); !strings.Contains(got, "exit status 3: no model") {
		t.Errorf("got %q", got)
	}
	missing := enter(t, `exec:no-such-recogniser-here`)
	if got := missing.reports(1); !strings.Contains(got, "exit status 127") {
		t.Errorf("got %q", got)
	}
}

// One that closes its output, or prints without an end, or takes no sound.
func TestACommandThatBehavesBadlyHoldsUpNothing(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the command is for sh")
	}
	closed := enter(t, `exec:exec >&-; cat >/dev/null`)
	if got := closed.reports(1); !strings.Contains(got, "has closed its output") {
		t.Errorf("got %q", got)
	}
	loud := enter(t, `exec:head -c 100000 /dev/zero | tr '\0' x; yes; sleep 60`)
	slow := enter(t, `exec:sleep 60`)
	loud.until("a detection", func() bool { return len(loud.heard) > 0 })
	slow.until("sound is dropped", func() bool { return slow.counts.WakeDropped.Load() > 0 })
	if n := len(loud.heard[0]); n > 110 {
		t.Errorf("a word has %d letters", n)
	}
}

// The newest two seconds are kept for a recogniser that is slow, and none while
// there is none.
func TestSoundThatNobodyTakesIsDroppedAndCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var counts audio.Counts
		f := newFeed(&counts)
		f.put(make([]byte, 100000))
		f.start()
		for i := range 300 {
			f.put(slices.Repeat([]byte{byte(i)}, 640))
		}
		if got := counts.WakeDropped.Load(); got != 200 {
			t.Errorf("%d pieces were dropped", got)
		}
		got := make([]byte, 64000)
		if err := f.read(t.Context(), got); err != nil || got[0] != 200 || got[63999] != byte(299%256) {
			t.Errorf("%d to %d, %v", got[0], got[63999], err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := f.read(ctx, got); err != context.DeadlineExceeded {
			t.Errorf("got %v", err)
		}
	})
}

func TestHearingAllocatesNothing(t *testing.T) {
	f := newFeed(new(audio.Counts))
	f.start()
	sound := make([]float32, audio.Samples(20*time.Millisecond))
	if n := testing.AllocsPerRun(200, func() { f.hear(sound) }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

func TestWhatCannotBeAWakeWordIsAMistake(t *testing.T) {
	for spec, want := range map[string]string{
		"":                    "it can be",
		"openwakeword":        "it can be",
		"exec: ":              "nothing behind",
		"wyoming:":            "nothing behind",
		"wyoming::10400":      "no host",
		"wyoming:here:0":      "a port",
		"wyoming:here:http":   "a port",
		"wyoming:::1":         "brackets",
		"wyoming:here:1:2":    "brackets",
		"wyoming:here":        "here:10400",
		"wyoming:[::1],alexa": "[::1]:10400",
		"wyoming:h:1,a,,b ":   "a, b at h:1",
		"exec:hear it":        "exec:hear it",
	} {
		l, err := New(spec, Options{})
		got := fmt.Sprint(err)
		if err == nil {
			got = l.String()
		}
		if !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %q in it", spec, got, want)
		}
	}
}
