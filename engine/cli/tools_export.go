package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"moonlark/engine/safetext"
	"moonlark/engine/toolexport"
)

type toolsExportCommand struct {
	scriptFlags `embed:""`
	Format      string `default:"elevenlabs" placeholder:"FORMAT" help:"elevenlabs (the default), openai, mcp or jsonschema."`
	Out         string `placeholder:"FOLDER" help:"Write files into this folder, instead of one document on stdout. With elevenlabs, these are the files of the command elevenlabs."`
}

// Run writes the definitions of the tools to stdout or to a folder. Warnings are printed on stderr.
func (c *toolsExportCommand) Run(ctx context.Context, con *console) error {
	format, err := toolexport.ParseFormat(c.Format)
	if err != nil {
		return &usageError{fmt.Errorf("--format: %w", err)}
	}
	specs, err := c.load(ctx, con)
	if err != nil {
		return err
	}
	var files []toolexport.File
	var document []byte
	var warnings []string
	if c.Out == "" {
		document, warnings, err = toolexport.Document(format, specs)
	} else {
		var index []byte
		if format == toolexport.ElevenLabs {
			index, err = os.ReadFile(filepath.Join(c.Out, toolexport.IndexFile))
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
		files, warnings, err = toolexport.Files(format, specs, index)
	}
	for _, warning := range warnings {
		fmt.Fprintf(con.stderr, "moonlark: %s\n", safetext.Line(warning))
	}
	if err != nil {
		return err
	}
	if c.Out == "" {
		_, err := con.stdout.Write(document)
		return err
	}
	for _, file := range files {
		path := filepath.Join(c.Out, filepath.FromSlash(file.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, file.Content, 0o644); err != nil {
			return err
		}
		fmt.Fprintln(con.stdout, path)
	}
	return nil
}
