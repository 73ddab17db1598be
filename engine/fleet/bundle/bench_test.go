package bundle

import (
	"strings"
	"testing"
)

// BenchmarkVerify verifies the signature of a manifest of 2 KB.
func BenchmarkVerify(b *testing.B) {
	m := manifestOf(small)
	m.Settings = strings.Repeat("#", 1600)
	text, err := m.Encode()
	if err != nil {
		b.Fatal(err)
	}
	keys, signatures := testKeys(b, 1, "anna"), signed(b, text, "anna")
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if err := keys.Verify(text, signatures); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkParseManifest parses a manifest with 400 files, which is near the limit of 64 KB.
func BenchmarkParseManifest(b *testing.B) {
	content := map[string]string{"main.lua": ""}
	for i := range 400 {
		content["sounds/"+strings.Repeat("x", i%20)+string(rune('a'+i/20))+".wav"] = "RIFF"
	}
	text, err := manifestOf(content).Encode()
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := ParseManifest(text); err != nil {
			b.Fatal(err)
		}
	}
}
