package pulse

import (
	"encoding/binary"
	"math"

	"github.com/jfreymuth/pulse/proto"
)

const (
	sampleFormat = byte(proto.FormatFloat32LE) // format of the samples in all streams
	sampleSize   = 4                           // number of bytes per sample
)

// encode writes the samples of sound to data in the format sampleFormat. data must be long enough.
func encode(data []byte, sound []float32) {
	for i, v := range sound {
		binary.LittleEndian.PutUint32(data[i*sampleSize:], math.Float32bits(v))
	}
}

// decode fills sound with the samples in data, which has the format sampleFormat. data must be long
// enough.
func decode(sound []float32, data []byte) {
	for i := range sound {
		sound[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[i*sampleSize:]))
	}
}
