package mcp

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/mcpclient"
	"moonlark/engine/permit"
	"moonlark/luastd"
	"moonlark/luastd/value"
)

// connect is the Lua function mcp.connect.
func (m *module) connect(L *lua.LState) int {
	e := m.checkEntry(L)
	if e.Command != "" {
		path, err := m.rt.Permit().Program(e.Command)
		var denied *permit.Denied
		switch {
		case errors.As(err, &denied):
			L.RaiseError("mcp.connect: %s", err)
		case errors.Is(err, fs.ErrNotExist):
			return value.PushFailure(L, "not_found", "there is no program %s", value.Quote(e.Command))
		case err != nil:
			return value.PushFailure(L, "invalid", "%s is not a program: %v", value.Quote(e.Command), err)
		}
		e.Path = path
	}
	h, err := m.newHandle(e.Name)
	if err == nil {
		err = m.claim(h, e)
	}
	if err != nil {
		L.RaiseError("mcp.connect: %s", err)
	}
	L.Push(&lua.LUserData{Value: h, Env: L.Env, Metatable: m.metatable})
	return 1
}

// claim asks for the connection with the settings e: that of the generation before, or a new one.
func (m *module) claim(h *handle, e *mcpclient.Entry) error {
	key := settingsKey(m.rt.Folder(), e)
	if before := connections.find(key); before != nil {
		h.use(before.Server) // so that the tools of the server are offered when the script comes into use
	}
	_, err := m.rt.Claim(luastd.Claim{
		Kind: "mcp connection", Settings: key,
		Open: func() (luastd.Resource, error) {
			if e.Command != "" {
				folder, err := m.rt.Permit().WorkingFolder()
				if err != nil {
					return nil, err
				}
				e.Dir = folder
			}
			return newOwnServer(key, e), nil
		},
		Use: func(r luastd.Resource, err error) {
			if err != nil {
				m.rt.Log(levelError, "mcp.connect: "+err.Error())
				return
			}
			own := r.(*ownServer)
			log := m.rt.Log
			m.rt.Own(own.log.use(log))
			h.use(own.Server)
			h.noteChange()
		},
	})
	return err
}

// settingsKey returns a text that is equal for settings that are equal, without the secrets in them.
func settingsKey(folder string, e *mcpclient.Entry) string {
	text := fmt.Sprintf("%q %q %q %q %q %q %q %v %v %v", folder, e.Name, e.Path, e.Args, e.Env, e.Allow, e.Deny, e.Timeout, e.Startup, e.Trust)
	if e.URL != nil {
		text += fmt.Sprintf(" %q %q", e.URL, e.Headers)
	}
	sum := sha256.Sum256([]byte(text))
	return e.Name + " " + fmt.Sprintf("%x", sum)
}

// An ownServer is a server that belongs to a script, while it is open.
type ownServer struct {
	*mcpclient.Server
	key string
	log *logSink
}

func newOwnServer(key string, e *mcpclient.Entry) *ownServer {
	sink := new(logSink)
	s := &ownServer{mcpclient.NewServer(e, sink.logger()), key, sink}
	s.Acquire()
	connections.add(s)
	return s
}

func (s *ownServer) Stop() { s.Release() }

func (s *ownServer) Close(context.Context) {
	connections.remove(s)
	s.Server.Close()
}

// openServers are the servers of scripts that are open. A copy of a script that is being loaded finds
// the server of the copy before in it, whose tools it offers at once. It is a variable of the package
// because a copy cannot reach what the copy before has.
type openServers struct {
	mu      sync.Mutex
	servers []*ownServer
}

var connections openServers

func (o *openServers) add(s *ownServer) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.servers = append(o.servers, s)
}

func (o *openServers) remove(s *ownServer) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i, other := range o.servers {
		if other == s {
			o.servers = append(o.servers[:i:i], o.servers[i+1:]...)
			return
		}
	}
}

// find returns the server with this key, or nil.
func (o *openServers) find(key string) *ownServer {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, s := range o.servers {
		if s.key == key {
			return s
		}
	}
	return nil
}

var connectOptions = []string{"command", "args", "env", "url", "headers", "bearer", "name", "allow", "deny", "timeout", "startup", "trust"}

// checkEntry returns the settings in the argument of mcp.connect. It raises an error if one is wrong,
// or if the script lacks a permission.
func (m *module) checkEntry(L *lua.LState) *mcpclient.Entry {
	L.CheckTable(1)
	o := value.CheckOptions(L, 1, connectOptions...)
	e := &mcpclient.Entry{
		Name: o.String("name", ""), Allow: o.StringList("allow"), Deny: o.StringList("deny"),
		Timeout: o.Timeout("timeout", mcpclient.DefaultTimeout, mcpclient.MaxTimeout),
		Startup: o.Timeout("startup", mcpclient.DefaultStartup, mcpclient.MaxTimeout), Trust: o.Bool("trust", false),
	}
	if e.Allow == nil && o.Get("allow") != lua.LNil {
		e.Allow = []string{} // an empty list allows nothing
	}
	hasCommand, hasURL := o.Get("command") != lua.LNil, o.Get("url") != lua.LNil
	if hasCommand == hasURL {
		L.ArgError(1, `want command, for a program, or url, for a server that is reached by HTTP`)
	}
	if hasCommand {
		m.checkCommand(L, o, e)
	} else {
		m.checkURL(L, o, e)
	}
	if err := mcpclient.CheckName(e.Name); err != nil {
		o.Raise("name", err.Error(), lua.LString(e.Name))
	}
	return e
}

