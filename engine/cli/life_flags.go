package cli

import "time"

// lifeFlags say when conversations begin, how many, and how long they last.
type lifeFlags struct {
	Wait   bool          `help:"Begin a conversation only when a script calls session.start(), somebody says the wake word (--wake), or a program asks for one (--http)."`
	Idle   time.Duration `placeholder:"TIME" help:"End a conversation when nobody has said anything for so long."`
	Length time.Duration `name:"max-length" placeholder:"TIME" help:"End a conversation that has lasted so long."`
	Starts int           `name:"starts-per-hour" default:"60" placeholder:"N" help:"Begin at most this many conversations an hour (${default})."`
}
