package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"moonlark/engine"
	"moonlark/engine/install"
	"moonlark/engine/permit"
	"moonlark/engine/script"
	"moonlark/engine/settings"
)

type installCommand struct {
	Scripts []string `arg:"" optional:"" name:"script" help:"Lua files, which all lie in one folder."`

	System bool   `xor:"owner" help:"Make a service of the system, as root. It uses the sound card directly. The default for root."`
	User   bool   `xor:"owner" help:"Make a service of this user, who has a sound server (PipeWire or PulseAudio). The default for all others."`
	Agent  string `placeholder:"ID" help:"Id of the ElevenLabs agent, for the environment file of the service."`

	DryRun bool `help:"Only show what would be done."`
	Remove bool `help:"Remove the service. The settings and the data stay."`
	Purge  bool `help:"With --remove: delete the settings and the data too."`

	Root string `hidden:"" help:"Folder in place of /, for tests."`

	logFlags `embed:""`
}

// Run installs the scripts as a service of systemd, or removes the service.
func (c *installCommand) Run(ctx context.Context, con *console) error {
	opts, err := c.options(con)
	if err != nil {
		return &usageError{err}
	}
	if c.Remove {
		return opts.Remove(ctx, c.Purge)
	}
	if opts.Home == "" && !c.System {
		if user := opts.SoundUser(); user != "" {
			return fmt.Errorf("the sound server of the user %s uses the sound card: run moonlark install as %s, without sudo, or add --system for a service without sound", user, user)
		}
	}
	if err := c.addScripts(ctx, con, &opts); err != nil {
		return err
	}
	return opts.Install(ctx)
}

// options returns what the flags say. It returns an error when they contain a mistake.
func (c *installCommand) options(con *console) (install.Options, error) {
	opts := install.Options{Root: c.Root, DryRun: c.DryRun, AgentID: clean(c.Agent), Say: func(text string) { fmt.Fprintln(con.stdout, text) }}
	root := os.Geteuid() == 0
	switch {
	case runtime.GOOS != "linux":
		return opts, errors.New("moonlark install needs Linux with systemd")
	case c.Purge && !c.Remove:
		return opts, errors.New("--purge needs --remove")
	case c.Remove && len(c.Scripts) > 0:
		return opts, errors.New("--remove removes the service with all scripts: leave out the names of scripts")
	case !c.Remove && len(c.Scripts) == 0:
		return opts, errors.New("no script is named")
	case c.System && !root && !c.DryRun:
		return opts, errors.New("a service of the system needs the rights of root: use sudo, or --user")
	}
	if c.Root != "" {
		var err error
		if opts.Root, err = filepath.Abs(c.Root); err != nil {
			return opts, err
		}
	}
	if c.DryRun {
		fmt.Fprintln(con.stdout, "Nothing is changed. Without --dry-run, these are the steps:")
	}
	if c.User || !root && !c.System {
		var err error
		if opts.Home, err = os.UserHomeDir(); err != nil {
			return opts, err
		}
	}
	if err := checkWord("--agent", opts.AgentID); err != nil {
		return opts, err
	}
	binary, err := os.Executable()
	if err == nil {
		opts.Binary, err = filepath.EvalSymlinks(binary)
	}
	return opts, err
}

// addScripts loads the scripts and adds to opts which files they need, and which settings.
func (c *installCommand) addScripts(ctx context.Context, con *console, opts *install.Options) error {
	var names []string
	for _, path := range c.Scripts {
		path, err := filepath.Abs(path)
		if err != nil {
			return err
		}
		if opts.Folder == "" {
			opts.Folder = filepath.Dir(path)
		}
		if filepath.Dir(path) != opts.Folder {
			return &usageError{fmt.Errorf("%s does not lie in %s: all scripts must lie in one folder", path, opts.Folder)}
		}
		names = append(names, filepath.Base(path))
	}
	text, hasSettings, err := readSettings(filepath.Join(opts.Folder, settings.FileName))
	if err != nil {
		return err
	}
	file, err := settingsOfService(con, opts, text, names)
	if err != nil {
		return &usageError{err}
	}
	for _, name := range names {
		if !slices.ContainsFunc(file.Scripts, func(path string) bool { return filepath.Base(path) == name }) {
			return &usageError{fmt.Errorf("%s does not name %s: add it to scripts", file.Path, name)}
		}
	}
	opts.NamesAgent = slices.ContainsFunc(file.Flags, func(f settings.Flag) bool {
		return slices.Contains([]string{"agent", "url", "signed-url-from", "local", "llm", "realtime"}, f.Name)
	})
	opts.Groups = groupsOf(file.Grants)
	return c.addFiles(ctx, con, opts, file, hasSettings)
}

