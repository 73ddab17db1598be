package store

import (
	"log/slog"
	"math"
	"time"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/sqlite"
	"moonlark/luastd/value"
)

const (
	maxKey   = 512
	maxValue = 1 << 20                   // maximal length of a value as JSON, in bytes
	maxTTL   = 10 * 366 * 24 * time.Hour // maximal value of the option ttl
	maxLimit = 10_000                    // maximal value of the option limit
)

// checkKey returns argument n, which must be a key.
func checkKey(L *lua.LState, n int) string {
	key := L.CheckString(n)
	if key == "" || len(key) > maxKey {
		L.ArgError(n, "a key has 1 to 512 bytes")
	}
	checkUTF8(L, n, key)
	return key
}

// checkPrefix returns argument n, which may be left out.
func checkPrefix(L *lua.LState, n int) string {
	prefix := L.OptString(n, "")
	if len(prefix) > maxKey {
		L.ArgError(n, "a prefix has at most 512 bytes")
	}
	checkUTF8(L, n, prefix)
	return prefix
}

func checkUTF8(L *lua.LState, n int, s string) {
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			L.ArgError(n, value.Quote(s)+" is not UTF-8 at byte "+lua.LNumber(i+1).String())
		}
		i += size
	}
}

// checkValue returns argument n as JSON, or "" if it is nil.
func checkValue(L *lua.LState, n int) string {
	if v := L.Get(n); v != lua.LNil {
		return encode(L, n, v)
	}
	if L.GetTop() < n {
		L.ArgError(n, "value expected")
	}
	return ""
}

// encode returns v as JSON. It raises an error about argument n if that is not possible.
func encode(L *lua.LState, n int, v lua.LValue) string {
	text, err := value.Append(nil, v, maxValue)
	if err != nil {
		L.ArgError(n, err.Error())
	}
	return string(text)
}

// push pushes the value with this JSON text, or fallback if there is no text.
func push(L *lua.LState, text string, fallback lua.LValue) int {
	v := fallback
	if text != "" {
		var err error
		if v, err = value.ParseString(L, text); err != nil {
			return value.PushFailure(L, "corrupt", "%s: %s", errCorrupt, err)
		}
	}
	L.Push(v)
	return 1
}

// expires returns when a key expires for which the option ttl is set: see entry.expires.
func (s *store) expires(o value.Options) int64 {
	ttl := int64(math.Ceil(o.Seconds("ttl", 0, time.Millisecond, maxTTL).Seconds() * 1000))
	if ttl == 0 {
		return 0
	}
	if now := s.now().UnixMilli(); now >= clockIsRight {
		return now + ttl
	}
	return -ttl
}

// kindOf returns the kind of request that the option lazy asks for. In a transaction, no change is
// lazy.
func (s *store) kindOf(o value.Options) kind {
	if o.Bool("lazy", false) && s.current() == nil {
		return lazy
	}
	return write
}

// lookUp returns the entry of a key, from the cache if that is possible.
func (s *store) lookUp(L *lua.LState, function, key string) (e entry, err error) {
	s.use(L, function, false)
	if s.current() == nil {
		if e, ok := s.db.cache.get(key, s.now()); ok {
			return e, nil
		}
	}
	err = s.do(L, read, func(c *connection) (err error) { e, err = c.get(key); return err })
	return e, err
}

func (s *store) get(L *lua.LState) int {
	key := checkKey(L, 1)
	fallback := L.Get(2)
	e, err := s.lookUp(L, "get", key)
	if err != nil {
		return fail(L, "get", err)
	}
	return push(L, e.text, fallback)
}

func (s *store) ttl(L *lua.LState) int {
	e, err := s.lookUp(L, "ttl", checkKey(L, 1))
	switch {
	case err != nil:
		return fail(L, "ttl", err)
	case e.expires < 0:
		L.Push(lua.LNumber(-e.expires) / 1000)
	case e.expires > 0:
		L.Push(lua.LNumber(e.expires-s.now().UnixMilli()) / 1000)
	default:
		L.Push(lua.LNil)
	}
	return 1
}

func (s *store) set(L *lua.LState) int {
	key, text := checkKey(L, 1), checkValue(L, 2)
	o := value.CheckOptions(L, 3, "ttl", "lazy")
	e, k := entry{text, s.expires(o)}, s.kindOf(o)
	s.use(L, "set", true)
	if k == lazy {
		if s.db.lazies.add(len(key) + len(text)) {
			s.setLazily(key, e)
			L.Push(lua.LTrue)
			return 1
		}
		k = write
	}
	if err := s.do(L, k, func(c *connection) error { return c.put(key, e) }); err != nil {
		return fail(L, "set", err)
	}
	L.Push(lua.LTrue)
	return 1
}

