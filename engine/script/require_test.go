package script

import (
	"strings"
	"testing"
	"time"

	"moonlark/engine/tool"
)

// loadWith makes a bench with a module, m.lua, and a tool that requires it.
func loadWith(t *testing.T, module string) *bench {
	t.Helper()
	b := newBench(t, Options{})
	b.write("m.lua", module)
	b.write("a.lua", `
		register_tool("get", function() return require("m") end)
		register_tool { name = "hasty", timeout = 0.03, handler = function() return require("m") end }
	`)
	if _, err := b.Load(b.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAModuleThatFailsForOneTaskIsTriedAgainByTheNext(t *testing.T) {
	b := loadWith(t, `
		tries = (tries or 0) + 1
		sleep(0.02)
		if tries == 1 then error("no luck", 0) end
		return "try " .. tries
	`)
	one, two, three := b.start("get", "{}"), b.start("get", "{}"), b.start("get", "{}")
	if r := b.await(one); !r.IsError || !strings.Contains(r.Text, "no luck") {
		t.Errorf("who loaded it first = %+v, want no luck", r)
	}
	for _, answer := range []<-chan tool.Result{two, three} {
		if r := b.await(answer); r.Text != "try 2" {
			t.Errorf("who waited for it = %+v, want try 2", r)
		}
	}
	b.want("get", "{}", "try 2")
}

func TestATaskThatIsKilledWhileItLoadsAModuleLeavesItToTheNext(t *testing.T) {
	b := loadWith(t, `
		tries = (tries or 0) + 1
		if tries == 1 then sleep(3600) end
		return "try " .. tries
	`)
	hasty := b.start("hasty", "{}")
	patient := b.start("get", "{}")
	if r := b.await(hasty); r.Type != tool.ClientTimeout {
		t.Errorf("who loaded it first = %+v, want a client_timeout", r)
	}
	if r := b.await(patient); r.Text != "try 2" {
		t.Errorf("who waited for it = %+v, want try 2", r)
	}
}

func TestATaskThatIsKilledWhileItWaitsForAModuleHarmsNobody(t *testing.T) {
	b := loadWith(t, `sleep(0.1) return "loaded"`)
	loads := b.start("get", "{}")
	if r := b.call("hasty", "{}"); r.Type != tool.ClientTimeout {
		t.Errorf("who waited for it = %+v, want a client_timeout", r)
	}
	if r := b.await(loads); r.Text != "loaded" {
		t.Errorf("who loaded it = %+v, want loaded", r)
	}
	b.want("get", "{}", "loaded")
}

func TestCloseWaitsForTheFileThatIsBeingCompiled(t *testing.T) {
	b := loadWith(t, strings.Repeat("function f(a) return { a, a + 1 } end f(1)\n", 10_000)+"return 1")
	g := b.find(b.path("a.lua")).current
	b.start("get", "{}")
	for end := time.Now().Add(10 * time.Second); len(g.dependsOn()) < 2; time.Sleep(time.Millisecond) { // it has been found
		if time.Now().After(end) {
			t.Fatal("nobody looks for it")
		}
	}
	b.Close()
	if g.sources[b.path("m.lua")] == nil { // kept once it is compiled; no lock: nobody is left
		t.Error("it is still being compiled")
	}
}
