package pulse

import (
	"encoding/binary"
	"math"
)

// encode writes sound as the server has it. It fills as much of data as sound needs.
func encode(data []byte, sound []float32) {
	for i, v := range sound {
		binary.LittleEndian.PutUint32(data[i*sampleSize:], math.Float32bits(v))
	}
}

// decode reads sound as the server has it. data must have as much as sound needs.
func decode(sound []float32, data []byte) {
	for i := range sound {
		sound[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[i*sampleSize:]))
	}
}
