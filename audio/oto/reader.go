//go:build !static

package oto

import (
	"encoding/binary"
	"io"
	"math"
	"sync/atomic"
	"time"

	"moonlark/audio"
)

// A reader is the io.Reader from which oto takes sound. It does not give oto more sound than
// readAhead ahead of time. Oto's goroutine calls Read, and the goroutine that runs Play calls the
// other methods.
type reader struct {
	source audio.Source
	counts *audio.Counts
	player player
	sound  []float32 // buffer for the samples of one call of Read

	// number of bytes that Read has returned, without the bytes that a flush discarded
	given   atomic.Int64
	started atomic.Bool // Read has returned sound since the last flush
}

// A player has those methods of [oto.Player] that the reader needs.
type player interface {
	io.Seeker
	BufferedSize() int
	PauseAndStopReading()
	Play()
}

// Read implements [io.Reader]. Oto does not hold any of its locks when it calls Read.
func (r *reader) Read(p []byte) (int, error) {
	buffered := r.player.BufferedSize()
	// an empty buffer is an underrun; gaps that the device itself causes are not detected
	if buffered == 0 && r.started.Swap(true) {
		r.counts.Underruns.Add(1)
	}
	n := min(len(p), byteCount(readAhead)-buffered, byteCount(readAhead)) / 4
	if n <= 0 {
		return 0, nil
	}
	sound := r.sound[:n]
	r.source.Fill(sound, audio.Duration(buffered/4)+deviceBuffer)
	for i, v := range sound {
		binary.LittleEndian.PutUint32(p[4*i:], math.Float32bits(v))
	}
	r.given.Add(int64(4 * n))
	return 4 * n, nil
}

// Seek implements [io.Seeker]. Oto discards its buffer only if its reader has a Seek method.
func (r *reader) Seek(int64, int) (int64, error) { return 0, nil }

// flush discards the sound in oto's buffer and calls the source's Lost with the number of discarded
// samples.
func (r *reader) flush() {
	r.player.PauseAndStopReading() // BufferedSize does not change after this call
	n := r.player.BufferedSize()
	r.player.Seek(0, io.SeekCurrent) // discards oto's buffer
	r.given.Add(-int64(n))
	r.started.Store(false)
	r.source.Lost(n / 4)
	r.player.Play()
}

// taken returns how many bytes the device has taken from oto. The number may be slightly wrong
// during a call of Read, so use it only to see whether it changes.
func (r *reader) taken() int64 { return r.given.Load() - int64(r.player.BufferedSize()) }

// byteCount returns the number of bytes in sound of length d.
func byteCount(d time.Duration) int { return 4 * audio.Samples(d) }
