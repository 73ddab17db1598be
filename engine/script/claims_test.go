package script

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
)

// ports are things that can be open only once for each name, like the port of a listener.
type ports struct {
	mu     sync.Mutex // guards the fields below
	inUse  map[string]bool
	opened int
	events []string
}

func (p *ports) record(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.events = append(p.events, fmt.Sprintf(format, args...))
}

// all returns what has happened since the last call of log.
func (p *ports) all() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.events, ", ")
}

// log returns what has happened since the last call.
func (p *ports) log() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	text := strings.Join(p.events, ", ")
	p.events = nil
	return text
}

// An openPort is an open port. Closing it takes a second, unless the scripts are closed.
type openPort struct {
	p     *ports
	label string // such as "80/a #1": the name, the settings, and how many ports were opened before
	name  string
}

func (o *openPort) Stop() {
	o.p.mu.Lock()
	delete(o.p.inUse, o.name)
	o.p.mu.Unlock()
	o.p.record("stop %s", o.label)
}

func (o *openPort) Close(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(time.Second):
	}
	o.p.record("close %s", o.label)
}

// module returns a module with a Lua function port(name, settings), which claims a port and returns a
// function that releases it.
func (p *ports) module() luastd.Module {
	return luastd.Module{Name: "ports", Globals: []string{"port"}, Open: func(L *lua.LState, rt luastd.Runtime) lua.LValue {
		t := L.CreateTable(0, 1)
		t.RawSetString("port", L.NewFunction(func(L *lua.LState) int {
			name, settings := L.CheckString(1), L.OptString(2, "")
			l, err := rt.Claim(luastd.Claim{Kind: "port", Name: name, Settings: settings,
				Open: func() (luastd.Resource, error) {
					p.mu.Lock()
					defer p.mu.Unlock()
					if p.inUse[name] {
						return nil, errors.New("in use")
					}
					if name != "" {
						p.inUse[name] = true
					}
					p.opened++
					o := &openPort{p, fmt.Sprintf("%s/%s #%d", name, settings, p.opened), name}
					p.events = append(p.events, "open "+o.label)
					return o, nil
				},
				Use: func(r luastd.Resource, err error) {
					if err != nil {
						p.record("%s: %v", name, err)
						return
					}
					p.record("use %s", r.(*openPort).label)
				}})
			if err != nil {
				L.RaiseError("%s", err.Error())
			}
			L.Push(L.NewFunction(func(*lua.LState) int { l.Release(); return 0 }))
			return 1
		}))
		return t
	}}
}

