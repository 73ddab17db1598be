package ws

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/gorilla/websocket"
	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/backoff"
	"moonlark/engine/repeat"
	"moonlark/luastd"
	"moonlark/luastd/sockets"
	"moonlark/luastd/value"
)

// A keeper keeps a connection: it makes the connection again whenever it has ended. One task of the
// script makes the connections and calls the functions. Only the executor's goroutine uses the
// keeper.
type keeper struct {
	m                          *module
	request                    *request
	slot                       *sockets.Slot
	onMessage, onOpen, onClose *lua.LFunction // nil if not set
	backoff                    backoff.Backoff
	ctx                        context.Context // done when the script has called close
	cancel                     func()
	current                    *lua.LUserData // the connection; nil while there is none
	failures                   int            // attempts that have failed since the last connection
}

// minBackoff is the minimal first pause of the option backoff.
const minBackoff = 100 * time.Millisecond

// keep is the Lua function ws.keep. While the script loads, it only checks its arguments: the first
// connection is made when the script comes into use.
func (m *module) keep(L *lua.LState) int {
	k := &keeper{m: m, request: m.checkRequest(L, "ws.keep", "on_message", "on_open", "on_close", "backoff")}
	o := value.CheckOptions(L, 2, append([]string{"on_message", "on_open", "on_close", "backoff"}, requestOptions...)...)
	for name, fn := range map[string]**lua.LFunction{"on_message": &k.onMessage, "on_open": &k.onOpen, "on_close": &k.onClose} {
		v := o.Get(name)
		f, ok := v.(*lua.LFunction)
		if !ok && v != lua.LNil {
			o.Raise(name, "a function", v)
		}
		*fn = f
	}
	k.backoff = backoffOption(o)
	k.slot = m.reserve(L, "ws.keep")
	k.ctx, k.cancel = context.WithCancel(context.Background())
	k.slot.Put(k.cancel)
	if err := m.rt.Spawn(L.NewFunction(k.run), nil); err != nil {
		k.slot.Release()
		L.RaiseError("ws.keep: %s", err)
	}
	L.Push(&lua.LUserData{Value: k, Env: L.Env, Metatable: m.keepers})
	return 1
}

// backoffOption returns the option backoff, which is a list of the first and the maximal pause.
func backoffOption(o value.Options) backoff.Backoff {
	b := backoff.Backoff{First: time.Second, Max: time.Minute, Jitter: true}
	v := o.Get("backoff")
	if v == lua.LNil {
		return b
	}
	t, ok := v.(*lua.LTable)
	if !ok || t.Len() != 2 {
		o.Raise("backoff", "two numbers of seconds, such as {1, 60}", v)
	}
	first, ok1 := t.RawGetInt(1).(lua.LNumber)
	most, ok2 := t.RawGetInt(2).(lua.LNumber)
	if !ok1 || !ok2 || !(float64(first) >= minBackoff.Seconds()) || !(most >= first) || !(float64(most) <= maxTimeout.Seconds()) {
		o.L.ArgError(2, fmt.Sprintf("backoff must be two numbers of seconds from %v to %v, the smaller one first", minBackoff.Seconds(), maxTimeout.Seconds()))
	}
	b.First, b.Max = time.Duration(float64(first)*float64(time.Second)), time.Duration(float64(most)*float64(time.Second))
	return b
}

// run is the Lua function of the keeper's task.
func (k *keeper) run(L *lua.LState) int {
	defer func() { // also when the task is killed, which is usually because the generation has ended
		if k.current != nil {
			k.current.Value.(*handle).startClose(websocket.CloseGoingAway, "")
		}
	}()
	for k.ctx.Err() == nil {
		c, err := k.connect(L)
		if err == nil {
			began := time.Now()
			k.serve(L, c)
			if time.Since(began) >= k.backoff.Max {
				k.backoff.Reset() // a connection that ends at once is no success
			}
		} else {
			k.logFailure(err)
		}
		k.pause(L)
	}
	k.slot.Release()
	return 0
}

// connect makes the connection.
func (k *keeper) connect(L *lua.LState) (*conn, error) {
	dial := k.request.dialer(k.slot, false)
	return sockets.Connect(k.m.rt, L, func(ctx context.Context) (*conn, error) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(k.ctx, cancel)()
		return dial(ctx)
	})
}

