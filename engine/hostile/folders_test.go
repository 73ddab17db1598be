package hostile

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// folders are what the temporary folder of an attack may contain, by the name in its comment "--> folder".
// Each function fills the folder dir.
var folders = map[string]func(dir string) error{
	// a hundred thousand files, and ten thousand
	"crowd": func(dir string) error { return files(dir, 100, 1000) },
	"many":  func(dir string) error { return files(dir, 10, 1000) },
	// a file of a terabyte, which takes no space on the disk
	"huge": func(dir string) error {
		path := filepath.Join(dir, "huge")
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			return err
		}
		return os.Truncate(path, 1<<40)
	},
	// links that lead nowhere, to each other, to themselves, and out of the folder
	"links": func(dir string) error {
		outside := filepath.Join(filepath.Dir(dir), "outside")
		err := os.MkdirAll(outside, 0o755)
		for name, target := range map[string]string{
			"itself": "itself", "a": "b", "b": "a", "none": "nothing", "here": ".", "up": "..",
			"passwd": "/etc/passwd", "relative": strings.Repeat("../", 20) + "etc/passwd", "root": "/",
			"outside": "../outside", "process": "/proc/self/environ", "device": "/dev/zero",
		} {
			err = errors.Join(err, os.Symlink(target, filepath.Join(dir, name)))
		}
		return err
	},
	// pipes that nobody writes to or reads from
	"pipes": func(dir string) error {
		return exec.Command("mkfifo", filepath.Join(dir, "pipe"), filepath.Join(dir, "pipe.db")).Run()
	},
	// a serial port whose device takes nothing
	"terminal": addTerminal,
	// files that are not what their names say
	"files": func(dir string) error {
		return errors.Join(os.WriteFile(filepath.Join(dir, "line"), []byte(strings.Repeat("x", 16<<20)), 0o644),
			os.WriteFile(filepath.Join(dir, "noise.db"), []byte(strings.Repeat("SQLite format 3\x00", 1<<16)), 0o644),
			os.WriteFile(filepath.Join(dir, "empty"), nil, 0o644))
	},
}

// files puts empty files into new folders in the folder dir.
func files(dir string, folders, perFolder int) error {
	for i := range folders {
		folder := filepath.Join(dir, fmt.Sprint(i))
		if err := os.Mkdir(folder, 0o755); err != nil {
			return err
		}
		for n := range perFolder {
			if err := os.WriteFile(filepath.Join(folder, fmt.Sprint(n)), nil, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkNoPrograms fails the test if a program still runs in the folder dir, or below it. The programs of
// an attack run in the data folder of its script.
func checkNoPrograms(t *testing.T, dir string) {
	left := programs(dir)
	for deadline := time.Now().Add(3 * time.Second); len(left) > 0 && time.Now().Before(deadline); left = programs(dir) {
		time.Sleep(10 * time.Millisecond) // a program that was killed may need a moment to end
	}
	for _, command := range left {
		t.Errorf("a program still runs: %.200q", command)
	}
}

// programs returns the command lines of the programs that run in the folder dir, or below it.
func programs(dir string) (commands []string) {
	links, _ := filepath.Glob("/proc/[0-9]*/cwd")
	for _, link := range links {
		if folder, err := os.Readlink(link); err == nil && (folder == dir || strings.HasPrefix(folder, dir+"/")) {
			command, _ := os.ReadFile(filepath.Join(filepath.Dir(link), "cmdline"))
			commands = append(commands, string(command))
		}
	}
	return commands
}
