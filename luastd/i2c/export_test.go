package i2c

// What the tests of package i2c_test use.
const (
	RequestSlave = requestSlave
	RequestFuncs = requestFuncs
	RequestRDWR  = requestRDWR
	RequestSMBus = requestSMBus
	FlagRead     = flagRead
	SMBusByte    = smbusByte
	CanQuick     = canQuick
	CanReadByte  = canReadByte
)

var NewModule = newModule
