package spi

// What the tests of package spi_test use.
const (
	RequestMode    = requestMode
	RequestBits    = requestBits
	RequestSpeed   = requestSpeed
	RequestMessage = requestMessage
)

var NewModule = newModule
