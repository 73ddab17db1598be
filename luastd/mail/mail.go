// Package mail is the Lua module "mail", which sends mail by a mail server (SMTP).
//
//	mail.send{ server =, from =, to =, subject =, text =, ... } -> true; or nil, reason, code
//
// A mail has at most 100 recipients, 50 attachments and 25 MiB, and the server answers with at most 1 MiB. At most 4 mails of a script are sent
// at the same time.
package mail

import (
	"context"
	_ "embed"
	"errors"
	"log/slog"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/luastd"
	"moonlark/luastd/sockets"
	"moonlark/luastd/value"
)

//go:embed doc.lua
var doc string

//go:embed manual.md
var manual string

// Module is the Lua module "mail".
var Module = luastd.Module{
	Name: "mail", Open: open, Doc: doc, Manual: manual,
	Needs: []permit.Kind{permit.Net, permit.Read},
	// The argument is a table, so only the lack of any permission is known.
	Need: func(b *permit.Broker, _, _ string, _ bool) error { return b.CheckAnyHost() },
}

const (
	maxRunning     = 4
	maxRecipients  = 100
	maxAttachments = 50
	maxSize        = 25 << 20 // bytes of texts and attachments
	maxReplies     = 1 << 20  // bytes that a server sends, with those of TLS
	defaultTimeout = 30 * time.Second
	maxTimeout     = 600 * time.Second
)

// A module is the module of one Lua state. Only the executor's goroutine uses it.
type module struct {
	rt      luastd.Runtime
	running int  // number of mails that are being sent
	warned  bool // sockets.InsecureWarning has been logged
}

func open(L *lua.LState, rt luastd.Runtime) lua.LValue {
	m := &module{rt: rt}
	t := L.CreateTable(0, 1)
	value.SetFunctions(L, t, map[string]lua.LGFunction{"send": m.send})
	return t
}

// send is the Lua function mail.send.
func (m *module) send(L *lua.LState) int {
	L.CheckTable(1)
	s, l := m.checkServer(L), m.checkLetter(L)
	luastd.CheckLoaded(L, m.rt, "mail.send")
	if err := m.rt.Permit().CheckHost(s.host, s.port, 0); err != nil {
		L.RaiseError("mail.send: %s", err)
	}
	if m.running == maxRunning {
		return value.PushFailure(L, "busy", "%d mails are being sent already", maxRunning)
	}
	if s.tls.Insecure && !m.warned {
		m.warned = true
		m.rt.Log(slog.LevelWarn, "mail: "+sockets.InsecureWarning)
	}
	m.running++
	defer func() { m.running-- }()
	timeout := m.rt.WaitLimit(s.timeout)
	err, _ := m.rt.Await(L, func(done func(any)) func() {
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		go func() {
			defer cancel()
			done(m.deliver(ctx, s, l))
		}()
		return cancel
	}).(error)
	var denied *permit.Denied
	switch {
	case err == nil:
		L.Push(lua.LTrue)
		return 1
	case errors.As(err, &denied) && !denied.Led:
		L.RaiseError("mail.send: %s", err)
	case errors.Is(err, context.DeadlineExceeded):
		return value.PushFailure(L, "timeout", "%s has not taken the mail in %s", s.address(), sockets.Seconds(timeout))
	}
	return sockets.Explain(err, s.address()).Push(L)
}

// deliver reads the attachments, and sends the mail. It blocks.
func (m *module) deliver(ctx context.Context, s *server, l *letter) error {
	b := m.rt.Permit()
	if err := l.load(ctx, b); err != nil {
		return err
	}
	if !m.rt.Budget().Take(2 * l.size) {
		return sockets.Fail("full", "%s", luastd.BudgetReason)
	}
	defer m.rt.Budget().Give(2 * l.size)
	if err := s.tls.Resolve(b); err != nil {
		return err
	}
	config, err := s.tls.Config(s.host)
	if err != nil {
		return err
	}
	text, err := l.encode()
	if err != nil {
		return err
	}
	err = s.deliver(ctx, b, config, l, text)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
