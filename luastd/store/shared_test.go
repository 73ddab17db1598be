package store_test

import (
	"os"
	"testing"

	"moonlark/engine/permit"
	"moonlark/engine/testkit"
	"moonlark/luastd/luastdtest"
)

// openSharing opens a script with a shared store.
func openSharing(t *testing.T, data permit.Settings) *luastdtest.Script {
	return luastdtest.Open(t, luastdtest.Options{Permissions: data, Source: `
		house, seen = store.open("house", {shared = true}), {}
		house.watch("", function(key, value) table.insert(seen, key .. "=" .. tostring(value)) end)`})
}

func TestScriptsShareAStore(t *testing.T) {
	data := permit.Settings{Data: t.TempDir()}
	a, b := openSharing(t, data), openSharing(t, data)
	a.Want(`return house.set("x", 1), store.open("house").set("x", 2)`, "true, true")
	b.Want(`return house.get("x"), store.open("house").get("x")`, "1, nil")
	for _, s := range []*luastdtest.Script{a, b} {
		testkit.Until(t, "the change", func() bool { return s.Run(`return unpack(seen)`) == "x=1" })
	}
	a.Want(`
		local ended = 0
		for i = 1, 10 do spawn(function() for i = 1, 10 do house.incr("n") end ended = ended + 1 end) end
		while ended < 10 do sleep(0.01) end`, "")
	b.Want(`for i = 1, 100 do house.update("n", function(n) return n + 1 end) end return house.get("n")`, "200")
	a.Scripts.Close()
	b.Want(`return house.incr("n")`, "201")
}

func TestOnlyScriptsWithTheSameIDShareAStore(t *testing.T) {
	data := t.TempDir()
	a := openSharing(t, permit.Settings{Data: data, ID: "a"})
	b := openSharing(t, permit.Settings{Data: data, ID: "b"})
	a.Want(`return house.set("x", 1)`, "true")
	b.Want(`return house.get("x")`, "nil")
}

func TestASharedStoreTouchesNothingWhileTheScriptLoads(t *testing.T) {
	data := t.TempDir()
	s := luastdtest.Open(t, luastdtest.Options{Permissions: permit.Settings{Data: data}, Source: `value = store.open("house", {shared = true}).get("x", "none")`})
	s.Want(`return value`, "none")
	if entries, err := os.ReadDir(data); err != nil || len(entries) > 0 {
		t.Errorf("there are %v, %v", entries, err)
	}
}
