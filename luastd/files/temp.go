package files

import (
	"context"
	"crypto/rand"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"syscall"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/luastd"
)

const (
	tempFolder = "tmp" // the folder of the temporary files, in the data folder
	maxTemps   = 1000  // maximal number of temporary files of a script
	maxSuffix  = 100   // maximal length of the suffix of a temporary file, in bytes

	// A temporary file that has not changed for this time is left from a process that has been
	// killed.
	abandonedAfter = 7 * 24 * time.Hour
)

// ErrManyTemps is the error of Temps.Create if the script has too many temporary files.
var ErrManyTemps = fmt.Errorf("there are %d temporary files: remove those that are not needed any more", maxTemps)

// Temps are the temporary files that the modules of a script have created. They are removed when
// the script's generation has ended. Any goroutine may use it.
type Temps struct {
	runner   *Runner
	owned    bool           // the files are removed at the end; belongs to the executor's goroutine
	creating sync.WaitGroup // the files that are being created

	mu     sync.Mutex              // guards the fields below
	places map[string]permit.Place // by path
	closed bool                    // no file may be created, because the generation has ended
}

// tempsKey is the key of the script's Temps in the registry of the Lua state.
const tempsKey = "moonlark.temps"

// TempsOf returns the Temps of the script with the Lua state L, which its modules share.
func TempsOf(L *lua.LState, rt luastd.Runtime) *Temps {
	if ud, ok := L.G.Registry.RawGetString(tempsKey).(*lua.LUserData); ok {
		return ud.Value.(*Temps)
	}
	t := &Temps{runner: NewRunner(rt), places: make(map[string]permit.Place)}
	L.G.Registry.RawSetString(tempsKey, &lua.LUserData{Value: t})
	return t
}

// Forget records that the file with this path is not temporary any more, because the script has
// removed or renamed it.
func (t *Temps) Forget(path string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.places, path)
}

// IsSuffix reports whether the name of a temporary file can end with suffix.
func IsSuffix(suffix string) bool {
	return !strings.ContainsAny(suffix, "/\\\x00") && len(suffix) <= maxSuffix
}

// Create creates an empty file in the data folder, whose name ends with suffix. The running task
// waits. function is the name of the Lua function: see Runner.Run.
func (t *Temps) Create(L *lua.LState, function, suffix string) (permit.Place, error) {
	first := !t.owned
	if first {
		t.owned = true
		t.runner.rt.Own(t.removeAll)
	}
	name := tempFolder + "/" + strings.ToLower(rand.Text()[:16]) + suffix
	v, err := t.runner.Run(L, function, Timeout, func(ctx context.Context) (any, error) {
		if first {
			t.runner.cleanTemp(ctx)
		}
		return t.create(name)
	})
	if err != nil {
		return permit.Place{}, err
	}
	return v.(*createdTemp).place, nil
}

// A createdTemp is a temporary file that has been created.
type createdTemp struct {
	temps *Temps
	place permit.Place
}

// Close removes the file. It is called if the task has been killed meanwhile.
func (c *createdTemp) Close() error {
	err := c.place.Root.Remove(c.place.Name)
	if err == nil {
		c.temps.Forget(c.place.Path)
	}
	return err
}

// create creates a temporary file. The file is in t.places before it exists, so that it is removed
// even if the generation ends meanwhile.
func (t *Temps) create(name string) (created *createdTemp, err error) {
	p, err := t.runner.Resolve(name, true)
	if err != nil {
		return nil, err
	}
	if err := t.begin(p); err != nil {
		return nil, err
	}
	defer t.creating.Done()
	defer func() {
		if err != nil {
			t.Forget(p.Path)
		}
	}()
	if err := p.Reserve(-1, 0); err != nil {
		return nil, err
	}
	if err := p.MakeParents(); err != nil {
		return nil, err
	}
	f, err := p.OpenFile(syscall.O_WRONLY|syscall.O_CREAT|syscall.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		p.Root.Remove(p.Name)
		return nil, err
	}
	return &createdTemp{t, p}, nil
}

// begin adds the file at p. It returns an error if the generation has ended, or if there are too
// many files.
func (t *Temps) begin(p permit.Place) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.closed:
		return context.Canceled
	case len(t.places) >= maxTemps:
		return ErrManyTemps
	}
	t.places[p.Path] = p
	t.creating.Add(1)
	return nil
}

// removeAll removes all files. It waits a moment for those that are being created.
func (t *Temps) removeAll() {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	created := make(chan struct{})
	go func() {
		t.creating.Wait()
		close(created)
	}()
	select {
	case <-created:
	case <-time.After(time.Second): // the disk does not respond
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range t.places {
		p.Root.Remove(p.Name)
	}
}

// cleanTemp removes abandoned temporary files.
func (r *Runner) cleanTemp(ctx context.Context) {
	p, err := r.Resolve(tempFolder, true)
	if err != nil {
		return
	}
	EachEntry(ctx, p, func(_ string, child permit.Place, e fs.DirEntry) error {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > abandonedAfter {
			child.Root.Remove(child.Name)
		}
		return nil
	})
}
