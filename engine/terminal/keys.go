package terminal

import (
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	keyNone  = 0 // Ctrl-Space: the editor does nothing at it, except to say what the line is
	keyCtrlC = 3
	keyCtrlD = 4
	keyCtrlL = 12
	keyEnter = '\r'
	keyEsc   = 0x1b

	pasteStart = "\x1b[200~"
	pasteEnd   = "\x1b[201~"

	maxKey = 32 // bytes of one key; what is longer is no key we know
)

// keys reads what a terminal sends and hands it to the line editor as the few
// keys that the editor knows, always whole ones. It puts a keyNone after them,
// at which the editor tells what its line has become. What is pasted comes in
// as text on one line, whatever is in it.
type keys struct {
	in    io.Reader
	clear func()      // Ctrl-L
	space func() bool // the space bar, unless it says that it is one as ever; nil: it always is

	buf   []byte // read from in, not handed on
	paste bool   // in the middle of what is pasted
	last  byte   // keyEnter, keyCtrlC or keyCtrlD when that was the last key handed on
}

func (k *keys) Read(p []byte) (int, error) {
	for {
		if n := k.hand(p[:len(p)-1]); n > 0 {
			p[n] = keyNone
			return n + 1, nil
		}
		var chunk [256]byte
		n, err := k.in.Read(chunk[:])
		k.buf = append(k.buf, chunk[:n]...)
		if n == 0 && err != nil {
			return 0, err
		}
	}
}

// hand fills p with keys, up to one that may end the line.
func (k *keys) hand(p []byte) int {
	n := 0
	for len(k.buf) > 0 {
		key, size := k.next()
		if size == 0 || n+len(key) > len(p) {
			break
		}
		if key == " " && !k.paste && k.space != nil {
			if n > 0 { // what the line is is known once those before have been taken
				break
			}
			if k.space() {
				key = ""
			}
		}
		k.buf = k.buf[size:]
		n += copy(p[n:], key)
		k.last = 0
		switch {
		case len(key) != 1:
		case key[0] == keyCtrlL:
			k.clear()
		case key[0] == keyEnter || key[0] == keyCtrlC || key[0] == keyCtrlD:
			k.last = key[0]
			return n
		}
	}
	return n
}

// next is the key at the beginning of buf, "" for one to leave out, and how
// many bytes it takes there, 0 when it is not all there yet.
func (k *keys) next() (key string, size int) {
	b := k.buf
	if k.paste && len(b) < len(pasteEnd) && strings.HasPrefix(pasteEnd, string(b)) {
		return "", 0
	}
	switch {
	case k.paste && strings.HasPrefix(string(b[:min(len(b), len(pasteEnd))]), pasteEnd):
		k.paste = false
		return "", len(pasteEnd)
	case !k.paste && b[0] == keyEsc:
		return k.sequence()
	case !utf8.FullRune(b):
		return "", 0
	}
	r, size := utf8.DecodeRune(b)
	switch {
	case r == utf8.RuneError:
		return "", size
	case k.paste && unicode.IsSpace(r):
		return " ", size
	case !k.paste && (r == '\n' || r == '\r'):
		return string(rune(keyEnter)), size
	case !k.paste && slices.Contains(known, byte(min(r, 0xff))):
		return string(r), size
	case unicode.IsControl(r):
		return "", size
	}
	return string(r), size
}

// known are the control keys of the editor, as in a shell: beginning and end,
// left and right, delete back, the word, to the end, the line, swap, history.
var known = []byte{1, 5, 2, 6, 8, 127, 23, 11, 21, 20, 14, 16, keyCtrlC, keyCtrlD, keyCtrlL}

// sequence is a key that begins with Esc. Esc on its own is no key: whatever
// follows it that makes no sequence counts for itself.
func (k *keys) sequence() (key string, size int) {
	b := k.buf
	if len(b) < 2 {
		return "", 0
	}
	if b[1] == 'O' && len(b) > 2 && strings.IndexByte("ABCDFH", b[2]) >= 0 {
		return "\x1b[" + string(b[2]), 3
	}
	if b[1] == 'O' && len(b) == 2 {
		return "", 0
	}
	if b[1] != '[' {
		return "", 1
	}
	for i := 2; i < len(b) && i < maxKey; i++ {
		switch c := b[i]; {
		case c >= 0x40 && c <= 0x7e:
			seq := string(b[:i+1])
			k.paste = seq == pasteStart
			return sequences[seq], i + 1
		case c < 0x20 || c > 0x7e:
			return "", i
		}
	}
	if len(b) >= maxKey {
		return "", maxKey
	}
	return "", 0
}

// sequences are what terminals send for the keys that the editor knows, and
// what it knows them by. Others do nothing.
var sequences = map[string]string{
	"\x1b[A": "\x1b[A", "\x1b[B": "\x1b[B", "\x1b[C": "\x1b[C", "\x1b[D": "\x1b[D",
	"\x1b[H": "\x1b[H", "\x1b[1~": "\x1b[H", "\x1b[7~": "\x1b[H",
	"\x1b[F": "\x1b[F", "\x1b[4~": "\x1b[F", "\x1b[8~": "\x1b[F",
	"\x1b[3~":   "\x1b[3~",
	"\x1b[1;3C": "\x1b[1;3C", "\x1b[1;5C": "\x1b[1;3C", // a word right, with Alt or Ctrl
	"\x1b[1;3D": "\x1b[1;3D", "\x1b[1;5D": "\x1b[1;3D",
}
