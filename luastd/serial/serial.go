// Package serial is the Lua module "serial": serial ports, such as those of Arduinos and USB
// adapters.
//
//	serial.open(device [, options])   -> port; or nil, reason, code
//	    baud = 115200                    50 to 4000000
//	    bits = 8                         5 to 8
//	    parity = "none"                  "none", "even", "odd", "mark" or "space"
//	    stop = 1                         1, 2, or 1.5 with 5 bits
//	    flow = "none"                    "rts": the RTS and CTS lines say who may send
//	    dtr = true, rts = true           the levels of these lines
//	    ending = "\n"                    the end of a line; "\n" also ends at "\r\n"
//	    reconnect = true                 the port is opened again when the device comes back
//	serial.ports()                    -> list of { path =, by_id =, vid =, pid =, serial =, product = }
//
//	port:write(data [, timeout = 5])  -> true; or nil, reason, code
//	port:read_line([timeout])         -> a line without its end; or nil, reason, code
//	port:read([n [, timeout]])        -> n bytes, or those that there are; or nil, reason, code
//	port:lines()                      -> an iterator over the lines
//	port:request(data [, timeout = 1])-> the next line after data has been sent; or nil, reason, code
//	port:on_line(fn)                     calls fn(line) for each line
//	port:on(event, fn)                   calls fn() at each "connect" or "disconnect"
//	port:discard()                       forgets what has been received
//	port:dtr(level), port:rts(level)  -> true; or nil, reason, code
//	port:send_break([seconds])        -> true; or nil, reason, code
//	port:close()
//	port.path, .connected, .dropped
//
// device is the path of a device, or "usb:VID:PID[:SERIAL]" for the port of a USB device wherever
// the system puts it. A script may use the ports that have been granted to it with --allow-serial.
//
// Each port has a goroutine, which opens the device, reads from it, and opens it again. A port
// outlives the generations of the script, because an Arduino starts anew whenever its port is
// opened. Bounds: 8 ports of a script; 1 MiB of received bytes, of which the oldest are dropped and
// counted; 64 KiB in a line; 1 MiB in a write.
package serial

import (
	_ "embed"
	"errors"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/luastd"
	"moonlark/luastd/callbacks"
	"moonlark/luastd/sockets"
	"moonlark/luastd/value"
)

//go:embed doc.lua
var doc string

//go:embed manual.md
var manual string

// Module is the Lua module "serial".
var Module = luastd.Module{
	Name: "serial", Open: open, Doc: doc, Manual: manual, Needs: []permit.Kind{permit.Serial}, Need: need,
}

const (
	maxPorts   = 8
	maxBuffer  = 1 << 20  // maximal number of bytes that have been received and not read
	maxLine    = 64 << 10 // maximal length of a line, in bytes
	maxWrite   = 1 << 20  // maximal number of bytes of a write
	maxTimeout = 600 * time.Second
)

// A module has the ports of one generation of a script. It belongs to the executor's goroutine.
type module struct {
	rt      luastd.Runtime
	ports   int         // number of ports that have not been closed
	methods *lua.LTable // the metatable of ports
}

func open(L *lua.LState, rt luastd.Runtime) lua.LValue {
	m := &module{rt: rt}
	m.methods = m.portMetatable(L)
	t := L.CreateTable(0, 2)
	value.SetFunctions(L, t, map[string]lua.LGFunction{"open": m.open, "ports": m.list})
	return t
}

// need returns an error if b lacks the permission for the port of serial.open.
func need(b *permit.Broker, function, device string, known bool) error {
	if function == "open" && known {
		if device, err := cleanDevice(device); err == nil {
			return checkDevice(b, device)
		}
	}
	return checkAny(b)
}

// checkAny returns an error if the script may use no port at all.
func checkAny(b *permit.Broker) error {
	if b.HasAny(permit.Serial) {
		return nil
	}
	return b.CheckDevice(permit.Serial, "use serial ports")
}

// checkDevice returns an error if the script may not use the port. While the device is
// unplugged, its other names are unknown, and one of them may be granted.
func checkDevice(b *permit.Broker, device string) error {
	if !b.HasAny(permit.Serial) {
		return b.CheckDevice(permit.Serial, "use the serial port "+device, device)
	}
	var denied *permit.Denied
	if _, err := locate(b, device); errors.As(err, &denied) {
		return err
	}
	return nil
}

// open is the Lua function serial.open.
func (m *module) open(L *lua.LState) int {
	s := checkSettings(L)
	fake := m.fake(s.device)
	if fake == nil {
		broker := m.rt.Permit()
		err, _ := m.rt.Await(L, func(done func(any)) func() {
			go func() { done(checkDevice(broker, s.device)) }()
			return nil
		}).(error)
		if err != nil {
			L.RaiseError("serial.open: %s", err)
		}
	}
	if m.ports >= maxPorts {
		L.RaiseError("serial.open: %d ports are open: close those that are not needed any more", m.ports)
	}
	h := &handle{m: m, settings: s, quiet: !m.rt.Loading(), waiter: callbacks.Waiter{Runtime: m.rt, Rest: fake != nil}}
	if err := h.claim(fake); err != nil {
		L.RaiseError("serial.open: %s", err)
	}
	m.ports++
	kept := false
	defer func() { // also when the task is killed while it waits
		if !kept {
			h.close()
		}
	}()
	if !m.rt.Loading() {
		if failure := h.awaitOpen(L); failure != nil {
			return failure.Push(L)
		}
	}
	kept = true
	L.Push(&lua.LUserData{Value: h, Env: L.Env, Metatable: m.methods})
	return 1
}

// list is the Lua function serial.ports.
func (m *module) list(L *lua.LState) int {
	broker := m.rt.Permit()
	if err := checkAny(broker); err != nil {
		L.RaiseError("serial.ports: %s", err)
	}
	type result struct {
		all []portInfo
		err error
	}
	r := m.rt.Await(L, func(done func(any)) func() {
		go func() {
			all, err := listPorts(broker)
			done(result{all, err})
		}()
		return nil
	}).(result)
	if r.err != nil {
		return sockets.Fail("io", "%s", r.err).Push(L)
	}
	list := L.CreateTable(len(r.all), 0)
	for _, p := range r.all {
		if broker.HasDevice(permit.Serial, p.names()...) {
			list.Append(p.table(L))
		}
	}
	L.Push(list)
	return 1
}
