package localagent

import (
	"strings"
	"testing"
)

func TestPatienceHasThreeNames(t *testing.T) {
	for name, want := range map[string]Patience{"": DefaultPatience, "default": DefaultPatience, "relaxed": Relaxed, "aggressive": Aggressive} {
		if got, err := ParsePatience(name); got != want || err != nil {
			t.Errorf("%q: got %v, %v", name, got, err)
		}
	}
	for _, name := range []string{"Relaxed", "calm", " "} {
		if _, err := ParsePatience(name); err == nil || !strings.Contains(err.Error(), "want relaxed, default or aggressive") {
			t.Errorf("%q: got %v", name, err)
		}
	}
}