// withPorts runs a test with a fixture whose script a.lua has this source.
func withPorts(t *testing.T, source string, test func(f *fixture, p *ports)) {
	synctest.Test(t, func(t *testing.T) {
		p := &ports{inUse: map[string]bool{}}
		f := newFixture(t, Options{Modules: []luastd.Module{p.module()}})
		f.write("a.lua", source)
		if _, err := f.Load(f.path("a.lua")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		test(f, p)
	})
}

// wantLog waits for a time, and fails the test if something else has happened since the last call of
// log.
func (p *ports) wantLog(f *fixture, wait time.Duration, want string) {
	f.t.Helper()
	time.Sleep(wait)
	synctest.Wait()
	if got := p.log(); got != want {
		f.t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestAClaimPassesAReloadUntouched(t *testing.T) {
	withPorts(t, `port("80", "a") port("81")`, func(f *fixture, p *ports) {
		p.wantLog(f, 0, "open 80/a #1, use 80/a #1, open 81/ #2, use 81/ #2")
		for range 3 {
			f.reload()
			p.wantLog(f, time.Minute, "use 80/a #1, use 81/ #2")
		}
		f.Close()
		for _, want := range []string{"stop 80/a #1", "stop 81/ #2", "close 80/a #1", "close 81/ #2"} {
			if events := p.all(); !strings.Contains(events, want) {
				t.Errorf("got %s, want %s too", events, want)
			}
		}
	})
}

func TestAClaimPassesACrashUntouched(t *testing.T) {
	withPorts(t, `port("80")`, func(f *fixture, p *ports) {
		p.wantLog(f, 0, "open 80/ #1, use 80/ #1")
		for range 4 { // later recoveries wait for a while
			f.crash()
			p.wantLog(f, time.Minute+10*time.Second, "use 80/ #1")
		}
	})
}

func TestAClaimThatTheScriptDoesNotMakeAgainIsClosed(t *testing.T) {
	withPorts(t, `port("80") port("81")`, func(f *fixture, p *ports) {
		p.log()
		f.write("a.lua", `port("81")`)
		f.reload()
		p.wantLog(f, claimTime-time.Millisecond, "use 81/ #2")
		p.wantLog(f, 2*time.Millisecond, "stop 80/ #1")
		p.wantLog(f, time.Second, "close 80/ #1")
	})
}

func TestAClaimWithOtherSettingsIsOpenedAnew(t *testing.T) {
	withPorts(t, `port("80", "a")`, func(f *fixture, p *ports) {
		p.log()
		f.write("a.lua", `port("80", "b")`)
		f.reload()
		p.wantLog(f, 0, "stop 80/a #1, open 80/b #2, use 80/b #2")
		p.wantLog(f, time.Minute, "close 80/a #1")
	})
}

func TestAClaimMayBeMadeLater(t *testing.T) {
	withPorts(t, `on_start(function() sleep(1) port("80") end)`, func(f *fixture, p *ports) {
		p.wantLog(f, time.Second, "open 80/ #1, use 80/ #1")
		f.reload()
		p.wantLog(f, time.Minute, "use 80/ #1")
	})
}

func TestClaimsAreMetBeforeOnStart(t *testing.T) {
	withPorts(t, `on_start(function() port("82") end) port("80") port("81")()`, func(f *fixture, p *ports) {
		p.wantLog(f, 0, "open 80/ #1, use 80/ #1, open 82/ #2, use 82/ #2")
	})
}

func TestEqualClaimsOfOneGenerationAreDifferentThings(t *testing.T) {
	withPorts(t, `port("", "x") port("", "x") port("80") port("80")`, func(f *fixture, p *ports) {
		p.wantLog(f, 0, "open /x #1, use /x #1, open /x #2, use /x #2, open 80/ #3, use 80/ #3, 80: in use")
		f.reload()
		p.wantLog(f, time.Minute, "use /x #1, use /x #2, use 80/ #3, 80: in use")
	})
}

func TestARelease(t *testing.T) {
	withPorts(t, `
		local release = port("80")
		register_tool("release", function() release() release() return "ok" end)
		register_tool("wait_and_release", function() sleep(10) release() return "ok" end)
	`, func(f *fixture, p *ports) {
		p.log()
		f.want("release", "{}", "ok")
		p.wantLog(f, time.Second, "stop 80/ #1, close 80/ #1")
		f.reload()
		p.wantLog(f, time.Second, "open 80/ #2, use 80/ #2")
		call := f.start("wait_and_release", "{}")
		time.Sleep(time.Second)
		f.reload()
		f.await(call)
		p.wantLog(f, time.Minute, "use 80/ #2") // the old generation does not release what the new one has
	})
}

func TestAReplacedGenerationClaimsNothing(t *testing.T) {
	withPorts(t, `register_tool("late", function() sleep(1) port("80") end)`, func(f *fixture, p *ports) {
		call := f.start("late", "{}")
		time.Sleep(time.Millisecond)
		f.reload()
		if r := f.await(call); !r.IsError || !strings.Contains(r.Text, "has been replaced") {
			t.Errorf("got %+v", r)
		}
		p.wantLog(f, time.Minute, "")
	})
}

func TestTheNumberOfClaimsIsLimited(t *testing.T) {
	withPorts(t, `register_tool("many", function() for n = 1, 257 do port(tostring(n)) end end)`, func(f *fixture, p *ports) {
		if r := f.call("many", "{}"); !strings.Contains(r.Text, "the script already has 256 servers, sockets, databases and devices open") {
			t.Errorf("got %+v", r)
		}
	})
}

func TestAClaimThatFailsCanBeMadeAgain(t *testing.T) {
	withPorts(t, `port("80")`, func(f *fixture, p *ports) {
		p.log()
		f.write("b.lua", `register_tool("try", function() port("80")() port("80") end)`)
		if _, err := f.Load(f.path("b.lua")); err != nil {
			t.Fatal(err)
		}
		f.call("try", "{}")
		p.wantLog(f, 0, "80: in use, 80: in use") // another script has it
		f.write("a.lua", `local nothing`)
		f.reload()
		p.wantLog(f, time.Minute, "stop 80/ #1, close 80/ #1")
		f.call("try", "{}")
		p.wantLog(f, time.Minute, "open 80/ #2, use 80/ #2, stop 80/ #2, open 80/ #3, use 80/ #3, close 80/ #2")
	})
}

func TestALoadThatFailsAndACheckClaimNothing(t *testing.T) {
	withPorts(t, `port("80")`, func(f *fixture, p *ports) {
		p.log()
		f.write("a.lua", `port("80", "b") port("81") error("no")`)
		if _, err := f.Reload(f.path("a.lua")); err == nil {
			t.Error("the script was loaded")
		}
		f.write("a.lua", `port("80", "b") port("81")`)
		if _, err := f.Check(f.path("a.lua")); err != nil {
			t.Error(err)
		}
		p.wantLog(f, time.Minute, "")
	})
}

// Closing must not wait for the work of a resource that has been stopped before.
func TestCloseDoesNotWaitForResources(t *testing.T) {
	withPorts(t, `port("80", "a")`, func(f *fixture, p *ports) {
		f.write("a.lua", `port("80", "b")`)
		f.reload()
		p.wantLog(f, 0, "open 80/a #1, use 80/a #1, stop 80/a #1, open 80/b #2, use 80/b #2")
		began := time.Now()
		f.Close()
		if took := time.Since(began); took > 100*time.Millisecond {
			t.Errorf("Close took %v", took)
		}
		for _, want := range []string{"close 80/a #1", "stop 80/b #2", "close 80/b #2"} {
			if events := p.all(); !strings.Contains(events, want) {
				t.Errorf("got %s, want %s too", events, want)
			}
		}
	})
}