// logFailure logs the first failed attempt of an outage, and later ones more and more rarely.
func (k *keeper) logFailure(err error) {
	if k.ctx.Err() != nil {
		return
	}
	k.failures++
	if k.failures == 1 || repeat.Shown(k.failures) {
		k.m.rt.Log(slog.LevelWarn, fmt.Sprintf("ws.keep %s: attempt %d: %s", k.request.shown(), k.failures, sockets.Explain(err, k.request.host()).Error()))
	}
}

// serve calls the functions of the script until the connection has ended.
func (k *keeper) serve(L *lua.LState, c *conn) {
	ud := k.m.pushable(L, c)
	h := ud.Value.(*handle)
	h.kept = true
	k.current, k.failures = ud, 0
	if k.ctx.Err() != nil {
		c.startClose(websocket.CloseNormalClosure, "") // the script has called close meanwhile
	}
	k.call(L, "on_open", k.onOpen, ud)
	for {
		msg, ok := k.m.next(L, h, -1)
		if !ok {
			break
		}
		k.call(L, "on_message", k.onMessage, lua.LString(msg.data), kindName(msg.kind), ud)
	}
	k.current = nil
	e := h.ending()
	k.call(L, "on_close", k.onClose, lua.LNumber(e.code), lua.LString(e.reason))
}

// call runs a function of the script as a task of its own, so that an error or a kill ends only
// that task, and waits until the task has ended.
func (k *keeper) call(L *lua.LState, name string, fn *lua.LFunction, args ...lua.LValue) {
	if fn == nil {
		return
	}
	k.m.rt.Await(L, func(done func(any)) func() {
		_, err := k.m.rt.Start(luastd.TaskSpec{Name: "ws.keep: " + name, Fn: fn, Args: args, Ended: func(luastd.Outcome) bool {
			done(nil)
			return false
		}})
		if err != nil {
			k.m.rt.Log(slog.LevelWarn, fmt.Sprintf("ws.keep: %s was not called: %s", name, err))
			done(nil)
		}
		return nil
	})
}

// pause waits before the next attempt, or until the script calls close.
func (k *keeper) pause(L *lua.LState) {
	k.m.rt.Await(L, func(done func(any)) func() {
		ctx, cancel := context.WithTimeout(k.ctx, k.backoff.Next())
		context.AfterFunc(ctx, func() {
			cancel()
			done(nil)
		})
		return cancel
	})
}

// keeperMetatable returns the metatable of keepers.
func (m *module) keeperMetatable(L *lua.LState) *lua.LTable {
	return value.HandleMetatable(L, "ws keeper", map[string]lua.LGFunction{
		"send": func(L *lua.LState) int {
			return pushSent(L, checkKeeper(L).send(checkText(L, checkKeeper(L).request.url)))
		},
		"send_binary": func(L *lua.LState) int {
			return pushSent(L, checkKeeper(L).send(checkBinary(L, checkKeeper(L).request.url)))
		},
		"send_json": func(L *lua.LState) int { return pushSent(L, checkKeeper(L).send(checkJSON(L))) },
		"close":     closeKeeper,
	}, func(k *keeper, name string) lua.LValue {
		switch name {
		case "url":
			return lua.LString(k.request.shown())
		case "connected":
			return lua.LBool(k.connected())
		}
		return lua.LNil
	})
}

// String returns the text of tostring.
func (k *keeper) String() string {
	state := "not connected"
	switch {
	case k.ctx.Err() != nil:
		state = "closed"
	case k.connected():
		state = "connected"
	}
	return fmt.Sprintf("ws keeper %s (%s)", k.request.shown(), state)
}

// checkKeeper returns argument 1, which must be a keeper.
func checkKeeper(L *lua.LState) *keeper {
	return value.CheckHandle[*keeper](L, "a keeper", "keeper:send(text)")
}

// connected reports whether a message can be sent.
func (k *keeper) connected() bool {
	return k.current != nil && k.current.Value.(*handle).ending() == nil
}

func (k *keeper) send(m message) *sockets.Failure {
	switch {
	case k.ctx.Err() != nil:
		return sockets.Fail("closed", "the script has closed the keeper")
	case !k.connected():
		return sockets.Fail("offline", "there is no connection to %s now", k.request.host())
	}
	return k.current.Value.(*handle).send(m)
}

// closeKeeper is the Lua method keeper:close.
func closeKeeper(L *lua.LState) int {
	k := checkKeeper(L)
	if k.current != nil {
		k.current.Value.(*handle).startClose(websocket.CloseNormalClosure, "")
	}
	k.cancel()
	L.Push(lua.LTrue)
	return 1
}
