package mcpclient

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"moonlark/engine/guess"
	"moonlark/engine/loopback"
	"moonlark/engine/settings"
)

// maxFile is the maximal length of a file with servers, in bytes.
const maxFile = 1 << 20

// ReadFile reads a file with servers: a JSON object whose field mcpServers has an entry for each
// server, by its name. getenv returns the value of an environment variable, for ${NAME} in the texts.
// An error names the file, the line and the field.
func ReadFile(path string, getenv func(name string) (string, bool)) ([]*Entry, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if err := settings.CheckOwner(info); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("%s: the file has %d bytes; the maximum is %d", path, info.Size(), maxFile)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	folder, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	r := &fileReader{getenv: getenv, folder: folder}
	entries, err := r.entries(data)
	var at *lineError
	if errors.As(err, &at) {
		return nil, fmt.Errorf("%s:%d: %s", path, at.line, at.text)
	}
	return entries, err
}

// A fileReader makes entries of a file.
type fileReader struct {
	getenv func(name string) (string, bool)
	folder string // the absolute path of the folder of the file
}

func (r *fileReader) entries(data []byte) ([]*Entry, error) {
	top, err := parseDocument(data)
	if err != nil {
		return nil, err
	}
	if top.kind != "an object" {
		return nil, &lineError{top.line, `want an object such as {"mcpServers": {"notes": {"command": "notes-server"}}}, not ` + top.kind}
	}
	var entries []*Entry
	found := false
	for _, f := range top.fields {
		if f.name != "mcpServers" {
			hint := guess.DidYouMean(f.name, []string{"mcpServers"})
			if f.name == "servers" {
				hint = " (the servers belong into mcpServers)"
			}
			return nil, &lineError{f.line, fmt.Sprintf("unknown key %q%s", f.name, hint)}
		}
		found = true
		if f.kind != "an object" {
			return nil, &lineError{f.line, "mcpServers must be an object with an entry for each server, not " + f.kind}
		}
		for _, server := range f.fields {
			e, err := r.entry(server)
			if err != nil {
				return nil, err
			}
			entries = append(entries, e)
		}
	}
	if !found {
		return nil, &lineError{top.line, "there is no mcpServers"}
	}
	return entries, nil
}

