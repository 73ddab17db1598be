package store

import (
	"path/filepath"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/luastd/value"
)

// record tells the fakes of a test, if there are any, that the script calls a function of the store,
// such as "set". The key is argument 1, and the value argument 2.
func (s *store) record(L *lua.LState, function string) {
	fakes := s.rt.Fakes()
	if fakes == nil {
		return
	}
	key, _ := L.Get(1).(lua.LString)
	var data []byte
	if v := L.Get(2); v != lua.LNil {
		data, _ = value.Append(nil, v, maxValue) // what is not JSON is left out
	}
	fakes.Asked("store."+function, string(key), data)
}

// Write sets keys of the store of the script whose permissions b has. It is for tests of the script.
// values are JSON values by key. now is the clock of the script. Write blocks until the values are
// on the disk.
func Write(b *permit.Broker, now func() time.Time, values map[string]string) error {
	return outside(b, now, write, func(c *connection) error {
		for key, text := range values {
			if err := c.put(key, entry{text: text}); err != nil {
				return err
			}
		}
		return nil
	})
}

// Read returns the JSON value of a key in the store of the script whose permissions b has, or "" if
// there is no such key. It is for tests of the script. It blocks until the value has been read.
func Read(b *permit.Broker, now func() time.Time, key string) (text string, err error) {
	err = outside(b, now, read, func(c *connection) error {
		e, err := c.get(key)
		text = e.text
		return err
	})
	return text, err
}

// CloseUnused closes the files of the stores in folder, and in the folders below it, that no script
// uses any more. It returns when they are closed. Then a test can delete the folder.
func CloseUnused(folder string) { databases.closeUnused(folder) }

// outside runs do on the goroutine of the database, without a script, and waits until do has
// returned. It returns the error of do.
func outside(b *permit.Broker, now func() time.Time, k kind, do func(*connection) error) error {
	const file = "store.db"
	path := filepath.Join(b.DataPath(), file)
	db := databases.use(path, now)
	defer databases.leave(path, db)
	done := make(chan error, 1)
	resolve := func(change bool) (permit.Place, error) { return b.Resolve(file, change) }
	db.requests.Put(&request{resolve: resolve, kind: k, do: do, done: func(err error) { done <- err }})
	return <-done
}
