package luastdtest

import (
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/zone"
)

// Functions calls the functions of a module directly, without an executor and a script. A call
// takes microseconds, so that a fuzz test can make many of them.
type Functions struct {
	L           *lua.LState
	Checkpoints int // number of calls of Runtime.Checkpoint so far

	table *lua.LTable
}

// OpenFunctions opens a module in a new Lua state, which is closed when the test ends. The module
// may use only the methods Checkpoint, Try and Fakes of its Runtime, and those of the Clock.
func OpenFunctions(t testing.TB, m luastd.Module) *Functions {
	L := lua.NewState()
	t.Cleanup(L.Close)
	f := &Functions{L: L}
	f.table = m.Open(L, bareRuntime{functions: f}).(*lua.LTable)
	return f
}

// Call calls a function of the module. It returns the results of the function, or the error that
// the function raised.
func (f *Functions) Call(name string, args ...lua.LValue) ([]lua.LValue, error) {
	return bareRuntime{functions: f}.Try(append([]lua.LValue{f.table.RawGetString(name)}, args...))
}

// A bareRuntime is the Runtime of a Lua state that no executor runs.
type bareRuntime struct {
	luastd.Runtime // nil: calls of the other methods panic
	functions      *Functions
}

func (rt bareRuntime) Now() time.Time { return time.Now() }

func (rt bareRuntime) Elapsed() time.Time { return time.Now() }

func (rt bareRuntime) Fakes() luastd.Fakes { return nil }

func (rt bareRuntime) Zone() *time.Location { return time.UTC }

func (rt bareRuntime) NamedZone(name string) (*time.Location, bool) {
	return zone.New(func(string) {}).Named(name)
}

func (rt bareRuntime) Checkpoint(*lua.LState) { rt.functions.Checkpoints++ }

func (rt bareRuntime) Try(call []lua.LValue) ([]lua.LValue, error) {
	L := rt.functions.L
	bottom := L.GetTop()
	defer L.SetTop(bottom)
	if err := L.CallByParam(lua.P{Fn: call[0], NRet: lua.MultRet, Protect: true}, call[1:]...); err != nil {
		return nil, err
	}
	var results []lua.LValue
	for i := bottom + 1; i <= L.GetTop(); i++ {
		results = append(results, L.Get(i))
	}
	return results, nil
}

// CheckFailure fails the test unless results are the three results of a function that has failed:
// nil, a reason that begins with the code, and the code.
func CheckFailure(t testing.TB, results []lua.LValue, codes ...string) {
	t.Helper()
	if len(results) == 3 && results[0] == lua.LNil {
		reason, code := results[1].String(), results[2].String()
		for _, want := range codes {
			if code == want && len(reason) <= 300 && len(reason) > len(code)+2 && reason[:len(code)+2] == code+": " && oneLine.Replace(reason) == reason {
				return
			}
		}
	}
	t.Errorf("got %q, want nil, a reason and one of the codes %q", results, codes)
}
