package terminal

import (
	"bytes"
	"time"
	"unicode"
	"unicode/utf8"
)

// A key is one press of a key, or one character of pasted text.
type key struct {
	code   keyCode
	char   rune // the character, if code is keyChar
	pasted bool // whether the character was pasted instead of typed
}

// A keyCode says what a key does at the prompt.
type keyCode int

const (
	keyIgnored keyCode = iota // the key does nothing
	keyChar                   // inserts the character in the field char

	keyLeft
	keyRight
	keyWordLeft
	keyWordRight
	keyHome
	keyEnd

	keyBackspace
	keyDelete
	keyDeleteWord    // deletes the word before the cursor
	keyDeleteNext    // deletes the word after the cursor
	keyDeleteToStart // deletes everything before the cursor
	keyDeleteToEnd   // deletes everything after the cursor
	keyTranspose     // swaps the characters before and after the cursor

	keyPreviousLine // shows the previous line of the history
	keyNextLine     // shows the next line of the history

	keyEnter
	keyCtrlC // clears the line; ends the input if the line is empty
	keyCtrlZ // suspends the process
	keyCtrlD // deletes a character; ends the input if the line is empty
	keyCtrlL // clears the screen
	keyTab   // completes the name before the cursor
)

// controlKeys says which control characters have a function. The functions are those of common
// shells.
var controlKeys = map[rune]keyCode{
	'\r': keyEnter, '\n': keyEnter,
	'\t': keyTab,
	'\b': keyBackspace, 0x7f: keyBackspace,
	ctrl('A'): keyHome, ctrl('E'): keyEnd, ctrl('B'): keyLeft, ctrl('F'): keyRight,
	ctrl('P'): keyPreviousLine, ctrl('N'): keyNextLine,
	ctrl('W'): keyDeleteWord, ctrl('U'): keyDeleteToStart, ctrl('K'): keyDeleteToEnd, ctrl('T'): keyTranspose,
	ctrl('C'): keyCtrlC, ctrl('D'): keyCtrlD, ctrl('L'): keyCtrlL, ctrl('Z'): keyCtrlZ,
}

// altKeys says which characters have a function when they are typed with the Alt key: the terminal
// sends an Esc before the character. Other characters are ignored.
var altKeys = map[rune]keyCode{
	'b': keyWordLeft, 'B': keyWordLeft, 'f': keyWordRight, 'F': keyWordRight,
	'd': keyDeleteNext, 'D': keyDeleteNext, '\b': keyDeleteWord, 0x7f: keyDeleteWord,
}

// ctrl returns the control character that a terminal sends for the Ctrl key with a letter.
func ctrl(letter rune) rune { return letter - '@' }

// csiKeys are the keys for which a terminal sends "\x1b[" and then the text in the map. Keys with
// other texts are ignored.
var csiKeys = map[string]keyCode{
	"A": keyPreviousLine, "B": keyNextLine, "C": keyRight, "D": keyLeft,
	"H": keyHome, "1~": keyHome, "7~": keyHome,
	"F": keyEnd, "4~": keyEnd, "8~": keyEnd,
	"3~":   keyDelete,
	"1;3C": keyWordRight, "1;5C": keyWordRight, // Alt-Right and Ctrl-Right
	"1;3D": keyWordLeft, "1;5D": keyWordLeft,
}

// ss3Keys are the keys for which a terminal sends "\x1bO" and then one letter. A terminal in
// "application mode" sends the arrow keys and the Enter key of the keypad (M) in this form. Keys with
// other letters, such as F1 to F4, are ignored.
var ss3Keys = map[byte]keyCode{
	'A': keyPreviousLine, 'B': keyNextLine, 'C': keyRight, 'D': keyLeft, 'H': keyHome, 'F': keyEnd, 'M': keyEnter,
}

const (
	esc        = 0x1b
	pasteStart = "200~"      // follows "\x1b[" before pasted text
	pasteEnd   = "\x1b[201~" // what the terminal sends after pasted text

	// maxSequence is the maximum size of an escape sequence, in bytes. A longer one ends there.
	maxSequence = 256

	// The bytes of one key come together. If this much time passes after an Esc, or after the
	// beginning of a reply of the terminal, the bytes that come later do not belong to the same key.
	keyTimeout   = 100 * time.Millisecond
	replyTimeout = time.Second
)

// A keyDecoder turns the bytes that a terminal sends into keys. The bytes of one key may come in
// several pieces.
type keyDecoder struct {
	buf     []byte    // bytes that were received and not decoded yet
	last    time.Time // when bytes were received last
	pasting bool      // whether the first byte in buf belongs to pasted text
	inReply bool      // whether the first byte in buf belongs to a reply of the terminal
}

// feed adds bytes that the terminal has sent at the time now.
func (d *keyDecoder) feed(b []byte, now time.Time) {
	if len(b) == 0 {
		return
	}
	switch late := now.Sub(d.last); {
	case d.inReply && late > replyTimeout:
		d.inReply, d.buf = false, nil // it was not a reply but a key such as Alt-]
	case len(d.buf) == 1 && d.buf[0] == esc && b[0] != '[' && late > keyTimeout,
		string(d.buf) == "\x1bO" && late > keyTimeout:
		d.buf = nil // the Esc key, or Alt-O
	}
	d.last = now
	d.buf = append(d.buf, b...)
}

