package cli

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"moonlark/engine/install"
	"moonlark/engine/scripttest"
	"moonlark/luastd/modules"
)

type newCommand struct {
	Name     string `arg:"" help:"Name of the folder and of the script: letters, digits, _ and -."`
	Template string `default:"first" enum:"first,kiosk,home,api" help:"What the script does: ${enum}."`
}

// templates has the files of new projects. The text {{name}} in them stands for the name.
//
//go:embed templates
var templates embed.FS

var projectName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,63}$`)

// Run makes a folder with a script, its test, and the files that both need.
func (c *newCommand) Run(con *console) error {
	if !projectName.MatchString(c.Name) || strings.HasSuffix(c.Name, "_test") {
		return &usageError{fmt.Errorf("%s: a name has letters, digits, _ and -, begins with a letter and does not end with _test", c.Name)}
	}
	if _, err := os.Lstat(c.Name); !errors.Is(err, fs.ErrNotExist) {
		return &usageError{fmt.Errorf("%s is there already", c.Name)}
	}
	for path, text := range c.files() {
		path = filepath.Join(c.Name, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	fmt.Fprintf(con.stdout, "%s is ready:\n\n    cd %s\n    moonlark test\n    moonlark run\n", c.Name, c.Name)
	return nil
}

// files returns the files of the project, by path.
func (c *newCommand) files() map[string]string {
	files := map[string]string{
		"types/moonlark.lua":       modules.Types(),
		"types/moonlark_tests.lua": scripttest.Types,
		c.Name + ".service":        install.ProjectUnit(c.Name),
	}
	for path, source := range map[string]string{
		c.Name + ".lua":      c.Template + "/script.lua",
		c.Name + "_test.lua": c.Template + "/test.lua",
		"moonlark.toml":      c.Template + "/moonlark.toml",
		".luarc.json":        "common/luarc.json",
		"stylua.toml":        "common/stylua.toml",
		"README.md":          "common/README.md",
	} {
		text, err := templates.ReadFile("templates/" + source)
		if err != nil {
			panic(err) // a mistake in this table
		}
		files[path] = strings.ReplaceAll(string(text), "{{name}}", c.Name)
	}
	return files
}
