package terminal

import (
	"context"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/engine/bus"
)

// newPushToTalkTest returns a promptTest with push-to-talk and a screen of w columns. presses
// counts the calls of toggle.
func newPushToTalkTest(t *testing.T, w int) (d *promptTest, presses *int) {
	presses = new(int)
	d = newPromptTest(t, w, 24, func() { *presses++ })
	return d, presses
}

func listening(yes bool) bus.Event { return bus.Event{Type: bus.Listening, Listening: &yes} }

func TestSpaceAtAnEmptyPromptTogglesListening(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, presses := newPushToTalkTest(t, 60)
		d.sees("  you › listening: space to stop\n")
		d.press(" ")
		if *presses != 1 {
			t.Fatalf("%d presses", *presses)
		}
		d.show(listening(false))
		d.sees("  you › not listening: space to talk\n")
		if got, want := d.vt.cursor(), "  you › "; got != want {
			t.Errorf("cursor: got %q, want %q", got, want)
		}
		time.Sleep(2 * keyRepeatGap)
		d.press(" ")
		d.show(listening(true))
		d.sees("  you › listening: space to stop\n")
		if *presses != 2 {
			t.Errorf("%d presses", *presses)
		}
	})
}

func TestSpaceInALineIsASpace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, presses := newPushToTalkTest(t, 60)
		d.press("turn it on now")
		d.sees("  you › turn it on now\n")
		d.press("\x17\x17 ") // Ctrl-W twice deletes two words
		d.press("\x01 \r")
		if got, want := d.line(), " turn it  "; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		d.press("\x1b[200~ pasted text\x1b[201~\r")
		if got, want := d.line(), " pasted text"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if *presses != 0 {
			t.Errorf("%d presses", *presses)
		}
		d.press("x\x7f ") // Backspace makes the line empty again before the space comes
		d.press("ab \x15")
		time.Sleep(2 * keyRepeatGap)
		d.press(" ")
		if *presses != 2 {
			t.Errorf("%d presses, want 2", *presses)
		}
	})
}

// While a key is held down, a terminal sends its character many times.
func TestSpaceThatIsHeldDownTogglesOnce(t *testing.T) {
	d, presses := newPushToTalkTest(t, 60)
	for range 20 {
		d.press(" ")
	}
	d.press("      ")
	if *presses != 1 {
		t.Errorf("%d presses", *presses)
	}
	d.press("\r")
	d.press("x")
	d.sees("  you › x\n")
}

func TestPushToTalkIsShortenedInANarrowTerminal(t *testing.T) {
	d, _ := newPushToTalkTest(t, 20)
	d.sees("you › listening: s…\n")
}

func TestCtrlCEndsThePromptWithPushToTalk(t *testing.T) {
	d, presses := newPushToTalkTest(t, 60)
	d.press(" ")
	io.WriteString(d.keyboard, "\x03")
	if _, err := d.ReadLine(context.Background()); err != ErrInterrupted {
		t.Errorf("got %v", err)
	}
	d.Close()
	if *presses != 1 || d.restored != 1 {
		t.Errorf("%d presses, restored %d times", *presses, d.restored)
	}
}
