//go:build unix

package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"moonlark/engine/speech"
)

// silence is a read function for Recognise. It returns silence without waiting, until ctx is done.
func silence(ctx context.Context, chunk []byte) error {
	clear(chunk)
	return context.Cause(ctx)
}

// recognise runs a command as a wake-word recogniser. It returns when the command fails, or when
// stop, called with all detections so far, returns true. It returns the detections, how often
// Recognise called working, and the error of Recognise.
func recognise(t *testing.T, line string, log *slog.Logger, stop func(detected []speech.Detection) bool) (detected []speech.Detection, working int, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	w := &WakeRecogniser{Command: line, Log: log}
	err = w.Recognise(ctx, silence, func() { working++ }, func(d speech.Detection) {
		if detected = append(detected, d); stop(detected) {
			cancel()
		}
	})
	return detected, working, err
}

func one(detected []speech.Detection) bool { return len(detected) == 1 }

func TestACommandPrintsTheWordsThatItDetects(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	detected, working, err := recognise(t,
		`echo loading >&2; test "$MOONLARK_RATE" = 16000 && head -c 32000 >/dev/null && printf '\n\t0.5\nhey you\t0.75\n' && cat >/dev/null`,
		slog.New(slog.NewTextHandler(&log, nil)), one)
	if want := []speech.Detection{{Word: "hey you", Score: 0.75}}; !slices.Equal(detected, want) {
		t.Errorf("got %v, want %v", detected, want)
	}
	if working == 0 || err != context.Canceled {
		t.Errorf("said to work %d times, %v", working, err)
	}
	if !strings.Contains(log.String(), "msg=loading") {
		t.Errorf("the log has %s", &log)
	}
}

func TestLinesOfOutputBecomeDetections(t *testing.T) {
	for line, want := range map[string]string{
		"alexa":                  "alexa 0",
		"hey jarvis\t0.5":        "hey jarvis 0.5",
		"hey \x1b[2J \t 1 ":      `hey \x1b[2J 1`,
		"too sure\t1.5":          "too sure 0",
		"not a number\tNaN":      "not a number 0",
		"negative\t-1":           "negative 0",
		strings.Repeat("x", 200): strings.Repeat("x", maxWord) + " 0",
		"\t0.5":                  "none",
		"  ":                     "none",
	} {
		got := "none"
		if d, ok := parseDetection(line); ok {
			got = fmt.Sprint(d.Word, " ", d.Score)
		}
		if got != want {
			t.Errorf("%q: got %s, want %s", line, got, want)
		}
	}
}

func TestARecogniserThatEndsIsAnError(t *testing.T) {
	for _, row := range []struct {
		line, want string
		detected   int
	}{
		{"echo again; echo no model >&2; exit 3", "exec:echo again; echo no model >&2; exit 3: exit status 3: no model", 1},
		{"no-such-recogniser", "exec:no-such-recogniser: exit status 127: ", 0},
		{"exec >&-; cat >/dev/null", "exec:exec >&-; cat >/dev/null: the command has closed its output", 0},
		{"exec <&-; sleep 60", "exec:exec <&-; sleep 60: the command has closed its input", 0},
	} {
		t.Run(row.line, func(t *testing.T) {
			t.Parallel()
			detected, _, err := recognise(t, row.line, nil, func([]speech.Detection) bool { return false })
			if len(detected) != row.detected || err == nil || !strings.HasPrefix(err.Error(), row.want) {
				t.Errorf("got %v, %v, want %s", detected, err, row.want)
			}
		})
	}
}

func TestARecogniserThatPrintsEndlesslyIsStopped(t *testing.T) {
	t.Parallel()
	detected, _, err := recognise(t, `head -c 100000 /dev/zero | tr '\0' x; yes`, nil, one)
	if err != context.Canceled || len(detected[0].Word) != maxWord {
		t.Errorf("got %v, %v", detected, err)
	}
}

func TestARecogniserCountsAsWorkingAfterProvenTime(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a second of real time")
	}
	t.Parallel()
	ctx, cancel := context.WithTimeoutCause(t.Context(), 20*time.Second, errors.New("not within 20 s"))
	defer cancel()
	works := errors.New("works")
	ctx, stop := context.WithCancelCause(ctx)
	w := &WakeRecogniser{Command: "cat >/dev/null"}
	began := time.Now()
	err := w.Recognise(ctx, silence, func() { stop(works) }, nil)
	if took := time.Since(began); err != works || took < provenTime {
		t.Errorf("got %v after %v", err, took)
	}
}
