package silero

import "math"

// stateSize is the number of cells of the LSTM.
const stateSize = 128

// A network holds the weights of the network. It never changes, so any goroutine may read it.
type network struct {
	transform *transform

	first  layer // convolution over 3 columns, 129 -> 128
	second layer // convolution over 3 columns, every other column, 128 -> 64
	third  layer // both columns, 64 -> 64
	fourth layer // 64 -> 128
	lstm   layer // the input and the state -> the gates input, forget, cell and output
	output layer // the state -> the logarithm of the odds that somebody speaks
}

// The functions that compute the layers are not checked by the race detector, which would make them
// many times slower. They write only to a Detector, which belongs to one goroutine.

// A layer is a matrix, row by row, and one bias for each row.
type layer struct{ weights, biases []float32 }

// run runs the network on the input.
func (d *Detector) run() float32 {
	n := d.network
	n.transform.amplitudes(&d.input, &d.spectra)
	n.first.convolve(&d.first, &d.spectra)
	n.second.convolveHalf(&d.second, &d.first)
	n.third.multiply(d.third[:], d.second[:])
	rectify(d.third[:])
	input, state := d.recurrent[:stateSize], d.recurrent[stateSize:]
	n.fourth.multiply(input, d.third[:])
	rectify(input)
	n.lstm.multiply(d.gates[:], d.recurrent[:])
	for i := range stateSize {
		in, forget := sigmoid(d.gates[i]), sigmoid(d.gates[stateSize+i])
		value, out := tanh(d.gates[2*stateSize+i]), sigmoid(d.gates[3*stateSize+i])
		d.cell[i] = forget*d.cell[i] + in*value
		state[i] = out * tanh(d.cell[i])
		input[i] = max(state[i], 0) // the input is not needed any more
	}
	n.output.multiply(d.output[:], input)
	return sigmoid(d.output[0])
}

// convolve computes the first layer. Each sum of three products reads three neighbouring columns.
//
//go:norace
func (l *layer) convolve(out *[128][columns + 2]float32, in *spectra) {
	for row := range out {
		weights := l.weights[row*bins*3:][:bins*3]
		bias := l.biases[row]
		a, b, c, d := bias, bias, bias, bias
		for i := range in {
			x := &in[i]
			w := (*[3]float32)(weights[3*i:])
			a += w[0]*x[0] + w[1]*x[1] + w[2]*x[2]
			b += w[0]*x[1] + w[1]*x[2] + w[2]*x[3]
			c += w[0]*x[2] + w[1]*x[3] + w[2]*x[4]
			d += w[0]*x[3] + w[1]*x[4] + w[2]*x[5]
		}
		out[row] = [columns + 2]float32{0, max(a, 0), max(b, 0), max(c, 0), max(d, 0), 0}
	}
}

// convolveHalf computes the second layer, which has half as many columns as its input.
//
//go:norace
func (l *layer) convolveHalf(out *[64 * 2]float32, in *[128][columns + 2]float32) {
	for row, bias := range l.biases {
		weights := l.weights[row*len(in)*3:][:len(in)*3]
		a, b := bias, bias
		for i := range in {
			x := &in[i]
			w := (*[3]float32)(weights[3*i:])
			a += w[0]*x[0] + w[1]*x[1] + w[2]*x[2]
			b += w[0]*x[2] + w[1]*x[3] + w[2]*x[4]
		}
		out[2*row], out[2*row+1] = max(a, 0), max(b, 0)
	}
}

// multiply multiplies the matrix with in and adds the biases. len(in) must be a multiple of 8.
//
//go:norace
func (l *layer) multiply(out, in []float32) {
	for row, bias := range l.biases {
		out[row] = bias + dot(l.weights[row*len(in):][:len(in)], in)
	}
}

// dot returns the dot product of a and b. Both must have the same length, which must be a multiple
// of 8. Independent sums make it faster than a simple loop.
//
//go:norace
func dot(a, b []float32) float32 {
	var w, x, y, z float32
	for len(a) >= 8 && len(b) >= 8 {
		p, q := (*[8]float32)(a), (*[8]float32)(b)
		w += p[0]*q[0] + p[4]*q[4]
		x += p[1]*q[1] + p[5]*q[5]
		y += p[2]*q[2] + p[6]*q[6]
		z += p[3]*q[3] + p[7]*q[7]
		a, b = a[8:], b[8:]
	}
	return (w + y) + (x + z)
}

// rectify replaces negative numbers by 0.
func rectify(x []float32) {
	for i := range x {
		x[i] = max(x[i], 0)
	}
}

func sigmoid(x float32) float32 { return float32(1 / (1 + math.Exp(-float64(x)))) }

func tanh(x float32) float32 { return float32(math.Tanh(float64(x))) }
