package re_test

import (
	"testing"

	"moonlark/luastd/luastdtest"
)

func TestExamples(t *testing.T) { luastdtest.Examples(t, "testdata/*.lua") }

func TestOnlyLongTextsAndLargePatternsMakeTheTaskWait(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Source: `
		states = "(?:[a-z][a-z]){1000}[a-z]{1000}[a-z]{1000}[a-z]{1000}" -- 5000 of them
		r = re.compile("x")
		function waits(fn, ...)
			local waited = false
			spawn(function() waited = true end)
			fn(...)
			return waited
		end`})
	for _, row := range []struct{ why, code, want string }{
		{"64 KiB", `re.test, ("a"):rep(2^16), "x"`, "false"},
		{"more than 64 KiB", `re.test, ("a"):rep(2^16 + 1), "x"`, "true"},
		{"find", `re.find, ("a"):rep(2^16 + 1), "x"`, "true"},
		{"match", `re.match, ("a"):rep(2^16 + 1), "x"`, "true"},
		{"gsub", `re.gsub, ("a"):rep(2^16 + 1), "x", ""`, "true"},
		{"split", `re.split, ("a"):rep(2^16 + 1), "x"`, "true"},
		{"gmatch itself does not search", `re.gmatch, ("a"):rep(2^16 + 1), "x"`, "false"},
		{"the iterator of gmatch", `re.gmatch(("a"):rep(2^16 + 1), "x")`, "true"},
		{"a method", `r.test, r, ("a"):rep(2^16 + 1)`, "true"},
		{"a pattern of 256 bytes", `re.test, "", ("y"):rep(256)`, "false"},
		{"a longer pattern", `re.test, "", ("y"):rep(257)`, "true"},
		{"a pattern that has been compiled", `re.test, "", ("y"):rep(257)`, "false"},
		{"a pattern of 5000 states", `re.test, "", states`, "false"},
		{"a pattern of more states", `re.test, "", states .. "z"`, "true"},
	} {
		if got := s.Run("return waits(" + row.code + ")"); got != row.want {
			t.Errorf("%s: the task has waited: %s, want %s", row.why, got, row.want)
		}
	}
}
