package guess

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestNearestFindsSimilarWords(t *testing.T) {
	words := []string{"agent_response", "audio", "interruption", "ping", "Kitchen"}
	for _, row := range []struct{ why, word, want string }{
		{"a letter missing", "interuption", "interruption"},
		{"two letters swapped", "aduio", "audio"},
		{"a letter too many", "pingg", "ping"},
		{"case does not count", "kitchen", "Kitchen"},
		{"no similar word", "bicycle", ""},
		{"the word itself does not count", "ping", ""},
		{"an empty word", "", ""},
	} {
		if got := Nearest(row.word, words); got != row.want {
			t.Errorf("%s: Nearest(%q) = %q, want %q", row.why, row.word, got, row.want)
		}
	}
}

func TestNearestIsFastForALongWord(t *testing.T) {
	known := make([]string, 1000)
	for i := range known {
		known[i] = fmt.Sprint("word", i)
	}
	began := time.Now()
	if got := Nearest(strings.Repeat("x", 1_000_000), known); got != "" {
		t.Errorf("got %q, want nothing", got)
	}
	if took := time.Since(began); took > 2*time.Second { // comparing all letters takes half a minute
		t.Errorf("took %v", took)
	}
}

func TestDidYouMeanIsEmptyWithoutAGuess(t *testing.T) {
	if got := DidYouMean("adress", []string{"address"}); got != " (did you mean 'address'?)" {
		t.Errorf("got %q", got)
	}
	if got := DidYouMean("xyzzy", []string{"address"}); got != "" {
		t.Errorf("got %q, want nothing", got)
	}
}
