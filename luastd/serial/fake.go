package serial

import (
	"context"
	"errors"
	"time"

	"moonlark/luastd"
)

// A fakeWire takes the place of a device in a test of the script.
type fakeWire struct{ fake *luastd.FakeSerial }

func (fakeWire) Read([]byte) (int, error) { return 0, errors.New("a fake device is not read") }

func (w fakeWire) Write(_ context.Context, data string) (int, error) {
	w.fake.Write(data)
	return len(data), nil
}

func (fakeWire) Release()                  {}
func (fakeWire) Close() error              { return nil }
func (fakeWire) Discard() error            { return nil }
func (fakeWire) SetDTR(bool) error         { return nil }
func (fakeWire) SetRTS(bool) error         { return nil }
func (fakeWire) Break(time.Duration) error { return nil }

// fake returns the fake device of a port, or nil if there is none.
func (m *module) fake(device string) *luastd.FakeSerial {
	if fakes := m.rt.Fakes(); fakes != nil {
		return fakes.Serial(device)
	}
	return nil
}

// newFakePort returns a port that is open, and has no goroutine.
func newFakePort(s settings, fake *luastd.FakeSerial) *port {
	p := makePort(s)
	close(p.tried)
	close(p.ended)
	p.connect(fakeWire{fake}, s.device) // cannot fail, because the port has not been stopped
	fake.Open(func(data string) { p.receive([]byte(data)) })
	return p
}