// readSettings returns the text of a settings file, and whether there is one.
func readSettings(path string) (text string, exists bool, err error) {
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "# Flags of moonlark run, and permissions.\nwait = true\nhttp = \"127.0.0.1:8080\"\n", false, nil
	}
	return string(content), err == nil, err
}

// withScripts returns the text of a settings file that names the scripts. It leaves a text that
// names scripts already as it is.
func withScripts(text string, names []string) string {
	for line := range strings.Lines(text) {
		if key, _, ok := strings.Cut(line, "="); ok && strings.TrimSpace(key) == "scripts" {
			return text
		}
	}
	var quoted []string
	for _, name := range names {
		quoted = append(quoted, fmt.Sprintf("%q", name))
	}
	return "scripts = [" + strings.Join(quoted, ", ") + "]\n" + text
}

// settingsOfService returns the settings with which the service will run: those that the device has,
// or else those in text, the settings beside the scripts, with the names of the scripts. It sets
// opts.Settings to the text for a device that has none.
func settingsOfService(con *console, opts *install.Options, text string, names []string) (*settings.File, error) {
	flags, path := runFlags(newParser(con)), filepath.Join(opts.Folder, settings.FileName)
	if _, err := settings.Parse(path, text, flags); err != nil { // with the line numbers that the user sees
		return nil, err
	}
	opts.Settings = withScripts(text, names)
	if onDevice := opts.SettingsFile(); exists(onDevice) {
		return settings.Read(onDevice, flags)
	}
	return settings.Parse(path, opts.Settings, flags)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// groupsOf returns the groups whose members may use the devices that the permissions are for.
func groupsOf(grants []permit.Grant) (groups []string) {
	for _, g := range grants {
		switch g.Kind {
		case permit.GPIO:
			groups = append(groups, "gpio")
		case permit.I2C:
			groups = append(groups, "i2c")
		case permit.SPI:
			groups = append(groups, "spi")
		case permit.Serial:
			groups = append(groups, "dialout")
		case permit.Keys:
			groups = append(groups, "input")
		case permit.Sys:
			if g.Value == "" || g.Value == "brightness" {
				groups = append(groups, "video")
			}
		}
	}
	return groups
}

const (
	// maxFiles is the largest number of files that install copies, and maxSize their largest size
	// together, in bytes.
	maxFiles = 1000
	maxSize  = 256 << 20
)

// addFiles loads the scripts with the permissions of the service, and adds the files to copy: the
// scripts, the files that they require, and their secrets. With whole, it adds all other regular
// files of the folder.
func (c *installCommand) addFiles(ctx context.Context, con *console, opts *install.Options, file *settings.File, whole bool) error {
	events, end := c.logFlags.showOnStderr(con)
	permissions := permit.Settings{Grants: file.Grants, DenyNet: file.DenyNet, ID: file.ID}
	loaded, err := engine.Check(ctx, engine.Options{Scripts: c.Scripts, Bus: events, Permissions: permissions})
	end()
	if err != nil {
		return err
	}
	opts.Files = filesOf(loaded, opts.Folder)
	if exists(filepath.Join(opts.Folder, "secrets.toml")) {
		opts.Files = append(opts.Files, "secrets.toml")
	}
	if whole {
		others, err := filesIn(opts.Folder)
		if err != nil {
			return err
		}
		opts.Files = append(opts.Files, others...)
	}
	slices.Sort(opts.Files)
	opts.Files = slices.Compact(opts.Files)
	return nil
}

// filesOf returns the files that the scripts depend on, relative to their folder.
func filesOf(scripts []script.Summary, folder string) (files []string) {
	for _, s := range scripts {
		for _, f := range s.Files {
			path, err := filepath.Abs(f.Path)
			if err != nil || f.Info == nil {
				continue
			}
			if name, err := filepath.Rel(folder, path); err == nil && filepath.IsLocal(name) && !slices.Contains(files, name) {
				files = append(files, name)
			}
		}
	}
	return files
}

// filesIn returns the regular files below a folder, relative to it, without hidden ones, and without
// the files that belong to one device: its settings and its environment variables.
func filesIn(folder string) (files []string, err error) {
	size := int64(0)
	err = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case path != folder && strings.HasPrefix(entry.Name(), "."):
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case !entry.Type().IsRegular(), path == filepath.Join(folder, settings.FileName), path == filepath.Join(folder, install.EnvironmentFile):
			return nil
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		size += info.Size()
		name, err := filepath.Rel(folder, path)
		files = append(files, name)
		if len(files) > maxFiles || size > maxSize {
			return fmt.Errorf("%s has more than %d files or %d MiB: move the scripts to a folder of their own", folder, maxFiles, maxSize>>20)
		}
		return err
	})
	return files, err
}
