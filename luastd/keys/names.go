package keys

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/guess"
)

// The codes of keys that the module itself needs, as Linux numbers them.
const (
	keyQ, keyA, keyZ, keyEnter     = 16, 30, 44, 28
	keyUp, keyVolumeUp, keyOK      = 103, 115, 352
	keyPadEnter                    = 96
	keyLeftCtrl, keyLeftShift      = 29, 42
	keyLeftAlt, keyLeftMeta        = 56, 125
	firstButton, lastPointerButton = 0x110, 0x15f // of mice, joysticks, pens and touchscreens

	maxCode = 0x2ff
)

// keyNames has the names of keys: a code, and the names of it and of the codes after it. Names in
// parentheses are only accepted from scripts, for the key before them.
const keyNames = `
1 esc (escape) 1 2 3 4 5 6 7 8 9 0 minus (-) equal (=) backspace tab q w e r t y u i o p
26 left_bracket ([) right_bracket (]) enter (return) left_ctrl a s d f g h j k l semicolon (;)
40 apostrophe (') grave (~) left_shift backslash (\) z x c v b n m comma (,) dot (.) (period) slash (/)
54 right_shift kp_asterisk left_alt space caps_lock f1 f2 f3 f4 f5 f6 f7 f8 f9 f10 num_lock scroll_lock
71 kp_7 kp_8 kp_9 kp_minus kp_4 kp_5 kp_6 kp_plus kp_1 kp_2 kp_3 kp_0 kp_dot
86 102nd f11 f12
96 kp_enter right_ctrl kp_slash print_screen (sysrq) right_alt
102 home up page_up (pgup) left right end down page_down (pgdn) insert delete (del)
113 mute volume_down volume_up power kp_equal
119 pause
125 left_meta right_meta compose stop
139 menu calculator
142 sleep wake_up
150 www
152 screen_lock
155 mail bookmarks
158 back forward
161 eject
163 next_song play_pause previous_song stop_cd record rewind phone
171 config home_page refresh exit
183 f13 f14 f15 f16 f17 f18 f19 f20 f21 f22 f23 f24
200 play_cd pause_cd
207 play fast_forward
212 camera
217 search
224 brightness_down brightness_up media
248 mic_mute
256 button_0 button_1 button_2 button_3 button_4 button_5 button_6 button_7 button_8 button_9
272 mouse_left mouse_right mouse_middle
304 gamepad_a gamepad_b
307 gamepad_x gamepad_y
310 gamepad_left gamepad_right
314 gamepad_select gamepad_start
330 touch
352 ok select
358 info
362 program
364 favorites
366 pvr epg
368 language title subtitle
372 zoom
377 tv
385 radio
388 teletext
392 audio video
398 red green yellow blue channel_up channel_down
405 last
407 next
412 previous
512 numeric_0 numeric_1 numeric_2 numeric_3 numeric_4 numeric_5 numeric_6 numeric_7 numeric_8 numeric_9 numeric_star numeric_pound
582 voice_command
`

// nameOf has the names of the keys by code, and codeOf the codes by name in the form of plainName.
var nameOf, codeOf = parseNames()

func parseNames() (map[uint16]string, map[string]uint16) {
	names, codes := make(map[uint16]string), make(map[string]uint16)
	for line := range strings.Lines(strings.TrimSpace(keyNames)) {
		words := strings.Fields(line)
		next, _ := strconv.Atoi(words[0])
		for _, word := range words[1:] {
			if alias, ok := strings.CutPrefix(word, "("); ok && len(word) > 2 {
				codes[plainName(strings.TrimSuffix(alias, ")"))] = uint16(next - 1)
				continue
			}
			names[uint16(next)] = word
			codes[plainName(word)] = uint16(next)
			next++
		}
	}
	return names, codes
}

// plainName returns a name of a key without the differences that do not count: KEY_VOLUMEUP is
// volume_up.
func plainName(name string) string {
	return strings.ReplaceAll(strings.TrimPrefix(strings.ToLower(name), "key_"), "_", "")
}

// keyName returns the name of a key for scripts.
func keyName(code uint16) string {
	if name := nameOf[code]; name != "" {
		return name
	}
	return fmt.Sprintf("key_%d", code)
}

// modifiers are keys that are pressed together with another one.
type modifiers uint8

const (
	ctrl modifiers = 1 << iota
	shift
	alt
	meta
)

// modifierNames has the names of the modifiers.
var modifierNames = map[string]modifiers{
	"ctrl": ctrl, "control": ctrl, "shift": shift, "alt": alt, "meta": meta, "super": meta, "cmd": meta, "win": meta,
}

// modifierKeys has the modifiers by the codes of their keys.
var modifierKeys = map[uint16]modifiers{29: ctrl, 97: ctrl, 42: shift, 54: shift, 56: alt, 100: alt, 125: meta, 126: meta}

// A combination is a key with the modifiers that must be pressed.
type combination struct {
	any       bool // all keys, with any modifiers
	code      uint16
	modifiers modifiers
}

var numberedKey = regexp.MustCompile(`^(?i)key_(\d{1,3})$`)

// parseCombination returns the combination with a name such as "ctrl+alt+q".
func parseCombination(text string) (combination, error) {
	if text == "*" {
		return combination{any: true}, nil
	}
	words := strings.Split(text, "+")
	var c combination
	for _, word := range words[:len(words)-1] {
		m, ok := modifierNames[strings.ToLower(word)]
		if !ok {
			return c, fmt.Errorf("%q is not a modifier; the modifiers are ctrl, shift, alt and meta", word)
		}
		c.modifiers |= m
	}
	name := words[len(words)-1]
	if number := numberedKey.FindStringSubmatch(name); number != nil {
		if n, _ := strconv.Atoi(number[1]); n > 0 && n <= maxCode {
			c.code = uint16(n)
			return c, nil
		}
	}
	code, ok := codeOf[plainName(name)]
	if !ok || name == "" {
		var known []string
		for _, name := range nameOf {
			known = append(known, name)
		}
		slices.Sort(known)
		return c, fmt.Errorf("there is no key %q%s", name, guess.DidYouMean(name, known))
	}
	c.code = code
	return c, nil
}

// checkCombination returns argument n, the name of a key.
func checkCombination(L *lua.LState, n int) combination {
	c, err := parseCombination(L.CheckString(n))
	if err != nil {
		L.ArgError(n, err.Error())
	}
	return c
}

// matches reports whether the event is one of this key. A modifier that is the key itself does not
// count.
func (c combination) matches(e event) bool {
	return c.any || c.code == e.code && c.modifiers == e.modifiers&^modifierKeys[e.code]
}