// checkCommand sets what belongs to a program.
func (m *module) checkCommand(L *lua.LState, o value.Options, e *mcpclient.Entry) {
	if o.Get("headers") != lua.LNil || o.Get("bearer") != lua.LNil {
		L.ArgError(1, "headers and bearer are for a url")
	}
	e.Command, e.Args = o.String("command", ""), wordsOption(o, "args")
	if e.Command == "" {
		o.Raise("command", "the name or the path of a program", o.Get("command"))
	}
	if strings.ContainsRune(e.Command+strings.Join(e.Args, ""), 0) {
		L.ArgError(1, "a word has a zero byte")
	}
	if e.Name == "" {
		e.Name = plain(filepath.Base(e.Command))
	}
	if len(permit.ProgramFolders) > 0 {
		e.Env = []string{"PATH=" + strings.Join(permit.ProgramFolders, ":")}
	}
	eachOf(o, "env", "a table with environment variables", func(name string, v lua.LValue) bool {
		text, ok := textOf(v)
		if err := m.rt.Permit().CheckProgramVariable(name); err != nil {
			value.Raise(L, fmt.Errorf("mcp.connect: %w", err))
		}
		e.Env = append(e.Env, name+"="+text)
		return ok && !strings.ContainsRune(text, 0)
	})
}

// wordsOption returns an option that is a list of strings and numbers.
func wordsOption(o value.Options, option string) (words []string) {
	const want = "a list of strings and numbers"
	v := o.Get(option)
	list, ok := v.(*lua.LTable)
	if !ok && v != lua.LNil {
		o.Raise(option, want, v)
	}
	for i := 1; ok && i <= list.Len(); i++ {
		switch item := list.RawGetInt(i).(type) {
		case lua.LString, lua.LNumber:
			words = append(words, item.String())
		default:
			o.Raise(option, want, v)
		}
	}
	return words
}

// checkURL sets what belongs to a server that is reached by HTTP.
func (m *module) checkURL(L *lua.LState, o value.Options, e *mcpclient.Entry) {
	if o.Get("args") != lua.LNil || o.Get("env") != lua.LNil {
		L.ArgError(1, "args and env are for a command")
	}
	u, err := mcpclient.ParseURL(o.String("url", ""))
	if err != nil {
		L.ArgError(1, "url: "+err.Error())
	}
	e.URL = u
	if e.Name == "" {
		e.Name = plain(u.Hostname())
	}
	defaultPort := map[string]uint16{"http": 80, "https": 443}[u.Scheme]
	port := defaultPort
	if digits := u.Port(); digits != "" {
		n, err := strconv.ParseUint(digits, 10, 16)
		if err != nil || n == 0 {
			L.ArgError(1, "url: the port must be from 1 to 65535")
		}
		port = uint16(n)
	}
	if err := m.rt.Permit().CheckHost(u.Hostname(), port, defaultPort); err != nil {
		L.RaiseError("mcp.connect: %s", err)
	}
	e.Dial = m.rt.Permit().Dialer(defaultPort)
	add := func(name, before string, v lua.LValue) bool {
		if secret, ok := value.SecretOf(v); ok {
			if err := secret.CheckHost(u.Hostname(), port); err != nil {
				L.RaiseError("mcp.connect: %s", err)
			}
		}
		text, ok := textOf(v)
		text = before + text
		if err := mcpclient.CheckHeader(name, text); err != nil {
			L.ArgError(1, "headers: "+err.Error())
		}
		if e.Headers == nil {
			e.Headers = make(http.Header)
		}
		e.Headers.Set(name, text)
		return ok
	}
	eachOf(o, "headers", "a table with headers", func(name string, v lua.LValue) bool { return add(name, "", v) })
	if v := o.Get("bearer"); v != lua.LNil && !add("Authorization", "Bearer ", v) {
		o.Raise("bearer", "a string or a secret", v)
	}
	if err := mcpclient.CheckHeaderTransport(u, e.Headers); err != nil {
		L.ArgError(1, err.Error())
	}
}

// textOf returns the text of a string, a number or a secret.
func textOf(v lua.LValue) (text string, ok bool) {
	if secret, ok := value.SecretOf(v); ok {
		return secret.Text, true
	}
	switch v.(type) {
	case lua.LString, lua.LNumber:
		return v.String(), true
	}
	return "", false
}
