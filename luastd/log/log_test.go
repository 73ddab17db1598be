package log_test

import (
	"slices"
	"testing"

	"moonlark/luastd/luastdtest"
)

func TestLogWritesItsArgumentsToTheLog(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	s.Run(`
		log.debug("a", 1, nil, true)
		log.info({ room = "hall", lamps = { 1, 2 } })
		log.warn({ print }, setmetatable({}, { __tostring = function() return "me" end }))
		log.error()`)
	got := s.Output()
	if len(got) == 4 && len(got[2]) > 20 {
		// removes the address, which the text of a table that cannot be JSON contains
		got[2] = got[2][:13] + "..." + got[2][len(got[2])-3:]
	}
	if want := []string{"DEBUG: a 1 nil true", `INFO: {"room":"hall","lamps":[1,2]}`, "WARN: table: ... me", "ERROR: "}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
