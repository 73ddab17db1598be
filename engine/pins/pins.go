// Package pins describes what GPIO chips can do: lines that are inputs or outputs, and PWM channels.
// Package pins/cdev has the chips of the machine, and package pins/sim a simulated chip.
package pins

import "time"

// A Board has the GPIO chips of a machine. Any goroutine may call its methods. They return quickly, and
// their errors are of type *Error.
type Board interface {
	// Chips returns the chips and their lines, in the order of their names.
	Chips() ([]Chip, error)
	// Request opens lines of a chip. Nobody else can open them until they are closed.
	Request(r Request) (Lines, error)
	// PWM opens a PWM channel, which is off at first.
	PWM(chip, channel int) (PWM, error)
}

// A Chip is a GPIO chip.
type Chip struct {
	Name  string // such as "gpiochip0"
	Label string // such as "pinctrl-bcm2711"
	Lines []Line // by their offset
}

// A Line is one line of a chip.
type Line struct {
	Offset   int
	Name     string // such as "GPIO17"; "" if it has none
	Used     bool   // somebody has opened the line
	Consumer string // who uses the line; "" if that is not known
	Output   bool   // the line is an output
}

// A Request says which lines are opened, and how.
type Request struct {
	Chip    string // the name of the chip
	Offsets []int

	Output bool
	Values []bool // the first values of outputs

	// ActiveLow says that the value true stands for the low level.
	ActiveLow bool
	Drive     Drive         // for outputs
	Pull      Pull          // for inputs
	Debounce  time.Duration // how long an input must be stable before its new value counts

	// Event is called for each change of an input, in their order. Lost is called once if the chip is
	// taken away. They are called on a goroutine of the Board, while it may hold locks: they must
	// return quickly, and must not call the Board or the Lines. If Event is nil, changes are not
	// watched. Only requests of one line have an Event.
	Event func(Event)
	Lost  func(*Error)
}

// A Drive says how an output makes its two levels.
type Drive string

// The values of Drive. "" is PushPull.
const (
	PushPull   Drive = "push_pull"
	OpenDrain  Drive = "open_drain"  // only the low level is driven
	OpenSource Drive = "open_source" // only the high level is driven
)

// A Pull is a resistor that decides the level of an input that nothing drives. "" means that it stays as
// it is.
type Pull string

// The values of Pull.
const (
	PullUp   Pull = "up"
	PullDown Pull = "down"
	PullNone Pull = "none"
)

// An Event is a change of an input.
type Event struct {
	Value bool      // the value after the change
	Time  time.Time // when it has changed, on the clock of the Board
	Seq   uint32    // the number of the change since the line was opened, from 1; a gap means that changes were lost
}

// Lines are lines that have been opened. Any goroutine may call the methods. The errors are of type
// *Error.
type Lines interface {
	// Values returns the present values.
	Values() ([]bool, error)
	// Set sets all outputs at once.
	Set(values []bool) error
	// Close closes the lines. After that, Event and Lost are not called any more, except for a call
	// that has begun before. Close does not wait for that call.
	Close()
}

// A PWM is a PWM channel that has been opened. Any goroutine may call the methods.
type PWM interface {
	// Set sets the period, and the part of it, High, in which the level is high. on switches the
	// channel on or off. Just after the channel was opened, the code of the error can be "denied",
	// because the system needs up to a second until it permits the use.
	Set(period, high time.Duration, on bool) error
	// Close switches the channel off and closes it.
	Close()
}

// An Error says why something is not possible.
type Error struct {
	Code string // a word such as "busy": the manual of the Lua module gpio has them all
	Text string
	// Consumer is the name of the user of a line that is busy.
	Consumer string
}

// Error returns the code and the text.
func (e *Error) Error() string { return e.Code + ": " + e.Text }

// Consumer is the name under which this program opens lines.
const Consumer = "moonlark"

// MaxLines is the maximal number of lines of a Request.
const MaxLines = 64
