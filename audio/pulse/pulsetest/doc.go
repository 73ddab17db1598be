// Package pulsetest starts private sound servers for tests: PulseAudio, or PipeWire with its
// PulseAudio server. The servers do not use the devices of the machine. The package runs only on
// Linux.
//
// The speaker of such a server is a null sink, which plays its sound nowhere. A test records the
// monitor of this sink to find out what would be audible. The microphone is the monitor of a second
// null sink. A test plays sound on this sink when the microphone must record it.
package pulsetest
