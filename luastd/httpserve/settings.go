package httpserve

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/files"
	"moonlark/luastd/sockets"
	"moonlark/luastd/value"
)

// settings are the options of http.serve. They do not change.
type settings struct {
	port    uint16
	host    string
	name    string
	tls     *tls.Config // nil if the server does not use TLS
	maxBody int
	timeout time.Duration
	guard   guard
}

var optionNames = []string{"port", "host", "tls", "max_body", "timeout", "auth", "token", "hosts", "origins", "name"}

// foreignOptions are names that other libraries have for the options of http.serve.
var foreignOptions = map[string]string{
	"address": "host", "addr": "host", "bind": "host", "interface": "host", "hostname": "host", "listen": "port",
	"ssl": "tls", "cert": "tls = {cert =, key =}", "key": "tls = {cert =, key =}", "body_limit": "max_body", "max_bytes": "max_body",
	"handler": "server:any(\"/\", fn)", "callback": "server:any(\"/\", fn)", "root": "server:static(\"/\", folder)", "static": "server:static(\"/\", folder)",
	"user": "auth = {user, password}", "password": "auth = {user, password}", "bearer": "token", "cors": "origins",
	"timeout_ms": "timeout, in seconds",
}

// checkSettings returns the settings in argument 1, without the files of the option tls, and that
// option. It raises an error if one is wrong, or if the script may not accept connections there.
func (m *module) checkSettings(L *lua.LState) (settings, *sockets.TLS) {
	t := L.CheckTable(1)
	for k, _ := t.Next(lua.LNil); k != lua.LNil; k, _ = t.Next(k) {
		if use := foreignOptions[k.String()]; use != "" {
			L.ArgError(1, "there is no field '"+k.String()+"': use "+use)
		}
	}
	o := value.CheckOptions(L, 1, optionNames...)
	port := o.Int("port", -1, 0, 65535)
	if port < 0 {
		L.ArgError(1, "port is missing: http.serve{port = 8080}")
	}
	s := settings{
		port:    uint16(port),
		host:    o.String("host", "127.0.0.1"),
		name:    o.String("name", ""),
		maxBody: o.Int("max_body", defaultBody, 0, 64<<20),
		timeout: o.Timeout("timeout", defaultTimeout, maxTimeout),
		guard:   checkGuard(o),
	}
	if err := m.rt.Permit().CheckListen(s.host, s.port); err != nil {
		value.Raise(L, fmt.Errorf("http.serve: %w", err))
	}
	return s, tlsOption(o)
}

// key returns what distinguishes the front of s from others at the same port. Fronts with equal
// keys are the same front.
func (s settings) key() string {
	return fmt.Sprintf("%q tls=%v %q", s.host, s.tls != nil, s.name)
}

// claimName returns the name of the claim for the front of s: a port can be used only once.
func (s settings) claimName() string {
	if s.port == 0 {
		return ""
	}
	return fmt.Sprint(s.port)
}

// tlsOption returns the option tls, or nil if it is not set.
func tlsOption(o value.Options) *sockets.TLS {
	v := o.Get("tls")
	if v == lua.LNil || v == lua.LFalse {
		return nil
	}
	t, ok := v.(*lua.LTable)
	if !ok {
		o.Raise("tls", `a table such as {cert = "./cert.pem", key = "./key.pem"}`, v)
	}
	parsed, err := sockets.ParseTLSFields(t)
	if err == nil {
		err = parsed.CheckServer()
	}
	if err != nil {
		o.L.RaiseError("http.serve: %s", err)
	}
	return parsed
}

// loadTLS reads the files of the option tls, and returns the configuration. The running task waits.
// The Lua function raises an error if a grant is missing.
func (m *module) loadTLS(L *lua.LState, o *sockets.TLS) (*tls.Config, error) {
	v, err := m.runner.Run(L, "http.serve", files.Timeout, func(context.Context) (any, error) {
		if err := o.Resolve(m.rt.Permit()); err != nil {
			return nil, err
		}
		config, err := o.Config("")
		if err == nil {
			config.NextProtos = []string{"h2", "http/1.1"}
		}
		return config, err
	})
	config, _ := v.(*tls.Config)
	return config, err
}

// pushTLSFailure pushes the three results of http.serve for an error of loadTLS.
func pushTLSFailure(L *lua.LState, err error) int {
	var known *sockets.Failure
	if errors.As(err, &known) {
		return known.Push(L)
	}
	return files.PushFailure(L, "a file of tls", err)
}
