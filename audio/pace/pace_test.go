package pace

import (
	"testing"
	"testing/synctest"
	"time"

	"moonlark/audio"
)

func TestWakingLateMovesNoOtherPeriod(t *testing.T) {
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
		if got := counts.Late.Load(); got != 7 { // 150, 130, 110, 90, 70, 50 and 30 ms
			t.Errorf("got %d late, want 7", got)
		}
	})
}

func TestWhatIsMissedWhileTheMachineSleepsIsLeftOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := Start(nil)
		defer p.Stop()
		<-p.C()
		time.Sleep(time.Hour)
		p.Next()
		again := time.Now()
		<-p.C()
		if got := time.Since(again); got != Period {
			t.Errorf("the next period took %v", got)
		}
	})
}

func TestPassedIsHowMuchOfAPeriodIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := Start(nil)
		defer p.Stop()
		time.Sleep(7 * time.Millisecond)
		if got := p.Passed(); got != 7*time.Millisecond {
			t.Errorf("got %v", got)
		}
		time.Sleep(time.Second)
		if got := p.Passed(); got != Period {
			t.Errorf("got %v", got)
		}
	})
}
