//go:build ignore

// This program makes weights.bin from the network file silero_vad_v5.onnx, which is part of the
// npm package @ricky0123/vad-web. Run it by hand, in the folder of package silero:
//
//	npm pack @ricky0123/vad-web@0.0.31
//	tar xf ricky0123-vad-web-0.0.31.tgz package/dist/silero_vad_v5.onnx
//	go run generate.go package/dist/silero_vad_v5.onnx
//
// The file weights.bin contains numbers of 16 bits (IEEE 754 half precision, little endian): for
// each layer of the network for 16 kHz its weights and then its biases, in the order of the fields
// of the type network. It leaves out two kinds of weights: those of the Fourier transform, which
// are computed, and those that are only ever multiplied with padding.
package main

import (
	"encoding/binary"
	"fmt"
	"log"
	"math"
	"os"
	"strings"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: go run generate.go silero_vad_v5.onnx")
	}
	file, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	tensors := map[string][]float32{}
	// ModelProto.graph
	for _, graph := range fields(file, 7) {
		collect(graph, tensors)
	}
	get := func(name string, size int) []float32 {
		t := tensors["If_0_then_branch__Inline_0__"+name]
		if len(t) != size {
			log.Fatalf("%s has %d numbers, want %d", name, len(t), size)
		}
		return t
	}
	var all []float32
	all = append(all, get("encoder.0.reparam_conv.weight", 128*129*3)...)
	all = append(all, get("encoder.0.reparam_conv.bias", 128)...)
	all = append(all, get("encoder.1.reparam_conv.weight", 64*128*3)...)
	all = append(all, get("encoder.1.reparam_conv.bias", 64)...)
	// This layer has 2 input columns and 1 output column: the first of 3 weights meets padding.
	for i, w := range get("encoder.2.reparam_conv.weight", 64*64*3) {
		if i%3 != 0 {
			all = append(all, w)
		}
	}
	all = append(all, get("encoder.2.reparam_conv.bias", 64)...)
	// This layer has 1 input column: the first and the last of 3 weights meet padding.
	for i, w := range get("encoder.3.reparam_conv.weight", 128*64*3) {
		if i%3 == 1 {
			all = append(all, w)
		}
	}
	all = append(all, get("encoder.3.reparam_conv.bias", 128)...)
	// The rows of both matrices are joined, so that one row is multiplied with input and state.
	input, state := get("decoder.rnn.weight_ih", 512*128), get("decoder.rnn.weight_hh", 512*128)
	for row := range 512 {
		all = append(all, input[row*128:(row+1)*128]...)
		all = append(all, state[row*128:(row+1)*128]...)
	}
	second := get("decoder.rnn.bias_hh", 512)
	for i, b := range get("decoder.rnn.bias_ih", 512) {
		all = append(all, b+second[i])
	}
	all = append(all, get("decoder.decoder.2.weight", 128)...)
	all = append(all, get("decoder.decoder.2.bias", 1)...)

	var out []byte
	for _, x := range all {
		out = binary.LittleEndian.AppendUint16(out, half(x))
	}
	if err := os.WriteFile("weights.bin", out, 0o644); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("weights.bin: %d numbers, %d bytes\n", len(all), len(out))
}

// collect adds the constants of a GraphProto, and of the graphs inside of it, to tensors.
func collect(graph []byte, tensors map[string][]float32) {
	for _, node := range fields(graph, 1) {
		for _, attribute := range fields(node, 5) {
			for _, inner := range fields(attribute, 6) {
				collect(inner, tensors)
			}
			for _, tensor := range fields(attribute, 5) {
				// data_type 1 is FLOAT; raw_data is field 9
				if raw := fields(tensor, 9); len(raw) == 1 && varint(tensor, 2) == 1 {
					name := string(fields(node, 2)[0])
					for i := 0; i+4 <= len(raw[0]); i += 4 {
						bits := binary.LittleEndian.Uint32(raw[0][i:])
						tensors[name] = append(tensors[name], math.Float32frombits(bits))
					}
				}
			}
		}
	}
}

// fields returns the values of the protobuf fields with this number that have a length.
func fields(message []byte, number uint64) (values [][]byte) {
	each(message, func(n uint64, _ uint64, value []byte) {
		if n == number && value != nil {
			values = append(values, value)
		}
	})
	return values
}

// varint returns the value of the protobuf field with this number that is an integer.
func varint(message []byte, number uint64) (result uint64) {
	each(message, func(n, integer uint64, value []byte) {
		if n == number && value == nil {
			result = integer
		}
	})
	return result
}

// each calls visit with the fields of a protobuf message. value is nil for integers.
func each(message []byte, visit func(number, integer uint64, value []byte)) {
	next := func() uint64 {
		x, n := binary.Uvarint(message)
		if n <= 0 {
			log.Fatal("not an ONNX file")
		}
		message = message[n:]
		return x
	}
	take := func(n uint64) []byte {
		if n > uint64(len(message)) {
			log.Fatal("not an ONNX file: a field is cut off")
		}
		value := message[:n:n]
		message = message[n:]
		return value
	}
	for len(message) > 0 {
		tag := next()
		switch tag & 7 {
		case 0:
			visit(tag>>3, next(), nil)
		case 1:
			take(8)
		case 2:
			visit(tag>>3, 0, take(next()))
		case 5:
			take(4)
		default:
			log.Fatal("not an ONNX file: ", strings.TrimSpace(fmt.Sprint("field type ", tag&7)))
		}
	}
}

// half converts x to half precision. It rounds to the nearest number.
func half(x float32) uint16 {
	bits := math.Float32bits(x)
	sign := uint16(bits >> 16 & 0x8000)
	a := float64(math.Abs(float64(x)))
	switch {
	case a >= 65520:
		log.Fatalf("%v is too large", x)
	case a < math.Ldexp(1, -14): // subnormal
		return sign | uint16(math.RoundToEven(math.Ldexp(a, 24)))
	}
	mantissa, exponent := math.Frexp(a) // a = mantissa * 2^exponent, with mantissa in [0.5, 1)
	m := uint16(math.RoundToEven(math.Ldexp(mantissa, 11)))
	return sign | (uint16(exponent+14)<<10 + m - 1024)
}
