package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"moonlark/engine"
	"moonlark/engine/fleet/bundle"
	"moonlark/engine/install"
	"moonlark/engine/permit"
	"moonlark/engine/safetext"
	"moonlark/engine/script"
	"moonlark/engine/script/source"
	"moonlark/engine/settings"
)

type bundleMakeCommand struct {
	Folder string `arg:"" help:"Folder with the scripts and their files."`
	Out    string `short:"o" required:"" placeholder:"FILE" help:"The bundle to write, such as shop.mlb."`

	Version  int64         `required:"" placeholder:"N" help:"Version of the bundle. Each release needs a higher one."`
	Fleet    string        `placeholder:"NAME" help:"Fleet that the bundle is for. Without it, every fleet."`
	Channel  string        `placeholder:"NAME" help:"Channel that the bundle is for, such as beta. Without it, every channel."`
	For      []string      `placeholder:"NAME" help:"Groups and devices that the bundle is for: --for kiosk,lab-2. Without it, all."`
	Floor    int64         `placeholder:"N" help:"Devices that have seen this bundle refuse lower versions than N for ever."`
	Expires  string        `placeholder:"TIME" help:"Devices do not begin to use the bundle from then on: 2027-01-31, or 2027-01-31T18:00:00Z."`
	Created  string        `placeholder:"TIME" help:"When the bundle was made. The default is $$SOURCE_DATE_EPOCH, or when the newest file was changed."`
	Moonlark string        `placeholder:"VERSION" help:"Lowest version of Moonlark that can run the bundle, such as 1.4."`
	Trial    time.Duration `placeholder:"TIME" help:"How long a device watches the bundle before it counts as good, such as 10m."`
	Scripts  []string      `placeholder:"PATH" help:"Scripts to run, relative to the folder. The default is scripts in the settings, main.lua, or the only script there."`
	Settings string        `placeholder:"FILE" help:"Settings in the bundle, instead of moonlark.toml in the folder. Devices keep them but do not apply them."`
	Notes    string        `placeholder:"TEXT" help:"What has changed, for people."`
	Exclude  []string      `placeholder:"PATTERN" help:"Leave out files with this name or path: --exclude '*.md,photos/*.raw'."`
	logFlags `embed:""`
}

// notInBundles has the names of files that belong to one device, and why they are left out.
var notInBundles = map[string]string{
	settings.FileName:       "settings, which are in the manifest",
	install.EnvironmentFile: "variables of one device",
	"secrets.toml":          "secrets, which stay on the device",
}

// Run makes a bundle of the folder, after it has loaded the scripts as moonlark check does.
func (c *bundleMakeCommand) Run(ctx context.Context, con *console) error {
	m, err := c.manifest()
	if err != nil {
		return &usageError{err}
	}
	text, changed, err := c.settingsText()
	if err != nil {
		return err
	}
	m.Settings = text
	folder, err := bundle.OpenFolder(c.Folder, c.Exclude, notInBundles)
	if err != nil {
		return err
	}
	defer folder.Close()
	m.Files = folder.Files
	if m.Created.IsZero() {
		m.Created = latest(folder.Newest, changed).UTC().Truncate(time.Second)
	}
	file, err := c.parseSettings(con, m.Settings)
	if err != nil {
		return err
	}
	if m.Scripts, err = c.scripts(folder, file); err != nil {
		return &usageError{err}
	}
	manifest, err := m.Encode()
	if err != nil {
		return err
	}
	if err := c.check(ctx, con, folder, m, file); err != nil {
		return err
	}
	write := func(w io.Writer) error { return bundle.Write(w, manifest, nil, folder.Open) }
	if err := replaceFile(c.Out, write); err != nil {
		return err
	}
	return c.show(con, folder)
}

// manifest returns what the flags say about the bundle.
func (c *bundleMakeCommand) manifest() (*bundle.Manifest, error) {
	m := &bundle.Manifest{
		Format: bundle.Format, Fleet: c.Fleet, Channel: c.Channel, For: c.For, Version: c.Version, Floor: c.Floor,
		Moonlark: c.Moonlark, Trial: int64(c.Trial / time.Second), Notes: c.Notes,
	}
	if c.Trial%time.Second != 0 {
		return nil, errors.New("--trial: not whole seconds")
	}
	var err error
	if m.Expires, err = parseTime(c.Expires); err != nil {
		return nil, fmt.Errorf("--expires: %w", err)
	}
	if m.Created, err = parseTime(c.Created); err != nil {
		return nil, fmt.Errorf("--created: %w", err)
	}
	if epoch := os.Getenv("SOURCE_DATE_EPOCH"); epoch != "" && c.Created == "" {
		seconds, err := strconv.ParseInt(epoch, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("SOURCE_DATE_EPOCH: %q is not a number of seconds", epoch)
		}
		m.Created = time.Unix(seconds, 0).UTC()
	}
	return m, nil
}

// parseTime returns the time that a flag has: a day of UTC, or a time with its zone; zero for "".
func parseTime(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		t, err = time.Parse(time.RFC3339, text)
	}
	if err != nil {
		return t, fmt.Errorf("%q is neither a day such as 2027-01-31 nor a time such as 2027-01-31T18:00:00Z", text)
	}
	return t.UTC().Truncate(time.Second), nil
}

// settingsText returns the settings of the bundle and when they were changed. The text is empty if
// there are none.
func (c *bundleMakeCommand) settingsText() (text string, changed time.Time, err error) {
	file := c.Settings
	if file == "" {
		file = filepath.Join(c.Folder, settings.FileName)
	}
	content, err := os.ReadFile(file)
	if c.Settings == "" && errors.Is(err, fs.ErrNotExist) {
		return "", changed, nil
	}
	if err != nil {
		return "", changed, err
	}
	info, err := os.Stat(file)
	if err != nil {
		return "", changed, err
	}
	return string(content), info.ModTime(), nil
}

