package bundle

import (
	"bytes"
	"testing"
)

// Whatever the bytes are, reading them does not panic, and a bundle that is read is written as the same
// bytes.
func FuzzRead(f *testing.F) {
	f.Add(makeBundle(f, manifestOf(small), small, "anna", "bert"))
	f.Add(makeBundle(f, fullManifest(), map[string]string{"main.lua": "print('hello')\n", "sounds/gong.wav": "RIFF"}))
	f.Add([]byte(magic + "\xff\xff\xff\xff"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, text []byte) {
		b, err := Read(bytes.NewReader(text))
		if err != nil {
			if !isReason(err, Damaged) {
				t.Fatalf("the error is not a Refusal: %v", err)
			}
			return
		}
		var out bytes.Buffer
		if err := b.Write(&out); err != nil {
			return
		}
		again, err := Read(&out)
		if err != nil || again.Digest != b.Digest || len(again.Signatures) != len(b.Signatures) {
			t.Errorf("the bundle that was written is read with %v", err)
		}
	})
}

// A manifest that is parsed keeps all rules, and is encoded as the same bytes.
func FuzzParseManifest(f *testing.F) {
	f.Add([]byte(fullText))
	f.Add([]byte(prefix + `"version":1}`))
	f.Add([]byte(prefix + `"version":1,"created":"2026-11-30T12:00:00Z","scripts":["a.lua"],"files":[{"path":"a.lua","size":0,"sha256":"` + emptySHA256 + `"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := ParseManifest(text)
		if err != nil {
			return
		}
		if again, err := m.Encode(); err != nil || !bytes.Equal(again, text) {
			t.Errorf("%q is encoded as %q, %v", text, again, err)
		}
		for _, file := range m.Files {
			if err := CheckPath(file.Path); err != nil {
				t.Error(err)
			}
		}
		if m.Size() > MaxSize || m.Size() < 0 {
			t.Errorf("the size is %d", m.Size())
		}
	})
}

const emptySHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// What is parsed as signatures is written and parsed again as the same ones.
func FuzzParseSignatures(f *testing.F) {
	f.Add(EncodeSignatures(signed(f, message, "anna", "bert")))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := ParseSignatures(text)
		if err != nil {
			return
		}
		again, err := ParseSignatures(EncodeSignatures(s))
		if err != nil || len(again) != len(s) {
			t.Fatalf("%q: %v", text, err)
		}
		for i := range s {
			if !s[i].Equal(again[i]) {
				t.Errorf("%v was written and parsed as %v", s[i], again[i])
			}
		}
	})
}
