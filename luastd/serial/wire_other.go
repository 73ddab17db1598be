//go:build !linux

package serial

import (
	"context"
	"errors"
	"path"
	"runtime"
	"strings"

	serialport "go.bug.st/serial"

	"moonlark/engine/permit"
	"moonlark/luastd/sockets"
)

// A libraryPort is an open serial port of the library go.bug.st/serial.
type libraryPort struct {
	serialport.Port
	writing chan struct{} // has a value while a write is in progress
}

// openWire opens the port at a place. It may block.
func openWire(b *permit.Broker, p place, s settings) (wire, error) {
	if err := b.CheckDevice(permit.Serial, "use the serial port "+s.device, p.names...); err != nil {
		return nil, err
	}
	if s.rtsFlow {
		return nil, sockets.Fail("unsupported", "this system has no flow control by RTS and CTS here")
	}
	port, err := serialport.Open(p.path, &serialport.Mode{
		BaudRate: s.baud, DataBits: s.bits,
		Parity: map[string]serialport.Parity{
			"even": serialport.EvenParity, "odd": serialport.OddParity, "mark": serialport.MarkParity, "space": serialport.SpaceParity,
		}[s.parity],
		StopBits:          map[string]serialport.StopBits{"1.5": serialport.OnePointFiveStopBits, "2": serialport.TwoStopBits}[s.stop],
		InitialStatusBits: &serialport.ModemOutputBits{DTR: s.dtr, RTS: s.rts},
	})
	if err != nil {
		return nil, err
	}
	return &libraryPort{port, make(chan struct{}, 1)}, nil
}

// Write implements wire. The library cannot end a write, so another goroutine makes it, and others
// wait for its end.
func (p *libraryPort) Write(ctx context.Context, data string) (int, error) {
	select {
	case p.writing <- struct{}{}:
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	type result struct {
		n   int
		err error
	}
	ended := make(chan result, 1)
	go func() {
		defer func() { <-p.writing }()
		n, err := p.Port.Write([]byte(data))
		ended <- result{n, err}
	}()
	select {
	case r := <-ended:
		return r.n, r.err
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// Release implements wire. What has not been sent is lost, because the system frees the port only
// when it is closed.
func (p *libraryPort) Release() { p.Port.Close() }

// Discard implements wire.
func (p *libraryPort) Discard() error { return p.ResetInputBuffer() }

// locatePath finds the port with this name.
func locatePath(b *permit.Broker, device string) (place, error) {
	names := []string{device}
	list, _ := listPorts(b)
	for _, p := range list {
		if p.path == device {
			names = p.names()
		}
	}
	if runtime.GOOS != "windows" {
		name := path.Base(device)
		if path.Dir(device) != "/dev" || !strings.HasPrefix(name, "tty.") && !strings.HasPrefix(name, "cu") && !strings.HasPrefix(name, "ttys") {
			return place{}, sockets.Fail("invalid", "%s is not a serial port", device)
		}
	}
	if strings.HasPrefix(device, "/dev/ttys") { // a pseudo-terminal, which could be the terminal of a person
		return place{device, names}, b.CheckNamedDevice(permit.Serial, "use the serial port "+device, names...)
	}
	return place{device, names}, b.CheckDevice(permit.Serial, "use the serial port "+device, names...)
}

// explainSystem returns the Failure for an error of the library.
func explainSystem(err error, device string) *sockets.Failure {
	var known *serialport.PortError
	if !errors.As(err, &known) {
		return sockets.Fail("io", "%s: %s", device, err)
	}
	switch known.Code() {
	case serialport.PortBusy:
		return sockets.Fail("busy", "another program uses %s", device)
	case serialport.PortNotFound, serialport.InvalidSerialPort:
		return sockets.Fail("not_found", "there is no serial port %s", device)
	case serialport.PermissionDenied:
		return sockets.Fail("denied", "the system does not allow the use of %s", device)
	case serialport.InvalidSpeed, serialport.InvalidDataBits, serialport.InvalidParity, serialport.InvalidStopBits, serialport.FunctionNotImplemented:
		return sockets.Fail("unsupported", "%s cannot do that: %s", device, known)
	}
	return sockets.Fail("io", "%s: %s", device, known)
}
