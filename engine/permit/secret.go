package permit

import (
	"cmp"
	"crypto/subtle"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// A Secret is a text that a script uses without seeing it, such as the key of an API. It never
// changes.
type Secret struct {
	Name string
	Text string
	// Revealable says that the person who runs the script lets it see the text.
	Revealable bool
	// hosts has a list for each secret of which this one consists. It may be sent only to a host
	// for which each list has a rule. An empty list means all hosts.
	hosts [][]hostRule
}

// maxSecret is the maximal length of a secret, in bytes.
const maxSecret = 64 << 10

var secretName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)

// Join returns the secret whose text is that of s with a text before and after it.
func (s *Secret) Join(before, after string) *Secret {
	joined := *s
	joined.Text = before + s.Text + after
	return &joined
}

// JoinSecret returns the secret whose text is that of s followed by that of other.
func (s *Secret) JoinSecret(other *Secret) *Secret {
	joined := s.Join("", other.Text)
	joined.Revealable = s.Revealable && other.Revealable
	joined.hosts = append(slices.Clone(s.hosts), other.hosts...)
	return joined
}

// Equal reports whether the texts of s and other are equal, in a time that does not depend on where
// they differ.
func (s *Secret) Equal(other *Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.Text), []byte(other.Text)) == 1
}

// CheckHost returns an error if s may not be sent to this host.
func (s *Secret) CheckHost(host string, port uint16) error {
	for _, rules := range s.hosts {
		if len(rules) > 0 && !slices.ContainsFunc(rules, func(r hostRule) bool { return r.matches(host, port) }) {
			return fmt.Errorf("the secret %s may not be sent to %s: secrets.toml names its hosts", s.Name, host)
		}
	}
	return nil
}

// IsBound reports whether s may be sent only to certain hosts.
func (s *Secret) IsBound() bool {
	return slices.ContainsFunc(s.hosts, func(rules []hostRule) bool { return len(rules) > 0 })
}

// matches reports whether r is a rule for this host, which is a name or an address.
func (r hostRule) matches(host string, port uint16) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		return r.matchesAddress(addr.Unmap().WithZone(""), port)
	}
	name, err := normalName(host)
	if err != nil {
		return false
	}
	return r.matchesName(name, port) || r.lan && isLocalName(name) && (r.port == 0 || r.port == port)
}

// Secret returns the secret called name: the file of that name in $CREDENTIALS_DIRECTORY, the entry
// of secrets.toml beside the script, or the variable MOONLARK_SECRET_NAME. The first that exists
// counts. The error wraps fs.ErrNotExist if there is none. Mask hides the text from now on.
func (b *Broker) Secret(name string) (*Secret, error) {
	if !secretName.MatchString(name) {
		return nil, fmt.Errorf("%q is not the name of a secret", name)
	}
	s, err := b.findSecret(name)
	if err != nil {
		return nil, err
	}
	if s.Text == "" || len(s.Text) > maxSecret {
		return nil, fmt.Errorf("the secret %s has %d bytes; a secret has 1 to %d", name, len(s.Text), maxSecret)
	}
	b.mask.add(s)
	return s, nil
}

func (b *Broker) findSecret(name string) (*Secret, error) {
	if folder := os.Getenv("CREDENTIALS_DIRECTORY"); folder != "" {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err == nil {
			return &Secret{Name: name, Text: strings.TrimSuffix(string(text), "\n")}, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	entries, err := readSecrets(filepath.Join(cmp.Or(b.opts.Secrets, b.opts.Folder), secretsFile))
	if err != nil {
		return nil, err
	}
	if s := entries[name]; s != nil {
		return s, nil
	}
	variable := secretVariable(name)
	if text := os.Getenv(variable); text != "" {
		return &Secret{Name: name, Text: text}, nil
	}
	return nil, fmt.Errorf("%w: there is no secret %s in %s, nor the variable %s", fs.ErrNotExist, name, secretsFile, variable)
}

const secretPrefix = "MOONLARK_SECRET_"

// secretVariable returns the environment variable for the secret called name.
func secretVariable(name string) string {
	return secretPrefix + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// SecretNames returns the names of all secrets, sorted. The names of variables are in lower case.
func (b *Broker) SecretNames() ([]string, error) {
	entries, err := readSecrets(filepath.Join(cmp.Or(b.opts.Secrets, b.opts.Folder), secretsFile))
	if err != nil {
		return nil, err
	}
	var names []string
	for name := range entries {
		names = append(names, name)
	}
	if folder := os.Getenv("CREDENTIALS_DIRECTORY"); folder != "" {
		files, err := os.ReadDir(folder)
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			names = append(names, f.Name())
		}
	}
	for _, entry := range os.Environ() {
		variable, _, _ := strings.Cut(entry, "=")
		if name, ok := strings.CutPrefix(variable, secretPrefix); ok {
			names = append(names, strings.ToLower(name))
		}
	}
	names = slices.DeleteFunc(names, func(name string) bool { return !secretName.MatchString(name) })
	slices.Sort(names)
	return slices.Compact(names), nil
}

// readSecrets reads a file secrets.toml. A file that does not exist has no secrets. A file that
// other users of the machine can read is an error.
func readSecrets(path string) (map[string]*Secret, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := checkPrivate(f); err != nil {
		return nil, err
	}
	entries := make(map[string]secretEntry)
	if _, err := toml.NewDecoder(f).Decode(&entries); err != nil {
		var syntax toml.ParseError // its text would show the line, which may have a secret
		if errors.As(err, &syntax) {
			return nil, fmt.Errorf("%s:%d: %s", path, syntax.Position.Line, syntax.Message)
		}
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	secrets := make(map[string]*Secret)
	for name, entry := range entries {
		if !secretName.MatchString(name) {
			return nil, fmt.Errorf("%s: %q is not the name of a secret: letters, digits, - and _", path, name)
		}
		entry.Name = name
		secrets[name] = &entry.Secret
	}
	return secrets, nil
}

// A secretEntry is an entry of secrets.toml: a text, or a table with the text and what may be done
// with it.
type secretEntry struct{ Secret }

// UnmarshalTOML reads the value of an entry.
func (e *secretEntry) UnmarshalTOML(v any) error {
	if text, ok := v.(string); ok {
		e.Text = text
		return nil
	}
	table, ok := v.(map[string]any)
	if !ok {
		return errors.New(`a secret is a text, or { value = "...", hosts = ["..."] }`)
	}
	for key, v := range table {
		var ok bool
		switch key {
		case "value":
			e.Text, ok = v.(string)
		case "reveal":
			e.Revealable, ok = v.(bool)
		case "hosts":
			var list []any
			list, ok = v.([]any)
			var rules []hostRule
			for _, host := range list {
				text, isText := host.(string)
				rule, err := parseHostRule(text)
				if !isText || err != nil {
					return fmt.Errorf("hosts: %v is not a host", host)
				}
				rules = append(rules, rule)
			}
			ok = ok && len(rules) > 0
			e.hosts = [][]hostRule{rules}
		default:
			return fmt.Errorf("a secret has no field %q; its fields are value, hosts and reveal", key)
		}
		if !ok {
			return fmt.Errorf("the field %s of a secret is wrong", key)
		}
	}
	return nil
}
