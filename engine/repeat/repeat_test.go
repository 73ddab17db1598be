package repeat

import (
	"slices"
	"testing"
)

func TestMessagesThatDifferInNumbersHaveTheSameKey(t *testing.T) {
	a := "[alsa @ 0x55d1c0] read 127.0.0.1:5123: broken"
	b := "[alsa @ 0x7ffe12a] read 127.0.0.1:60000: broken"
	if Key(a) != Key(b) || Key(a) == Key("[alsa @ 0x55d1c0] read 127.0.0.1:5123: refused") {
		t.Errorf("%q, %q", Key(a), Key(b))
	}
}

func TestARepeatedMessageIsShownMoreAndMoreRarely(t *testing.T) {
	var shown []int
	for n := range 2000 {
		if Shown(n) {
			shown = append(shown, n)
		}
	}
	if want := []int{0, 1, 10, 100, 1000}; !slices.Equal(shown, want) {
		t.Errorf("got %v, want %v", shown, want)
	}
	if Suffix(1) != "" || Suffix(10) != " (10 times so far)" {
		t.Errorf("%q, %q", Suffix(1), Suffix(10))
	}
}
