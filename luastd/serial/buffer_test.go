package serial

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// The lines do not depend on how many bytes are received at once, and on when the lines are taken.
func TestLinesDoNotDependOnHowTheyAreReceived(t *testing.T) {
	for round := range 2000 {
		r := rand.New(rand.NewPCG(1, uint64(round)))
		ending := []string{"\n", "\r", "ab", "aab", "\n\n"}[r.IntN(5)]
		var text strings.Builder
		for range r.IntN(60) {
			text.WriteString([]string{"a", "b", "x", "\r", "\n", ending, "long text"}[r.IntN(7)])
		}
		want := strings.Split(text.String(), ending)
		rest := want[len(want)-1]
		want = want[:len(want)-1]
		if ending == "\n" {
			for i := range want {
				want[i] = strings.TrimSuffix(want[i], "\r")
			}
		}
		var b buffer
		var got []string
		take := func() {
			for line, result := b.takeLine(ending); result == oneLine; line, result = b.takeLine(ending) {
				got = append(got, line)
			}
		}
		for left := text.String(); left != ""; {
			n := 1 + r.IntN(len(left))
			b.add([]byte(left[:n]))
			if left = left[n:]; r.IntN(2) == 0 {
				take()
			}
		}
		take()
		if !slices.Equal(got, want) || string(b.bytes) != rest {
			t.Fatalf("%q with the ending %q: got %q and %q", text.String(), ending, got, b.bytes)
		}
	}
}

func TestABufferIsBounded(t *testing.T) {
	var b buffer
	for range 100 {
		b.add([]byte(strings.Repeat("0123456789abcdef", 1024)))
		if len(b.bytes) > maxBuffer {
			t.Fatalf("%d bytes are kept", len(b.bytes))
		}
	}
	if b.dropped+len(b.bytes) != 100*16*1024 {
		t.Errorf("%d bytes were dropped, %d are there", b.dropped, len(b.bytes))
	}
	if _, result := b.takeLine("\n"); result != noLine || len(b.bytes) != 0 {
		t.Errorf("got %v, with %d bytes", result, len(b.bytes))
	}
	b.add([]byte("rest\nline\n"))
	if line, _ := b.takeLine("\n"); line != "line" {
		t.Errorf("got %q", line)
	}
}
