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

// Found reports whether a sound server is available. It checks only that a local server accepts
// connections. If the environment variable PULSE_SERVER names a server on the network, Found
// returns true without a check.
func Found() bool {
	return slices.ContainsFunc(addresses(os.Getenv, os.Getuid()), func(a address) bool {
		if a.network != "unix" {
			return true
		}
		conn, err := net.DialTimeout(a.network, a.address, 200*time.Millisecond)
		if err != nil {
			return false
		}
		conn.Close()
		return true
	})
}

// An address is an address at which a sound server may listen, as the two arguments of net.Dial.
type address struct {
	network, address string
}

func (a address) String() string {
	if a.network == "unix" {
		return a.address
	}
	return a.network + ":" + a.address
}

// addresses returns the addresses at which a sound server may listen, the most likely one first. If
// PULSE_SERVER is set, addresses returns only the addresses in its value. Otherwise the list begins
// with the server of the current user, even if XDG_RUNTIME_DIR is not set, as in a systemd service.
// The servers of other users follow, which root may use, and then the server of the whole system.
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
	if uid >= 0 { // uid is -1 on Windows
		paths = append(paths, fmt.Sprintf("/run/user/%d/pulse/native", uid))
	}
	if home := getenv("HOME"); home != "" {
		// the * matches a machine id
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

// glob returns the paths of the files that match pattern.
func glob(pattern string) []string {
	paths, _ := filepath.Glob(pattern) // Glob fails only for an invalid pattern
	return paths
}

// parseServer parses the value of PULSE_SERVER: a list of addresses separated by spaces, such as
// /run/pulse/native, unix:/run/pulse/native, tcp:host:4713 or host. If an address begins with a
// machine name in braces, parseServer ignores it on all other machines.
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
		network, rest, ok := strings.Cut(word, ":")
		switch {
		case word == "":
		case strings.HasPrefix(word, "/"):
			list = append(list, address{"unix", word})
		case ok && network == "unix":
			list = append(list, address{"unix", rest})
		case ok && (network == "tcp" || network == "tcp4" || network == "tcp6"):
			list = append(list, address{network, withPort(rest)})
		default:
			list = append(list, address{"tcp", withPort(word)})
		}
	}
	return list
}

// withPort returns host with the default port 4713, unless host already contains a port.
func withPort(host string) string {
	if _, _, err := net.SplitHostPort(host); err == nil {
		return host
	}
	return net.JoinHostPort(strings.Trim(host, "[]"), "4713")
}

// cookie returns the secret that allows this process to use the server at address a. It returns
// zeros if no file with the secret is found: a local server that recognises the user requires a
// cookie but does not check it.
func cookie(getenv func(string) string, a address) []byte {
	var paths []string
	if path := getenv("PULSE_COOKIE"); path != "" {
		paths = append(paths, path)
	}
	homes := []string{getenv("HOME")}
	if home := ownerHome(a); home != "" {
		homes = append(homes, home)
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

const cookieSize = 256 // cookieSize is the length of a cookie in bytes.

// ownerHome returns the home directory of the user who runs the server at address a. It returns ""
// if the address does not contain a user id, or if the user is unknown.
func ownerHome(a address) string {
	rest, ok := strings.CutPrefix(a.address, "/run/user/")
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

// dial connects to a sound server and returns the connection and the address. The parameter server
// is an address in the syntax of PULSE_SERVER. If it is empty, dial tries the usual addresses, and
// connects to the first one that accepts the connection.
func dial(ctx context.Context, server string) (net.Conn, address, error) {
	list := parseServer(server)
	if server == "" {
		list = addresses(os.Getenv, os.Getuid())
	}
	var tried []string
	for _, a := range list {
		dialer := net.Dialer{Timeout: requestTimeout}
		conn, err := dialer.DialContext(ctx, a.network, a.address)
		if err == nil {
			return conn, a, nil
		}
		if ctx.Err() != nil {
			return nil, address{}, context.Cause(ctx)
		}
		tried = append(tried, fmt.Sprintf("%s (%s)", a, reason(err)))
	}
	if tried == nil {
		return nil, address{}, errors.New("no sound server: PULSE_SERVER contains no address")
	}
	return nil, address{}, fmt.Errorf("no sound server; tried %s", strings.Join(tried, ", "))
}

// reason returns a short description of err, without the addresses that package net adds.
func reason(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "not found"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, fs.ErrPermission):
		return "permission denied"
	}
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err.Error()
	}
	return err.Error()
}
