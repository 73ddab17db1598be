package guess

import "testing"

func TestNearest(t *testing.T) {
	words := []string{"agent_response", "audio", "interruption", "ping", "Kitchen"}
	for _, row := range []struct{ why, word, want string }{
		{"a letter missing", "interuption", "interruption"},
		{"two letters swapped", "aduio", "audio"},
		{"a letter too many", "pingg", "ping"},
		{"case does not count", "kitchen", "Kitchen"},
		{"nothing near", "bicycle", ""},
		{"the word itself is no guess", "ping", ""},
		{"an empty word is near nothing long", "", ""},
	} {
		if got := Nearest(row.word, words); got != row.want {
			t.Errorf("%s: Nearest(%q) = %q, want %q", row.why, row.word, got, row.want)
		}
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
