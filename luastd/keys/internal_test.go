package keys

import (
	"encoding/binary"
	"testing"
	"time"
)

func TestEventsHaveTheLayoutOfTheKernel(t *testing.T) {
	order := binary.NativeEndian
	for _, wordSize := range []int{32, 64} {
		var p []byte
		if wordSize == 32 {
			p = order.AppendUint32(order.AppendUint32(p, 1_700_000_000), 250_000)
		} else {
			p = order.AppendUint64(order.AppendUint64(p, 1_700_000_000), 250_000)
		}
		p = order.AppendUint16(order.AppendUint16(p, 1), 116)
		p = order.AppendUint32(p, 2)
		if len(p) != eventSize(wordSize) || len(p) != map[int]int{32: 16, 64: 24}[wordSize] {
			t.Errorf("%d bits: %d bytes", wordSize, len(p))
		}
		want := rawEvent{time.Unix(1_700_000_000, 250_000_000), 1, 116, 2}
		if got := decode(p, wordSize); got != want {
			t.Errorf("%d bits: got %+v", wordSize, got)
		}
	}
}

func TestBitsOfTheKernel(t *testing.T) {
	for _, row := range []struct {
		text     string
		wordSize int
		bits     []uint16
	}{
		{"10000000000000 0", 64, []uint16{116}},
		{"100000 0 0 0", 32, []uint16{116}},
		{"3", 64, []uint16{0, 1}},
		{"x", 64, nil},
		{"", 64, nil},
	} {
		got := parseBits(row.text, row.wordSize)
		if len(got) != len(row.bits) {
			t.Errorf("%q: got %v", row.text, got)
		}
		for _, bit := range row.bits {
			if !got[bit] {
				t.Errorf("%q: bit %d is missing", row.text, bit)
			}
		}
	}
}

func TestEveryNameStandsForItsKey(t *testing.T) {
	for code, name := range nameOf {
		c, err := parseCombination(name)
		if err != nil || c.code != code {
			t.Errorf("%s: got %d, %v, want %d", name, c.code, err, code)
		}
	}
	for name, want := range map[string]uint16{"KEY_ENTER": 28, "Return": 28, "escape": 1, "volumeup": 115, "-": 12, "\\": 43, "key_353": 353, "8": 9, "pgup": 104} {
		if c, _ := parseCombination(name); c.code != want {
			t.Errorf("%s: got %d, want %d", name, c.code, want)
		}
	}
}
