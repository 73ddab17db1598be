package safetext

import "testing"

func TestUTF8RemovesAByteOrderMarkAndRefusesUTF16(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "a": "a", "\n": "\n", "é": "é", "\xEF\xBB\xBF": "", "\xEF\xBB\xBFhé": "hé",
		"a\xEF\xBB\xBF": "a\xEF\xBB\xBF", "\x00\x00": "\x00\x00",
	} {
		if got, err := UTF8([]byte(text)); err != nil || string(got) != want {
			t.Errorf("UTF8(%q) returned %q, %v, want %q", text, got, err, want)
		}
	}
	for name, text := range map[string]string{
		"UTF-16LE with a mark": "\xFF\xFEh\x00i\x00", "UTF-16BE with a mark": "\xFE\xFF\x00h\x00i",
		"UTF-16LE": "h\x00i\x00", "UTF-16BE": "\x00h\x00i", "UTF-32LE": "\xFF\xFE\x00\x00h\x00\x00\x00",
	} {
		if got, err := UTF8([]byte(text)); err == nil {
			t.Errorf("%s: UTF8 returned %q, want an error", name, got)
		}
	}
}
