package mcpclient

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"moonlark/engine/loopback"
)

const (
	// DefaultTimeout is how long a call of a tool may take if neither the entry nor the call says so.
	DefaultTimeout = 20 * time.Second
	// DefaultStartup is how long a server may take until it has listed its tools.
	DefaultStartup = 10 * time.Second
	// MaxTimeout is the longest timeout of a call, and of a start.
	MaxTimeout = 600 * time.Second
)

// An Entry says how to reach a server, and which of its tools may be called. Nobody changes an Entry
// after it was made.
type Entry struct {
	Name string // names the server for scripts and in messages

	// Command is the name or the path of a program, and Args are its arguments. A name is looked for in
	// the folders of PATH. Path is the absolute path of the program, if it has been found already.
	Command string
	Path    string
	Args    []string
	Env     []string // environment variables besides those that every server gets, as NAME=value
	Dir     string   // the folder in which the program runs; "" means that of this process

	// URL is the address of a server that is reached by HTTP. It is nil for a program.
	URL *url.URL
	// Headers go along with each request to the host of URL, and to no other.
	Headers http.Header
	// Dial opens the connections to the host of URL. Nil means directly, or by the proxy that the
	// environment names.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	// Allow and Deny are patterns of the names of tools: a "*" stands for any text. A tool may be
	// called if Deny has no pattern for it, and Allow has one or is nil.
	Allow, Deny []string

	Timeout time.Duration // of a call; zero means DefaultTimeout
	Startup time.Duration // from the start until the tools are listed; zero means DefaultStartup

	// Trust says that tools may be used although their description has changed while the server runs.
	Trust bool
}

// MayCall reports whether the rules of the entry let the tool with this name be called.
func (e *Entry) MayCall(tool string) bool {
	return !MatchesAny(e.Deny, tool) && (e.Allow == nil || MatchesAny(e.Allow, tool))
}

func (e *Entry) timeout() time.Duration {
	if e.Timeout == 0 {
		return DefaultTimeout
	}
	return e.Timeout
}

func (e *Entry) startup() time.Duration {
	if e.Startup == 0 {
		return DefaultStartup
	}
	return e.Startup
}

// MatchesAny reports whether one of the patterns matches the whole name. In a pattern, a "*" stands
// for any text, which may be empty. All other characters stand for themselves.
func MatchesAny(patterns []string, name string) bool {
	for _, pattern := range patterns {
		if matches(pattern, name) {
			return true
		}
	}
	return false
}

func matches(pattern, name string) bool {
	first, rest, hasStar := strings.Cut(pattern, "*")
	if !hasStar {
		return name == pattern
	}
	name, ok := strings.CutPrefix(name, first)
	if !ok {
		return false
	}
	for {
		part, after, more := strings.Cut(rest, "*")
		if !more {
			return strings.HasSuffix(name, rest)
		}
		i := strings.Index(name, part)
		if i < 0 {
			return false
		}
		name, rest = name[i+len(part):], after
	}
}

// IsLocalHost reports whether a host, a name or an address, can only be this machine or a machine in
// a local network, as far as its name says.
func IsLocalHost(host string) bool {
	if loopback.Host(host) {
		return true
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return isLocalAddress(addr)
	}
	name := strings.ToLower(strings.TrimSuffix(host, "."))
	if !strings.Contains(name, ".") {
		return true
	}
	for _, ending := range []string{".local", ".lan", ".internal", ".home.arpa"} {
		if strings.HasSuffix(name, ending) {
			return true
		}
	}
	return false
}

func isLocalAddress(addr netip.Addr) bool {
	addr = addr.Unmap()
	return addr.IsLoopback() || addr.IsPrivate() || addr.IsLinkLocalUnicast()
}
