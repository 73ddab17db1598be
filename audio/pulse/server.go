package pulse

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Found is whether there is a sound server to talk to. It asks for no more than
// that someone answers at one of the places where a server is looked for, and
// takes PULSE_SERVER's word for a server on the network.
func Found() bool {
	return slices.ContainsFunc(addresses(os.Getenv, os.Getuid()), func(a address) bool {
		if a.network != "unix" {
			return true
		}
		conn, err := net.DialTimeout(a.network, a.at, 200*time.Millisecond)
		if err != nil {
			return false
		}
		conn.Close()
		return true
	})
}

// An address is one place where there may be a server.
type address struct {
	network string // as for net.Dial
	at      string
}

func (a address) String() string {
	if a.network == "unix" {
		return a.at
	}
	return a.network + ":" + a.at
}

// addresses lists where to look for a server, best first. What PULSE_SERVER
// says goes alone. Otherwise it is the server of the user, also where a service
// was given no XDG_RUNTIME_DIR, then one of another user's that the system lets
// us reach, as it does for root, then one of the whole system's.
func addresses(getenv func(string) string, uid int) []address {
	if server := getenv("PULSE_SERVER"); server != "" {
		return parseServer(server)
	}
	var paths []string
	if dir := getenv("PULSE_RUNTIME_PATH"); dir != "" {
		paths = append(paths, dir+"/native")
	}
	if dir := getenv("XDG_RUNTIME_DIR"); dir != "" {
		paths = append(paths, dir+"/pulse/native")
	}
	if uid >= 0 { // there are no such numbers on Windows
		paths = append(paths, fmt.Sprintf("/run/user/%d/pulse/native", uid))
	}
	if home := getenv("HOME"); home != "" { // named for the machine
		paths = append(paths, glob(home+"/.config/pulse/*-runtime/native")...)
	}
	paths = append(paths, glob("/run/user/*/pulse/native")...)
	paths = append(paths, "/run/pulse/native", "/var/run/pulse/native")

	var list []address
	for _, path := range paths {
		if a := (address{"unix", path}); !slices.Contains(list, a) {
			list = append(list, a)
		}
	}
	return list
}

func glob(pattern string) []string {
	paths, _ := filepath.Glob(pattern) // the pattern is ours
	return paths
}

// parseServer reads a server string: words such as /run/pulse/native,
// unix:/run/pulse/native, tcp:host:4713 or host, each perhaps after the name of
// the one machine that it is for, in braces.
func parseServer(s string) []address {
	var list []address
	for word := range strings.FieldsSeq(s) {
		if rest, ok := strings.CutPrefix(word, "{"); ok {
			machine, address, _ := strings.Cut(rest, "}")
			if host, err := os.Hostname(); err != nil || host != machine {
				continue
			}
			word = address
		}
		network, at, ok := strings.Cut(word, ":")
		switch {
		case word == "":
		case strings.HasPrefix(word, "/"):
			list = append(list, address{"unix", word})
		case ok && network == "unix":
			list = append(list, address{"unix", at})
		case ok && (network == "tcp" || network == "tcp4" || network == "tcp6"):
			list = append(list, address{network, withPort(at)})
		default:
			list = append(list, address{"tcp", withPort(word)})
		}
	}
	return list
}

func withPort(host string) string {
	if _, _, err := net.SplitHostPort(host); err == nil {
		return host
	}
	return net.JoinHostPort(strings.Trim(host, "[]"), "4713")
}

// cookie is what proves to the server at a that we may use it. A server that
// knows us by our socket does not look at it, but wants one.
func cookie(getenv func(string) string, a address) []byte {
	var paths []string
	if path := getenv("PULSE_COOKIE"); path != "" {
		paths = append(paths, path)
	}
	homes := []string{getenv("HOME")}
	if owner := ownerOf(a); owner != "" {
		homes = append(homes, owner)
	}
	for _, home := range homes {
		paths = append(paths, home+"/.config/pulse/cookie", home+"/.pulse-cookie")
	}
	paths = append(paths, "/run/pulse/.config/pulse/cookie", "/var/run/pulse/.config/pulse/cookie")
	for _, path := range paths {
		if data, err := os.ReadFile(path); err == nil && len(data) == cookieSize {
			return data
		}
	}
	return make([]byte, cookieSize)
}

const cookieSize = 256

// ownerOf is the home of the user whose server is at a, as far as its path says.
func ownerOf(a address) string {
	rest, ok := strings.CutPrefix(a.at, "/run/user/")
	if !ok {
		return ""
	}
	uid, _, _ := strings.Cut(rest, "/")
	if _, err := strconv.Atoi(uid); err != nil {
		return ""
	}
	owner, err := user.LookupId(uid)
	if err != nil {
		return ""
	}
	return owner.HomeDir
}

// dial connects to the first server that answers.
func dial(ctx context.Context, server string) (net.Conn, address, error) {
	list := parseServer(server)
	if server == "" {
		list = addresses(os.Getenv, os.Getuid())
	}
	var looked []string
	for _, a := range list {
		dialer := net.Dialer{Timeout: patience}
		conn, err := dialer.DialContext(ctx, a.network, a.at)
		if err == nil {
			return conn, a, nil
		}
		if ctx.Err() != nil {
			return nil, address{}, context.Cause(ctx)
		}
		looked = append(looked, fmt.Sprintf("%s (%s)", a, reason(err)))
	}
	if looked == nil {
		looked = []string{"nowhere, since PULSE_SERVER names no place"}
	}
	return nil, address{}, fmt.Errorf("no sound server; looked at %s", strings.Join(looked, ", "))
}

// reason is err without the addresses that net puts before it.
func reason(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "not there"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nobody answers"
	case errors.Is(err, fs.ErrPermission):
		return "not allowed"
	}
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err.Error()
	}
	return err.Error()
}
