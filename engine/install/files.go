package install

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// binarySteps copies the running binary to its place. A binary of the Debian package stays where it
// is.
func (o Options) binarySteps(l layout) []step {
	switch o.Binary {
	case packageBinary:
		return []step{note("use %s, which a package has installed", o.Binary)}
	case o.path(l.binary):
		return []step{note("use %s", o.Binary)}
	}
	return []step{{"copy the binary to " + l.binary, func(context.Context) error {
		return o.copyFile(o.Binary, filepath.Dir(l.binary), filepath.Base(l.binary), 0o755, -1)
	}}}
}

// configurationSteps copies the scripts, and writes the settings and the environment variables of
// the service if the device has none.
func (o Options) configurationSteps(l layout) ([]step, error) {
	var steps []step
	for _, name := range o.Files {
		mode, owned := fs.FileMode(0o644), false
		if info, err := os.Stat(filepath.Join(o.Folder, name)); err == nil && info.Mode()&0o100 != 0 {
			mode = 0o755 // a program
		}
		if filepath.Base(name) == "secrets.toml" { // only the user of the service may read it
			mode, owned = 0o600, true
		}
		if filepath.Join(o.Folder, name) == o.path(filepath.Join(l.folder, name)) {
			continue // the scripts are in their place already
		}
		steps = append(steps, step{"copy " + name + " to " + l.folder, func(context.Context) error {
			uid := -1
			if owned && o.Home == "" {
				uid = o.id("etc/passwd", userName)
			}
			return o.copyFile(filepath.Join(o.Folder, name), l.folder, name, mode, uid)
		}})
	}
	steps = append(steps, o.settingsStep(l))
	environment, err := o.environmentStep(l)
	return append(steps, environment), err
}

func (o Options) settingsStep(l layout) step {
	if o.exists(l.settings) {
		return note("keep %s", l.settings)
	}
	return step{"write " + l.settings, func(context.Context) error {
		return o.writeFile(strings.NewReader(o.Settings), l.folder, filepath.Base(l.settings), 0o644, -1)
	}}
}

// firstEnvironment is the environment file of a new service.
const firstEnvironment = `# Environment variables of the service moonlark. Only its owner can read this file.
# The id of the ElevenLabs agent, and a key for its API if the agent is private:
ELEVENLABS_AGENT_ID=
#ELEVENLABS_API_KEY=
# The token that HTTP clients must send:
#MOONLARK_HTTP_TOKEN=
`

// environmentStep writes the environment file, or the id of the agent into it.
func (o Options) environmentStep(l layout) (step, error) {
	old, err := os.ReadFile(o.path(l.environment))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		old = []byte(firstEnvironment)
	case err != nil:
		return step{}, err
	case o.AgentID == "":
		return note("keep %s", l.environment), nil
	}
	text := string(old)
	if o.AgentID != "" {
		text = setVariable(text, agentVariable, o.AgentID)
	}
	return step{"write " + l.environment, func(context.Context) error {
		return o.writeFile(strings.NewReader(text), l.folder, EnvironmentFile, 0o600, -1)
	}}, nil
}

const agentVariable = "ELEVENLABS_AGENT_ID"

// setVariable returns the text of an environment file with a new value of a variable.
func setVariable(text, name, value string) string {
	var lines []string
	found := false
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(line), name+"=") {
			if found {
				continue
			}
			line, found = name+"="+value+"\n", true
		}
		lines = append(lines, strings.TrimSuffix(line, "\n")+"\n")
	}
	if !found {
		lines = append(lines, name+"="+value+"\n")
	}
	return strings.Join(lines, "")
}

// variable returns the value of a variable in the text of an environment file.
func variable(text, name string) (value string) {
	for line := range strings.Lines(text) {
		if v, ok := strings.CutPrefix(strings.TrimSpace(line), name+"="); ok {
			value = strings.Trim(strings.TrimSpace(v), `"'`)
		}
	}
	return value
}

// copyFile copies a file of this machine to a path below a folder of the device: see writeFile.
func (o Options) copyFile(from, folder, name string, mode fs.FileMode, uid int) error {
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer f.Close()
	return o.writeFile(f, folder, name, mode, uid)
}

