// Package pulsetest starts private sound servers for tests: PulseAudio, or
// PipeWire in its place, with a speaker and a microphone that are not there. The
// sound of the machine is not touched. It needs Linux.
//
// The server's speaker is a null sink, whose monitor is what a person would
// hear. Its microphone is another, whose monitor is the default source: what is
// played to that sink is what the microphone hears.
package pulsetest
