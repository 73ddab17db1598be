package permit

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// A Broker has the permissions of one script, and hands out what the script may reach. Any
// goroutine may call its methods.
type Broker struct {
	opts    Options
	all     map[Kind]bool // the kinds of which everything is granted
	hosts   []hostRule
	denied  []hostRule
	listens []listenRule
	folders []*folder
	// programs has the absolute paths of the programs that the script may run.
	programs  map[string]bool
	variables map[string]bool
	devices   map[device]bool
	protected []os.FileInfo // files that no script may change

	mu     sync.Mutex      // guards data, shared, closed and logged
	data   *folder         // the data folder of the script; nil before its first use
	shared *folder         // the data of all scripts; nil before its first use
	closed bool            // the Broker opens no folder any more
	logged map[string]bool // the refusals that have been logged

	usage dataUsage
	mask  mask // the secrets that have been given to the script
}

// Options are the permissions of one script, and its folders.
type Options struct {
	Script string // name of the script file, such as "lights.lua"
	Folder string // the folder of the script, as an absolute path

	// Secrets is the folder of the file secrets.toml. "" means Folder.
	Secrets string

	// Data is the folder for the data of the script, as an absolute path. The first write creates
	// it. "" means that the script has no data folder.
	Data string

	// Shared is the folder for data that all scripts use, as an absolute path. The first write
	// creates it. "" means that there is none.
	Shared string

	// Grants are what a person has granted. A grant for another script is ignored.
	Grants []Grant
	// DenyNet are hosts to which the script may not connect, even if Grants has them.
	DenyNet []string

	// Protected are files that no script may change, such as the running program.
	Protected []string

	// Log gets a line for each new target that is refused. nil means that nothing is logged.
	Log func(text string)

	// Own reports whether the address is one at which this process itself accepts connections, to
	// which no script may connect. nil means that there is none.
	Own func(netip.AddrPort) bool

	// Resolver looks up the addresses of names. nil means net.DefaultResolver.
	Resolver *net.Resolver
	// Multicast looks up the addresses of names that end in ".local". nil means mdns.Lookup.
	Multicast func(ctx context.Context, name string) ([]netip.Addr, error)

	// Root is a folder that takes the place of / for devices and for the files that describe the
	// machine, such as those in /sys. Only tests set it.
	Root string
}

// maxLogged is the maximal number of different refusals that are logged, so that a script cannot
// fill the log and the memory.
const maxLogged = 1000

// New returns the Broker for a script. It opens the folders and looks for the programs that are
// granted. An error names the grant that is wrong. Close the Broker when the script is not used any
// more.
func New(opts Options) (*Broker, error) {
	if err := Check(opts.Grants, opts.DenyNet); err != nil {
		return nil, err
	}
	b := &Broker{
		opts: opts, all: map[Kind]bool{}, programs: map[string]bool{}, variables: map[string]bool{}, devices: map[device]bool{},
		logged: map[string]bool{},
	}
	for _, host := range opts.DenyNet {
		rule, _ := parseHostRule(host) // Check has parsed it
		b.denied = append(b.denied, rule)
	}
	for _, path := range opts.Protected {
		if info, err := os.Stat(path); err == nil {
			b.protected = append(b.protected, info)
		}
	}
	if err := b.addFolder(folder{path: opts.Folder, own: true}); err != nil {
		return nil, err
	}
	for _, g := range opts.Grants {
		if g.Script != "" && g.Script != strings.TrimSuffix(opts.Script, ".lua") {
			continue
		}
		if err := b.add(g); err != nil {
			b.Close()
			return nil, fmt.Errorf("%s: %w", g, err)
		}
	}
	if err := b.checkPrograms(); err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

// add adds a grant whose form has been checked.
func (b *Broker) add(g Grant) error {
	if g.Value == "" {
		b.all[g.Kind] = true
		if g.Kind == Write {
			b.all[Read] = true
		}
	}
	switch g.Kind {
	case Net:
		if g.Value != "" {
			rule, _ := parseHostRule(g.Value) // Check has parsed it
			b.hosts = append(b.hosts, rule)
		}
	case Listen:
		if g.Value != "" {
			rule, _ := parseListenRule(g.Value) // Check has parsed it
			b.listens = append(b.listens, rule)
		}
	case Read, Write:
		path := g.Value
		if path == "" {
			path = filepath.VolumeName(b.opts.Folder) + string(filepath.Separator)
		}
		path, err := filepath.Abs(path)
		if err != nil {
			return err
		}
		return b.addFolder(folder{path: path, writable: g.Kind == Write})
	case Run:
		if g.Value != "" {
			path, err := findProgram(g.Value)
			if err != nil {
				return err
			}
			b.programs[path] = true
		}
	case Env:
		b.variables[g.Value] = true
	case GPIO, I2C, SPI, Serial, Keys, Mic, Sys:
		b.devices[namedDevice(g.Kind, g.Value)] = true
	}
	return nil
}

// Close closes the folders. Files that were opened stay open. After that, the methods for files
// return errors.
func (b *Broker) Close() {
	for _, f := range b.folders {
		f.root.Close()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	for _, f := range []*folder{b.data, b.shared} {
		if f != nil {
			f.root.Close()
		}
	}
}

// refuse returns the error for something that the script may not reach, and logs it once.
func (b *Broker) refuse(d *Denied) error {
	d.Script = b.opts.Script
	text := d.Error()
	b.mu.Lock()
	first := !b.logged[text] && len(b.logged) < maxLogged
	if first {
		b.logged[text] = true
	}
	b.mu.Unlock()
	if first && b.opts.Log != nil {
		b.opts.Log(b.Mask(text))
	}
	return d
}
