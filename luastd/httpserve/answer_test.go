package httpserve

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	lua "github.com/yuin/gopher-lua"
)

func TestALongAnswerIsRefused(t *testing.T) {
	L := lua.NewState()
	defer L.Close()
	headers := L.NewTable()
	headers.RawSetString("a", lua.LString(strings.Repeat("x", maxAnswerHeader)))
	longest := strings.Repeat("x", maxAnswer)
	for _, row := range []struct {
		why     string
		results []lua.LValue
		want    string
	}{
		{"the longest body", []lua.LValue{lua.LString(longest)}, ""},
		{"a longer body", []lua.LValue{lua.LString(longest + "x")}, "a body with 67108865 bytes; the maximum is 67108864"},
		{"long headers", []lua.LValue{lua.LNumber(200), lua.LString("x"), headers}, "headers with more than 262144 bytes"},
	} {
		got := ""
		if _, err := newAnswer(row.results); err != nil {
			got = err.Error()
		}
		if got != row.want {
			t.Errorf("%s: got %q, want %q", row.why, got, row.want)
		}
	}
}

func TestTheNumberOfBrowsersOfAFeedIsLimited(t *testing.T) {
	h := newHub()
	var first *browser
	for n := range maxBrowsers {
		b := h.add()
		if b == nil {
			t.Fatalf("browser %d is refused", n+1)
		}
		if n == 0 {
			first = b
		}
	}
	w := httptest.NewRecorder()
	h.serve(w, httptest.NewRequest("GET", "/events", nil))
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("one more browser gets the status %d and the header %v", w.Code, w.Header())
	}
	h.remove(first)
	if h.add() == nil {
		t.Error("a browser is refused although another has gone")
	}
}

// A deadlineWriter keeps the deadline for writing.
type deadlineWriter struct {
	*httptest.ResponseRecorder
	deadline time.Time
}

func (w *deadlineWriter) SetWriteDeadline(t time.Time) error {
	w.deadline = t
	return nil
}

// A client that receives an answer too slowly is cut off. A longer answer may take longer.
func TestAnAnswerHasADeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for size, want := range map[int]time.Duration{0: 30 * time.Second, 1 << 20: 94 * time.Second} {
			w := &deadlineWriter{ResponseRecorder: httptest.NewRecorder()}
			a := &answer{status: 200, header: http.Header{}, body: strings.Repeat("x", size)}
			a.write(w, httptest.NewRequest("GET", "/", nil))
			if got := time.Until(w.deadline); got != want || w.Body.Len() != size {
				t.Errorf("%d bytes: got a deadline after %v and %d bytes, want %v", size, got, w.Body.Len(), want)
			}
		}
	})
}
