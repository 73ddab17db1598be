package permit

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// ProgramFolders are the folders in which programs are looked for that are named without a folder.
// The variable PATH does not count: a script that may set it could run another program. On Windows
// they are empty, so programs must be named with their folder.
var ProgramFolders = programFolders()

func programFolders() []string {
	if runtime.GOOS == "windows" {
		return nil
	}
	return []string{"/usr/local/bin", "/usr/bin", "/bin"}
}

// hasFolder reports whether name is a path and not just the name of a program.
func hasFolder(name string) bool { return strings.ContainsAny(name, "/"+string(filepath.Separator)) }

// findProgram returns the absolute path of a program. name is its path, or its name in one of
// ProgramFolders.
func findProgram(name string) (string, error) {
	if hasFolder(name) {
		path, err := filepath.Abs(name)
		if err != nil {
			return "", err
		}
		return path, checkProgram(path)
	}
	for _, folder := range ProgramFolders {
		path := filepath.Join(folder, name)
		err := checkProgram(path)
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return path, err
		}
	}
	return "", fmt.Errorf("there is no program %q in %s", name, strings.Join(ProgramFolders, ", "))
}

// checkProgram returns an error unless path is a file that can be executed.
func checkProgram(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a file", path)
	case runtime.GOOS == "windows":
		return checkExtension(path)
	case info.Mode()&0o111 == 0:
		return fmt.Errorf("%s is not executable: %w", path, fs.ErrPermission)
	}
	return nil
}

// checkExtension returns an error unless path is the path of a program on Windows. The interpreter
// of batch files parses its arguments again, so that an argument could run other programs.
func checkExtension(path string) error {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".exe", ".com":
		return nil
	case ".bat", ".cmd":
		return fmt.Errorf("%s is a batch file, whose arguments could run other programs: use a program with the extension .exe", path)
	}
	return fmt.Errorf("%s does not have the extension .exe or .com", path)
}

// Program returns the absolute path of a program that the script may run. name is its path, or its
// name in one of ProgramFolders. A relative path is relative to the script's folder. The error is a
// *Denied if a grant is missing. It wraps fs.ErrNotExist if there is no such program, and
// fs.ErrPermission if the file is not executable.
func (b *Broker) Program(name string) (string, error) {
	if hasFolder(name) && !filepath.IsAbs(name) {
		name = filepath.Join(b.opts.Folder, name)
	}
	path, err := findProgram(name)
	if path == "" || errors.Is(err, fs.ErrNotExist) {
		if !b.all[Run] && len(b.programs) == 0 {
			return "", b.refuse(&Denied{What: "run " + name, Flag: flag(Run, name)})
		}
		return "", fmt.Errorf("%w: %s", fs.ErrNotExist, err)
	}
	if !b.all[Run] && !b.programs[path] {
		return "", b.refuse(&Denied{What: "run " + path, Flag: flag(Run, name)})
	}
	b.used(Run, "run", path)
	return path, err
}

// CheckAnyProgram returns a *Denied if the script may not run any program.
func (b *Broker) CheckAnyProgram() error {
	if b.all[Run] || len(b.programs) > 0 {
		return nil
	}
	return b.refuse(&Denied{What: "run programs", Flag: flag(Run, "PROGRAM")})
}

// WorkingFolder returns the folder in which the programs of the script run: its data folder, which
// WorkingFolder creates, or the folder of the script if it has no data folder.
func (b *Broker) WorkingFolder() (string, error) {
	if b.opts.Data == "" {
		return b.opts.Folder, nil
	}
	return b.DataFolder()
}

// checkPrograms returns an error if the script may change a program that it may run, because then
// it could run anything.
func (b *Broker) checkPrograms() error {
	if b.all[Run] {
		return nil
	}
	for path := range b.programs {
		for _, link := range linksOf(path) {
			for _, f := range b.folders {
				if f.writable && f.contains(link) {
					return fmt.Errorf("%s and %s together let a script run anything: it could change the program",
						flag(Run, path), flag(Write, f.path))
				}
			}
			if _, ok := below(b.opts.Data, link); ok && b.opts.Data != "" {
				return fmt.Errorf("%s lets a script run anything: the program is in its data folder, so it could change the program",
					flag(Run, path))
			}
		}
	}
	return nil
}

// maxLinks is the maximal number of symbolic links that are followed from one path, as in Linux.
const maxLinks = 40

// linksOf returns path and, if the file or its folder is a symbolic link, the paths to which the
// links lead, up to that of the program.
func linksOf(path string) []string {
	paths := []string{path}
	for range maxLinks {
		folder, err := filepath.EvalSymlinks(filepath.Dir(path))
		if err != nil {
			break
		}
		path = filepath.Join(folder, filepath.Base(path))
		paths = append(paths, path)
		target, err := os.Readlink(path)
		if err != nil {
			break
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(folder, target)
		}
		path = filepath.Clean(target)
	}
	return paths
}

// powerful are programs that can run other programs, or replace them, so that a grant of one of
// them is a grant of all. Numbers at the end of a name are left out: python is also python3.11.
var powerful = []string{
	"sh", "bash", "dash", "ash", "zsh", "fish", "ksh", "csh", "tcsh", "busybox", "toybox", "cmd", "powershell", "pwsh",
	"env", "find", "xargs", "parallel", "awk", "gawk", "mawk", "nawk", "sed", "ed", "tar", "zip", "make", "watch", "script", "expect",
	"git", "ssh", "scp", "sftp", "rsync", "socat", "docker", "podman", "kubectl",
	"sudo", "doas", "su", "runuser", "pkexec", "chroot", "unshare", "nsenter", "bwrap", "flock", "setpriv",
	"nice", "ionice", "chrt", "taskset", "stdbuf", "nohup", "timeout", "time", "setsid", "strace", "gdb", "screen", "tmux",
	"vi", "vim", "nvim", "nano", "emacs", "less", "more", "man", "mpv",
	"python", "perl", "ruby", "node", "deno", "bun", "lua", "luajit", "php", "tclsh", "java", "go", "cargo", "npm", "npx", "pip",
	"apt", "apt-get", "dpkg", "systemctl", "systemd-run", "crontab", "at", "start-stop-daemon", "run-parts", "moonlark",
}

// powerfulName returns the name of the powerful program at path, or "" if it is not one of them.
// The file may be a symbolic link to such a program, but not to busybox, which is many programs: a
// link to it runs only the one whose name the link has.
func powerfulName(path string) string {
	for i, link := range linksOf(path) {
		name := strings.TrimSuffix(strings.ToLower(filepath.Base(link)), ".exe")
		plain := strings.TrimRight(name, "0123456789.-")
		if slices.Contains(powerful, plain) && (i == 0 || plain != "busybox" && plain != "toybox") {
			return name
		}
	}
	return ""
}

// Warnings returns a sentence for each grant that grants more than it seems to.
func (b *Broker) Warnings() []string {
	var warnings []string
	for path := range b.programs {
		if name := powerfulName(path); name != "" {
			warnings = append(warnings, fmt.Sprintf("%s lets a script run any program, because %s can run others", flag(Run, path), name))
		}
	}
	for _, f := range b.folders {
		if f.own {
			continue
		}
		kind := Read
		if f.writable {
			kind = Write
		}
		switch f.path {
		case "/", "/proc", "/sys", "/dev", "/etc", "/root":
			warnings = append(warnings, fmt.Sprintf("%s includes files of the system", flag(kind, f.path)))
		}
	}
	slices.Sort(warnings)
	return warnings
}
