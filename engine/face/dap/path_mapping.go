package dap

import (
	"path/filepath"
	"strings"
)

// A pathMapping translates between the paths of the client and those of this machine, if the client
// is on another machine. The zero value changes nothing.
type pathMapping struct {
	localRoot  string // the folder of the scripts on the machine of the client
	remoteRoot string // the same folder on this machine
}

// toScript returns the path on this machine of a path of the client.
func (m pathMapping) toScript(path string) string {
	rest, ok := below(path, m.localRoot)
	if !ok || m.remoteRoot == "" {
		return path
	}
	return filepath.Join(m.remoteRoot, filepath.FromSlash(strings.ReplaceAll(rest, `\`, "/")))
}

// toClient returns the path of the client for a path on this machine.
func (m pathMapping) toClient(path string) string {
	rest, ok := below(path, m.remoteRoot)
	if !ok || m.localRoot == "" {
		return path
	}
	separator := "/"
	if strings.Contains(m.localRoot, `\`) {
		separator = `\`
	}
	return strings.TrimRight(m.localRoot, `/\`) + strings.ReplaceAll("/"+filepath.ToSlash(rest), "/", separator)
}

// below returns the path relative to root, if path is below it.
func below(path, root string) (rest string, ok bool) {
	root = strings.TrimRight(root, `/\`)
	if rest, ok = strings.CutPrefix(path, root); !ok || root == "" || rest == "" || !strings.ContainsRune(`/\`, rune(rest[0])) {
		return "", false
	}
	return rest[1:], true
}
