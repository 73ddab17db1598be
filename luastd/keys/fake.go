package keys

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"moonlark/luastd"
)

// A fakeInput takes the place of an open device in a test of the script.
type fakeInput struct{ close func() }

func (fakeInput) Read([]byte) (int, error)   { return 0, errors.New("a fake device is not read") }
func (fakeInput) Pressed() ([]uint16, error) { return nil, nil }
func (fakeInput) Grab() error                { return nil }

func (in fakeInput) Close() error {
	in.close()
	return nil
}

// fakes returns the fake devices of a test, which take the place of all devices of the machine, or
// nil if there are none.
func (m *module) fakes() []*luastd.FakeKeys {
	if fakes := m.rt.Fakes(); fakes != nil {
		return fakes.Keys()
	}
	return nil
}

// fakeInfo describes a fake device. n counts the fake devices.
func fakeInfo(n int, f *luastd.FakeKeys) info {
	return info{name: f.Name, path: fmt.Sprintf("/dev/input/event%d", n), phys: "test", kind: f.Kind}
}

// newFakeSource returns a source that has opened the fake devices that s selects. It has no goroutine.
func newFakeSource(s selector, fakes []*luastd.FakeKeys) *source {
	src := makeSource(nil, s, nil)
	close(src.tried)
	close(src.ended)
	for n, f := range fakes {
		if d := fakeInfo(n, f); s.matches(d) && !src.isTaken(d.path) {
			src.addFake(d, f)
		}
	}
	if len(src.devices) == 0 {
		src.failure = src.notFound()
	}
	return src
}

// addFake adds a fake device, whose events the source takes on the goroutine of the test.
func (s *source) addFake(info info, f *luastd.FakeKeys) {
	d := &device{info: info, down: make(map[uint16]bool)}
	d.input = fakeInput{f.Open(func(code uint16, pressed bool, at time.Time) {
		e := rawEvent{time: at, kind: typeKey, code: code}
		if pressed {
			e.value = press
		}
		s.take(d, e)
		s.take(d, rawEvent{time: at, kind: typeSync, code: syncReport})
	})}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.devices[info.path] = d
	s.grab(d)
}

// modifierCodes has the code of the left key of each modifier.
var modifierCodes = []struct {
	modifier modifiers
	code     uint16
}{{ctrl, keyLeftCtrl}, {shift, keyLeftShift}, {alt, keyLeftAlt}, {meta, keyLeftMeta}}

// Codes returns the codes of the keys that are pressed, one after the other, for a name such as
// "volume_up" or "ctrl+alt+q". It is for fake devices.
func Codes(name string) ([]uint16, error) {
	c, err := parseCombination(name)
	if err != nil {
		return nil, err
	}
	if c.any {
		return nil, errors.New(`"*" is not a key`)
	}
	return c.codes(), nil
}

// codes returns the codes of the keys of the combination, the modifiers first.
func (c combination) codes() (codes []uint16) {
	for _, m := range modifierCodes {
		if c.modifiers&m.modifier != 0 {
			codes = append(codes, m.code)
		}
	}
	return append(codes, c.code)
}

// TextCodes returns what a keyboard with the layout of the USA, or a scanner, types for a text: the
// codes of the keys for each character, like Codes. "\n" is the key Enter.
func TextCodes(text string) ([][]uint16, error) {
	var all [][]uint16
	for i := range len(text) {
		codes, ok := characterCodes(text[i])
		if !ok {
			return nil, fmt.Errorf("no key types %q: the keyboard has the layout of the USA", text[i])
		}
		all = append(all, codes)
	}
	return all, nil
}

// characterCodes returns the codes of the keys that type a character.
func characterCodes(character byte) (codes []uint16, ok bool) {
	if character == '\n' {
		return []uint16{keyEnter}, true
	}
	var shifted []uint16
	for code, characters := range typed {
		switch character {
		case characters[0]:
			codes = append(codes, code)
		case characters[1]:
			shifted = append(shifted, code)
		}
	}
	if len(codes) > 0 { // the lowest code is not one of the numeric keypad
		return []uint16{slices.Min(codes)}, true
	}
	if len(shifted) > 0 {
		return combination{modifiers: shift, code: slices.Min(shifted)}.codes(), true
	}
	return nil, false
}
