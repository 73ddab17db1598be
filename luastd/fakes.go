package luastd

import (
	"net/http"
	"net/url"
	"time"
)

// A Faker gives modules the fakes that replace servers and programs while a script is being tested.
type Faker interface {
	// Fakes returns what takes the place of the world outside of the process, or nil if the script is
	// not being tested. Any goroutine may call it.
	Fakes() Fakes
}

// Fakes take the place of what is outside of the process, in a test of a script. They also record
// what the script asks for. Any goroutine may call the methods, which must not block.
type Fakes interface {
	// Server returns the fake server that answers requests with this method and URL, or nil if there
	// is none. A script needs no permission for a fake server.
	Server(method string, u *url.URL) http.RoundTripper
	// Program starts the fake program for these words, the name of the program and its arguments.
	// stdin is the text that the program gets. Program returns nil if there is no such fake. A script
	// needs no permission for a fake program.
	Program(words []string, stdin string) *FakeProgram
	// Serial returns the fake device at a serial port, or nil if there is none. A script needs no
	// permission for a fake device.
	Serial(device string) *FakeSerial
	// MQTT returns the fake broker with this URL, or nil if there is none. A script needs no
	// permission for a fake broker.
	MQTT(url string) FakeBroker
	// Keys returns the fake devices with keys, which take the place of all such devices of the machine,
	// or nil if there are none. A script needs no permission for them.
	Keys() []*FakeKeys
	// MCP returns the fake MCP server with this name, or nil if there is none.
	MCP(name string) FakeMCP
	// Answer returns the answer to the next question of screen.ask, "" if the person closes the
	// question. ok is false if the test has set no answer; the question then waits for a touch.
	Answer(title string, choices []string) (choice string, ok bool)
	// Asked records a call of a function, such as "store.set". name is what it was asked for, such as
	// a key, and data is a JSON value or empty.
	Asked(function, name string, data []byte)
}

// A FakeProgram is the result of a fake program: its output and its exit code. To the script, the
// program has exited as soon as it has started.
type FakeProgram struct {
	Stdout, Stderr string
	Code           int
	// Input is called with each text that the script writes to the standard input later.
	Input func(text string)
}

// A FakeSerial is a fake device at a serial port.
type FakeSerial struct {
	// Open is called when the script has opened the port. receive passes on what the device sends.
	Open func(receive func(data string))
	// Write is called with what the script writes. It may call receive.
	Write func(data string)
}

// A FakeKeys is a fake keyboard, remote control, scanner or set of buttons.
type FakeKeys struct {
	Name string
	Kind string // as in keys.open
	// Open is called when the script has opened the device. send presses or releases a key, until
	// close is called.
	Open func(send func(code uint16, pressed bool, at time.Time)) (close func())
}

// A FakeBroker takes the place of an MQTT broker. Any goroutine may call its methods.
type FakeBroker interface {
	// Published records a message that the script has published.
	Published(m FakeMessage)
	// Connect says that a client of the script has connected. The broker gives it messages with
	// deliver, until disconnect is called.
	Connect(deliver func(m FakeMessage)) (disconnect func())
}

// A FakeMessage is a message to or from a fake MQTT broker.
type FakeMessage struct {
	Topic, Payload string
	QoS            byte
	Retained       bool
	ResponseTopic  string
	Correlation    string
}