// setLazily changes a key without waiting.
func (s *store) setLazily(key string, e entry) {
	db := s.db
	db.cache.put(key, e)
	db.requests.Put(&request{
		resolve: s.resolve, kind: lazy, set: &change{key: key, entry: e},
		do: func(c *connection) error { return c.put(key, e) },
		done: func(err error) {
			if err != nil {
				db.cache.clear()
				db.warn(slog.LevelError, "store: a lazy change is lost: "+sqlite.Reason(err))
			}
		},
	})
}

func (s *store) add(L *lua.LState) int {
	key, text := checkKey(L, 1), checkValue(L, 2)
	if text == "" {
		L.ArgError(2, "value expected, got nil")
	}
	o := value.CheckOptions(L, 3, "ttl", "lazy")
	e, k := entry{text, s.expires(o)}, s.kindOf(o)
	s.use(L, "add", true)
	added := false
	err := s.do(L, k, func(c *connection) error {
		old, err := c.get(key)
		if added = err == nil && old.text == ""; !added {
			return err
		}
		return c.put(key, e)
	})
	if err != nil {
		return fail(L, "add", err)
	}
	L.Push(lua.LBool(added))
	return 1
}

func (s *store) delete(L *lua.LState) int {
	key := checkKey(L, 1)
	s.use(L, "delete", true)
	found := false
	err := s.do(L, write, func(c *connection) error {
		old, err := c.get(key)
		found = old.text != ""
		if err != nil {
			return err
		}
		return c.remove(key)
	})
	if err != nil {
		return fail(L, "delete", err)
	}
	L.Push(lua.LBool(found))
	return 1
}

func (s *store) incr(L *lua.LState) int {
	key, by := checkKey(L, 1), float64(L.OptNumber(2, 1))
	o := value.CheckOptions(L, 3, "init", "ttl", "lazy")
	init, ok := o.Get("init").(lua.LNumber)
	if !ok && o.Get("init") != lua.LNil {
		o.Raise("init", "a number", o.Get("init"))
	}
	expires, k := s.expires(o), s.kindOf(o)
	s.use(L, "incr", true)
	var sum float64
	err := s.do(L, k, func(c *connection) (err error) { sum, err = c.incr(key, by, float64(init), expires); return err })
	if err != nil {
		return fail(L, "incr", err)
	}
	L.Push(lua.LNumber(sum))
	return 1
}

func (s *store) keys(L *lua.LState) int {
	return s.pushList(L, "keys", false, func(m member) (lua.LValue, error) { return lua.LString(m.key), nil })
}

func (s *store) list(L *lua.LState) int {
	return s.pushList(L, "list", true, func(m member) (lua.LValue, error) {
		v, err := value.ParseString(L, m.text)
		t := L.CreateTable(0, 2)
		t.RawSetString("key", lua.LString(m.key))
		t.RawSetString("value", v)
		return t, err
	})
}

// bytesPerMember is how many bytes of work a key of a list counts as for luastd.Progress.
const bytesPerMember = 300

// pushList pushes the list of the keys that the arguments ask for, with an element for each key.
func (s *store) pushList(L *lua.LState, function string, withValues bool, element func(member) (lua.LValue, error)) int {
	prefix := checkPrefix(L, 1)
	o := value.CheckOptions(L, 2, "limit", "after", "reverse")
	keys := span{prefix, o.String("after", ""), o.Bool("reverse", false), o.Int("limit", 1000, 1, maxLimit)}
	t := L.CreateTable(4, 0)
	t.Metatable = value.ArrayMetatable(L)
	s.use(L, function, false)
	var members []member
	err := s.do(L, scan, func(c *connection) (err error) { members, err = c.list(keys, withValues); return err })
	if err != nil {
		return fail(L, function, err)
	}
	progress := luastd.NewProgress(s.rt, L)
	for _, m := range members {
		v, err := element(m)
		if err != nil {
			return value.PushFailure(L, "corrupt", "the value of %s is not JSON: %s", value.Quote(m.key), err)
		}
		t.Append(v)
		progress.Add(bytesPerMember + len(m.text))
	}
	L.Push(t)
	return 1
}

func (s *store) clear(L *lua.LState) int {
	prefix := checkPrefix(L, 1)
	s.use(L, "clear", true)
	n := 0
	err := s.do(L, write, func(c *connection) (err error) { n, err = c.clear(prefix); return err })
	if err != nil {
		return fail(L, "clear", err)
	}
	L.Push(lua.LNumber(n))
	return 1
}
