package store

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/ncruces/go-sqlite3"
	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/sqlite"
	"moonlark/luastd/value"
)

// maxListed is the maximal number of bytes in the keys and values that list returns.
const maxListed = 16 << 20

// errListed is the error of a list with more than maxListed bytes.
var errListed = fmt.Errorf("the keys and values have more than %d MiB: use limit and after", maxListed>>20)

// get returns the entry of a key.
func (c *connection) get(key string) (e entry, err error) {
	if e, ok := c.d.pending.entries[key]; ok {
		return e.alive(c.nowMilli()), nil
	}
	if !c.ready {
		return entry{}, nil
	}
	err = c.rows("SELECT value, expires FROM kv WHERE key = ?", []any{key}, func(s *sqlite3.Stmt) error {
		e = entry{s.ColumnText(0), s.ColumnInt64(1)}
		return nil
	})
	if err == nil && !c.writing { // otherwise the value may be taken back
		c.d.cache.put(key, e)
	}
	return e.alive(c.nowMilli()), err
}

// put changes the entry of a key. An entry without a text deletes the key.
func (c *connection) put(key string, e entry) error {
	if c.lazy {
		c.d.putPending(key, e)
		return nil
	}
	if e.text == "" {
		return c.remove(key)
	}
	_, exists, err := c.number("SELECT 1 FROM kv WHERE key = ?", key)
	if err != nil {
		return err
	}
	if !exists {
		if err := c.checkKeys(); err != nil {
			return err
		}
		c.keys++
	}
	const sql = "INSERT INTO kv VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value, expires = excluded.expires"
	if err := c.exec(sql, key, e.text, expiresColumn(e.expires)); err != nil {
		return err
	}
	c.record(key, e)
	return nil
}

// expiresColumn returns the value of the column expires, which is NULL for a key without a ttl.
func expiresColumn(expires int64) any {
	if expires == 0 {
		return nil
	}
	return expires
}

// checkKeys returns errFull if no key can be added.
func (c *connection) checkKeys() error {
	if c.keys < 0 {
		n, _, err := c.number("SELECT count(*) FROM kv")
		if err != nil {
			return err
		}
		c.keys = int(n)
	}
	if c.keys >= maxKeys {
		return errFull
	}
	return nil
}

func (c *connection) remove(key string) error {
	if err := c.exec("DELETE FROM kv WHERE key = ?", key); err != nil {
		return err
	}
	deleted := c.sqlite.Changes() > 0
	if deleted {
		c.keys = max(c.keys-1, -1)
	}
	if _, pending := c.d.pending.entries[key]; deleted || pending {
		c.record(key, entry{})
	}
	return nil
}

// A span is a range of keys, in the order of their bytes.
type span struct {
	prefix  string
	after   string // the keys after this one; "" means all
	reverse bool   // from the last key to the first; after is then before
	limit   int
}

// bounds returns the smallest key of the span, and the smallest key after the span: a string, or an
// empty blob, which SQLite sorts after all strings.
func (s span) bounds() (from string, to any) {
	from, to = s.prefix, any([]byte{})
	if s.prefix != "" {
		to = s.prefix[:len(s.prefix)-1] + string([]byte{s.prefix[len(s.prefix)-1] + 1}) // UTF-8 has no byte 0xFF
	}
	switch end, ok := to.(string); {
	case s.after == "":
	case s.reverse:
		if !ok || s.after < end {
			to = s.after
		}
	default:
		from = max(from, s.after+"\x00")
	}
	return from, to
}

// A member is a key and its value as JSON.
type member struct{ key, text string }

// list returns the keys of a span, and their values if withValues is true. It returns an error if
// there are lazy changes that could not be written.
func (c *connection) list(s span, withValues bool) (members []member, err error) {
	if len(c.d.pending.entries) > 0 {
		return nil, c.d.failure
	}
	return c.listWritten(s, withValues)
}

// listWritten is like list, but ignores the lazy changes that have not been written.
func (c *connection) listWritten(s span, withValues bool) (members []member, err error) {
	if !c.ready {
		return nil, nil
	}
	now := c.nowMilli()
	if now < clockIsRight {
		now = 0
	}
	from, to := s.bounds()
	columns, order := "key", ""
	if withValues {
		columns = "key, value"
	}
	if s.reverse {
		order = "DESC"
	}
	size := 0
	sql := "SELECT " + columns + " FROM kv WHERE key >= ? AND key < ? AND (expires IS NULL OR expires <= 0 OR expires > ?)" +
		" ORDER BY key " + order + " LIMIT ?"
	err = c.rows(sql, []any{from, to, now, s.limit}, func(row *sqlite3.Stmt) error {
		m := member{key: row.ColumnText(0)}
		if withValues {
			m.text = row.ColumnText(1)
		}
		if size += len(m.key) + len(m.text); size > maxListed {
			return errListed
		}
		members = append(members, m)
		return nil
	})
	return members, err
}

// clear deletes the keys that begin with prefix. It returns their number.
func (c *connection) clear(prefix string) (n int, err error) {
	members, err := c.listWritten(span{prefix: prefix, limit: maxKeys + 1}, false)
	if err != nil {
		return 0, err
	}
	keys := map[string]bool{}
	for _, m := range members {
		keys[m.key] = true
	}
	for key, e := range c.d.pending.entries {
		if strings.HasPrefix(key, prefix) {
			keys[key] = e.alive(c.nowMilli()).text != ""
		}
	}
	from, to := span{prefix: prefix}.bounds()
	if err := c.exec("DELETE FROM kv WHERE key >= ? AND key < ?", from, to); err != nil {
		return 0, err
	}
	c.keys = -1
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if keys[key] {
			n++
		}
		c.record(key, entry{})
	}
	return n, nil
}

// incr adds by to the number of a key. A missing key is set to init + by, with the expiry expires.
func (c *connection) incr(key string, by, init float64, expires int64) (sum float64, err error) {
	e, err := c.get(key)
	if err != nil {
		return 0, err
	}
	old := init
	if e.text == "" {
		e.expires = expires
	} else if old, err = strconv.ParseFloat(e.text, 64); err != nil {
		return 0, sqlite.Mistake("the value of " + value.Quote(key) + " is not a number")
	}
	sum = old + by
	text, err := value.Append(nil, lua.LNumber(sum), 0)
	if err != nil {
		return 0, sqlite.Mistake("the sum is not a finite number")
	}
	e.text = string(text)
	return sum, c.put(key, e)
}
