package permit

import (
	"crypto/sha256"
	"encoding/hex"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
)

// Settings are the permissions of all scripts of a process. The zero value grants nothing, and
// gives the scripts no data folders.
type Settings struct {
	Grants  []Grant
	DenyNet []string // hosts to which no script may connect, even if Grants has them

	// Data is the folder that contains the data folders of the scripts. "" means that scripts have
	// no data folders.
	Data string

	// ID is the name of the folder in Data that contains the data folders. "" means that they are
	// in Data itself, with names that contain a checksum.
	ID string

	// Home returns the path that stands for the script file with this path. The data folder of the script
	// is named after it, and secrets.toml lies beside it. Scripts whose files come from changing places
	// have one home. Nil means that each script is at home where its file is.
	Home func(path string) string

	// Own reports whether the address is one at which this process accepts connections: see
	// Options.Own.
	Own func(netip.AddrPort) bool

	// Resolver looks up the addresses of names. nil means net.DefaultResolver.
	Resolver *net.Resolver

	// Root takes the place of the folder /, for tests: see Options.Root.
	Root string
}

// Broker returns the Broker for the script file with this path. log gets a line for each new target
// that is refused.
func (s Settings) Broker(path string, log func(text string)) (*Broker, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	opts := Options{
		Script: filepath.Base(path), Folder: filepath.Dir(path), Data: s.DataFolder(path), Shared: s.sharedFolder(),
		Secrets: filepath.Dir(s.HomeOf(path)),
		Grants:  s.Grants, DenyNet: s.DenyNet, Log: log, Own: s.Own, Resolver: s.Resolver, Root: s.Root,
	}
	if program, err := os.Executable(); err == nil {
		opts.Protected = append(opts.Protected, program)
	}
	return New(opts)
}

// HomeOf returns the absolute path that stands for the script file with this path: see Home.
func (s Settings) HomeOf(path string) string {
	if s.Home != nil {
		path = s.Home(path)
	}
	return absolute(path)
}

// IsHome reports whether the script file with this path is at home where it is.
func (s Settings) IsHome(path string) bool { return s.HomeOf(path) == absolute(path) }

// absolute returns the absolute path, or the path itself if the working directory is gone.
func absolute(path string) string {
	if full, err := filepath.Abs(path); err == nil {
		return full
	}
	return path
}

// DataFolder returns the data folder of the script file with this absolute path, or "" if scripts
// have no data folders. Without an ID, its name is the name of the script and a checksum of the
// path, so that two scripts with the same name have different folders.
func (s Settings) DataFolder(path string) string {
	if s.Data == "" {
		return ""
	}
	path = s.HomeOf(path)
	name := strings.TrimSuffix(filepath.Base(path), ".lua")
	if s.ID != "" {
		return filepath.Join(s.Data, s.ID, name)
	}
	sum := sha256.Sum256([]byte(path))
	return filepath.Join(s.Data, name+"-"+hex.EncodeToString(sum[:4]))
}

// sharedFolder returns the folder for the data that all scripts use, or "" if scripts have no data
// folders. Its name is not that of the data folder of a script.
func (s Settings) sharedFolder() string {
	if s.Data == "" {
		return ""
	}
	return filepath.Join(s.Data, s.ID, ".shared")
}
