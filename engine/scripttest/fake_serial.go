package scripttest

import (
	"context"
	"fmt"
	"sync"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/value"
)

// A fakeSerial takes the place of a device at a serial port. Any goroutine may use it.
type fakeSerial struct {
	t       *testRun
	device  string
	answers map[string]string // what the device sends when the script has written something

	mu      sync.Mutex // guards the fields below
	receive func(data string)
	written []record
}

// port returns the device as the module serial sees it.
func (s *fakeSerial) port() *luastd.FakeSerial {
	return &luastd.FakeSerial{
		Open: func(receive func(data string)) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.receive = receive
		},
		Write: func(data string) {
			s.mu.Lock()
			s.written = append(s.written, record{"data": data})
			receive := s.receive
			s.mu.Unlock()
			if answer, ok := s.answers[data]; ok {
				receive(answer)
			}
		},
	}
}

func (s *fakeSerial) calls() []record {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]record(nil), s.written...)
}

func (s *fakeSerial) String() string { return "fake of " + s.device }

// Serial implements luastd.Fakes. The fake that was made last has priority.
func (f *fakes) Serial(device string) *luastd.FakeSerial {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := len(f.serials) - 1; i >= 0; i-- {
		if f.serials[i].device == device {
			return f.serials[i].port()
		}
	}
	return nil
}

// serial is the Lua function t.serial.
func (f *testFile) serial(L *lua.LState, t *testRun) int {
	s := &fakeSerial{t: t, device: L.CheckString(1), answers: make(map[string]string)}
	if answers := L.OptTable(2, nil); answers != nil {
		answers.ForEach(func(k, v lua.LValue) {
			request, ok := k.(lua.LString)
			answer, ok2 := v.(lua.LString)
			if !ok || !ok2 {
				L.ArgError(2, `want the answers of the device by what the script writes, such as {["T?\n"] = "21.5\n"}`)
			}
			s.answers[string(request)] = string(answer)
		})
	}
	t.fakes.mu.Lock()
	t.fakes.serials = append(t.fakes.serials, s)
	t.fakes.mu.Unlock()
	return f.pushRecorder(L, s)
}

// send is the Lua method send of a fake device at a serial port: it sends bytes to the script.
func (f *testFile) send(L *lua.LState) int {
	s, ok := value.CheckHandle[recorder](L, "a fake", "fake:send(text)").(*fakeSerial)
	if !ok {
		L.ArgError(1, "the fake of a serial port expected: only t.serial returns one")
	}
	text := L.CheckString(2)
	f.withScript(L, s.t, func(ctx context.Context, subject *subject) error {
		s.mu.Lock()
		receive := s.receive
		s.mu.Unlock()
		if receive == nil {
			return fmt.Errorf("the script has not opened the serial port %s", s.device)
		}
		receive(text)
		return subject.scripts.AwaitRest(ctx)
	})
	return 0
}
