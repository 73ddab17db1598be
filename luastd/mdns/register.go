package mdns

import (
	"context"
	"fmt"
	"log/slog"
	"sort"
	"sync"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/mdns"
	"moonlark/engine/permit"
	"moonlark/luastd"
	"moonlark/luastd/sockets"
	"moonlark/luastd/value"
)

// An announcement is a service that is announced. It stays announced when the script is loaded
// again: it is a luastd.Resource. Any goroutine may call its methods.
type announcement struct {
	cancel func()
	done   chan struct{} // closed when the service is not announced any more

	mu   sync.Mutex // guards the field below
	name string     // "" before the service is announced
}

// checkTime is how often an announcement looks whether the networks have changed.
const checkTime = 15 * time.Second

// announce announces a service on a goroutine of its own, until Stop is called. When the networks of
// the machine change, it is announced anew. fail is called if that is not possible at first; it is
// tried again.
func announce(b *permit.Broker, s mdns.Service, kind string, fail func(error)) *announcement {
	ctx, cancel := context.WithCancel(context.Background())
	a := &announcement{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(a.done)
		for ctx.Err() == nil {
			networks := mdns.Networks()
			r, err := b.Announce(ctx, s, kind)
			switch {
			case err == nil:
				a.setName(r.Name())
			case ctx.Err() == nil && fail != nil:
				fail(err)
			}
			fail = nil
			wait(ctx, func() bool { return err != nil || mdns.Networks() != networks })
			a.setName("")
			if r != nil {
				r.Close()
			}
		}
	}()
	return a
}

// wait returns when changed returns true, which it calls every checkTime, or when ctx is done.
func wait(ctx context.Context, changed func() bool) {
	ticker := time.NewTicker(checkTime)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if changed() {
				return
			}
		}
	}
}

func (a *announcement) setName(name string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.name = name
}

// Stop ends the announcement.
func (a *announcement) Stop() { a.cancel() }

// Close waits until the service is not announced any more.
func (a *announcement) Close(context.Context) { <-a.done }

// current returns the name under which the service is announced, or "".
func (a *announcement) current() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.name
}

// A registration is an announcement as one generation of the script has it. Only the executor's
// goroutine uses it.
type registration struct {
	service      mdns.Service
	lease        luastd.Lease
	slot         *sockets.Slot
	announcement *announcement // nil until the claim is met
}

// register is the Lua function mdns.register.
func (m *module) register(L *lua.LState) int {
	o := value.CheckOptions(L, 1, "name", "service", "port", "text")
	kind := o.String("service", "")
	r := &registration{service: mdns.Service{Name: o.String("name", ""), Port: uint16(o.Int("port", 0, 0, 65535)), Text: textOption(o)}}
	if err := mdns.CheckService(r.service.Name, kind); err != nil {
		L.ArgError(1, err.Error())
	}
	if r.service.Port == 0 {
		L.ArgError(1, "port is missing")
	}
	broker := m.rt.Permit()
	if err := broker.CheckLAN(); err != nil {
		L.RaiseError("mdns.register: %s", err)
	}
	if r.slot = m.set.Reserve(); r.slot == nil {
		L.RaiseError("mdns.register: %d browsers and registrations are open", maxHandles)
	}
	lease, err := m.rt.Claim(luastd.Claim{
		Kind: "mdns service", Settings: settingsKey(r.service, kind),
		Open: func() (luastd.Resource, error) {
			return announce(broker, r.service, kind, func(err error) {
				m.rt.Log(slog.LevelError, "mdns.register: "+explain(err).Error()+"; it is tried again")
			}), nil
		},
		Use: func(resource luastd.Resource, _ error) { r.announcement = resource.(*announcement) },
	})
	if err != nil {
		r.slot.Release()
		L.RaiseError("mdns.register: %s", err)
	}
	r.lease = lease
	L.Push(&lua.LUserData{Value: r, Env: L.Env, Metatable: m.registrations})
	return 1
}

// settingsKey returns a text that is equal for equal services.
func settingsKey(s mdns.Service, kind string) string {
	var texts []string
	for name, v := range s.Text {
		texts = append(texts, name+"="+v)
	}
	sort.Strings(texts)
	return fmt.Sprintf("%q %q %d %q", s.Name, kind, s.Port, texts)
}

// textOption returns the option text, a table of short texts by name.
func textOption(o value.Options) map[string]string {
	text := make(map[string]string)
	t, ok := o.Get("text").(*lua.LTable)
	if v := o.Get("text"); !ok && v != lua.LNil {
		o.Raise("text", "a table of strings by name", v)
	}
	if t == nil {
		return text
	}
	size := 0
	t.ForEach(func(k, v lua.LValue) {
		name, isName := k.(lua.LString)
		isText := v.Type() == lua.LTString || v.Type() == lua.LTNumber || v.Type() == lua.LTBool
		length := len(name) + 1 + len(v.String())
		if size += length; !isName || !isText || name == "" || length > 255 || size > 1200 {
			o.L.ArgError(1, "text must be a table of strings by name, each of at most 255 bytes, and 1200 bytes in all")
		}
		text[string(name)] = v.String()
	})
	return text
}

// registrationMetatable returns the metatable of registrations.
func (m *module) registrationMetatable(L *lua.LState) *lua.LTable {
	return value.HandleMetatable(L, "mdns registration", map[string]lua.LGFunction{
		"close": func(L *lua.LState) int {
			r := value.CheckHandle[*registration](L, "a registration", "registration:close()")
			r.lease.Release()
			r.slot.Release()
			L.Push(lua.LTrue)
			return 1
		},
	}, func(r *registration, name string) lua.LValue {
		if name == "name" && r.announcement != nil && r.announcement.current() != "" {
			return lua.LString(r.announcement.current())
		}
		return lua.LNil
	})
}