// parseSettings reads the settings, whose paths are relative to the folder. It returns an error if
// moonlark run would not accept them.
func (c *bundleMakeCommand) parseSettings(con *console, text string) (*settings.File, error) {
	parser := newParser(con)
	file, err := settings.Parse(filepath.Join(c.Folder, settings.FileName), text, runFlags(parser))
	if err != nil {
		return nil, err
	}
	run := parser.Model.Children[slices.IndexFunc(parser.Model.Children, func(n *kong.Node) bool { return n.Name == "run" })]
	onDevice := func(name string) bool { // the value is a file, which this machine need not have
		return slices.ContainsFunc(run.Flags, func(f *kong.Flag) bool { return f.Name == name && f.Tag.Type == "existingfile" })
	}
	checked := &settings.File{Flags: slices.DeleteFunc(slices.Clone(file.Flags), func(f settings.Flag) bool { return onDevice(f.Name) })}
	if _, err := parser.Parse(slices.Concat([]string{run.Name}, flagsOf(checked, run, nil), []string{"main.lua"})); err != nil {
		return nil, fmt.Errorf("%s: %w", file.Path, err)
	}
	return file, nil
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// scripts returns the scripts to run: those of the flag, those of the settings, main.lua, or the only
// Lua file directly in the folder.
func (c *bundleMakeCommand) scripts(folder *bundle.Folder, file *settings.File) ([]string, error) {
	if len(c.Scripts) > 0 {
		var scripts []string
		for _, s := range c.Scripts {
			scripts = append(scripts, path.Clean(filepath.ToSlash(s)))
		}
		return scripts, nil
	}
	var scripts []string
	for _, s := range file.Scripts {
		inFolder, err := filepath.Rel(c.Folder, s)
		if err != nil {
			return nil, err
		}
		scripts = append(scripts, filepath.ToSlash(inFolder))
	}
	if len(scripts) > 0 {
		return scripts, nil
	}
	for _, f := range folder.Files {
		if f.Path == "main.lua" {
			return []string{f.Path}, nil
		}
		if path.Ext(f.Path) == ".lua" && !strings.Contains(f.Path, "/") {
			scripts = append(scripts, f.Path)
		}
	}
	if len(scripts) != 1 {
		return nil, fmt.Errorf("%s has %d scripts and no main.lua: name those to run with --scripts", c.Folder, len(scripts))
	}
	return scripts, nil
}

// check loads the scripts with the permissions of the settings, compiles the other Lua files, and warns
// of secrets.
func (c *bundleMakeCommand) check(ctx context.Context, con *console, folder *bundle.Folder, m *bundle.Manifest, file *settings.File) error {
	warn := func(name string, text []byte) {
		for _, s := range bundle.FindSecrets(text) {
			fmt.Fprintf(con.stderr, "moonlark: warning: %s:%d looks like %s: everybody who gets the bundle can read it\n", safetext.Line(name), s.Line, s.What)
		}
	}
	warn(settings.FileName, []byte(m.Settings))
	for _, f := range folder.Files {
		text, err := readFile(folder, f)
		if err != nil {
			return err
		}
		warn(f.Path, text)
		if path.Ext(f.Path) != ".lua" || slices.Contains(m.Scripts, f.Path) {
			continue
		}
		if _, err := source.Compile(text, f.Path); err != nil {
			line, message, _ := source.DescribeError(text, err)
			return &script.LoadError{Text: fmt.Sprintf("%s:%d: %s", filepath.Join(c.Folder, f.Path), line, message)}
		}
	}
	var scripts []string
	for _, s := range m.Scripts {
		scripts = append(scripts, filepath.Join(c.Folder, filepath.FromSlash(s)))
	}
	events, end := c.logFlags.showOnStderr(con)
	defer end()
	permissions := permit.Settings{Grants: file.Grants, DenyNet: file.DenyNet, ID: file.ID}
	loaded, err := engine.Check(ctx, engine.Options{Scripts: scripts, Bus: events, Permissions: permissions})
	if err != nil {
		return err
	}
	return c.checkRequired(loaded, m)
}

// checkRequired returns an error if a script requires a file that is not in the bundle.
func (c *bundleMakeCommand) checkRequired(loaded []script.Summary, m *bundle.Manifest) error {
	folder, err := filepath.Abs(c.Folder)
	if err != nil {
		return err
	}
	for _, name := range filesOf(loaded, folder) {
		name = filepath.ToSlash(name)
		if !slices.ContainsFunc(m.Files, func(f bundle.File) bool { return f.Path == name }) {
			return fmt.Errorf("%s: a script requires the file, and it is left out of the bundle", name)
		}
	}
	return nil
}

// readFile returns the content of a file of the folder.
func readFile(folder *bundle.Folder, f bundle.File) ([]byte, error) {
	in, err := folder.Open(f)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return io.ReadAll(io.LimitReader(in, f.Size))
}

// show prints what was made.
func (c *bundleMakeCommand) show(con *console, folder *bundle.Folder) error {
	b, err := bundle.Open(c.Out)
	if err != nil {
		return err
	}
	defer b.Close()
	printManifest(con.stdout, b)
	for _, p := range folder.LeftOut {
		printRow(con.stdout, "  ", "left out", safetext.Line(p))
	}
	fmt.Fprintf(con.stdout, "%s is not signed yet: moonlark bundle sign %s --key FILE\n", c.Out, c.Out)
	return nil
}
