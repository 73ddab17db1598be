package store_test

import (
	"testing"

	"moonlark/engine/testkit"
	"moonlark/luastd/luastdtest"
	"moonlark/luastd/store"
)

func TestReloadsLeaveNothingOpen(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds of real time")
	}
	testkit.Until(t, "the files of other tests", func() bool { return store.OpenFiles() == 0 })
	luastdtest.CheckReloads(t, luastdtest.Options{Source: `
		store.get("x")
		store.watch("", function() sleep(60) end)
		on_start(function()
			for i = 1, 5 do store.open("s" .. i).set("n", i, {lazy = true}) end
			spawn(function() local t = store.open("t") t.transaction(function() t.incr("n") sleep(60) end) end)
			store.incr("m")
		end)`})
}
