package tcp

import (
	"context"
	"crypto/tls"
	"fmt"
	"strconv"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/luastd"
	"moonlark/luastd/sockets"
	"moonlark/luastd/value"
)

// listen is the Lua function tcp.listen.
func (m *module) listen(L *lua.LState) int {
	const name = "tcp.listen"
	luastd.CheckLoaded(L, m.rt, name)
	o := value.CheckOptions(L, 1, "port", "host", "tls")
	host, port := o.String("host", "127.0.0.1"), uint16(o.Int("port", 0, 0, 65535))
	if o.Get("port") == lua.LNil {
		L.ArgError(1, "port is missing; 0 is a free port")
	}
	secure := m.checkTLS(L, name, 1, o.Get("tls"))
	if secure != nil {
		if err := secure.CheckServer(); err != nil {
			L.RaiseError("%s: %s", name, err)
		}
	}
	if err := m.rt.Permit().CheckListen(host, port); err != nil {
		L.RaiseError("%s: %s", name, err)
	}
	config, err := m.serverConfig(L, secure)
	if err != nil {
		return sockets.Explain(err, host).Push(L)
	}
	s := &server{m: m, slot: m.reserve(L, name)}
	if f := s.claim(L, host, port, config); f != nil {
		s.slot.Release()
		return f.Push(L)
	}
	if !s.slot.Put(func() { s.listener.detach(s) }) {
		s.close()
	}
	L.Push(&lua.LUserData{Value: s, Env: L.Env, Metatable: m.servers})
	return 1
}

// serverConfig reads the files of o while the task waits. It returns nil if o is nil.
func (m *module) serverConfig(L *lua.LState, o *sockets.TLS) (config *tls.Config, err error) {
	if o == nil {
		return nil, nil
	}
	err = m.run(L, connectTimeout, func(context.Context) (err error) {
		config, err = o.Config("")
		return err
	})
	return config, err
}

// claim gets the listener: that of the generation before, if its port, its host and whether it uses
// TLS are the same, or a new one.
func (s *server) claim(L *lua.LState, host string, port uint16, config *tls.Config) (failure *sockets.Failure) {
	broker, portName := s.m.rt.Permit(), ""
	if port != 0 {
		portName = strconv.Itoa(int(port))
	}
	lease, err := s.m.rt.Claim(luastd.Claim{
		Kind: "tcp server", Name: portName, Settings: fmt.Sprintf("%q tls=%v", host, config != nil),
		Open: func() (luastd.Resource, error) {
			raw, err := broker.Listen(host, port)
			if err != nil {
				return nil, err
			}
			return newListener(raw, config), nil
		},
		Use: func(r luastd.Resource, err error) {
			if err != nil {
				code, text := permit.ListenError(err, port)
				failure = &sockets.Failure{Code: code, Text: text}
				return
			}
			s.listener = r.(*listener)
			s.listener.attach(s, config)
		},
	})
	if err != nil {
		s.slot.Release()
		L.RaiseError("tcp.listen: %s", err)
	}
	if s.lease = lease; failure != nil {
		lease.Release()
	}
	return failure
}
