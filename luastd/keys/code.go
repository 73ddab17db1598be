package keys

import "time"

const (
	maxCodeLength = 4096
	// maxCodePause is how long a scanner may pause between two characters. What was typed before a
	// longer pause does not belong to the code.
	maxCodePause = 2 * time.Second
)

// A code is the text that a scanner types, up to the key Enter. The zero value is empty.
type code struct {
	text []byte
	last time.Time // when the last character was typed
}

// typed has the characters of the keys of a keyboard with the layout of the USA, without and with
// shift.
var typed = func() map[uint16][2]byte {
	keys := make(map[uint16][2]byte)
	for _, row := range []struct {
		first          uint16
		plain, shifted string
	}{
		{2, "1234567890-=", "!@#$%^&*()_+"},
		{15, "\tqwertyuiop[]", "\tQWERTYUIOP{}"},
		{30, "asdfghjkl;'`", `ASDFGHJKL:"~`},
		{43, `\zxcvbnm,./`, "|ZXCVBNM<>?"},
		{55, "*", "*"}, {57, " ", " "},
		{71, "789-456+1230.", "789-456+1230."},
		{98, "/", "/"},
	} {
		for i := range row.plain {
			keys[row.first+uint16(i)] = [2]byte{row.plain[i], row.shifted[i]}
		}
	}
	return keys
}()

// add adds the key of an event. ok is true if the key was Enter and there is a text.
func (c *code) add(e event) (text string, ok bool) {
	if e.action != "press" {
		return "", false
	}
	if e.time.Sub(c.last) > maxCodePause {
		c.text = nil
	}
	c.last = e.time
	if e.code == keyEnter || e.code == keyPadEnter {
		text = string(c.text)
		c.text = nil
		return text, text != ""
	}
	characters, known := typed[e.code]
	if !known || len(c.text) >= maxCodeLength {
		return "", false
	}
	character := characters[0]
	if e.modifiers&shift != 0 {
		character = characters[1]
	}
	c.text = append(c.text, character)
	return "", false
}