var serverName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$`)

// CheckName returns an error if a server cannot have this name.
func CheckName(name string) error {
	if !serverName.MatchString(name) {
		return fmt.Errorf("%q cannot name a server: want 1 to 64 of a-z, A-Z, 0-9, _, . and -, of which the first is a letter or a digit", name)
	}
	return nil
}

// keys are the keys of an entry.
var keys = []string{"command", "args", "env", "cwd", "url", "headers", "type", "allow", "deny", "timeout", "startup", "trust"}

// entry returns the entry of a server.
func (r *fileReader) entry(f field) (*Entry, error) {
	if err := CheckName(f.name); err != nil {
		return nil, &lineError{f.line, "mcpServers: " + err.Error()}
	}
	if f.kind != "an object" {
		return nil, &lineError{f.line, fmt.Sprintf("mcpServers.%s must be an object, not %s", f.name, f.kind)}
	}
	e := &Entry{Name: f.name}
	kind := ""
	for _, k := range f.fields {
		if !slices.Contains(keys, k.name) {
			return nil, &lineError{k.line, fmt.Sprintf("mcpServers.%s: unknown key %q%s", f.name, k.name, guess.DidYouMean(k.name, keys))}
		}
		k.name, kind = "mcpServers."+f.name+"."+k.name, kindOf(k, kind)
		if err := r.set(e, k); err != nil {
			return nil, err
		}
	}
	if err := e.check(kind); err != nil {
		return nil, &lineError{f.line, fmt.Sprintf("mcpServers.%s: %v", f.name, err)}
	}
	return e, nil
}

// kindOf returns the value of the key type, or kind if k is another key.
func kindOf(k field, kind string) string {
	if text, ok := k.value.(string); ok && k.name == "type" {
		return text
	}
	return kind
}

// set stores the value of a key in e. The name of k is its path in the file.
func (r *fileReader) set(e *Entry, k field) (err error) {
	switch k.name[strings.LastIndexByte(k.name, '.')+1:] {
	case "command":
		e.Command, err = r.text(k)
		if strings.ContainsAny(e.Command, `/`+string(filepath.Separator)) && !filepath.IsAbs(e.Command) {
			e.Command = filepath.Join(r.folder, e.Command)
		}
	case "args":
		e.Args, err = r.texts(k)
	case "env":
		err = r.each(k, func(name, value string) error {
			e.Env = append(e.Env, name+"="+value)
			return checkVariable(name)
		})
	case "cwd":
		if e.Dir, err = r.text(k); err == nil && !filepath.IsAbs(e.Dir) {
			e.Dir = filepath.Join(r.folder, e.Dir)
		}
	case "url":
		var text string
		if text, err = r.text(k); err == nil {
			if e.URL, err = ParseURL(text); err != nil {
				err = &lineError{k.line, k.name + ": " + err.Error()}
			}
		}
	case "headers":
		e.Headers = make(http.Header)
		err = r.each(k, func(name, value string) error {
			e.Headers.Set(name, value)
			return CheckHeader(name, value)
		})
	case "type":
		_, err = r.text(k)
	case "allow":
		if e.Allow, err = r.texts(k); e.Allow == nil {
			e.Allow = []string{} // an empty list allows nothing
		}
	case "deny":
		e.Deny, err = r.texts(k)
	case "timeout":
		e.Timeout, err = seconds(k)
	case "startup":
		e.Startup, err = seconds(k)
	case "trust":
		var ok bool
		if e.Trust, ok = k.value.(bool); !ok {
			err = wrongKind(k, "true or false")
		}
	}
	return err
}

// check returns an error if the keys of the entry contradict each other. kind is the value of the key
// type.
func (e *Entry) check(kind string) error {
	switch kind {
	case "", "stdio", "http", "streamable-http", "streamableHttp":
	case "sse":
		return errors.New(`the type "sse" is not supported: use the server's address for streamable HTTP, which often ends in /mcp`)
	default:
		return fmt.Errorf(`unknown type %q: want "stdio" or "http"`, kind)
	}
	switch {
	case e.Command == "" && e.URL == nil:
		return errors.New("want command, for a program, or url, for a server that is reached by HTTP")
	case e.Command != "" && e.URL != nil:
		return errors.New("command and url exclude each other")
	case e.URL != nil && (e.Args != nil || e.Env != nil || e.Dir != ""):
		return errors.New("args, env and cwd are for a command, not for a url")
	case e.URL == nil && e.Headers != nil:
		return errors.New("headers are for a url, not for a command")
	case e.URL != nil && kind == "stdio", e.URL == nil && strings.HasPrefix(kind, "http"), e.URL == nil && strings.HasPrefix(kind, "streamable"):
		return fmt.Errorf("the type %q does not fit: command is for stdio, and url for http", kind)
	}
	if e.URL != nil {
		return CheckHeaderTransport(e.URL, e.Headers)
	}
	return nil
}

// CheckHeaderTransport returns an error if headers, which usually contain a token, would go to a
// public host without encryption.
func CheckHeaderTransport(u *url.URL, headers http.Header) error {
	if len(headers) > 0 && u.Scheme == "http" && !IsLocalHost(u.Hostname()) {
		return fmt.Errorf("headers would be sent to %s without encryption: use https://", u.Hostname())
	}
	return nil
}

// IsUnencrypted reports whether the headers of the entry go to another machine without encryption.
func (e *Entry) IsUnencrypted() bool {
	return e.URL != nil && len(e.Headers) > 0 && e.URL.Scheme == "http" && !loopback.Host(e.URL.Hostname())
}

// ParseURL returns the address of a server.
func ParseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil: // the error of url.Parse has the text, which may contain a password
		return nil, errors.New("not a URL")
	case u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return nil, errors.New("want a URL with http:// or https://")
	case u.User != nil:
		return nil, errors.New("the URL has a user name: use a header Authorization")
	case u.Fragment != "":
		return nil, errors.New("the URL has a #")
	}
	return u, nil
}