// next returns the next key. ok is false if not all bytes of the key have come yet.
func (d *keyDecoder) next() (k key, ok bool) {
	if d.inReply {
		d.skipReply()
	}
	if len(d.buf) == 0 || d.inReply {
		return key{}, false
	}
	var size int
	switch {
	case d.pasting:
		k, size = d.decodePasted()
	case d.buf[0] == esc:
		k.code, size = d.decodeSequence()
	default:
		k, size = decodeChar(d.buf)
	}
	d.buf = d.buf[size:]
	return k, size > 0
}

// decodePasted decodes one character of pasted text, or the bytes that end the pasted text. A
// newline or other white space becomes a space, because a newline would send the first line of the
// text. size is how many bytes were decoded; it is 0 if more bytes must come first.
func (d *keyDecoder) decodePasted() (k key, size int) {
	end := []byte(pasteEnd)
	switch {
	case bytes.HasPrefix(d.buf, end):
		d.pasting = false
		return key{}, len(end)
	case bytes.HasPrefix(end, d.buf) || !utf8.FullRune(d.buf):
		return key{}, 0
	}
	r, size := utf8.DecodeRune(d.buf)
	switch {
	case unicode.IsSpace(r):
		return key{code: keyChar, char: ' ', pasted: true}, size
	case r == utf8.RuneError || unicode.IsControl(r):
		return key{}, size
	}
	return key{code: keyChar, char: r, pasted: true}, size
}

// decodeChar decodes the character or control character at the beginning of b. size is how many
// bytes were decoded; it is 0 if more bytes must come first.
func decodeChar(b []byte) (k key, size int) {
	if !utf8.FullRune(b) {
		return key{}, 0
	}
	r, size := utf8.DecodeRune(b)
	switch code, ok := controlKeys[r]; {
	case ok:
		return key{code: code}, size
	case r == utf8.RuneError || unicode.IsControl(r):
		return key{}, size
	}
	return key{code: keyChar, char: r}, size
}

// decodeSequence decodes the escape sequence at the beginning of buf. size is how many bytes were
// decoded; it is 0 if more bytes must come first. If a control character follows the Esc, only the
// Esc is ignored.
func (d *keyDecoder) decodeSequence() (code keyCode, size int) {
	b := d.buf
	if len(b) < 2 {
		return keyIgnored, 0
	}
	switch b[1] {
	case '[':
		return d.decodeCSI()
	case 'O':
		return d.decodeSS3()
	case ']', 'P', '_', '^', 'X': // OSC, DCS, APC, PM and SOS
		d.inReply = true
		return keyIgnored, 2
	}
	if !utf8.FullRune(b[1:]) {
		return keyIgnored, 0
	}
	r, size := utf8.DecodeRune(b[1:])
	code, ok := altKeys[r]
	if !ok && (unicode.IsControl(r) || r == utf8.RuneError) {
		return keyIgnored, 1
	}
	return code, 1 + size
}

// skipReply discards the bytes in buf that belong to a reply of the terminal, such as its background
// colour. A reply ends after BEL or after Esc and a backslash. It also ends before a control character
// that no reply contains, such as Enter or Ctrl-C.
func (d *keyDecoder) skipReply() {
	const bel = 0x07
	for i, c := range d.buf {
		switch {
		case c == bel:
			d.buf, d.inReply = d.buf[i+1:], false
			return
		case c == esc && i+1 == len(d.buf):
			d.buf = d.buf[i:]
			return
		case c == esc && d.buf[i+1] == '\\':
			d.buf, d.inReply = d.buf[i+2:], false
			return
		case c < 0x20 && c != '\t' || c == 0x7f:
			d.buf, d.inReply = d.buf[i:], false
			return
		}
	}
	d.buf = nil
}

// decodeSS3 decodes a sequence that begins with "\x1bO". Some terminals send digits and semicolons
// before the letter. size is how many bytes were decoded; it is 0 if more bytes must come first.
func (d *keyDecoder) decodeSS3() (code keyCode, size int) {
	b := d.buf
	for i := 2; i < min(len(b), maxSequence); i++ {
		switch c := b[i]; {
		case c >= '0' && c <= '9' || c == ';':
		case c >= 0x20 && c <= 0x7e:
			if i > 2 {
				return keyIgnored, i + 1
			}
			return ss3Keys[c], i + 1
		default:
			return keyIgnored, i
		}
	}
	if len(b) >= maxSequence {
		return keyIgnored, maxSequence
	}
	return keyIgnored, 0
}

// decodeCSI decodes a sequence that begins with "\x1b[". size is how many bytes were decoded; it is
// 0 if more bytes must come first. A sequence ends before a byte that cannot be in a sequence, and
// after maxSequence bytes.
func (d *keyDecoder) decodeCSI() (code keyCode, size int) {
	b := d.buf
	for i := 2; i < min(len(b), maxSequence); i++ {
		switch c := b[i]; {
		case i == 2 && c == '[': // the console of Linux sends one more byte for F1 to F5
		case c >= 0x40 && c <= 0x7e: // c is the last byte of the sequence
			body := string(b[2 : i+1])
			d.pasting = body == pasteStart
			return csiKeys[body], i + 1
		case c < 0x20 || c > 0x7e:
			return keyIgnored, i
		}
	}
	if len(b) >= maxSequence {
		return keyIgnored, maxSequence
	}
	return keyIgnored, 0
}
