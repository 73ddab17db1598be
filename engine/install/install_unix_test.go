//go:build unix

package install

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// A device is a folder that takes the place of "/". Its programs only record how they were called:
// the real ones would need a device whose systemd runs. engine/cli tests useradd and systemctl.
type device struct {
	t     *testing.T
	opts  Options
	said  []string // the steps that were shown
	calls []string // the programs that were called
	fail  string   // a program that fails; "" if none does
}

func newDevice(t *testing.T) *device {
	t.Helper()
	d := &device{t: t}
	root, scripts := t.TempDir(), t.TempDir()
	d.opts = Options{
		Root: root, Folder: scripts, Files: []string{"main.lua", "lib/greet.lua", "secrets.toml"}, Settings: "scripts = [\"main.lua\"]\n",
		Binary: filepath.Join(scripts, "moonlark"), Groups: []string{"gpio", "i2c", "gpio"},
		Say:         func(text string) { d.said = append(d.said, text) },
		FindProgram: func(name string) string { return "/usr/bin/" + name },
		RunProgram: func(_ context.Context, path string, args ...string) error {
			name := filepath.Base(path)
			d.calls = append(d.calls, strings.ReplaceAll(name+" "+strings.Join(args, " "), root, "ROOT"))
			if name == "useradd" {
				d.save("etc/passwd", "moonlark:x:1234:1234::/:/bin/false\n")
			}
			if name == d.fail {
				return errors.New("it fails")
			}
			return nil
		},
	}
	d.save("etc/passwd", "root:x:0:0::/root:/bin/sh\n")
	d.save("etc/group", "audio:x:29:pi\ngpio:x:997:\n")
	for _, name := range append(d.opts.Files, "moonlark") {
		write(t, filepath.Join(scripts, name), "this is "+name)
	}
	return d
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func (d *device) save(name, text string) { write(d.t, filepath.Join(d.opts.Root, name), text) }

// read returns the text of a file of the device, or "" if there is no such file.
func (d *device) read(name string) string {
	text, err := os.ReadFile(filepath.Join(d.opts.Root, name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		d.t.Error(err)
	}
	return string(text)
}

func (d *device) install() {
	d.t.Helper()
	d.said, d.calls = nil, nil
	if err := d.opts.Install(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
}

func (d *device) has(lines []string, want string) {
	d.t.Helper()
	if !slices.ContainsFunc(lines, func(line string) bool { return strings.Contains(line, want) }) {
		d.t.Errorf("got\n%s\nwant %s", strings.Join(lines, "\n"), want)
	}
}

func TestInstallMakesAUserFilesAndAService(t *testing.T) {
	d := newDevice(t)
	if os.Geteuid() != 0 {
		d.opts.Files = d.opts.Files[:2] // only root can give secrets.toml to the user of the service
	}
	if err := os.Chmod(filepath.Join(d.opts.Folder, "lib/greet.lua"), 0o700); err != nil {
		t.Fatal(err)
	}
	d.install()
	for name, want := range map[string]string{
		"etc/moonlark/main.lua": "this is main.lua", "etc/moonlark/lib/greet.lua": "this is lib/greet.lua",
		"etc/moonlark/moonlark.toml": d.opts.Settings, "etc/moonlark/environment": firstEnvironment, "usr/local/bin/moonlark": "this is moonlark",
	} {
		if got := d.read(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	for name, want := range map[string]fs.FileMode{"etc/moonlark/environment": 0o600, "etc/moonlark/main.lua": 0o644, "etc/moonlark/lib/greet.lua": 0o755, "usr/local/bin/moonlark": 0o755} {
		if info, err := os.Stat(filepath.Join(d.opts.Root, name)); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: got %v, %v, want %v", name, info.Mode(), err, want)
		}
	}
	unit := d.read("etc/systemd/system/moonlark.service")
	for _, want := range []string{"\nSupplementaryGroups=audio gpio\n", "\nExecStart=/usr/local/bin/moonlark run --require-agent\n"} {
		if !strings.Contains(unit, want) {
			t.Errorf("the unit is\n%s\nwant %q", unit, want)
		}
	}
	d.has(d.said, "there is no group i2c")
	d.has(d.said, "the service is not started, because no agent is named")
	want := []string{
		"useradd --prefix ROOT --system --home-dir /var/lib/moonlark --no-create-home --shell /usr/sbin/nologin --user-group moonlark",
		"systemctl --root=ROOT enable moonlark",
	}
	if !slices.Equal(d.calls, want) {
		t.Errorf("got %q, want %q", d.calls, want)
	}
}

func TestSecretsBelongToTheUserOfTheService(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a file to another user")
	}
	d := newDevice(t)
	d.install()
	info, err := os.Stat(filepath.Join(d.opts.Root, "etc/moonlark/secrets.toml"))
	if err != nil || info.Mode().Perm() != 0o600 || owner(info) != 1234 {
		t.Errorf("got %v, %v", info, err)
	}
}

func TestInstallingAgainUpgradesAndKeepsSettings(t *testing.T) {
	d := newDevice(t)
	d.opts.Files = d.opts.Files[:1]
	d.install()
	d.save("etc/moonlark/moonlark.toml", "mine")
	d.save("etc/moonlark/environment", "A=1\nELEVENLABS_AGENT_ID='agent_1'\n")
	write(t, filepath.Join(d.opts.Folder, "main.lua"), "new")
	write(t, d.opts.Binary, "new binary")
	d.install()
	if d.read("etc/moonlark/moonlark.toml") != "mine" || !strings.HasPrefix(d.read("etc/moonlark/environment"), "A=1\n") {
		t.Error("the settings have changed")
	}
	if d.read("etc/moonlark/main.lua") != "new" || d.read("usr/local/bin/moonlark") != "new binary" {
		t.Error("the scripts or the binary have not changed")
	}
	d.has(d.said, "keep the user moonlark")
	d.has(d.said, "keep /etc/systemd/system/moonlark.service")
	d.has(d.said, "the service is not started, because systemd does not run here")
	if left, _ := filepath.Glob(filepath.Join(d.opts.Root, "*/*/.moonlark-*")); left != nil {
		t.Errorf("temporary files are left: %q", left)
	}

	d.opts.AgentID = "agent_2"
	d.install()
	if got, want := d.read("etc/moonlark/environment"), "A=1\nELEVENLABS_AGENT_ID=agent_2\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTheBinaryOfAPackageStaysInItsPlace(t *testing.T) {
	d := newDevice(t)
	d.opts.Files, d.opts.Binary = nil, packageBinary
	d.install()
	if d.read("usr/local/bin/moonlark") != "" || !strings.Contains(d.read("etc/systemd/system/moonlark.service"), "\nExecStart=/usr/bin/moonlark run ") {
		t.Error("the service does not run the binary of the package")
	}
	if err := d.opts.Remove(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	if slices.Contains(d.said, "delete /usr/local/bin/moonlark") {
		t.Errorf("got %q", d.said)
	}
}

func TestADryRunShowsTheSameStepsAndChangesNothing(t *testing.T) {
	d := newDevice(t)
	if os.Geteuid() != 0 {
		d.opts.Files = d.opts.Files[:2]
	}
	d.opts.DryRun = true
	d.install()
	shown := d.said
	if d.read("etc/moonlark/main.lua") != "" || d.read("usr/local/bin/moonlark") != "" || len(d.calls) > 0 {
		t.Errorf("the dry run has changed something, and called %q", d.calls)
	}
	d.opts.DryRun = false
	d.install()
	if !slices.Equal(shown, d.said) {
		t.Errorf("the dry run shows %q, and the steps are %q", shown, d.said)
	}
}

// A link to a file is replaced, since the service shall have a file of its own. A link to a folder
// could lead anywhere.
func TestInstallNeverWritesThroughALinkOutOfTheFolder(t *testing.T) {
	d := newDevice(t)
	d.opts.Files = d.opts.Files[:2]
	foreign := t.TempDir()
	write(t, filepath.Join(foreign, "greet.lua"), "foreign")
	d.save("etc/moonlark/x", "")
	link := func(to, name string) {
		t.Helper()
		if err := os.Symlink(to, filepath.Join(d.opts.Root, "etc/moonlark", name)); err != nil {
			t.Fatal(err)
		}
	}
	link(filepath.Join(foreign, "greet.lua"), "main.lua")
	link(foreign, "lib")
	err := d.opts.Install(t.Context())
	if err == nil || !strings.Contains(err.Error(), "copy lib/greet.lua to /etc/moonlark: ") || !strings.Contains(err.Error(), "escapes") {
		t.Errorf("got %v", err)
	}
	if text, err := os.ReadFile(filepath.Join(foreign, "greet.lua")); err != nil || string(text) != "foreign" {
		t.Errorf("the foreign file has %q, %v", text, err)
	}
	if got := d.read("etc/moonlark/main.lua"); got != "this is main.lua" {
		t.Errorf("got %q", got)
	}
}

// Other links belong to the device: many people keep their ~/.config elsewhere.
func TestLinksToTheFoldersOfTheServiceAreFollowed(t *testing.T) {
	d := newDevice(t)
	home, elsewhere := t.TempDir(), t.TempDir()
	if err := os.Symlink(elsewhere, filepath.Join(home, ".config")); err != nil {
		t.Fatal(err)
	}
	d.opts.Root, d.opts.Home, d.opts.Files = "", home, d.opts.Files[:2]
	d.install()
	if text, err := os.ReadFile(filepath.Join(elsewhere, "moonlark/lib/greet.lua")); err != nil || string(text) != "this is lib/greet.lua" {
		t.Errorf("got %q, %v", text, err)
	}
}

func TestAUnitOfSomebodyElseIsNeitherReplacedNorDeleted(t *testing.T) {
	d := newDevice(t)
	d.opts.Files = nil
	d.save("etc/systemd/system/moonlark.service", "[Service]\nExecStart=/usr/local/bin/moonlark run\n")
	for _, err := range []error{d.opts.Install(t.Context()), d.opts.Remove(t.Context(), true)} {
		if err == nil || err.Error() != "/etc/systemd/system/moonlark.service is not a unit of moonlark install: rename or delete it first" {
			t.Errorf("got %v", err)
		}
	}
	if len(d.said) > 0 {
		t.Errorf("did %q", d.said)
	}
}

func TestTheUserOfTheServiceCanReadNewFoldersWithAnyUmask(t *testing.T) {
	d := newDevice(t)
	d.opts.Files = d.opts.Files[:2]
	old := syscall.Umask(0o077)
	defer syscall.Umask(old)
	d.install()
	for _, name := range []string{"usr/local/bin", "etc/moonlark", "etc/moonlark/lib", "etc/systemd/system"} {
		if info, err := os.Stat(filepath.Join(d.opts.Root, name)); err != nil || info.Mode().Perm() != 0o755 {
			t.Errorf("%s: got %v, %v", name, info.Mode(), err)
		}
	}
}

func TestAGroupThatExistsIsTheGroupOfTheUser(t *testing.T) {
	d := newDevice(t)
	d.opts.Files = nil
	d.save("etc/group", "moonlark:x:900:\n")
	d.install()
	d.has(d.calls, " --gid moonlark moonlark")
}

func TestRemoveKeepsSettingsAndDataUnlessPurged(t *testing.T) {
	d := newDevice(t)
	d.opts.Files = d.opts.Files[:1]
	d.install()
	d.save("var/lib/moonlark/store", "data")
	d.said, d.calls = nil, nil
	if err := d.opts.Remove(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if d.read("var/lib/moonlark/store") == "" || d.read("etc/moonlark/main.lua") == "" {
		t.Error("settings or data are gone")
	}
	if d.read("etc/systemd/system/moonlark.service") != "" || d.read("usr/local/bin/moonlark") != "" {
		t.Error("the unit or the binary is left")
	}
	if want := []string{"systemctl --root=ROOT disable moonlark"}; !slices.Equal(d.calls, want) {
		t.Errorf("got %q, want %q", d.calls, want)
	}
	if err := d.opts.Remove(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	if d.read("var/lib/moonlark/store") != "" || d.read("etc/moonlark/main.lua") != "" {
		t.Error("settings or data are left")
	}
	d.has(d.calls, "userdel --prefix ROOT moonlark")
	d.save("etc/passwd", "")
	if err := d.opts.Remove(t.Context(), true); err == nil || !strings.Contains(err.Error(), "nothing to remove") {
		t.Errorf("got %v", err)
	}
}

func TestAStepThatFailsIsNamedAndCanBeRepeated(t *testing.T) {
	d := newDevice(t)
	d.opts.Files, d.fail = d.opts.Files[:1], "systemctl"
	err := d.opts.Install(t.Context())
	if err == nil || err.Error() != "start the service at each boot: it fails" {
		t.Errorf("got %v", err)
	}
	d.fail = ""
	d.install()
	d.opts.FindProgram = func(string) string { return "" }
	if err := d.opts.Install(t.Context()); err == nil || !strings.Contains(err.Error(), "needs systemd") {
		t.Errorf("got %v", err)
	}
}

// The folders of a user are outside of Root, as they are on a device.
func TestAServiceOfAUserIsDrivenByTheUsersSystemd(t *testing.T) {
	d := newDevice(t)
	home := t.TempDir()
	d.opts.Root, d.opts.Home, d.opts.NamesAgent = "", home, true
	d.opts.Files = d.opts.Files[:1]
	d.install()
	want := []string{"systemctl --user daemon-reload", "systemctl --user enable moonlark", "systemctl --user restart moonlark", "loginctl enable-linger"}
	if !slices.Equal(d.calls, want) {
		t.Errorf("got %q, want %q", d.calls, want)
	}
	unit, err := os.ReadFile(filepath.Join(home, ".config/systemd/user/moonlark.service"))
	if err != nil || !strings.Contains(string(unit), "ExecStart="+home+"/.local/bin/moonlark run ") || strings.Contains(string(unit), "Groups=") {
		t.Errorf("got %v, %s", err, unit)
	}
	if text, err := os.ReadFile(filepath.Join(home, ".config/moonlark/main.lua")); err != nil || string(text) != "this is main.lua" {
		t.Errorf("got %v, %s", err, text)
	}
	d.calls = nil
	if err := d.opts.Remove(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	if want := []string{"systemctl --user disable --now moonlark", "systemctl --user daemon-reload"}; !slices.Equal(d.calls, want) {
		t.Errorf("got %q, want %q", d.calls, want)
	}
}

func TestAHomeWithASpaceIsQuotedInTheUnit(t *testing.T) {
	d := newDevice(t)
	d.opts.Root, d.opts.Home, d.opts.Files = "", filepath.Join(t.TempDir(), `a "b" 100%`), nil
	d.install()
	unit, err := os.ReadFile(filepath.Join(d.opts.Home, ".config/systemd/user/moonlark.service"))
	if err != nil || !strings.Contains(string(unit), `/a \"b\" 100%%/.local/bin/moonlark" run `) {
		t.Errorf("got %v, %s", err, unit)
	}
	if err := d.opts.Remove(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	d.has(d.said, "delete "+d.opts.Home+"/.local/bin/moonlark")
}

func TestTheUserOfARunningSoundServerIsFound(t *testing.T) {
	d := newDevice(t)
	if got := d.opts.SoundUser(); got != "" {
		t.Errorf("got %q, want none", got)
	}
	d.save("run/user/1000/pulse/native", "")
	if got := d.opts.SoundUser(); got != "1000" {
		t.Errorf("got %q, want the number of an unknown user", got)
	}
	d.save("etc/passwd", "pi:x:1000:1000::/home/pi:/bin/bash\n")
	if got := d.opts.SoundUser(); got != "pi" {
		t.Errorf("got %q, want pi", got)
	}
}

func TestVariablesAreSetInAnEnvironmentFile(t *testing.T) {
	for _, row := range []struct{ text, want string }{
		{"", "A=2\n"}, {"A=1", "A=2\n"}, {"#A=1\nB=1\n", "#A=1\nB=1\nA=2\n"}, {" A=1\nA=3\nB=1", "A=2\nB=1\n"}, {"AA=1\n", "AA=1\nA=2\n"},
	} {
		if got := setVariable(row.text, "A", "2"); got != row.want {
			t.Errorf("%q: got %q, want %q", row.text, got, row.want)
		}
		if got := variable(row.want, "A"); got != "2" {
			t.Errorf("%q: got %q", row.want, got)
		}
	}
	if got := variable("A= \nA=\"x\" ", "A"); got != "x" {
		t.Errorf("got %q", got)
	}
}

// owner returns the number of the user to whom a file belongs.
func owner(info fs.FileInfo) int { return int(info.Sys().(*syscall.Stat_t).Uid) }