// CheckHeader returns an error if a request cannot have this header.
func CheckHeader(name, value string) error {
	if !httpguts.ValidHeaderFieldName(name) {
		return fmt.Errorf("%q is not the name of a header", name)
	}
	if !httpguts.ValidHeaderFieldValue(value) {
		return fmt.Errorf("the value of the header %s has characters that are not allowed", name)
	}
	switch name = http.CanonicalHeaderKey(name); {
	case strings.HasPrefix(name, "Mcp-"), slices.Contains([]string{"Host", "Content-Type", "Content-Length", "Accept", "Connection", "Transfer-Encoding", "Last-Event-Id"}, name):
		return fmt.Errorf("the header %s is set by Moonlark itself", name)
	}
	return nil
}

func checkVariable(name string) error {
	if name == "" || strings.ContainsAny(name, "=\x00") {
		return fmt.Errorf("%q is not the name of an environment variable", name)
	}
	return nil
}

func wrongKind(k field, want string) error {
	return &lineError{k.line, fmt.Sprintf("%s must be %s, not %s", k.name, want, k.kind)}
}

// text returns the value of k, a string that is not empty, with the variables in it.
func (r *fileReader) text(k field) (string, error) {
	text, ok := k.value.(string)
	if !ok || text == "" {
		if ok {
			k.kind = "empty"
		}
		return "", wrongKind(k, "a string")
	}
	return r.expand(k, text)
}

// texts returns the value of k, an array of strings, with the variables in them.
func (r *fileReader) texts(k field) (all []string, err error) {
	if k.kind != "an array" {
		return nil, wrongKind(k, "an array of strings")
	}
	for i, item := range k.items {
		at := field{name: fmt.Sprintf("%s[%d]", k.name, i), line: item.line, node: item}
		text, ok := item.value.(string)
		if !ok {
			return nil, wrongKind(at, "a string")
		}
		if text, err = r.expand(at, text); err != nil {
			return nil, err
		}
		all = append(all, text)
	}
	return all, nil
}

// each calls set with each field of k, an object with strings, with the variables in them.
func (r *fileReader) each(k field, set func(name, value string) error) error {
	if k.kind != "an object" {
		return wrongKind(k, "an object with strings")
	}
	for _, f := range k.fields {
		text, ok := f.value.(string)
		if !ok {
			f.name = k.name + "." + f.name
			return wrongKind(f, "a string")
		}
		text, err := r.expand(field{name: k.name + "." + f.name, line: f.line, node: f.node}, text)
		if err != nil {
			return err
		}
		if err := set(f.name, text); err != nil {
			return &lineError{f.line, k.name + ": " + err.Error()}
		}
	}
	return nil
}

var variable = regexp.MustCompile(`\$\{([^}]*)\}`)

// expand replaces ${NAME} in a text by the value of the environment variable, and ${NAME:-text} by
// the text if there is no such variable.
func (r *fileReader) expand(k field, text string) (string, error) {
	var err error
	text = variable.ReplaceAllStringFunc(text, func(found string) string {
		name, fallback, hasFallback := strings.Cut(found[2:len(found)-1], ":-")
		value, ok := r.getenv(name)
		switch {
		case ok:
			return value
		case !hasFallback && err == nil:
			err = &lineError{k.line, fmt.Sprintf("%s: the environment variable %s is not set", k.name, name)}
		}
		return fallback
	})
	return text, err
}

// seconds returns the value of k, a number of seconds.
func seconds(k field) (time.Duration, error) {
	number, ok := k.value.(json.Number)
	if !ok {
		return 0, wrongKind(k, "a number of seconds")
	}
	x, err := number.Float64()
	if err != nil || x < 0.01 || x > MaxTimeout.Seconds() {
		return 0, &lineError{k.line, fmt.Sprintf("%s must be from 0.01 to %v seconds, not %s", k.name, MaxTimeout.Seconds(), number)}
	}
	return time.Duration(x * float64(time.Second)), nil
}
