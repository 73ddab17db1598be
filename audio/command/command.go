// Package command implements a speaker and a microphone that run a program. The program reads sound
// from its standard input, or writes sound to its standard output, as signed 16-bit little-endian
// samples of one channel.
//
// When Play or Record returns, the program and all processes that the program started have ended;
// see package process.
package command

import (
	"cmp"
	"log/slog"
	"strconv"
	"time"

	"moonlark/audio"
	"moonlark/audio/pcm"
	"moonlark/engine/process"
)

// DefaultRate is the sample rate of a command if Options.Rate is zero.
const DefaultRate = 16000

const (
	// period is the length of each piece of sound that is read from or written to a command.
	period = 20 * time.Millisecond

	// stallTimeout is how long a command may read or write no sound. After this time, Play or
	// Record returns an error. Some programs need this much: parec, for example, writes only every
	// 2 s.
	stallTimeout = 3 * time.Second
)

// Options are the settings of a [Speaker] or a [Microphone]. Zero values work.
type Options struct {
	// Rate is the number of samples per second that the command reads or writes. The command gets
	// this number in the environment variable MOONLARK_RATE. Zero means DefaultRate.
	Rate int

	// Log receives the lines that the command writes to its standard error. If Log is nil, these
	// lines are discarded.
	Log *slog.Logger

	// Counts counts late wake-ups and lost sound. If Counts is nil, nothing is counted.
	Counts *audio.Counts
}

func (o Options) rate() int { return cmp.Or(o.Rate, DefaultRate) }

func (o Options) format() pcm.Format {
	return pcm.Format{Encoding: pcm.S16, Rate: o.rate()}
}

func (o Options) counts() *audio.Counts { return cmp.Or(o.Counts, new(audio.Counts)) }

// command returns a process.Command that runs a command line. The caller chooses which of its pipes
// to open.
func (o Options) command(line string) process.Command {
	return process.Command{Line: line, Env: []string{"MOONLARK_RATE=" + strconv.Itoa(o.rate())}, Log: o.Log}
}
