package store

import (
	"path/filepath"
	"sync"
	"time"
)

// keepOpen is how long a database stays open when no script uses it, so that the next generation of
// a script finds it open after a reload.
const keepOpen = 2 * time.Second

// databases are the databases that are open in this process. They are shared by the generations of
// a script, so they belong to the process.
var databases = openDatabases{byPath: map[string]*database{}}

// openDatabases are the databases that are open, by path. Any goroutine may use it.
type openDatabases struct {
	mu     sync.Mutex // guards byPath, and the fields users and uses of the databases
	byPath map[string]*database
}

// use returns the database with this path, for one more user. The user must call leave. now is the
// clock of a database that is not open.
func (o *openDatabases) use(path string, now func() time.Time) *database {
	o.mu.Lock()
	defer o.mu.Unlock()
	d := o.byPath[path]
	if d == nil {
		d = newDatabase(now)
		o.byPath[path] = d
	}
	if d.users == 0 {
		d.cache.expire() // another program may have changed the file meanwhile
	}
	d.users++
	d.uses++
	return d
}

// leave ends one use of the database. After the last user, it returns when the lazy changes are on
// the disk, and the database is closed after keepOpen, unless it is used again.
func (o *openDatabases) leave(path string, d *database) {
	o.mu.Lock()
	d.users--
	users, uses := d.users, d.uses
	o.mu.Unlock()
	if users > 0 {
		return
	}
	d.flush()
	time.AfterFunc(keepOpen, func() {
		o.mu.Lock()
		unused := d.users == 0 && d.uses == uses && o.byPath[path] == d
		if unused {
			delete(o.byPath, path)
		}
		o.mu.Unlock()
		if unused {
			d.close()
		}
	})
}

// closeUnused closes the databases in folder and below that have no user. It returns when they are
// closed.
func (o *openDatabases) closeUnused(folder string) {
	o.mu.Lock()
	var unused []*database
	for path, d := range o.byPath {
		if below, err := filepath.Rel(folder, path); err == nil && filepath.IsLocal(below) && d.users == 0 {
			delete(o.byPath, path)
			unused = append(unused, d)
		}
	}
	o.mu.Unlock()
	for _, d := range unused {
		d.close()
	}
}