// writeFile writes a file of the device. Its path is name, relative to folder. The file has its old
// content or the new one at any time, also after a power cut. A symbolic link in the place of the
// file is replaced, and one that leads out of folder is an error. uid is the number of the file's
// owner, or -1 for the user of this process.
func (o Options) writeFile(from io.Reader, folder, name string, mode fs.FileMode, uid int) error {
	root, err := o.openFolder(folder)
	if err != nil {
		return err
	}
	defer root.Close()
	if err := makeFolder(root, filepath.Dir(name)); err != nil {
		return err
	}
	temp := filepath.Join(filepath.Dir(name), ".moonlark-"+rand.Text())
	f, err := root.OpenFile(temp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer root.Remove(temp) // does nothing after the rename
	_, err = io.Copy(f, from)
	if err == nil {
		err = f.Chmod(mode)
	}
	if err == nil && uid >= 0 {
		err = f.Chown(uid, -1)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return root.Rename(temp, name)
}

// openFolder opens a folder of the device, and makes it first if there is none.
func (o Options) openFolder(folder string) (*os.Root, error) {
	folder = o.path(folder)
	base := folder // the folder itself, or the first of those above it that exists
	if o.Root != "" {
		base = o.Root
	}
	for {
		if _, err := os.Stat(base); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		base = filepath.Dir(base)
	}
	root, err := os.OpenRoot(base)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	name, err := filepath.Rel(base, folder)
	if err == nil {
		err = makeFolder(root, name)
	}
	if err != nil {
		return nil, err
	}
	return root.OpenRoot(name)
}

// makeFolder makes a folder below root, and those above it, unless they exist. All users may read
// the folders that it makes, whatever the umask is, because the service has a user of its own.
func makeFolder(root *os.Root, name string) error {
	if name == "." {
		return nil
	}
	if err := makeFolder(root, filepath.Dir(name)); err != nil {
		return err
	}
	err := root.Mkdir(name, 0o755)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return errors.Join(err, root.Chmod(name, 0o755))
}

// unitSteps writes the unit file of the service.
func (o Options) unitSteps(l layout) ([]step, error) {
	binary := l.binary
	if o.Binary == packageBinary {
		binary = packageBinary
	}
	text := strings.Replace(l.unitText, "ExecStart=/usr/local/bin/moonlark ", "ExecStart="+unitWord(binary)+" ", 1)
	var steps []step
	if o.Home == "" {
		groups, missing := o.groups()
		text = strings.Replace(text, "SupplementaryGroups=audio\n", "SupplementaryGroups="+strings.Join(groups, " ")+"\n", 1)
		for _, group := range missing {
			steps = append(steps, note("there is no group %s: only root can use its devices, unless a rule of udev gives them to a group", group))
		}
	}
	old, err := o.readUnit(l)
	switch {
	case err != nil:
		return nil, err
	case old == text:
		return append(steps, note("keep %s", l.unit)), nil
	}
	return append(steps, step{"write " + l.unit, func(context.Context) error {
		return o.writeFile(strings.NewReader(text), filepath.Dir(l.unit), filepath.Base(l.unit), 0o644, -1)
	}}), nil
}

// unitMark is in each unit file of Moonlark.
const unitMark = "\nDocumentation=man:moonlark(1)\n"

// readUnit returns the text of the unit file that the device has, or "". A unit that Moonlark has
// not written is an error: it must be neither replaced nor deleted.
func (o Options) readUnit(l layout) (string, error) {
	text, err := os.ReadFile(o.path(l.unit))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err == nil && !strings.Contains(string(text), unitMark) {
		err = fmt.Errorf("%s is not a unit of moonlark install: rename or delete it first", l.unit)
	}
	return string(text), err
}

// unitWord returns a word as it must be in a command line of a unit file.
func unitWord(word string) string {
	quoted := strings.NewReplacer("%", "%%", `\`, `\\`, `"`, `\"`, "\t", `\t`, "\n", `\n`).Replace(word)
	if quoted == word && !strings.ContainsAny(word, " '") {
		return word
	}
	return `"` + quoted + `"`
}
