//go:build unix

package process

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestTheLinesOfACommandThatIsRestartedAreLoggedOnceAndCounted(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	var restarts Restarts
	for range 11 {
		p, err := Start(context.Background(), Command{
			Line: `echo "no card $$" >&2; echo twice >&2; echo twice >&2; exit 1`,
			Log:  slog.New(slog.NewTextHandler(&log, nil)), Restarts: &restarts,
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Wait(); err == nil || !strings.HasSuffix(err.Error(), "twice") {
			t.Errorf("got %v, want the last line of the command", err)
		}
		p.Close()
	}
	text := log.String()
	for part, want := range map[string]int{"no card": 2, "twice": 4, "(10 times so far)": 3} {
		if got := strings.Count(text, part); got != want {
			t.Errorf("logged %q %d times, want %d:\n%s", part, got, want, text)
		}
	}
}

func TestACommandThatHasWorkedLogsItsLinesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r Restarts
		run := func(d time.Duration) (shown bool) {
			r.begin()
			_, shown = r.log("no card")
			time.Sleep(d)
			r.end()
			time.Sleep(time.Minute) // the pause before the next run does not count
			return shown
		}
		if !run(time.Second) || run(time.Second) || run(provenTime) || !run(time.Second) || run(0) {
			t.Error("want the line logged in the first run and after the long run")
		}
	})
}
