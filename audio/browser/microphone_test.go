package browser

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestLateSoundIsOld(t *testing.T) {
	var c clock
	now := time.Now()
	for i := range 100 {
		c.age(now.Add(time.Duration(i)*20*time.Millisecond), 20*time.Millisecond)
	}
	// half a second later than expected, a whole second comes at once
	at := now.Add(2480 * time.Millisecond)
	if age := c.age(at, 20*time.Millisecond); age < 450*time.Millisecond || age > 510*time.Millisecond {
		t.Errorf("the first late piece is %v old, want nearly 480ms", age)
	}
	var last time.Duration
	for range 24 {
		last = c.age(at, 20*time.Millisecond)
	}
	if last > 50*time.Millisecond {
		t.Errorf("the last piece is %v old", last)
	}
}

// The microphone of a page pauses, for example, while a phone call lasts. What comes then is not late.
func TestSoundAfterAPauseIsNotOldForLong(t *testing.T) {
	for _, pause := range []time.Duration{time.Second, 10 * time.Second, time.Hour} {
		var c clock
		now := time.Now()
		age := time.Duration(0)
		for range 2 * 60 * 50 {
			now = now.Add(20 * time.Millisecond)
			age = c.age(now, 20*time.Millisecond)
			if c.sound == time.Minute {
				now = now.Add(pause)
			}
		}
		if age > 50*time.Millisecond {
			t.Errorf("a minute after a pause of %v, the sound is %v old", pause, age)
		}
	}
}

func TestAnErrorQuotesOnlyTheBeginningOfALongText(t *testing.T) {
	_, err := parse([]byte(`{"` + strings.Repeat("x", 30_000) + `":1}`))
	if err == nil || len(err.Error()) > 120 {
		t.Errorf("the error has %d bytes", len(fmt.Sprint(err)))
	}
}

func TestFillingDoesNotAllocateMuch(t *testing.T) {
	i := newIntake(44100)
	wire := make([]byte, 882*2)
	s := discarding{}
	i.take(wire, s, 0)
	if n := testing.AllocsPerRun(100, func() { i.allowed.used = 0; i.take(wire, s, 0) }); n > 0 {
		t.Errorf("%v allocations for each piece of the microphone", n)
	}
}

type discarding struct{}

func (discarding) Take([]float32, time.Duration) {}
