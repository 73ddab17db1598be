package events_test

import (
	"strings"
	"testing"

	"moonlark/luastd/luastdtest"
)

func TestMistakesWhileTheScriptLoads(t *testing.T) {
	for source, want := range map[string]string{
		`on("message", "not a func")`: "bad argument #2 to on (function expected, got string)",
		`on(nil, print)`:              "bad argument #1 to on (string expected, got nil)",
		`emit("bell")`:                "emit: ",
	} {
		if _, err := luastdtest.TryOpen(t, luastdtest.Options{Source: source}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error of %s is %v, want %s", source, err, want)
		}
	}
}

func TestMistakesInUse(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	for source, want := range map[string]string{
		`on("bell", print)`:                         "on: the script has loaded already",
		`emit()`:                                    "bad argument #1 to emit (string expected, got nil)",
		`emit("bell", print)`:                       "bad argument #2 to emit (a function cannot be JSON)",
		`emit("bell", ("x"):rep(70000))`:            "bad argument #2 to emit (",
		`return emit("bell", ("x"):rep(60 * 1024))`: "false",
	} {
		if got := s.Run(source); !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %s", source, got, want)
		}
	}
}
