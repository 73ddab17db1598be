package pace

import (
	"testing"
	"testing/synctest"
	"time"

	"moonlark/audio"
)

func TestLateWakeUpDoesNotDelayFollowingPeriods(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var counts audio.Counts
		begin := time.Now()
		p := Start(&counts)
		defer p.Stop()
		for i := range 50 {
			<-p.C()
			if i == 20 {
				time.Sleep(150 * time.Millisecond)
			}
			p.Next()
		}
		if got := time.Since(begin); got != time.Second {
			t.Errorf("50 periods took %v", got)
		}
		// the seven late wake-ups are 150, 130, 110, 90, 70, 50 and 30 ms late
		if got := counts.Late.Load(); got != 7 {
			t.Errorf("got %d late, want 7", got)
		}
	})
}

func TestPeriodsMissedDuringASuspensionAreSkipped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := Start(nil)
		defer p.Stop()
		<-p.C()
		time.Sleep(time.Hour)
		p.Next()
		next := time.Now()
		<-p.C()
		if got := time.Since(next); got != Period {
			t.Errorf("the next period took %v", got)
		}
	})
}

func TestPassedReturnsAtMostAPeriod(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := Start(nil)
		defer p.Stop()
		time.Sleep(7 * time.Millisecond)
		if got := p.Passed(); got != 7*time.Millisecond {
			t.Errorf("got %v, want 7ms", got)
		}
		time.Sleep(time.Second)
		if got := p.Passed(); got != Period {
			t.Errorf("got %v, want %v", got, Period)
		}
	})
}
