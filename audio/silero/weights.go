package silero

import (
	_ "embed"
	"encoding/binary"
	"math"
	"sync"
)

// weights holds numbers in half precision. See generate.go.
//
//go:embed weights.bin
var weights []byte

// loadNetwork decodes the weights in the first call. Later calls return the same network.
var loadNetwork = sync.OnceValue(func() *network {
	rest := weights
	next := func(n int) []float32 {
		numbers := make([]float32, n)
		for i := range numbers {
			numbers[i] = single(binary.LittleEndian.Uint16(rest[2*i:]))
		}
		rest = rest[2*n:]
		return numbers
	}
	matrix := func(rows, width int) layer { return layer{next(rows * width), next(rows)} }
	return &network{
		transform: newTransform(),
		first:     matrix(128, bins*3),
		second:    matrix(64, 128*3),
		third:     matrix(64, 64*2),
		fourth:    matrix(stateSize, 64),
		lstm:      matrix(4*stateSize, 2*stateSize),
		output:    matrix(1, stateSize),
	}
})

// single converts a number from half precision to single precision. It cannot convert infinity and
// NaN, which are not among the weights.
func single(half uint16) float32 {
	exponent, mantissa := int(half>>10&31), float64(half&1023)
	x := math.Ldexp(mantissa, -24) // a number below the range of the exponents
	if exponent > 0 {
		x = math.Ldexp(1024+mantissa, exponent-25)
	}
	if half>>15 == 1 {
		x = -x
	}
	return float32(x)
}
