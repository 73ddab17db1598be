package pulse

import (
	"slices"
	"testing"
)

func TestSamplesAreUnchangedAfterEncodingAndDecoding(t *testing.T) {
	want := []float32{0, 1, -1, 0.123456, -1.0 / 32768}
	data := make([]byte, len(want)*sampleSize)
	got := make([]float32, len(want))
	encode(data, want)
	decode(got, data)
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
